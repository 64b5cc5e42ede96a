//! JSON (RFC 8259) with places.
//!
//! A mistake does not end the reading: what was clearly meant is taken (a text in single quotes,
//! a missing comma), the rest is left out and remembered as damaged.

mod brackets;
mod text;
mod word;

use std::ops::Range;

use super::keys::Keys;
use super::{Entry, Kind, MAX_DEPTH, Node, Scalar, Style, Tree, remarks, rules};
use crate::diag::{Diagnostic, Edit, FileId, Fix, Safety, Span};

/// After this many mistakes a file is not worth reading on.
const MAX_MISTAKES: usize = 100;

pub(super) fn parse(file: FileId, text: &str) -> (Tree, Vec<Diagnostic>) {
    let mut reader = Reader::new(file, text);
    let root = reader.document();
    reader.tell_comments();
    reader.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    reader.damaged.sort_unstable();
    (Tree { root, comments: Vec::new(), damaged: reader.damaged }, reader.diagnostics)
}

struct Reader<'s> {
    file: FileId,
    text: &'s str,
    at: usize,
    /// The brackets that are open.
    open: Vec<u8>,
    comments: Vec<Range<usize>>,
    diagnostics: Vec<Diagnostic>,
    damaged: Vec<Span>,
    /// The file ended within a bracket, which is told once.
    ended: bool,
}

/// What comes after a value in a list or map.
enum After {
    More,
    Closed,
}

impl<'s> Reader<'s> {
    fn new(file: FileId, text: &'s str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self {
            file,
            text,
            at,
            open: Vec::new(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            damaged: Vec::new(),
            ended: false,
        }
    }

    fn document(&mut self) -> Node {
        self.blanks();
        if self.peek().is_none() {
            return Node { span: Span::new(self.file, 0, 0), kind: Kind::Null };
        }
        let root = self.value();
        self.blanks();
        if self.peek().is_some() {
            let rest = self.at..self.text.trim_end().len();
            let first = self.at..self.at + self.text[self.at..].chars().next().map_or(0, char::len_utf8);
            if root.span.start < root.span.end {
                let message = "the file goes on behind the end of its value";
                self.tell(
                    self.error(first, message).help("a JSON file holds one value; remove what follows it"),
                );
            }
            self.damaged.push(self.span(rest));
        }
        root
    }

    /// Reads a value; always takes at least one byte, but for a missing one before `,`, `:` or a closing bracket.
    fn value(&mut self) -> Node {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{' | b'[') if self.open.len() >= MAX_DEPTH => self.too_deep(),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"' | b'\'') => Kind::String(self.quoted(b",}]")),
            Some(b',' | b':' | b'}' | b']') | None => return self.missing_value(),
            Some(_) => self.word(),
        };
        Node { span: self.span(start..self.at), kind }
    }

    fn array(&mut self) -> Kind {
        let start = self.enter(b'[');
        let mut items = Vec::new();
        while self.goes_on(start, b']') {
            items.push(self.value());
            let end = self.at;
            self.blanks();
            if self.peek() == Some(b':') {
                if self.leave_list(start, &mut items) {
                    break;
                }
                continue;
            }
            if let After::Closed = self.after(end, b']') {
                break;
            }
        }
        self.open.pop();
        Kind::Array(items)
    }

    fn object(&mut self) -> Kind {
        let start = self.enter(b'{');
        let mut entries = Vec::new();
        let mut keys = Keys::default();
        while self.goes_on(start, b'}') {
            self.entry(&mut entries, &mut keys);
            let end = self.at;
            self.blanks();
            if let After::Closed = self.after(end, b'}') {
                break;
            }
        }
        self.open.pop();
        Kind::Object(entries)
    }

    fn enter(&mut self, bracket: u8) -> usize {
        self.open.push(bracket);
        self.at += 1;
        self.at - 1
    }

    fn entry(&mut self, entries: &mut Vec<Entry>, keys: &mut Keys) {
        let key_start = self.at;
        let key = self.key();
        let key_span = self.span(key_start..self.at);
        self.blanks();
        self.colon();
        self.blanks();
        let value = self.value();
        let Some(key) = key else {
            self.damaged.push(value.span);
            return;
        };
        match keys.find_or_note(entries, &key.text) {
            Some(first) => self.tell(remarks::repeated_key(&key.text, key_span, entries[first].key_span)),
            None => entries.push(Entry { key, key_span, value }),
        }
    }

    fn key(&mut self) -> Option<Scalar> {
        match self.peek()? {
            b'"' | b'\'' => Some(self.quoted(b":")),
            b'{' | b'[' => {
                let node = self.value();
                let message = format!("a key must be text, not {}", node.kind_word());
                self.tell(self.error(node.span.range(), message).help("write the key in double quotes"));
                None
            }
            b':' => {
                let message = "a key is missing before the `:`";
                self.tell(self.error(self.at..self.at + 1, message).help("write the key in double quotes"));
                None
            }
            _ => Some(self.bare_key()),
        }
    }

    fn colon(&mut self) {
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(b'=') => {
                let place = self.at..self.at + 1;
                let fix = Fix::safe("write `:`", self.span(place.clone()), ":");
                self.tell(self.error(place, "a key and its value are joined by `:`, not by `=`").fix(fix));
                self.at += 1;
            }
            _ => {
                let end = self.text[..self.at].trim_end().len();
                let bare = matches!(self.peek(), None | Some(b',' | b'}' | b']'));
                let diagnostic = if bare {
                    self.error(end..end, "a `:` and a value are missing after the key")
                } else {
                    let fix = Fix::safe("add the `:`", self.span(end..end), ":");
                    self.error(end..end, "a `:` is missing between the key and its value").fix(fix)
                };
                self.tell(diagnostic);
            }
        }
    }

    fn missing_value(&mut self) -> Node {
        let here = self.span(self.at..self.at);
        self.damaged.push(here);
        let told = self
            .diagnostics
            .last()
            .is_some_and(|last| self.text[last.span.range().start..self.at].trim().is_empty());
        if !told && self.peek().is_some() {
            let place = self.at..self.at + 1;
            let message = format!("a value is missing before `{}`", &self.text[place.clone()]);
            self.tell(self.error(place, message).help("write `null` if there is none"));
        }
        if self.peek() == Some(b':') {
            self.at += 1;
        }
        Node { span: here, kind: Kind::Null }
    }

    /// Takes what may stand before an item or key; `false` at the end of the list or map.
    fn goes_on(&mut self, start: usize, close: u8) -> bool {
        loop {
            self.blanks();
            match self.peek() {
                None => {
                    self.unclosed(start);
                    return false;
                }
                Some(b',') => {
                    let place = self.at..self.at + 1;
                    let fix = Fix::safe("remove the `,`", self.span(place.clone()), "");
                    self.tell(self.error(place, "nothing stands before this `,`").fix(fix));
                    self.at += 1;
                }
                Some(byte @ (b']' | b'}')) => {
                    self.close(start, close, byte);
                    return false;
                }
                Some(_) => return !self.exhausted(),
            }
        }
    }

    /// Takes the `,` behind an item that ended at `end`.
    fn after(&mut self, end: usize, close: u8) -> After {
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.blanks();
                if self.peek() == Some(close) {
                    self.trailing_comma(comma, close);
                }
                After::More
            }
            Some(b']' | b'}') | None => After::More,
            Some(_) if self.exhausted() => After::Closed,
            Some(_) => {
                let fix = Fix::safe("add the `,`", self.span(end..end), ",");
                let diagnostic = self.error(end..end, "a `,` is missing between this value and the next");
                self.tell(diagnostic.fix(fix));
                After::More
            }
        }
    }

    /// Skips white space, and comments, which are remembered.
    fn blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let rest = &self.text[self.at..];
            let length = if rest.starts_with("//") || rest.starts_with('#') {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            self.comments.push(self.at..self.at + length);
            self.at += length;
        }
    }

    /// One finding for all comments, with an edit that removes them.
    fn tell_comments(&mut self) {
        self.comments.sort_unstable_by_key(|place| place.start);
        self.comments.dedup();
        let Some(first) = self.comments.first().cloned() else { return };
        let edits =
            self.comments.iter().map(|place| Edit { span: self.span(place.clone()), text: String::new() });
        let fix = Fix { title: "remove all comments".into(), safety: Safety::Unsafe, edits: edits.collect() };
        let diagnostic = self
            .error(first, "JSON has no comments")
            .help("remove it, or write the file in YAML, where `#` begins a comment")
            .fix(fix);
        self.diagnostics.push(diagnostic);
    }

    /// Whether so much is wrong that the rest is left out.
    fn exhausted(&mut self) -> bool {
        let done = self.diagnostics.len() >= MAX_MISTAKES;
        if done {
            self.ended = true;
            self.damaged.push(self.span(self.at..self.text.len()));
            self.at = self.text.len();
        }
        done
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(rules::INVALID_JSON, self.span(range), message)
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_MISTAKES {
            self.diagnostics.push(diagnostic);
        }
    }

    fn string(text: impl Into<Box<str>>) -> Scalar {
        Scalar { text: text.into(), style: Style::Json }
    }
}

#[cfg(test)]
mod tests;
