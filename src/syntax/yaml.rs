//! YAML 1.2 through granit-parser's events.

mod anchors;
mod build;
mod explain;
mod lines;
mod plain;
mod recover;
mod remarks;

use super::Tree;
use crate::diag::{Diagnostic, FileId};

pub(super) fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = recover::parse(file, text);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    (tree, diagnostics)
}

#[cfg(test)]
mod tests;
