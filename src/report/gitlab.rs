//! A Code Quality report of GitLab (docs.gitlab.com, "Code Quality report format").

use std::io;

use serde::Serialize;

use super::Report;
use super::fingerprint::fingerprints;
use crate::diag::{self, Diagnostic, Files, Severity};

pub(super) fn write(out: &mut dyn io::Write, report: &Report<'_>, order: &[usize]) -> io::Result<()> {
    let names = fingerprints(report, order);
    let issue = |(&n, name): (&usize, String)| Issue::new(&report.diagnostics[n], name, report.files);
    let issues: Vec<_> = order.iter().zip(names).map(issue).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

impl Issue {
    fn new(diagnostic: &Diagnostic, fingerprint: String, files: &Files) -> Self {
        let file = files.get(diagnostic.span.file);
        let place = |offset| Position::new(file.position(offset));
        let positions = Positions { begin: place(diagnostic.span.start), end: place(diagnostic.span.end) };
        Self {
            description: description(diagnostic),
            check_name: diagnostic.rule,
            fingerprint,
            severity: match diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            },
            location: Location { path: file.path().to_owned(), positions },
        }
    }
}

impl Position {
    fn new(position: diag::Position) -> Self {
        Self { line: position.line, column: position.column }
    }
}

fn description(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{} ({help})", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
