//! Calls, and functions that an expression defines.

use super::super::ast::{Binding, Bytes, Kind, Node, Operator};
use super::super::lex::{Bracket, Expect, Lexeme};
use super::Parser;

impl Parser<'_> {
    /// `callee(arguments)`, or `function(…){…}`.
    pub(super) fn call(&mut self, callee: Node) -> Node {
        if matches!(&callee.kind, Kind::Name(name) if matches!(&**name, "function" | "λ")) {
            return self.lambda(callee.bytes);
        }
        let arguments = self.arguments();
        let bytes = self.since(callee.bytes);
        self.node(Kind::Call(Box::new(callee), arguments), bytes)
    }

    fn arguments(&mut self) -> Vec<Node> {
        self.open(Expect::Operand);
        let mut arguments = Vec::new();
        while self.token.kind != Lexeme::Close(Bracket::Round) || !arguments.is_empty() {
            arguments.push(self.argument());
            self.settle(&[Lexeme::Comma, Lexeme::Close(Bracket::Round)]);
            if !self.take(&Lexeme::Comma, Expect::Operand) {
                break;
            }
        }
        self.close(Bracket::Round);
        arguments
    }

    fn argument(&mut self) -> Node {
        if self.token.kind != Lexeme::Question {
            return self.expression(0);
        }
        let bytes = self.token.bytes;
        self.advance(Expect::Operator);
        self.node(Kind::Placeholder, bytes)
    }

    /// `function($a, $b)<signature>{ body }` from its `(` on.
    fn lambda(&mut self, start: Bytes) -> Node {
        let arguments = self.arguments();
        let params = arguments.into_iter().filter_map(|argument| self.parameter(argument)).collect();
        let signature = self.signature();
        if self.token.kind != Lexeme::Open(Bracket::Curly) {
            if !self.lexer.cut {
                let help = "write `function($x){ … }`".to_owned();
                self.report(self.since(start), "this function has no body in `{ }`", Some(help));
            }
            return if self.begins_operand() { self.expression(0) } else { self.mistake() };
        }
        self.open(Expect::Operand);
        let body = Box::new(self.expression(0));
        self.close_before_slash(Bracket::Curly);
        let bytes = self.since(start);
        self.node(Kind::Lambda { params, signature, body }, bytes)
    }

    fn parameter(&mut self, argument: Node) -> Option<Binding> {
        let help = match argument.kind {
            Kind::Variable(name) => return Some(name),
            Kind::Mistake => return None,
            Kind::Name(name) => format!("write `${name}`"),
            _ => "write a `$name`".to_owned(),
        };
        self.report(argument.bytes, "a parameter of a function begins with `$`", Some(help));
        None
    }

    /// `<…>` behind the parameters, read as raw text.
    fn signature(&mut self) -> Option<Box<str>> {
        if self.token.kind != Lexeme::Operator(Operator::Less) {
            return None;
        }
        let start = self.token.bytes.range().start;
        let Some(length) = signature_length(&self.lexer.text()[start..]) else {
            let help = "add `>`; a signature is written `<n-s:b>`".to_owned();
            self.report(self.token.bytes, "this signature is never closed", Some(help));
            self.lexer.stop();
            self.advance(Expect::Operator);
            return None;
        };
        let text = &self.lexer.text()[start..start + length];
        self.lexer.rewind(start + length);
        self.token.bytes = Bytes::new(start, start + length);
        self.check_signature(start, text);
        self.advance(Expect::Operator);
        Some(text.split_whitespace().collect::<String>().into())
    }

    /// What the reference refuses in a signature while it parses.
    fn check_signature(&mut self, start: usize, text: &str) {
        let mut before = ' ';
        let mut choice = false;
        let types = text.split(':').next().unwrap_or(text);
        let mut open = 0;
        for (at, c) in types.char_indices().skip(1) {
            match c {
                '(' if open == 0 => choice = true,
                ')' => choice = false,
                '<' if choice => {
                    self.signature_error(start + at, "a choice in a signature cannot hold typed lists");
                }
                '<' if open == 0 && !matches!(before, 'a' | 'f') => {
                    self.signature_error(start + at, "in a signature only `a` and `f` take a type in `< >`");
                }
                _ => {}
            }
            open += i32::from(c == '<') - i32::from(c == '>');
            if !matches!(c, '-' | '?' | '+') && !c.is_whitespace() {
                before = c;
            }
        }
    }

    fn signature_error(&mut self, at: usize, message: &str) {
        let help = "write for example `<a<n>-s?:b>`".to_owned();
        self.report(Bytes::new(at, at + 1), message, Some(help));
    }
}

/// The bytes of a signature, its brackets included.
fn signature_length(text: &str) -> Option<usize> {
    let mut depth = 0_i64;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            '{' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}
