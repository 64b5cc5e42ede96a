//! An app that is checked again and again while its author works on it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Request, check};
use crate::app::{AppPath, Changes, Environment, LoadError, Loaded, Reload, Workspace};
use crate::diag::{Diagnostic, FileId, Files};

/// An app that is loaded and checked again after every change. Only what changed, and what depends
/// on it, is done again; the result is that of a fresh [`crate::app::load`] and [`check`].
pub struct Session {
    workspace: Workspace,
    request: Request,
    last: Option<Arc<Checked>>,
}

/// An app as it was at one moment, with everything found wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// The app.
    pub loaded: Loaded,
    /// Its texts. A file keeps its id from one reload to the next unless many files come at once.
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
        Self { workspace: Workspace::new(app, env), request, last: None }
    }

    /// The last good or bad state of the app that could be read.
    #[must_use]
    pub fn last(&self) -> Option<&Arc<Checked>> {
        self.last.as_ref()
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
        let Reload { loaded, files, .. } = self.workspace.reload(changes)?;
        let findings = by_file(&check(&loaded, &files, &self.request));
        let touched = files.iter().map(|(file, _)| file).collect();
        let checked = Arc::new(Checked { loaded, files, crashes: Vec::new(), findings, touched });
        self.last = Some(Arc::clone(&checked));
        Ok(checked)
    }
}

impl Checked {
    /// All findings, in the order of [`check`]: path, offset, rule.
    pub fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.findings.iter().flat_map(|(_, found)| found.iter())
    }

    /// The findings by their files, in order of the shown paths; files without any are left out. The
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

/// Findings in order, cut where the file changes.
fn by_file(found: &[Diagnostic]) -> Vec<(FileId, Arc<[Diagnostic]>)> {
    let parts = found.chunk_by(|a, b| a.span.file == b.span.file);
    parts.map(|part| (part[0].span.file, Arc::from(part))).collect()
}
