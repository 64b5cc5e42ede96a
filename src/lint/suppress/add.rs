//! Writes the comments that ask for silence about findings.

use std::collections::{BTreeMap, BTreeSet};

use super::{InFile, text_around};
use crate::app::{Loaded, Source};
use crate::diag::{Diagnostic, FileId, Files, Group, SourceFile};
use crate::lint::select::{self, is_about_reading};
use crate::lint::{Rewrite, rule};
use crate::syntax::{Format, Node};

/// Texts with more comments in them.
#[derive(Debug, Default)]
pub struct Added {
    /// The new texts.
    pub rewrites: Vec<Rewrite>,
    /// How many findings no comment can silence: they stand in JSON, in no text at all, or say that a
    /// file cannot be read.
    pub left: usize,
}

/// The rules to be silenced in a file, by the first byte of the line.
type Lines = BTreeMap<usize, BTreeSet<&'static str>>;

/// Asks for silence about each of these findings, with a comment above its line or with one more name
/// in the comment that is there; the reason stands behind new comments.
#[must_use]
pub fn add_ignores(loaded: &Loaded, found: &[Diagnostic], files: &Files, reason: Option<&str>) -> Added {
    let mut added = Added::default();
    let mut by_file: BTreeMap<FileId, Lines> = BTreeMap::new();
    for finding in found {
        let source = loaded.sources.iter().find(|source| source.file == finding.span.file);
        let line = source.filter(|_| is_a_matter_of_taste(finding)).and_then(|it| line(finding, it, files));
        match line {
            Some(line) => {
                let rules = by_file.entry(finding.span.file).or_default().entry(line).or_default();
                rules.insert(finding.rule);
            }
            None => added.left += 1,
        }
    }
    for source in &loaded.sources {
        if let Some(lines) = by_file.get(&source.file) {
            added.rewrites.push(rewrite(source, lines, files, reason));
        }
    }
    added
}

/// What is not read is not checked, and a comment about comments would have no end.
fn is_a_matter_of_taste(finding: &Diagnostic) -> bool {
    !is_about_reading(finding.rule) && rule(finding.rule).is_some_and(|rule| rule.group != Group::Settings)
}

/// The first byte of the line above which a comment silences the finding; `None` when none can stand there.
fn line(finding: &Diagnostic, source: &Source, files: &Files) -> Option<usize> {
    let file = files.get(source.file);
    let root = &source.tree.root;
    let anchor = match text_around(root, None, finding.span) {
        Some((key, text)) => key.unwrap_or(text).start,
        None => finding.span.start,
    };
    let start = line_start(file.text(), anchor as usize);
    let is_yaml = Format::of_path(file.path()) == Format::Yaml;
    (is_yaml && !file.text().is_empty() && !is_inside_text(root, start)).then_some(start)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |before| before + 1)
}

/// Whether a text goes on at this byte, so that what is put there becomes a part of it.
fn is_inside_text(node: &Node, at: usize) -> bool {
    let range = node.span.range();
    if !(range.start < at && at < range.end) {
        return false;
    }
    let values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    node.as_scalar().is_some() || values.into_iter().any(|child| is_inside_text(child, at))
}

fn rewrite(source: &Source, lines: &Lines, files: &Files, reason: Option<&str>) -> Rewrite {
    let file = files.get(source.file);
    let known = InFile::read(source, files, &mut Vec::new());
    let (mut text, mut at) = (String::new(), 0);
    let mut edits: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (&start, rules) in lines {
        let there = known.as_ref().and_then(|known| known.list_for(start, rules, file));
        let (range, new) = there.unwrap_or_else(|| (start..start, comment(start, rules, file, reason)));
        edits.insert((range.start, range.end), new);
    }
    for ((start, end), new) in edits {
        text.push_str(&file.text()[at..start]);
        text.push_str(&new);
        at = end;
    }
    text.push_str(&file.text()[at..]);
    Rewrite { file: source.file, text }
}

impl InFile<'_> {
    /// The bytes of the names in a comment about the line, and the names with some more.
    fn list_for(
        &self,
        start: usize,
        more: &BTreeSet<&str>,
        file: &SourceFile,
    ) -> Option<(std::ops::Range<usize>, String)> {
        let line = file.position(u32::try_from(start).ok()?).line;
        let request = &self.requests[*self.lines.get(&line)?.last()?];
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in &request.asked.rules {
            let meant = meant(name).filter(|rule| more.contains(rule)).unwrap_or(name);
            if !names.contains(&meant) {
                names.push(meant);
            }
        }
        let new: Vec<&str> = more.iter().copied().filter(|rule| !names.contains(rule)).collect();
        names.extend(new);
        Some((request.asked.list.range(), names.join(", ")))
    }
}

/// The rule that a misspelt name stands for.
fn meant(name: &str) -> Option<&'static str> {
    if select::is_known(name) { None } else { select::closest_rule(name) }
}

fn comment(start: usize, rules: &BTreeSet<&str>, file: &SourceFile, reason: Option<&str>) -> String {
    let line = &file.text()[start..];
    let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
    let names = rules.iter().copied().collect::<Vec<_>>().join(", ");
    let reason = reason.map(|reason| format!(" -- {reason}")).unwrap_or_default();
    let line_break = if file.text().contains("\r\n") { "\r\n" } else { "\n" };
    format!("{indent}# syncscope: ignore[{names}]{reason}{line_break}")
}
