//! Comments that ask for silence: `# syncscope: ignore[rule, rule] -- reason` on the line of a
//! finding or above it, `# syncscope: ignore-file[rule]` before everything else in a file.
//!
//! JSON has no comments: there the settings (`perFile`) or a baseline do the same.

mod add;
mod asked;
mod unused;

use std::collections::{BTreeMap, BTreeSet};

use super::select::{self, Selection};
use super::unknown_rule;
use crate::app::Source;
use crate::diag::{Diagnostic, FileId, Files, SourceFile, Span};
use crate::syntax::{Comment, Node, Tree};

pub use add::{Added, add_ignores};
pub(super) use unused::INFO as UNUSED_IGNORE;

use asked::{Asked, is_ours};

/// What the comments of an app silence.
#[derive(Default)]
pub(super) struct Suppressions<'a> {
    files: BTreeMap<FileId, InFile<'a>>,
}

/// The comments of one file.
struct InFile<'a> {
    source: &'a Source,
    requests: Vec<Request<'a>>,
    /// The requests about the whole file, as positions in the list.
    whole: Vec<usize>,
    /// Those about a line.
    lines: BTreeMap<usize, Vec<usize>>,
}

/// One comment, and which of its names have silenced something.
struct Request<'a> {
    comment: &'a Comment,
    asked: Asked<'a>,
    used: BTreeSet<usize>,
}

/// Reads the comments of some files; names that are no rule's are added to `found`.
pub(super) fn read<'a>(
    sources: impl Iterator<Item = &'a Source>,
    files: &Files,
    found: &mut Vec<Diagnostic>,
) -> Suppressions<'a> {
    let mut suppressions = Suppressions::default();
    for source in sources {
        if let Some(in_file) = InFile::read(source, files, found) {
            suppressions.files.insert(source.file, in_file);
        }
    }
    suppressions
}

impl Suppressions<'_> {
    /// Takes away the findings that a comment silences, and adds the comments that silence nothing.
    pub fn apply(&mut self, selection: &Selection<'_>, files: &Files, found: &mut Vec<Diagnostic>) {
        found.retain(|diagnostic| {
            let in_file = self.files.get_mut(&diagnostic.span.file);
            in_file.is_none_or(|in_file| !in_file.silences(diagnostic, files))
        });
        if selection.is_on(UNUSED_IGNORE.id) {
            // What could not be read was not checked.
            let unread = found.iter().filter(|one| select::is_about_reading(one.rule));
            let unread: BTreeSet<FileId> = unread.map(|one| one.span.file).collect();
            for in_file in self.files.values().filter(|in_file| !unread.contains(&in_file.source.file)) {
                unused::tell(in_file, selection, files, found);
            }
        }
    }
}

impl<'a> InFile<'a> {
    fn read(source: &'a Source, files: &Files, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut in_file = Self { source, requests: Vec::new(), whole: Vec::new(), lines: BTreeMap::new() };
        for comment in source.tree.comments.iter().filter(|comment| is_ours(comment)) {
            in_file.comment(comment, files.get(source.file), found);
        }
        (!in_file.requests.is_empty()).then_some(in_file)
    }

    fn comment(&mut self, comment: &'a Comment, file: &SourceFile, found: &mut Vec<Diagnostic>) {
        let at_top = comment.span.start <= self.source.tree.root.span.start;
        let Some(asked) = Asked::read(comment).filter(|asked| at_top || !asked.whole_file) else {
            found.push(unknown_rule::unreadable(comment.span));
            return;
        };
        let unknown = asked.rules.iter().filter(|(id, _)| !select::is_known(id));
        found.extend(unknown.map(|(id, span)| unknown_rule::in_comment(id, *span)));
        let n = self.requests.len();
        if asked.whole_file {
            self.whole.push(n);
        } else {
            let line = line_meant(comment, &self.source.tree, file);
            self.lines.entry(line).or_default().push(n);
        }
        self.requests.push(Request { comment, asked, used: BTreeSet::new() });
    }

    /// Whether a comment silences a finding; the one nearest to it counts as used.
    fn silences(&mut self, diagnostic: &Diagnostic, files: &Files) -> bool {
        let lines = lines_of(diagnostic, self.source, files.get(self.source.file));
        let near = lines.iter().filter_map(|line| self.lines.get(line)).flatten();
        for &n in near.chain(&self.whole) {
            let request = &mut self.requests[n];
            let names = &request.asked.rules;
            let name = names.iter().position(|(id, _)| select::stands_for(id, diagnostic.rule));
            if let Some(name) = name {
                request.used.insert(name);
                return true;
            }
        }
        false
    }
}

/// A comment behind something speaks of its own line, one on a line of its own of the next line
/// that is no comment.
fn line_meant(comment: &Comment, tree: &Tree, file: &SourceFile) -> usize {
    let mut line = file.position(comment.span.start).line;
    if comment.trailing {
        return line;
    }
    let first = tree.comments.partition_point(|other| other.span.start < comment.span.start);
    for other in tree.comments[first..].iter().filter(|other| !other.trailing) {
        if file.position(other.span.start).line > line {
            break;
        }
        line += 1;
    }
    line
}

/// The lines at which a comment silences a finding: its own, and those on which the text around
/// it and that text's key begin, for inside a text that spans lines there can be no comment.
fn lines_of(diagnostic: &Diagnostic, source: &Source, file: &SourceFile) -> Vec<usize> {
    let line = |offset: u32| file.position(offset).line;
    let mut lines = vec![line(diagnostic.span.start)];
    if let Some((key, text)) = text_around(&source.tree.root, None, diagnostic.span) {
        lines.push(line(text.start));
        lines.extend(key.map(|key| line(key.start)));
    }
    lines
}

/// The text that holds the span, and the key that the text stands at.
fn text_around(node: &Node, key: Option<Span>, span: Span) -> Option<(Option<Span>, Span)> {
    if node.as_scalar().is_some() {
        return Some((key, node.span));
    }
    let around = |child: &Node| child.span.contains(span);
    if let Some(entry) = node.entries().iter().find(|entry| around(&entry.value)) {
        return text_around(&entry.value, Some(entry.key_span), span);
    }
    let item = node.items().iter().find(|item| around(item))?;
    text_around(item, None, span)
}
