//! From what was found to what is told: settings, comments that ask for silence, order.

use std::collections::BTreeMap;

use super::select::Selection;
use super::suppress;
use crate::app::Loaded;
use crate::diag::{Diagnostic, FileId, Files};

/// The findings of a whole app, told by the rules, with those of the loader.
pub(super) fn all(
    found: Vec<Diagnostic>,
    loaded: &Loaded,
    files: &Files,
    selection: &Selection<'_>,
) -> Vec<Diagnostic> {
    let mut by_file: BTreeMap<FileId, Vec<Diagnostic>> = BTreeMap::new();
    for diagnostic in found.into_iter().chain(loaded.diagnostics().cloned()) {
        by_file.entry(diagnostic.span.file).or_default().push(diagnostic);
    }
    // A comment that silences nothing is a finding of its own.
    for source in loaded.sources.iter().filter(|source| !source.tree.comments.is_empty()) {
        by_file.entry(source.file).or_default();
    }
    by_file.into_iter().flat_map(|(file, found)| of_file(file, found, loaded, files, selection)).collect()
}

/// What is told of one file, of everything that was found in it.
pub(super) fn of_file(
    file: FileId,
    mut found: Vec<Diagnostic>,
    loaded: &Loaded,
    files: &Files,
    selection: &Selection<'_>,
) -> Vec<Diagnostic> {
    let source = loaded.source(file).map(AsRef::as_ref);
    let mut suppressions = suppress::read(source.into_iter(), files, &mut found);
    found.retain_mut(|diagnostic| selection.admits(diagnostic));
    suppressions.apply(selection, files, &mut found);
    in_order(found)
}

fn in_order(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |d: &Diagnostic| (d.span.start, d.rule, d.span.end);
    let labels =
        |d: &Diagnostic| d.labels.iter().map(|label| (label.span, label.message.clone())).collect::<Vec<_>>();
    found.sort_by(|a, b| {
        let order = key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message));
        order.then_with(|| a.help.cmp(&b.help)).then_with(|| labels(a).cmp(&labels(b)))
    });
    found.dedup_by(|a, b| a.rule == b.rule && a.span == b.span && a.message == b.message);
    found
}
