//! Text becomes a spanned tree: one [`Tree`] for YAML 1.2 and JSON.
//!
//! Every key and every value carries the exact bytes it stands on, so that whatever is found
//! later, inside an expression in a folded scalar too, is shown at its place in the file.

mod comment;
mod decode;
mod json;
mod keys;
mod pages;
mod remarks;
mod rules;
mod scalar;
mod yaml;

use std::ops::Range;

use crate::diag::{Diagnostic, FileId, Span};

pub use decode::{DecodeError, decode, too_large};
pub use pages::RULES;

/// The deepest nesting of arrays and objects that is accepted.
pub const MAX_DEPTH: usize = 128;
/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The most nodes that the aliases of one file may add.
pub const MAX_ALIAS_NODES: usize = 100_000;

/// Which grammar a file is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, core schema.
    Yaml,
    /// JSON (RFC 8259).
    Json,
}

impl Format {
    /// JSON for paths that end in `.json`, YAML for all others.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let json = path.rsplit('.').next().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Yaml }
    }
}

/// Reads `text` as `format`. Never panics; what cannot be read is left out of the tree,
/// told in the diagnostics and remembered in [`Tree::damaged`].
#[must_use]
pub fn parse(file: FileId, text: &str, format: Format) -> (Tree, Vec<Diagnostic>) {
    match format {
        Format::Yaml => yaml::parse(file, text),
        Format::Json => json::parse(file, text),
    }
}

/// A file as a tree.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The value of the whole file; `null` over an empty span for an empty file.
    pub root: Node,
    /// The comments in order of their place.
    pub comments: Vec<Comment>,
    /// Places that could not be read; findings about something missing there are not to be trusted.
    pub damaged: Vec<Span>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value: quotes, brackets and a block scalar's header included,
    /// anchors, tags and surrounding blanks not. The line break behind a block scalar is not part
    /// of it. A value that is not there is an empty span behind its `:` or `-`. The value of an
    /// alias stands at the alias, and what is within it where it was written.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Scalar),
    /// A list.
    Array(Vec<Node>),
    /// A map; keys are unique (a repeated one is a diagnostic, and the first stands). What `<<`
    /// takes over from other maps comes after its own keys.
    Object(Vec<Entry>),
}

/// A number; the text that it was written as stands at its node's span.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The value; whole numbers that fit are integers.
    pub value: serde_json::Number,
}

/// A text, decoded, and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text after escapes and folding.
    pub text: Box<str>,
    /// The notation in the file.
    pub style: Style,
}

/// How a text stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"` (YAML)
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `"…"` (JSON)
    Json,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: Scalar,
    /// The bytes of the key, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the end of the line, without the line break.
    pub span: Span,
    /// The text after `#`.
    pub text: Box<str>,
    /// Whether something other than blanks stands before it on its line.
    pub trailing: bool,
}

impl Tree {
    /// Whether `span` touches a place that could not be read.
    #[must_use]
    pub fn is_damaged(&self, span: Span) -> bool {
        self.damaged.iter().any(|bad| bad.start <= span.end && span.start <= bad.end)
    }
}

impl Node {
    /// The value of `key`, when this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, when this is an object that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key.text == key)
    }

    /// The entries of an object; none for any other value.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let Kind::Object(entries) = &self.kind { entries } else { &[] }
    }

    /// The items of an array; none for any other value.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Kind::Array(items) = &self.kind { items } else { &[] }
    }

    /// The text, when this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| &*scalar.text)
    }

    /// The text with its notation, when this is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        if let Kind::String(scalar) = &self.kind { Some(scalar) } else { None }
    }

    /// The truth value, when this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(value) = self.kind { Some(value) } else { None }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// What the value is, in the words of messages: `text`, `number`, `true or false`, `list`, `map`, `nothing`.
    #[must_use]
    pub fn kind_word(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::String(_) => "text",
            Kind::Array(_) => "a list",
            Kind::Object(_) => "a map",
        }
    }

    /// The node at a JSON pointer (RFC 6901); the empty pointer is this node.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        let mut tokens = pointer.as_bytes().split(|byte| *byte == b'/').skip(1);
        tokens.try_fold(self, |node, token| node.child(token))
    }

    /// The child at a token of a pointer.
    fn child(&self, token: &[u8]) -> Option<&Self> {
        match &self.kind {
            Kind::Object(_) if token.contains(&b'~') => {
                let token = std::str::from_utf8(token).ok()?;
                self.get(&token.replace("~1", "/").replace("~0", "~"))
            }
            Kind::Object(entries) => {
                let own = entries.iter().find(|entry| entry.key.text.as_bytes() == token);
                own.map(|entry| &entry.value)
            }
            Kind::Array(items) => items.get(std::str::from_utf8(token).ok()?.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// Visits every map at and below this value, outer before inner.
    pub fn visit_maps<'n>(&'n self, see: &mut dyn FnMut(&'n Self)) {
        if let Kind::Object(_) = self.kind {
            see(self);
        }
        // Most values are texts, for which a call is not worth it.
        let is_inner = |node: &&Self| matches!(node.kind, Kind::Object(_) | Kind::Array(_));
        self.entries()
            .iter()
            .map(|entry| &entry.value)
            .filter(is_inner)
            .for_each(|node| node.visit_maps(see));
        self.items().iter().filter(is_inner).for_each(|node| node.visit_maps(see));
    }

    /// Whether a map at or below this value is one of those that are looked for.
    pub fn has_map(&self, is_one: &dyn Fn(&Self) -> bool) -> bool {
        match &self.kind {
            Kind::Object(entries) => is_one(self) || entries.iter().any(|entry| entry.value.has_map(is_one)),
            Kind::Array(items) => items.iter().any(|item| item.has_map(is_one)),
            _ => false,
        }
    }

    /// The value without its places.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.value.clone()),
            Kind::String(scalar) => Value::String(String::from(&*scalar.text)),
            Kind::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Kind::Object(entries) => Value::Object(
                entries.iter().map(|e| (String::from(&*e.key.text), e.value.to_value())).collect(),
            ),
        }
    }
}

impl Scalar {
    /// The place in the file of a range of the decoded text.
    ///
    /// `token` is the span of the scalar's node and `source` the text of its file. Ranges that
    /// do not fit the text give the whole token.
    #[must_use]
    pub fn span_of(&self, token: Span, range: Range<usize>, source: &str) -> Span {
        scalar::span_of(self, token, range, source)
    }
}

/// Appends a key or an index to a JSON pointer (RFC 6901), as [`Node::at`] reads it.
pub fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    if !token.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
        pointer.push_str(token);
        return;
    }
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The nearest character boundary that is not behind `at`.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
