//! What a finding is, told without lines and counts, so that it is known again after its file changed.

use std::collections::HashMap;
use std::fmt;

use crate::app::Loaded;
use crate::diag::{Diagnostic, Span};
use crate::syntax::{Entry, Node, push_token};

/// Keys whose value tells one item of a list from the others, best first.
const NAMES: [&str; 8] = ["instanceId", "id", "name", "entity", "key", "title", "label", "type"];

/// A finding in words that stay when other parts of its file change. Several findings can have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// The rule.
    pub rule: String,
    /// Where in the structure of its file: a JSON pointer with the items of lists by their names,
    /// `/actions/[instanceId=sync]/options`.
    pub at: String,
    /// The message, numbers that stand outside of backticks left out.
    pub message: String,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}", self.rule, self.at, self.message)
    }
}

/// The fingerprints of findings, in their order.
#[must_use]
pub fn fingerprints(loaded: &Loaded, found: &[Diagnostic]) -> Vec<Fingerprint> {
    let roots: HashMap<_, _> = loaded.sources.iter().map(|source| (source.file, &source.tree.root)).collect();
    let print = |finding: &Diagnostic| Fingerprint {
        rule: finding.rule.to_owned(),
        at: roots.get(&finding.span.file).map_or_else(String::new, |root| structure(root, finding.span)),
        message: without_numbers(&finding.message),
    };
    found.iter().map(print).collect()
}

/// The way from the root of a file to what holds the span.
fn structure(root: &Node, span: Span) -> String {
    let mut way = String::new();
    let mut node = root;
    loop {
        if let Some(entry) = entry_around(node, span) {
            push_token(&mut way, &entry.key.text);
            node = &entry.value;
        } else if let Some(item) = item_around(node, span) {
            push_token(&mut way, &name_of(item));
            node = item;
        } else {
            return way;
        }
    }
}

/// Entries stand in order, but for those that are taken over from elsewhere.
fn entry_around(node: &Node, span: Span) -> Option<&Entry> {
    let entries = node.entries();
    let near = entries.partition_point(|entry| entry.key_span.start <= span.start).checked_sub(1)?;
    let around = |entry: &&Entry| entry.key_span.contains(span) || entry.value.span.contains(span);
    // An aliased part stands somewhere else; so many entries are looked at in any case.
    entries.get(near).filter(around).or_else(|| entries.iter().take(64).find(around))
}

fn item_around(node: &Node, span: Span) -> Option<&Node> {
    let items = node.items();
    let near = items.partition_point(|item| item.span.start <= span.start).checked_sub(1)?;
    items.get(near).filter(|item| item.span.contains(span))
}

/// What tells an item from others wherever it stands in its list: `[instanceId=sync]`, `[=red]`, `[]`.
fn name_of(item: &Node) -> String {
    if let Some(text) = item.as_str() {
        return format!("[={}]", shortened(text));
    }
    let name = NAMES.iter().find_map(|key| Some((key, item.get(key)?.as_str()?)));
    name.map_or_else(|| "[]".to_owned(), |(key, text)| format!("[{key}={}]", shortened(text)))
}

/// The beginning of a text: what is written behind it may change.
fn shortened(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(60).map_or(line, |(at, _)| &line[..at])
}

/// `line 3 of 12` and `line 4 of 13` are the same; what stands in backticks is the author's.
fn without_numbers(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for (n, part) in message.split('`').enumerate() {
        if n > 0 {
            out.push('`');
        }
        if n % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for c in part.chars() {
            match c {
                '0'..='9' if out.ends_with('#') => {}
                '0'..='9' => out.push('#'),
                _ => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;
    use crate::syntax::{Format, parse};

    fn at(text: &str, part: &str) -> String {
        let (tree, _) = parse(FileId::first(), text, Format::Yaml);
        let start = text.find(part).unwrap_or_default();
        structure(&tree.root, Span::new(FileId::first(), start, start + part.len()))
    }

    #[test]
    fn places_are_told_by_names() {
        let text = "a:\n  - instanceId: one\n    type: x\n    to: [p, q/r]\n  - type: y\n    at: HERE\n  - 7\nb/c: {k: v}\n";
        assert_eq!(at(text, "HERE"), "/a/[type=y]/at");
        assert_eq!(at(text, "q/r"), "/a/[instanceId=one]/to/[=q~1r]");
        assert_eq!(at(text, "7"), "/a/[]");
        assert_eq!(at(text, "b/c"), "/b~1c");
        assert_eq!(at(text, "v"), "/b~1c/k");
        assert_eq!(at(text, text), "");
        let renumbered = text.replace("a:\n", "# new\nz: 1\na:\n  - type: new\n");
        assert_eq!(at(&renumbered, "HERE"), "/a/[type=y]/at");
    }

    #[test]
    fn numbers_of_ours_are_left_out() {
        assert_eq!(
            without_numbers("`a1` is on line 12, see `b2` and 3"),
            "`a1` is on line #, see `b2` and #"
        );
        assert_eq!(without_numbers("12"), "#");
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        assert_eq!(shortened(&"é".repeat(80)), "é".repeat(60));
        assert_eq!(shortened("one\ntwo"), "one");
    }
}
