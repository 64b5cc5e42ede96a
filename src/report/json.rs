//! One JSON object, for programs. Its shape is public: it is described in the README.

use std::io;

use serde::Serialize;

use super::{Counts, Report};
use crate::diag::{self, Diagnostic, Files, Safety, Span};

pub(super) fn write(
    out: &mut dyn io::Write,
    report: &Report<'_>,
    diagnostics: &[&Diagnostic],
) -> io::Result<()> {
    let counts = Counts::of(report.diagnostics);
    let summary = Summary {
        files: report.checked,
        errors: counts.errors,
        warnings: counts.warnings,
        infos: counts.infos,
        fixed: report.fixed,
    };
    let diagnostics = diagnostics.iter().map(|diagnostic| Finding::new(diagnostic, report.files)).collect();
    serde_json::to_writer(&mut *out, &Document { version: 1, summary, diagnostics })?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    summary: Summary,
    diagnostics: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
    fixed: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Fix<'a> {
    title: &'a str,
    safety: &'static str,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    new_text: &'a str,
}

impl<'a> Finding<'a> {
    fn new(diagnostic: &'a Diagnostic, files: &'a Files) -> Self {
        let related = diagnostic
            .labels
            .iter()
            .map(|l| Related { message: &l.message, place: Place::new(l.span, files) });
        Self {
            rule: diagnostic.rule,
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            place: Place::new(diagnostic.span, files),
            related: related.collect(),
            fix: diagnostic.fix.as_ref().map(|fix| Fix::new(fix, files)),
        }
    }
}

impl<'a> Place<'a> {
    fn new(span: Span, files: &'a Files) -> Self {
        let file = files.get(span.file);
        let (start, end) = (Position::new(file.position(span.start)), Position::new(file.position(span.end)));
        Self { file: file.path(), start, end }
    }
}

impl Position {
    fn new(position: diag::Position) -> Self {
        Self { line: position.line, column: position.column, offset: position.offset }
    }
}

impl<'a> Fix<'a> {
    fn new(fix: &'a diag::Fix, files: &'a Files) -> Self {
        let safety = match fix.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        };
        let edits = fix.edits.iter().map(|e| Edit { place: Place::new(e.span, files), new_text: &e.text });
        Self { title: &fix.title, safety, edits: edits.collect() }
    }
}
