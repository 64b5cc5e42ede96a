//! Comments that ask for silence: `# syncscope: ignore[rule, rule] -- reason` on the line of a
//! finding or above it, `# syncscope: ignore-file[rule]` before everything else in a file.

use std::collections::{BTreeMap, BTreeSet};

use super::{select, unknown_rule};
use crate::app::{Loaded, Source};
use crate::diag::{Diagnostic, FileId, Files, SourceFile, Span};
use crate::syntax::{Comment, Node, Tree};

const MARK: &str = "syncscope:";

/// What the comments of an app silence.
#[derive(Default)]
pub(super) struct Suppressions<'a> {
    files: BTreeMap<FileId, (&'a Source, InFile)>,
}

#[derive(Default)]
struct InFile {
    whole: BTreeSet<String>,
    lines: BTreeMap<usize, BTreeSet<String>>,
}

/// Reads the comments of all files; names that are no rule's are added to `found`.
pub(super) fn read<'a>(loaded: &'a Loaded, files: &Files, found: &mut Vec<Diagnostic>) -> Suppressions<'a> {
    let mut suppressions = Suppressions::default();
    for source in &loaded.sources {
        let mut in_file = InFile::default();
        for comment in source.tree.comments.iter().filter(|comment| is_ours(comment)) {
            in_file.comment(comment, &source.tree, files.get(source.file), found);
        }
        if !(in_file.whole.is_empty() && in_file.lines.is_empty()) {
            suppressions.files.insert(source.file, (source, in_file));
        }
    }
    suppressions
}

impl InFile {
    fn comment(&mut self, comment: &Comment, tree: &Tree, file: &SourceFile, found: &mut Vec<Diagnostic>) {
        let at_top = comment.span.start <= tree.root.span.start;
        let Some(asked) = Asked::read(comment).filter(|asked| at_top || !asked.whole_file) else {
            found.push(unknown_rule::unreadable(comment.span));
            return;
        };
        let named = if asked.whole_file {
            &mut self.whole
        } else {
            self.lines.entry(line_meant(comment, tree, file)).or_default()
        };
        for (id, span) in asked.rules {
            if !select::is_known(id) {
                found.push(unknown_rule::in_comment(id, span));
            }
            named.insert(id.to_owned());
        }
    }

    fn silences(&self, rule: &str, lines: &[usize]) -> bool {
        let names = |ids: &BTreeSet<String>| ids.iter().any(|id| select::stands_for(id, rule));
        names(&self.whole) || lines.iter().any(|line| self.lines.get(line).is_some_and(names))
    }
}

impl Suppressions<'_> {
    /// Takes away the findings that a comment silences.
    pub fn apply(&self, files: &Files, found: &mut Vec<Diagnostic>) {
        found.retain(|diagnostic| {
            let Some((source, in_file)) = self.files.get(&diagnostic.span.file) else { return true };
            !in_file.silences(diagnostic.rule, &lines_of(diagnostic, source, files.get(source.file)))
        });
    }
}

fn is_ours(comment: &Comment) -> bool {
    comment.text.trim_start().starts_with(MARK)
}

/// What one comment asks for.
struct Asked<'a> {
    whole_file: bool,
    rules: Vec<(&'a str, Span)>,
}

impl<'a> Asked<'a> {
    fn read(comment: &'a Comment) -> Option<Self> {
        let text: &'a str = &comment.text;
        let after_mark = text.find(MARK)? + MARK.len();
        let open = after_mark + text[after_mark..].find('[')?;
        let close = open + text[open..].find(']')?;
        let whole_file = match text[after_mark..open].trim() {
            "ignore" => false,
            "ignore-file" => true,
            _ => return None,
        };
        // The text begins after `#`.
        let origin = comment.span.start as usize + 1;
        let mut at = open + 1;
        let mut rules = Vec::new();
        for part in text[open + 1..close].split(',') {
            let id = part.trim();
            let start = origin + at + (part.len() - part.trim_start().len());
            rules.push((id, Span::new(comment.span.file, start, start + id.len())));
            at += part.len() + 1;
        }
        rules.retain(|(id, _)| !id.is_empty());
        Some(Self { whole_file, rules })
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
