//! An app that is checked again and again while its author works on it.

mod news;
mod state;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::Request;
use crate::app::{AppPath, Changes, Environment, FileKind, LoadError, Loaded, Reload, Workspace};
use crate::diag::{Diagnostic, FileId, Files};

use state::State;

/// An app that is loaded and checked again after every change. Only what changed, and what depends
/// on it, is done again; the result is that of a fresh [`crate::app::load`] and [`check`].
pub struct Session {
    workspace: Workspace,
    request: Request,
    state: Option<State>,
}

/// An app as it was at one moment, with everything found wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// The app.
    pub loaded: Arc<Loaded>,
    /// Its texts. A file keeps its id from one reload to the next, unless very many files come at once.
    pub files: Files,
    /// What broke inside of us while this was made; what is known of those files is not complete.
    pub crashes: Vec<Crash>,
    findings: Vec<(FileId, Arc<[Diagnostic]>)>,
    touched: BTreeSet<FileId>,
}

/// A mistake of our own that was kept from ending the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crash {
    /// The file that was at work, as shown; `None` for a look at the whole app.
    pub file: Option<String>,
    /// What the panic says.
    pub message: String,
}

impl Session {
    /// Nothing is read before the first [`Session::reload`].
    #[must_use]
    pub fn new(app: AppPath, request: Request, env: Environment) -> Self {
        Self { workspace: Workspace::new(app, env), request, state: None }
    }

    /// The last state of the app that could be read, good or bad.
    #[must_use]
    pub fn last(&self) -> Option<&Arc<Checked>> {
        self.state.as_ref().map(|state| &state.last)
    }

    /// Lets a text stand for a file from the next reload on (an editor's open buffer), or no longer.
    /// The path must be among the changes of that reload.
    pub fn lay_over(&mut self, path: PathBuf, text: Option<String>) {
        self.workspace.lay_over(path, text);
    }

    /// Brings the app up to date.
    ///
    /// # Errors
    /// When the app cannot be read. The last state stays, and the next reload looks at everything.
    pub fn reload(&mut self, changes: Changes<'_>) -> Result<Arc<Checked>, LoadError> {
        let reload = self.workspace.reload(changes)?;
        // A panic on the way leaves nothing behind that could be half done.
        let state = match self.state.take() {
            Some(state) if !is_another(&state.last.loaded, &reload) => state.follow(reload, &self.request),
            _ => State::new(reload, &self.request),
        };
        let checked = Arc::clone(&state.last);
        self.state = Some(state);
        Ok(checked)
    }
}

/// Whether so much is new that nothing that is known is of use: ids, settings, the name of the app.
fn is_another(before: &Loaded, now: &Reload) -> bool {
    let mut sources = now.changes.iter().flat_map(|change| change.before.iter().chain(&change.after));
    let is_about_settings = sources.any(|source| source.kind == FileKind::Settings);
    now.is_fresh || is_about_settings || before.project.name != now.loaded.project.name
}

impl Checked {
    /// All findings, in the order of [`check`]: path, offset, rule.
    pub fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().flat_map(|(_, found)| found.iter())
    }

    /// The findings by their files, in order of the paths; files without any are left out. The
    /// findings of a file that stayed the same are the very same allocation as before.
    #[must_use]
    pub fn by_file(&self) -> &[(FileId, Arc<[Diagnostic]>)] {
        &self.findings
    }

    /// The files whose text or findings may differ from those of the reload before.
    #[must_use]
    pub fn touched(&self) -> &BTreeSet<FileId> {
        &self.touched
    }
}
