//! Reading on after a syntax mistake.
//!
//! granit stops at the first mistake of a document. The bytes to blame are overwritten with blanks,
//! so that all offsets stay, and the text is read again. What was blanked is remembered as damaged.

use std::ops::Range;

use super::build::{Built, build};
use super::explain::{Mistake, Repair, explain};
use super::lines;
use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::{Tree, boundary, rules};

/// How often a text is read again.
const MAX_TRIES: usize = 40;
/// White space of YAML.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
/// How many bytes may be read again, all tries taken together.
const MAX_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut built = build(file, text);
    if built.failure.is_none() {
        return (built.tree, built.diagnostics);
    }
    let mut patient = Patient::new(file, text);
    let tries = (MAX_BYTES / text.len().max(1)).clamp(3, MAX_TRIES);
    for _ in 0..tries {
        if !patient.treat(&built) {
            break;
        }
        built = build(file, &patient.text);
        if built.failure.is_none() {
            break;
        }
    }
    patient.discharge(built)
}

struct Patient<'s> {
    file: FileId,
    original: &'s str,
    /// The text with blanks where it was wrong.
    text: String,
    wounds: Vec<Range<usize>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Patient<'s> {
    fn new(file: FileId, original: &'s str) -> Self {
        Self { file, original, text: original.to_owned(), wounds: Vec::new(), diagnostics: Vec::new() }
    }

    /// Tells of the mistake at which reading stopped and takes it out; `false` when there is nothing left to take.
    fn treat(&mut self, built: &Built) -> bool {
        let Some(failure) = &built.failure else { return false };
        let Mistake { diagnostic, repair } = explain(self.file, &self.text, failure);
        let consequence = self.is_wounded(diagnostic.span.range()) || self.is_wounded(failure.at..failure.at);
        if !consequence {
            self.diagnostics.push(diagnostic);
        }
        match repair {
            Repair::Spaces(tabs) if !consequence => {
                for range in tabs {
                    self.blank(range);
                }
                true
            }
            Repair::Spaces(_) => self.cut(failure.at..failure.at),
            Repair::Blank(region) => self.cut(region),
        }
    }

    /// Whether a line of `range` was mended before.
    fn is_wounded(&self, range: Range<usize>) -> bool {
        let start = lines::line_at(self.original, range.start).start;
        let end = lines::line_at(self.original, range.end).end;
        self.wounds.iter().any(|wound| wound.start <= end && start <= wound.end)
    }

    /// Blanks `region`, or what surrounds it if it is blank already.
    fn cut(&mut self, region: Range<usize>) -> bool {
        let end = boundary(&self.text, region.end);
        let region = boundary(&self.text, region.start).min(end)..end;
        if self.has_text(&region) {
            self.blank(region);
            return true;
        }
        let at = region.start.min(self.text.len());
        let entry = lines::entry(&self.text, at);
        let own = entry.line.start..lines::block_end(&self.text, &entry);
        if self.has_text(&own) {
            self.blank(own);
            return true;
        }
        let rest = lines::line_at(&self.text, at).start..self.text.len();
        if self.has_text(&rest) {
            self.blank(rest);
            return true;
        }
        false
    }

    fn has_text(&self, region: &Range<usize>) -> bool {
        !self.text[region.clone()].trim_matches([' ', '\r', '\n']).is_empty()
    }

    fn blank(&mut self, region: Range<usize>) {
        let blanks: String = self.text[region.clone()]
            .bytes()
            .map(|b| if matches!(b, b'\r' | b'\n') { b as char } else { ' ' })
            .collect();
        self.text.replace_range(region.clone(), &blanks);
        self.wounds.push(region);
    }

    fn discharge(mut self, built: Built) -> (Tree, Vec<Diagnostic>) {
        let Built { mut tree, diagnostics, failure } = built;
        if let Some(failure) = failure {
            let Mistake { diagnostic, .. } = explain(self.file, &self.text, &failure);
            if !self.is_wounded(diagnostic.span.range()) && !self.is_wounded(failure.at..failure.at) {
                self.diagnostics.push(diagnostic);
            }
            self.wounds.push(failure.at..self.text.len());
        }
        let own = diagnostics.into_iter().filter(|diagnostic| !self.is_split(diagnostic));
        let mut own: Vec<_> = own.collect();
        self.diagnostics.append(&mut own);
        let told = std::mem::take(&mut self.diagnostics);
        let told = told.into_iter().map(|diagnostic| self.on_characters(diagnostic)).collect();
        // The end of what stands before is damaged too: that is where something may be missing.
        let before = |at: usize| self.text[..boundary(&self.text, at)].trim_end_matches(BLANKS).len();
        tree.damaged.extend(self.wounds.iter().map(|w| Span::new(self.file, before(w.start), w.end)));
        tree.damaged.iter_mut().for_each(|span| *span = self.on_character(*span));
        tree.damaged.sort_unstable();
        (tree, told)
    }

    /// Whether a repeated key may only seem to be one, as something was taken out between both.
    fn is_split(&self, diagnostic: &Diagnostic) -> bool {
        let first =
            diagnostic.labels.first().map_or(diagnostic.span.start, |label| label.span.start) as usize;
        let again = diagnostic.span.start as usize;
        diagnostic.rule == rules::DUPLICATE_KEY
            && self.wounds.iter().any(|wound| first < wound.start && wound.end <= again)
    }

    /// Where characters of several bytes became blanks, places may lie within them.
    fn on_characters(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.span = self.on_character(diagnostic.span);
        for label in &mut diagnostic.labels {
            label.span = self.on_character(label.span);
        }
        for edit in diagnostic.fix.iter_mut().flat_map(|fix| &mut fix.edits) {
            edit.span = self.on_character(edit.span);
        }
        diagnostic
    }

    fn on_character(&self, span: Span) -> Span {
        let range = span.range();
        Span::new(self.file, boundary(self.original, range.start), boundary(self.original, range.end))
    }
}
