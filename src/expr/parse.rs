//! Tokens to a tree: a parser by binding power that reports every mistake and goes on.
//!
//! The grammar is that of the JSONata 2.2 reference with its own binding powers; what the
//! reference rejects is rejected here, at its place and in plain words.

mod ancestry;
mod check;
mod group;
mod infix;
mod lambda;
mod operand;
mod recover;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::SyntaxError;
pub(super) use super::ast::Dialect;
use super::ast::{Ast, Bytes, Kind, Node, Operator};
use super::lex::{Bracket, Expect, Lexeme, Lexer, Token};

/// Longer texts are refused; the longest expression of the corpus has a few thousand bytes.
const MAX_LENGTH: usize = 256 * 1024;
/// Brackets and operands inside each other; bounds the stack that parsing needs.
const MAX_NESTING: u32 = 200;
/// Levels of the tree, chains of operators included; bounds the stack that printing,
/// evaluating and dropping need.
const MAX_DEPTH: u32 = 600;
/// After so many mistakes the rest is not read.
const MAX_ERRORS: usize = 20;

/// Parses a whole text.
///
/// # Errors
/// Every mistake found, in order of place; never empty.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Ast, Vec<SyntaxError>> {
    if text.len() > MAX_LENGTH {
        return Err(vec![too_long(text)]);
    }
    let mut parser = Parser::new(text, dialect);
    let root = parser.whole();
    let size = parser.size;
    let errors = parser.into_errors(&root);
    if errors.is_empty() { Ok(Ast { root, dialect, size }) } else { Err(errors) }
}

fn too_long(text: &str) -> SyntaxError {
    let mut start = MAX_LENGTH;
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let message = format!("this expression has {} bytes; {MAX_LENGTH} are allowed", text.len());
    let help = Some("split it into shared expressions".into());
    SyntaxError { range: start..text.len(), message, help, repair: Vec::new() }
}

/// An opening bracket that waits for its partner.
#[derive(Debug, Clone, Copy)]
struct Opened {
    bracket: Bracket,
    bytes: Bytes,
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token,
    /// The token before the current one.
    previous: Token,
    opened: Vec<Opened>,
    nesting: u32,
    size: u32,
    /// Reading was given up; what follows from that is not reported.
    halted: bool,
    has_parent: bool,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Self {
        let start = if dialect == Dialect::App { after_equals(text) } else { 0 };
        let mut lexer = Lexer::new(text, start, dialect);
        let token = lexer.next(Expect::Operand);
        let previous = Token { kind: Lexeme::End, bytes: Bytes::new(start, start) };
        let opened = Vec::new();
        Self { lexer, token, previous, opened, nesting: 0, size: 0, halted: false, has_parent: false }
    }

    fn whole(&mut self) -> Node {
        if self.token.kind == Lexeme::End && self.lexer.errors.is_empty() {
            let help = "write a value after `=`".to_owned();
            self.report(Bytes::new(0, self.lexer.text().len()), "this expression is empty", Some(help));
            return self.mistake();
        }
        let root = self.expression(0);
        self.settle(&[]);
        root
    }

    /// One expression of operators that bind tighter than `power`.
    fn expression(&mut self, power: u8) -> Node {
        if self.nesting >= MAX_NESTING {
            self.halt("this is nested too deeply");
            return self.mistake();
        }
        self.nesting += 1;
        let mut left = self.operand();
        while power < binding_power(&self.token.kind) {
            left = self.infix(left);
        }
        self.nesting -= 1;
        left
    }

    fn advance(&mut self, expect: Expect) {
        let next = self.lexer.next(expect);
        self.previous = std::mem::replace(&mut self.token, next);
        if self.lexer.errors.len() >= MAX_ERRORS {
            self.halt("too many mistakes; the rest was not read");
        }
    }

    /// Moves past the token when it is `kind`.
    fn take(&mut self, kind: &Lexeme, expect: Expect) -> bool {
        let found = self.token.kind == *kind;
        if found {
            self.advance(expect);
        }
        found
    }

    fn node(&mut self, kind: Kind, bytes: Bytes) -> Node {
        self.size += 1;
        let node = Node::new(kind, bytes);
        if node.depth > MAX_DEPTH {
            self.halt("this is nested too deeply");
        }
        node
    }

    /// From the start of `first` to the end of the token read last.
    fn since(&self, first: Bytes) -> Bytes {
        first.to(Bytes { start: first.start, end: self.previous.bytes.end })
    }

    fn mistake(&mut self) -> Node {
        let at = self.token.bytes.start;
        self.node(Kind::Mistake, Bytes { start: at, end: at })
    }

    fn report(&mut self, bytes: Bytes, message: impl Into<String>, help: Option<String>) {
        self.report_repairable(bytes, message, help, Vec::new());
    }

    fn report_repairable(
        &mut self,
        bytes: Bytes,
        message: impl Into<String>,
        help: Option<String>,
        repair: Vec<(Range<usize>, &'static str)>,
    ) {
        if !self.halted {
            let error = SyntaxError { range: bytes.range(), message: message.into(), help, repair };
            self.lexer.errors.push(error);
        }
    }

    fn halt(&mut self, message: &str) {
        self.report(self.token.bytes, message, None);
        self.halted = true;
        self.lexer.stop();
        self.token = Token { kind: Lexeme::End, bytes: self.token.bytes };
    }

    fn into_errors(self, root: &Node) -> Vec<SyntaxError> {
        let mut errors = self.lexer.errors;
        if errors.is_empty() && self.has_parent {
            errors = ancestry::check(root);
        }
        errors.sort_by_key(|error| error.range.start);
        errors.dedup_by_key(|error| error.range.start);
        errors
    }
}

/// The bytes before the expression proper: blanks and the `=`.
fn after_equals(text: &str) -> usize {
    let blanks = text.len() - text.trim_start().len();
    blanks + usize::from(text[blanks..].starts_with('='))
}

/// How tightly a token binds to what stands on its left; 0 ends an expression.
fn binding_power(token: &Lexeme) -> u8 {
    match token {
        Lexeme::Open(Bracket::Round | Bracket::Square) | Lexeme::At | Lexeme::Hash => 80,
        Lexeme::Dot => 75,
        Lexeme::Open(Bracket::Curly) => 70,
        Lexeme::Operator(operator) => operator_power(*operator),
        Lexeme::Caret => 40,
        Lexeme::Question => 20,
        Lexeme::Bind => 10,
        _ => 0,
    }
}

fn operator_power(operator: Operator) -> u8 {
    match operator {
        Operator::Multiply | Operator::Divide | Operator::Remainder => 60,
        Operator::Add | Operator::Subtract | Operator::Concat => 50,
        Operator::And => 30,
        Operator::Or => 25,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual
        | Operator::In
        | Operator::Apply
        | Operator::Coalesce
        | Operator::Default => 40,
    }
}
