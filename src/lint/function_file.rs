//! A function as its file says it: what the typed function leaves out, with every key's place.

use std::collections::HashMap;
use std::ops::Range;

use super::{Cx, Place};
use crate::app::{Found, Function};
use crate::diag::Span;
use crate::expr::{Expression, is_expression};
use crate::syntax::{Entry, Kind, Node, Scalar};

/// Parameters that name a credential, whatever their type says (functions.md §2.1).
pub(super) const CREDENTIALS: [&str; 3] = ["accessToken", "basicAuth", "x-api-key"];

/// A function's own part of its file.
#[derive(Clone, Copy)]
pub(super) struct FunctionFile<'a, 'f> {
    /// The function.
    pub node: &'a Node,
    found: &'f [Found],
}

impl<'a, 'f> FunctionFile<'a, 'f> {
    /// The file of a function; `None` when it could not be read in full.
    pub fn read(cx: &Cx<'a>, function: &'f Function) -> Option<Self> {
        let node = cx.node_at(function.span).filter(|_| cx.is_read(function.span))?;
        Some(Self { node, found: &function.expressions })
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.node.entry(key)
    }

    /// A text under a function's key that is no expression.
    pub fn literal(&self, pointer: &str) -> Option<Literal<'a>> {
        self.node.at(pointer).and_then(Literal::of)
    }

    /// The parameters that the function declares.
    pub fn parameters(&self) -> Vec<Parameter<'a>> {
        self.node.get("parameters").map_or_else(Vec::new, parameters)
    }

    /// The parameters of the further pages, when they have their own.
    pub fn later_parameters(&self) -> Option<Vec<Parameter<'a>>> {
        self.node.at("/continuation/parameters").map(parameters)
    }

    /// The operations, when there are some.
    pub fn operations(&self) -> Option<(&'a Entry, &'a [Node])> {
        let entry = self.entry("operations")?;
        (!entry.value.items().is_empty()).then(|| (entry, entry.value.items()))
    }

    /// The expression that a text is, with or without its `=`.
    pub fn expression(&self, node: &Node) -> Option<&'f Expression> {
        self.found.iter().find(|found| found.span == node.span).map(|found| &found.expression)
    }

    /// The expression under a key.
    pub fn expression_at(&self, pointer: &str) -> Option<(&'a Node, &'f Expression)> {
        let node = self.node.at(pointer)?;
        Some((node, self.expression(node)?))
    }

    /// Whether some expression of the function has this word in it.
    pub fn mentions(&self, word: &str) -> bool {
        self.found.iter().any(|found| has_word(found.expression.text(), word))
    }

    /// The same, of the expressions but this one.
    pub fn mentions_beside(&self, word: &str, but: &Node) -> bool {
        let mut others = self.found.iter().filter(|found| found.span != but.span);
        others.any(|found| has_word(found.expression.text(), word))
    }

    /// Whether the key says `true`.
    pub fn is_true(&self, key: &str) -> bool {
        self.node.get(key).and_then(Node::as_bool) == Some(true)
    }

    /// Calls `visit` with every expression that `wanted` lets through, and the keys that lead to it.
    pub fn each_expression(
        &self,
        wanted: impl Fn(&Expression) -> bool,
        visit: &mut dyn FnMut(&[&str], &'f Found),
    ) {
        let wanted = self.found.iter().filter(|found| wanted(&found.expression));
        let by_place: HashMap<Span, &Found> = wanted.map(|found| (found.span, found)).collect();
        if !by_place.is_empty() {
            each(self.node, &mut Vec::new(), &mut |keys, node| {
                by_place.get(&node.span).iter().for_each(|found| visit(keys, found));
            });
        }
    }
}

fn each<'a>(node: &'a Node, keys: &mut Vec<&'a str>, visit: &mut dyn FnMut(&[&str], &Node)) {
    match &node.kind {
        Kind::Object(entries) => {
            for entry in entries {
                keys.push(&entry.key.text);
                each(&entry.value, keys, visit);
                keys.pop();
            }
        }
        Kind::Array(items) => items.iter().for_each(|item| each(item, keys, visit)),
        _ => visit(keys, node),
    }
}

/// A parameter that a function declares.
#[derive(Clone, Copy)]
pub(super) struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its name and definition.
    pub entry: &'a Entry,
    /// `location`, as written.
    pub location: &'a str,
}

fn parameters<'n>(node: &'n Node) -> Vec<Parameter<'n>> {
    let entries = node.entries().iter().filter(|entry| matches!(entry.value.kind, Kind::Object(_)));
    let read = |entry: &'n Entry| Parameter {
        name: &entry.key.text,
        entry,
        location: text(&entry.value, "location"),
    };
    entries.map(read).collect()
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

impl<'a> Parameter<'a> {
    /// Its value when the caller gives none.
    pub fn value(&self) -> Option<&'a Node> {
        self.entry.value.get("value")
    }

    /// `type`, as written.
    pub fn type_name(&self) -> &'a str {
        text(&self.entry.value, "type")
    }

    /// Whether a call without it is refused.
    pub fn is_required(&self) -> bool {
        self.entry.value.get("required").and_then(Node::as_bool) == Some(true)
    }

    /// Whether its value names a credential.
    pub fn is_credential(&self) -> bool {
        CREDENTIALS.contains(&self.name) || matches!(self.location, "credential" | "secret")
    }
}

/// A text that is no expression.
#[derive(Clone, Copy)]
pub(super) struct Literal<'a> {
    /// Its node.
    pub node: &'a Node,
    /// The text.
    pub scalar: &'a Scalar,
}

impl<'a> Literal<'a> {
    /// The text of a node.
    pub fn of(node: &'a Node) -> Option<Self> {
        let scalar = node.as_scalar().filter(|scalar| !is_expression(&scalar.text))?;
        Some(Self { node, scalar })
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        &self.scalar.text
    }

    /// The place of some of its bytes.
    pub fn part(&self, cx: &Cx<'_>, place: &Place<'_>, range: Range<usize>) -> Span {
        cx.part(place, self.node.span, range)
    }

    /// The `{name}`s of an address, with the bytes of the braces.
    pub fn tokens(&self) -> Vec<(&'a str, Range<usize>)> {
        tokens(self.text())
    }
}

/// The `{name}`s of a text, with the bytes of the braces.
pub(super) fn tokens(text: &str) -> Vec<(&str, Range<usize>)> {
    let opened = text.match_indices('{').filter_map(|(at, _)| {
        let length = text[at + 1..].find(['}', '{'])?;
        let name = &text[at + 1..at + 1 + length];
        let closed = text[at + 1 + length..].starts_with('}');
        (closed && is_name(name)).then(|| (name, at..at + length + 2))
    });
    opened.collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.$".contains(c))
}

/// Whether a word stands in a text, not as part of a longer one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(word);
    let mut whole = found.filter(|(at, word)| {
        !text[..*at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part)
    });
    !word.is_empty() && whole.next().is_some()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::diag::FileId;
    use crate::syntax::{Format, parse};

    #[test]
    fn tokens_of_an_address_are_names_in_braces() {
        let names = |text: &str| {
            let (tree, _) = parse(FileId::first(), &format!("'{text}'"), Format::Yaml);
            let tokens = Literal::of(&tree.root).unwrap().tokens();
            tokens.into_iter().map(|(name, range)| format!("{name}@{}", range.start)).collect::<Vec<_>>()
        };
        assert_eq!(names("https://{host}/a({id})"), ["host@8", "id@17"]);
        assert_eq!(names("x/{}/{a b}/{a{b}/{c"), ["b@13"]);
        assert_eq!(names("none"), [""; 0]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("=$.inputs.userId.value", "userId") && has_word("a", "a"));
        assert!(!has_word("=userIds", "userId") && !has_word("=my_userId", "userId") && !has_word("a", ""));
    }
}
