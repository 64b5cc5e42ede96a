//! Workflow commands of GitHub Actions, which become annotations of the files
//! (docs.github.com, "Workflow commands for GitHub Actions").

use std::io;

use crate::diag::{Diagnostic, Files, Severity};

pub(super) fn write(out: &mut dyn io::Write, files: &Files, diagnostics: &[&Diagnostic]) -> io::Result<()> {
    diagnostics.iter().try_for_each(|diagnostic| one(out, files, diagnostic))
}

fn one(out: &mut dyn io::Write, files: &Files, diagnostic: &Diagnostic) -> io::Result<()> {
    let file = files.get(diagnostic.span.file);
    let (start, end) = (file.position(diagnostic.span.start), file.position(diagnostic.span.end));
    let command = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    write!(out, "::{command} file={},line={},col={}", property(file.path()), start.line, start.column)?;
    write!(out, ",endLine={}", end.line)?;
    // Over more than one line, columns are not understood.
    if end.line == start.line {
        write!(out, ",endColumn={}", end.column)?;
    }
    writeln!(out, ",title={}::{}", property(diagnostic.rule), data(&text(diagnostic)))
}

fn text(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}\nhelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

fn data(text: &str) -> String {
    let odd = |c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t');
    text.replace(odd, "\u{fffd}").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
