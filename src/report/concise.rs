//! One line for each finding.

use std::io;

use crate::diag::{Diagnostic, Files};

pub(super) fn write(out: &mut dyn io::Write, files: &Files, diagnostics: &[&Diagnostic]) -> io::Result<()> {
    for diagnostic in diagnostics {
        let file = files.get(diagnostic.span.file);
        let place = file.position(diagnostic.span.start);
        let severity = diagnostic.severity.word();
        let (path, rule) = (file.path(), diagnostic.rule);
        let message = diagnostic.message.replace(['\n', '\r'], " ");
        writeln!(out, "{path}:{}:{}: {severity}[{rule}] {message}", place.line, place.column)?;
    }
    Ok(())
}
