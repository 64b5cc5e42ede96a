//! An app that is read again and again while it changes: only the files that changed are.

mod kept;
mod plan;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::collect::{self, Places};
use super::{AppPath, Inputs, LoadError, Loaded, Source};
use crate::diag::{FileId, Files};

use kept::Kept;
use plan::Plan;

/// Reads a variable of the environment, for `${env:…}` in the settings.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Reads an app once.
pub(super) fn load(inputs: &Inputs<'_>, files: &mut Files) -> Result<Loaded, LoadError> {
    let listing = collect::list(inputs)?;
    let mut kept = Kept { files: std::mem::take(files), ..Kept::default() };
    let update = Plan::dense(&kept, listing).read(&inputs.overlay, &kept);
    let loaded = update.map(|update| {
        kept.apply(update);
        kept.joined(inputs)
    });
    *files = kept.files;
    loaded
}

/// An app that changes.
pub struct Workspace {
    app: AppPath,
    env: Environment,
    overlay: BTreeMap<PathBuf, String>,
    kept: Kept,
    /// Whether what is kept may be behind the files for more reasons than are told.
    is_stale: bool,
}

/// What may have changed since the last reload.
#[derive(Debug, Clone, Copy)]
pub enum Changes<'a> {
    /// Anything: every file is read and compared.
    Unknown,
    /// What lies at or below these absolute paths, which may also have come or gone.
    Paths(&'a [PathBuf]),
}

/// An app brought up to date.
#[derive(Debug)]
pub struct Reload {
    /// The app.
    pub loaded: Arc<Loaded>,
    /// Its texts.
    pub files: Files,
    /// The files that are not what they were; all others have the [`Source`] that they had.
    pub changes: Vec<Change>,
    /// Whether nothing of what was known before stands: ids of files may have another meaning.
    pub is_fresh: bool,
}

/// A file that came, went or has another text.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file.
    pub file: FileId,
    /// What it was.
    pub before: Option<Arc<Source>>,
    /// What it is.
    pub after: Option<Arc<Source>>,
}

impl Workspace {
    /// Nothing is read before the first [`Workspace::reload`].
    #[must_use]
    pub fn new(app: AppPath, env: Environment) -> Self {
        Self { app, env, overlay: BTreeMap::new(), kept: Kept::default(), is_stale: true }
    }

    /// Lets a text stand for a file from the next reload on (an editor's open buffer), or no longer.
    /// The path must be among the changes of that reload.
    pub fn lay_over(&mut self, path: PathBuf, text: Option<String>) {
        match text {
            Some(text) => self.overlay.insert(path, text),
            None => self.overlay.remove(&path),
        };
    }

    /// Brings the app up to date. The result is that of [`super::load`], but for the numbers of the
    /// ids of files, which are in the same order.
    ///
    /// # Errors
    /// When the app cannot be read; the next reload looks at everything.
    ///
    /// # Panics
    /// Never in practice: only with more than four billion files.
    pub fn reload(&mut self, changes: Changes<'_>) -> Result<Reload, LoadError> {
        let was_stale = std::mem::replace(&mut self.is_stale, true);
        let inputs = Inputs { app: &self.app, overlay: self.overlay.clone(), env: &*self.env };
        let places = match changes {
            Changes::Paths(paths) if !was_stale => self.kept.places(&inputs, paths),
            _ => Places::default(),
        };
        let listing = self.kept.list(&inputs, &places)?;
        let mut plan = Plan::sparse(&self.kept, listing, &places);
        let is_fresh = plan.is_none() || self.kept.slots.is_empty();
        if plan.is_none() {
            // There is no id left for a new file between its neighbours: all get new ones.
            self.kept = Kept::default();
            plan = Plan::sparse(&self.kept, collect::list(&inputs)?, &Places::default());
        }
        let plan = plan.expect("BUG: there are more files than ids");
        let update = plan.read(&inputs.overlay, &self.kept)?;
        let changes = self.kept.apply(update);
        self.is_stale = false;
        let loaded = self.kept.rejoined(&inputs, &changes);
        Ok(Reload { loaded, files: self.kept.files.clone(), changes, is_fresh })
    }
}
