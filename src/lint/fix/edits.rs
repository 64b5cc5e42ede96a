//! Edits that go together, and the texts that they make.

use std::collections::BTreeMap;

use super::Rewrite;
use crate::diag::{Edit, FileId, Files, Fix};

/// Edits that do not touch each other, by file and first byte.
#[derive(Default)]
pub(super) struct Edits<'a> {
    by_file: BTreeMap<FileId, BTreeMap<u32, Run<'a>>>,
}

/// The edits of one fix that begin at one byte, in order: at most one of them takes bytes away.
struct Run<'a> {
    end: u32,
    edits: Vec<&'a Edit>,
}

impl<'a> Edits<'a> {
    /// Takes all edits of a fix, or none when one of them touches an edit taken before, does not
    /// fit the text, or overlaps another one of the same fix.
    pub(super) fn take(&mut self, fix: &'a Fix, files: &Files) -> bool {
        let mut edits: Vec<&Edit> = fix.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.span.file, edit.span.start, edit.span.end));
        let apart = edits
            .windows(2)
            .all(|pair| pair[0].span.file != pair[1].span.file || pair[0].span.end <= pair[1].span.start);
        if edits.is_empty() || !apart || !edits.iter().all(|edit| fits(edit, files) && self.is_free(edit)) {
            return false;
        }
        for edit in edits {
            let file = self.by_file.entry(edit.span.file).or_default();
            let run = file.entry(edit.span.start).or_insert(Run { end: edit.span.end, edits: Vec::new() });
            run.end = run.end.max(edit.span.end);
            run.edits.push(edit);
        }
        true
    }

    /// Side by side is not free: which of two insertions at one place comes first is not known.
    fn is_free(&self, edit: &Edit) -> bool {
        let Some(taken) = self.by_file.get(&edit.span.file) else { return true };
        let before = taken.range(..=edit.span.end).next_back();
        before.is_none_or(|(_, run)| run.end < edit.span.start)
    }

    /// The new texts of the files that have edits; all bytes outside the edits stay.
    pub(super) fn apply(self, files: &Files) -> Vec<Rewrite> {
        let rewrite = |(file, runs): (FileId, BTreeMap<u32, Run<'_>>)| {
            let old = files.get(file).text();
            let mut text = String::with_capacity(old.len() + 64);
            let mut at = 0;
            for edit in runs.into_values().flat_map(|run| run.edits) {
                text.push_str(&old[at..edit.span.start as usize]);
                text.push_str(&edit.text);
                at = edit.span.end as usize;
            }
            text.push_str(&old[at..]);
            Rewrite { file, text }
        };
        self.by_file.into_iter().map(rewrite).collect()
    }
}

fn fits(edit: &Edit, files: &Files) -> bool {
    files.get(edit.span.file).text().get(edit.span.range()).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diag::{Safety, Span};

    fn fix(edits: &[(usize, usize, &str)], file: FileId) -> Fix {
        let edit = |&(start, end, text): &(usize, usize, &str)| Edit {
            span: Span::new(file, start, end),
            text: text.into(),
        };
        Fix { title: "mend".into(), safety: Safety::Safe, edits: edits.iter().map(edit).collect() }
    }

    /// Which fixes were taken, and the text they make.
    fn applied(text: &str, fixes: &[&[(usize, usize, &str)]]) -> (Vec<bool>, String) {
        let mut sources = Files::new();
        let id = sources.add("a", text);
        let fixes: Vec<Fix> = fixes.iter().map(|edits| fix(edits, id)).collect();
        let mut chosen = Edits::default();
        let which = fixes.iter().map(|fix| chosen.take(fix, &sources)).collect();
        let mut rewrites = chosen.apply(&sources);
        (which, rewrites.pop().map_or_else(|| text.to_owned(), |rewrite| rewrite.text))
    }

    #[test]
    fn edits_apart_go_together() {
        let made = applied("abc def ghi", &[&[(8, 11, "G")], &[(0, 3, "")], &[(5, 5, "+")]]);
        assert_eq!(made, (vec![true, true, true], " d+ef G".to_owned()));
    }

    #[test]
    fn a_fix_is_taken_whole_or_not_at_all() {
        let made =
            applied("abcdef", &[&[(1, 2, "B")], &[(2, 3, "C"), (5, 6, "F")], &[(4, 4, "|"), (4, 5, "E")]]);
        assert_eq!(made, (vec![true, false, true], "aBcd|Ef".to_owned()));
    }

    #[test]
    fn what_touches_or_does_not_fit_waits() {
        assert_eq!(applied("abc", &[&[(1, 1, "x")], &[(1, 1, "y")]]).0, [true, false]);
        assert_eq!(applied("abc", &[&[(0, 2, "x")], &[(1, 3, "y")], &[(0, 3, "z")]]).0, [true, false, false]);
        assert_eq!(
            applied("é", &[&[(1, 2, "e")], &[(0, 9, "e")], &[], &[(0, 2, "a"), (1, 2, "b")]]).0,
            [false; 4]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Taking a fix after another never changes bytes that no edit names.
        #[test]
        fn other_bytes_stay(text in "[a-zé]{0,20}", places in prop::collection::vec((0_usize..24, 0_usize..5), 0..8)) {
            let mut files = Files::new();
            let file = files.add("a", &*text);
            let fixes: Vec<Fix> = places.iter().map(|&(at, len)| fix(&[(at, at + len, "#")], file)).collect();
            let mut edits = Edits::default();
            let taken: Vec<&Fix> = fixes.iter().filter(|fix| edits.take(fix, &files)).collect();
            let made = edits.apply(&files).pop().map_or_else(|| text.clone(), |rewrite| rewrite.text);
            prop_assert_eq!(made.matches('#').count(), taken.len());
            let gone = |at: usize| taken.iter().any(|fix| fix.edits[0].span.range().contains(&at));
            let kept: String = text.char_indices().filter(|&(at, _)| !gone(at)).map(|(_, c)| c).collect();
            prop_assert_eq!(made.replace('#', ""), kept);
        }
    }
}
