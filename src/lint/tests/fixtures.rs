//! The small apps under `tests/lint`, found by listing, each with what is to be said about it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::{concise, findings};
use crate::diag::{Diagnostic, Files, Span};
use crate::lint::Request;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Everything that a finding says: its places, help and edits too.
pub(super) fn in_full(diagnostic: &Diagnostic, files: &Files) -> String {
    let place = |span: Span| {
        let file = files.get(span.file);
        let (start, end) = (file.position(span.start), file.position(span.end));
        format!("{}:{}:{}-{}:{}", file.path(), start.line, start.column, end.line, end.column)
    };
    let mut out = concise(diagnostic, files);
    for label in &diagnostic.labels {
        write!(out, "\n    label {} {}", place(label.span), label.message).unwrap();
    }
    if let Some(help) = &diagnostic.help {
        write!(out, "\n    help {help}").unwrap();
    }
    for edit in diagnostic.fix.iter().flat_map(|fix| &fix.edits) {
        write!(out, "\n    fix {} {:?}", place(edit.span), edit.text).unwrap();
    }
    out
}

#[test]
fn fixtures_say_what_is_written_beside_them() {
    let mut complaints = Vec::new();
    for folder in fixtures() {
        let single = folder.join("app.json");
        let app = if single.is_file() { &single } else { &folder };
        let (found, files) = findings(app, &folder, &Request::default());
        let found = found.iter().map(|diagnostic| in_full(diagnostic, &files)).collect::<Vec<_>>().join("\n");
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
        if found.trim() != expected.trim() {
            let name = folder.file_name().unwrap().to_string_lossy();
            complaints.push(format!("== {name}\n{found}\n-- expected\n{expected}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
