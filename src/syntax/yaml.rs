//! YAML 1.2 through granit-parser's events.

mod anchors;
mod build;
mod plain;
mod remarks;

use super::{Tree, rules};
use crate::diag::{Diagnostic, FileId, Span};

pub(super) fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let build::Built { mut tree, mut diagnostics, failure } = build::build(file, text);
    if let Some(error) = failure {
        let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        diagnostics.push(Diagnostic::error(rules::INVALID_YAML, Span::new(file, at, at), error.info()));
        tree.damaged.push(Span::new(file, at, text.len()));
    }
    (tree, diagnostics)
}

#[cfg(test)]
mod tests;
