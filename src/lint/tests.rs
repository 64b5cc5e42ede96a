//! The rules through the real loader: pages, planted mistakes, settings, comments, the corpus.

#![allow(clippy::unwrap_used)]

mod corpus;
mod fixtures;
mod fuzz;
mod one_file;
mod pages;
mod panics;
mod planted;
mod recall;
mod request;
mod session;
mod silence;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Request, check};
use crate::app::{Inputs, discover, load};
use crate::diag::{Diagnostic, Files};

/// An app on disk that goes away with it.
struct App {
    folder: TempDir,
}

impl App {
    /// Writes an app; without an index it gets a plain one.
    fn new(files: &[(&str, &str)]) -> Self {
        let app = Self { folder: tempfile::tempdir().unwrap() };
        if !files.iter().any(|(path, _)| path.starts_with("index.")) {
            app.write("index.jigx", "name: test\ntitle: Test\ncategory: business\n");
        }
        for (path, text) in files {
            app.write(path, text);
        }
        app
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn lint(&self) -> Vec<String> {
        lint(self.folder.path(), &Request::default())
    }
}

/// Findings as `path:line:column: severity[rule] message`.
fn lint(folder: &Path, request: &Request) -> Vec<String> {
    let (found, files) = findings(folder, folder, request);
    found.iter().map(|diagnostic| concise(diagnostic, &files)).collect()
}

/// What is found in the app at `path`, with paths as seen from `folder`.
fn findings(path: &Path, folder: &Path, request: &Request) -> (Vec<Diagnostic>, Files) {
    let mut files = Files::new();
    let mut found = Vec::new();
    for app in discover(&[path.to_path_buf()], folder).unwrap() {
        let inputs = Inputs { app: &app, overlay: BTreeMap::new(), env: &|_| None };
        let loaded = load(&inputs, &mut files).unwrap();
        found.extend(check(&loaded, &files, request));
    }
    (found, files)
}

fn concise(diagnostic: &Diagnostic, files: &Files) -> String {
    let file = files.get(diagnostic.span.file);
    let at = file.position(diagnostic.span.start);
    let Diagnostic { rule, severity, message, .. } = diagnostic;
    assert!(super::rule(rule).is_some(), "`{rule}` has no page");
    format!("{}:{}:{}: {}[{rule}] {message}", file.path(), at.line, at.column, severity.word())
}
