//! What an operator works on: literals, names, brackets, prefixes.

use super::super::ast::{Bytes, Dialect, Kind, Node, Operator};
use super::super::lex::{Bracket, Expect, Lexeme};
use super::Parser;
use crate::diag::did_you_mean;

/// What the reference's unary minus takes as its operand.
const PREFIX_POWER: u8 = 70;

impl Parser<'_> {
    /// One operand; what cannot begin one is reported and passed over.
    pub(super) fn operand(&mut self) -> Node {
        loop {
            if let Some(leaf) = leaf(&self.token.kind) {
                return self.leaf(leaf);
            }
            match self.token.kind {
                Lexeme::Operator(Operator::Subtract) => return self.negate(),
                Lexeme::Stray if self.is_not() => return self.not(),
                Lexeme::Open(Bracket::Round) => return self.block(),
                Lexeme::Open(Bracket::Square) => return self.array(),
                Lexeme::Open(Bracket::Curly) => return self.object(),
                Lexeme::Pipe => return self.transform(),
                Lexeme::Operator(Operator::Divide) => self.misplaced_regex(),
                Lexeme::End | Lexeme::Close(_) | Lexeme::Comma | Lexeme::Semicolon | Lexeme::Colon => {
                    self.missing_operand();
                    return self.mistake();
                }
                _ => self.pass_over(),
            }
        }
    }

    fn leaf(&mut self, kind: Kind) -> Node {
        self.has_parent |= matches!(kind, Kind::Parent);
        let bytes = self.token.bytes;
        self.advance(Expect::Operator);
        self.node(kind, bytes)
    }

    fn negate(&mut self) -> Node {
        let start = self.token.bytes;
        self.advance(Expect::Operator);
        let of = self.expression(PREFIX_POWER);
        let bytes = self.since(start);
        self.node(Kind::Negate(Box::new(of)), bytes)
    }

    fn is_not(&self) -> bool {
        self.lexer.text()[self.token.bytes.range()].starts_with('!')
    }

    /// `!x` of other languages.
    fn not(&mut self) -> Node {
        let sign = self.token.bytes;
        self.advance(Expect::Operand);
        let before = self.lexer.errors.len();
        let of = self.expression(PREFIX_POWER);
        let end = self.previous.bytes.range().end;
        // What was read ahead behind the operand may have mistakes of its own.
        let is_sound = self.lexer.errors[before..].iter().all(|error| error.range.start >= end);
        let mut repair = Vec::new();
        if is_sound && end > sign.range().end {
            repair.extend([(sign.range(), "$not("), (end..end, ")")]);
        }
        let help = Some("write `$not(…)`".to_owned());
        self.report_repairable(sign, "`!` is no operator", help, repair);
        of
    }

    /// The reference takes a `/` for a division here, though no operand came before it.
    fn misplaced_regex(&mut self) {
        let start = self.token.bytes;
        let after = describe(&self.previous.kind);
        self.lexer.rewind(start.start as usize);
        self.token = self.lexer.next(Expect::Operand);
        if matches!(self.token.kind, Lexeme::Regex { .. }) {
            let message = format!("a regular expression cannot stand directly after {after}");
            let help = "pass it to a function, or bind it first: `$r := /…/`".to_owned();
            self.report(self.token.bytes, message, Some(help));
        }
    }

    /// Reports the lack of an operand at whatever asks for one.
    fn missing_operand(&mut self) {
        let opened = matches!(self.previous.kind, Lexeme::Open(_)) && self.token.kind == Lexeme::End;
        if self.lexer.cut || opened {
            return;
        }
        let before = self.previous.bytes;
        let (bytes, message, help) = match &self.previous.kind {
            Lexeme::Dot => {
                (before, "this path ends with a dot".to_owned(), "remove the dot or add a field name")
            }
            Lexeme::Comma => (before, "nothing follows this comma".to_owned(), "remove it or add a value"),
            Lexeme::End | Lexeme::Open(_) | Lexeme::Semicolon | Lexeme::Pipe => (
                self.token.bytes,
                format!("a value is missing before {}", describe(&self.token.kind)),
                "add a value",
            ),
            other => (before, format!("nothing follows {}", describe(other)), "add the value it works on"),
        };
        self.report(bytes, message, Some(help.to_owned()));
    }

    /// Reports a token that cannot begin an operand and goes on behind it.
    fn pass_over(&mut self) {
        let bytes = self.token.bytes;
        match self.token.kind {
            Lexeme::Broken => {}
            Lexeme::Operator(Operator::Equal) => self.second_equals(bytes),
            Lexeme::Stray => self.stray_sign(bytes),
            Lexeme::At if self.lexer.dialect == Dialect::App => self.unknown_root(bytes),
            Lexeme::Dot | Lexeme::Range => self.leading_dot(bytes),
            _ => {
                let sign = describe(&self.token.kind);
                let help = "add a value before it or remove it".to_owned();
                self.report(bytes, format!("{sign} has no value on its left"), Some(help));
            }
        }
        self.advance(Expect::Operand);
    }

    fn second_equals(&mut self, bytes: Bytes) {
        let help = "only the whole expression begins with `=`; remove this one".to_owned();
        self.report(bytes, "a second `=` stands here", Some(help));
    }

    fn stray_sign(&mut self, bytes: Bytes) {
        let sign = &self.lexer.text()[bytes.range()];
        self.report(bytes, format!("`{sign}` is no operator"), Some("remove it".to_owned()));
    }

    fn leading_dot(&mut self, bytes: Bytes) {
        let help = if self.lexer.text()[bytes.end as usize..].starts_with(|c: char| c.is_ascii_digit()) {
            "write the number with a zero before the dot"
        } else {
            "begin with `@ctx.` or a field name"
        };
        self.report(bytes, "a dot has nothing on its left", Some(help.to_owned()));
    }

    fn unknown_root(&mut self, bytes: Bytes) {
        let rest = &self.lexer.text()[bytes.end as usize..];
        let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let help = did_you_mean(&format!("@{word}"), ["@ctx"]);
        let help = help.unwrap_or_else(|| "data of the app is read as `@ctx.…`".to_owned());
        let bytes = Bytes::new(bytes.range().start, bytes.range().end + word.len());
        let sign = &self.lexer.text()[bytes.range()];
        self.report(bytes, format!("`{sign}` is unknown"), Some(help));
    }
}

/// The tree of a token that is an operand by itself.
fn leaf(token: &Lexeme) -> Option<Kind> {
    Some(match token {
        Lexeme::Ctx => Kind::Ctx,
        Lexeme::Name(name) => Kind::Name(name.clone()),
        Lexeme::Variable(name) => Kind::Variable(name.clone()),
        Lexeme::Text(text) => Kind::Text(text.clone()),
        Lexeme::Number(number) => Kind::Number(number.clone()),
        Lexeme::True => Kind::True,
        Lexeme::False => Kind::False,
        Lexeme::Null => Kind::Null,
        Lexeme::Regex { pattern, flags } => Kind::Regex { pattern: pattern.clone(), flags: flags.clone() },
        Lexeme::Operator(Operator::Multiply) => Kind::Wildcard,
        Lexeme::Descendants => Kind::Descendants,
        Lexeme::Operator(Operator::Remainder) => Kind::Parent,
        Lexeme::Operator(word @ (Operator::And | Operator::Or | Operator::In)) => {
            Kind::Name(word.text().into())
        }
        _ => return None,
    })
}

/// A token in backticks, or words for it.
pub(super) fn describe(token: &Lexeme) -> String {
    let text = match token {
        Lexeme::End => return "the end".to_owned(),
        Lexeme::Name(name) => name,
        Lexeme::Variable(name) => return format!("`${name}`"),
        Lexeme::Text(_) | Lexeme::Broken => return "this text".to_owned(),
        Lexeme::Number(number) => number,
        Lexeme::Regex { .. } => return "this regular expression".to_owned(),
        Lexeme::Ctx => "@ctx",
        Lexeme::True => "true",
        Lexeme::False => "false",
        Lexeme::Null => "null",
        Lexeme::Operator(operator) => operator.text(),
        Lexeme::Dot => ".",
        Lexeme::Range => "..",
        Lexeme::Bind => ":=",
        Lexeme::Descendants => "**",
        Lexeme::Question => "?",
        Lexeme::Colon => ":",
        Lexeme::Semicolon => ";",
        Lexeme::Comma => ",",
        Lexeme::Pipe => "|",
        Lexeme::Caret => "^",
        Lexeme::At => "@",
        Lexeme::Hash => "#",
        Lexeme::Stray => "!",
        Lexeme::Open(bracket) => bracket.open(),
        Lexeme::Close(bracket) => bracket.close(),
    };
    format!("`{text}`")
}
