//! Everything in brackets, and getting out of them again.

use super::super::ast::{Bytes, Kind, Node, Pair};
use super::super::lex::{Bracket, Expect, Lexeme};
use super::operand::describe;
use super::{Opened, Parser};

impl Parser<'_> {
    /// Moves past an opening bracket.
    pub(super) fn open(&mut self, expect: Expect) {
        if let Lexeme::Open(bracket) = self.token.kind {
            self.opened.push(Opened { bracket, bytes: self.token.bytes });
            self.advance(expect);
        }
    }

    /// Moves past the partner of the bracket opened last, or reports its lack.
    pub(super) fn close(&mut self, bracket: Bracket) {
        self.settle(&[Lexeme::Close(bracket)]);
        let opened = self.opened.pop();
        if self.take(&Lexeme::Close(bracket), Expect::Operator) || self.lexer.cut {
            return;
        }
        if let Some(opened) = opened {
            let message = format!("this `{}` is never closed", bracket.open());
            self.report(opened.bytes, message, Some(format!("add `{}`", bracket.close())));
        }
    }

    /// The same, where the reference takes a following `/` for a regular expression.
    pub(super) fn close_before_slash(&mut self, bracket: Bracket) {
        self.close(bracket);
        self.no_slash();
    }

    /// Reports a division directly behind the token read last.
    pub(super) fn no_slash(&mut self) {
        if self.token.kind == Lexeme::Operator(super::Operator::Divide) {
            let before = describe(&self.previous.kind);
            let help = "put what is divided into parentheses".to_owned();
            let message = format!("JSONata takes a `/` behind {before} for a regular expression");
            self.report(self.token.bytes, message, Some(help));
        }
    }

    /// `(a; b)`
    pub(super) fn block(&mut self) -> Node {
        let start = self.token.bytes;
        self.open(Expect::Operator);
        let mut items = Vec::new();
        while self.token.kind != Lexeme::Close(Bracket::Round) {
            items.push(self.expression(0));
            self.settle(&[Lexeme::Semicolon, Lexeme::Close(Bracket::Round)]);
            if !self.take(&Lexeme::Semicolon, Expect::Operand) {
                break;
            }
        }
        self.close(Bracket::Round);
        let bytes = self.since(start);
        self.node(Kind::Block(items), bytes)
    }

    /// `[a, 1..9]`
    pub(super) fn array(&mut self) -> Node {
        let start = self.token.bytes;
        self.open(Expect::Operator);
        let mut items = Vec::new();
        while self.token.kind != Lexeme::Close(Bracket::Square) || !items.is_empty() {
            let item = self.expression(0);
            items.push(self.range_from(item));
            self.settle(&[Lexeme::Comma, Lexeme::Close(Bracket::Square)]);
            if !self.take(&Lexeme::Comma, Expect::Operand) {
                break;
            }
        }
        self.close(Bracket::Square);
        let bytes = self.since(start);
        self.node(Kind::Array(items), bytes)
    }

    fn range_from(&mut self, first: Node) -> Node {
        if !self.take(&Lexeme::Range, Expect::Operand) {
            return first;
        }
        let last = self.expression(0);
        let bytes = self.since(first.bytes);
        self.node(Kind::Range(Box::new(first), Box::new(last)), bytes)
    }

    /// `{key: value}`
    pub(super) fn object(&mut self) -> Node {
        let start = self.token.bytes;
        self.open(Expect::Operator);
        let pairs = self.pairs();
        let bytes = self.since(start);
        self.node(Kind::Object(pairs), bytes)
    }

    /// Keys and values up to and including the `}`.
    pub(super) fn pairs(&mut self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        while self.token.kind != Lexeme::Close(Bracket::Curly) || !pairs.is_empty() {
            let Some(pair) = self.pair() else { break };
            pairs.push(pair);
            if self.missing_comma() {
                continue;
            }
            self.settle(&[Lexeme::Comma, Lexeme::Close(Bracket::Curly)]);
            if !self.take(&Lexeme::Comma, Expect::Operand) {
                break;
            }
        }
        self.close(Bracket::Curly);
        pairs
    }

    /// Reports a key that follows a value without a comma.
    fn missing_comma(&mut self) -> bool {
        let rest = &self.lexer.text()[self.token.bytes.end as usize..];
        let missing = self.begins_operand() && rest.trim_start().starts_with(':');
        if missing {
            let help = "write `,` between the entries".to_owned();
            self.report(self.token.bytes, "a `,` is missing before this key", Some(help));
        }
        missing
    }

    fn pair(&mut self) -> Option<Pair> {
        let key = self.expression(0);
        if self.begins_operand() {
            let help = "write `key: value`".to_owned();
            self.report(self.token.bytes, "a `:` is missing before this value", Some(help));
            return Some((key, self.expression(0)));
        }
        self.settle(&[Lexeme::Colon, Lexeme::Comma, Lexeme::Close(Bracket::Curly)]);
        if self.take(&Lexeme::Colon, Expect::Operand) {
            return Some((key, self.expression(0)));
        }
        if self.token.kind == Lexeme::End || matches!(key.kind, Kind::Mistake) {
            return None;
        }
        let text = &self.lexer.text()[key.bytes.range()];
        let help = format!("write `{text}: value`");
        self.report(key.bytes, "this key has no value", Some(help));
        let value = self.mistake();
        Some((key, value))
    }

    /// `|pattern|update, delete|`
    pub(super) fn transform(&mut self) -> Node {
        let start = self.token.bytes;
        let outer = std::mem::replace(&mut self.lexer.in_transform, true);
        self.advance(Expect::Operator);
        let pattern = Box::new(self.expression(0));
        let mut complete = self.bar(start);
        let update = Box::new(self.expression(0));
        let has_delete = self.take(&Lexeme::Comma, Expect::Operand);
        let delete = has_delete.then(|| Box::new(self.expression(0)));
        self.lexer.in_transform = outer;
        complete = complete && self.bar(start);
        if complete {
            self.no_slash();
        }
        let bytes = self.since(start);
        self.node(Kind::Transform { pattern, update, delete }, bytes)
    }

    fn bar(&mut self, start: Bytes) -> bool {
        self.settle(&[Lexeme::Pipe]);
        let found = self.take(&Lexeme::Pipe, Expect::Operator);
        if !found && !self.lexer.cut {
            let help =
                "a transform is written `|which|{changes}|` or `|which|{changes}, [fields to delete]|`";
            self.report(start, "this transform is not complete", Some(help.to_owned()));
        }
        found
    }
}
