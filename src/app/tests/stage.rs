//! What the tests of this room stand on.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;

use crate::app::{Inputs, Loaded, discover, load};
use crate::diag::{Diagnostic, FileId, Files, Severity, Span};

/// An app on disk, and what was read of it.
pub(in crate::app) struct App {
    pub(in crate::app) files: Files,
    pub(in crate::app) loaded: Loaded,
    pub(in crate::app) dir: TempDir,
}

impl App {
    /// An app of these files, read from its folder.
    pub(in crate::app) fn new(texts: &[(&str, &str)]) -> Self {
        Self::with_env(texts, &|_| None)
    }

    /// The same with environment variables.
    pub(in crate::app) fn with_env(texts: &[(&str, &str)], env: &dyn Fn(&str) -> Option<String>) -> Self {
        let dir = folder(texts);
        Self::read(dir, "", env)
    }

    /// An app in one file.
    pub(in crate::app) fn single(name: &str, text: &str) -> Self {
        Self::read(folder(&[(name, text)]), name, &|_| None)
    }

    fn read(dir: TempDir, path: &str, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut files = Files::new();
        let apps = discover(&[dir.path().join(path)], dir.path()).unwrap();
        let loaded = load(&Inputs { app: &apps[0], overlay: BTreeMap::new(), env }, &mut files).unwrap();
        Self { files, loaded, dir }
    }

    /// `rule: message @ the text it points at`, of errors and warnings.
    pub(in crate::app) fn found(&self) -> Vec<String> {
        let grave = self.loaded.diagnostics().filter(|found| found.severity != Severity::Info);
        grave.map(|found| self.told(found)).collect()
    }

    /// The same of remarks.
    pub(in crate::app) fn remarks(&self) -> Vec<String> {
        let infos = self.loaded.diagnostics().filter(|found| found.severity == Severity::Info);
        infos.map(|found| self.told(found)).collect()
    }

    fn told(&self, found: &Diagnostic) -> String {
        format!("{}: {} @ {}", found.rule, found.message, self.text(found.span))
    }

    /// `file:text` of a place.
    pub(in crate::app) fn text(&self, span: Span) -> String {
        let file = self.files.get(span.file);
        format!("{}:{}", file.path(), &file.text()[span.range()])
    }

    /// The path of a file as it is shown.
    pub(in crate::app) fn path(&self, file: FileId) -> &str {
        self.files.get(file).path()
    }
}

/// A folder with these files.
pub(in crate::app) fn folder(texts: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (path, text) in texts {
        write(dir.path(), path, text);
    }
    dir
}

/// Writes a file below a folder.
pub(in crate::app) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
