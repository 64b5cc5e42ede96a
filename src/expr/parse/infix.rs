//! What continues an expression: operators, path steps, predicates, bindings.

use super::super::ast::{Bytes, Direction, Kind, Node, Operator, Term};
use super::super::lex::{Bracket, Expect, Lexeme};
use super::operand::describe;
use super::{Parser, check, operator_power};

const PATH_POWER: u8 = 75;
const BIND_POWER: u8 = 10;
const BINDING_POWER: u8 = 80;

impl Parser<'_> {
    /// Reads what the current token makes of `left`.
    pub(super) fn infix(&mut self, left: Node) -> Node {
        match self.token.kind {
            Lexeme::Dot => self.path(left),
            Lexeme::Open(Bracket::Square) => self.filter(left),
            Lexeme::Open(Bracket::Round) => self.call(left),
            Lexeme::Open(Bracket::Curly) => self.grouping(left),
            Lexeme::Caret => self.sort(left),
            Lexeme::At | Lexeme::Hash => self.step_binding(left),
            Lexeme::Question => self.condition(left),
            Lexeme::Bind => self.bind(left),
            Lexeme::Operator(operator) => self.binary(left, operator),
            _ => left,
        }
    }

    fn binary(&mut self, left: Node, op: Operator) -> Node {
        self.advance(Expect::Operand);
        // These two take everything that follows, as in the reference.
        let power = if matches!(op, Operator::Coalesce | Operator::Default) { 0 } else { operator_power(op) };
        let right = self.expression(power);
        let bytes = self.since(left.bytes);
        self.node(Kind::Binary { op, left: Box::new(left), right: Box::new(right) }, bytes)
    }

    fn path(&mut self, left: Node) -> Node {
        self.advance(Expect::Operand);
        let right = self.expression(PATH_POWER);
        for step in [&left, &right] {
            if let Some(literal) = check::literal_step(step) {
                self.report_literal_step(literal);
            }
        }
        let bytes = self.since(left.bytes);
        self.node(Kind::Path(Box::new(left), Box::new(right)), bytes)
    }

    fn report_literal_step(&mut self, literal: &Node) {
        let text = &self.lexer.text()[literal.bytes.range()];
        let help = if self.follows_hyphened_digits(literal) {
            "for a subtraction write blanks around the `-`".to_owned()
        } else if matches!(literal.kind, Kind::Number(_)) {
            format!("write `[{text}]` for one item of a list, `` `{text}` `` in back-ticks for a field")
        } else {
            format!("write `` `{text}` `` in back-ticks for a field of that name")
        };
        self.report(literal.bytes, format!("`{text}` is a value and no step of a path"), Some(help));
    }

    /// Whether this is the `5` of `name-1.5`.
    fn follows_hyphened_digits(&self, literal: &Node) -> bool {
        let before = self.lexer.text()[..literal.bytes.range().start].trim_end_matches('.');
        before.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with('-')
    }

    /// `left[predicate]` or `left[]`.
    fn filter(&mut self, left: Node) -> Node {
        self.open(Expect::Operand);
        if self.token.kind == Lexeme::Close(Bracket::Square) {
            self.close_before_slash(Bracket::Square);
            let bytes = self.since(left.bytes);
            return self.node(Kind::KeepArray(Box::new(left)), bytes);
        }
        let start = self.previous.bytes;
        let predicate = self.expression(0);
        self.close(Bracket::Square);
        if check::step_has_group(&left) {
            let help = "put the grouping into parentheses".to_owned();
            self.report(self.since(start), "a predicate cannot follow a grouping `{ }`", Some(help));
        }
        let bytes = self.since(left.bytes);
        self.node(Kind::Filter(Box::new(left), Box::new(predicate)), bytes)
    }

    /// `left{key: value}`
    fn grouping(&mut self, left: Node) -> Node {
        let start = self.token.bytes;
        self.open(Expect::Operand);
        let pairs = self.pairs();
        if check::has_group(&left) {
            let help = "put the first grouping into parentheses".to_owned();
            self.report(self.since(start), "a second grouping `{ }` stands here", Some(help));
        }
        let bytes = self.since(left.bytes);
        self.node(Kind::Group(Box::new(left), pairs), bytes)
    }

    /// `left^(<a, >b)`
    fn sort(&mut self, left: Node) -> Node {
        let caret = self.token.bytes;
        self.advance(Expect::Operand);
        if self.token.kind != Lexeme::Open(Bracket::Round) {
            let help = "write `^(field)`, `^(>field)` for descending order".to_owned();
            self.report(caret, "`^` sorts and needs parentheses behind it", Some(help));
            self.expression(operator_power(Operator::Equal));
            return left;
        }
        self.open(Expect::Operand);
        let mut terms = Vec::new();
        loop {
            let direction = self.direction();
            terms.push(Term { direction, by: self.expression(0) });
            self.settle(&[Lexeme::Comma, Lexeme::Close(Bracket::Round)]);
            if !self.take(&Lexeme::Comma, Expect::Operand) {
                break;
            }
        }
        self.close_before_slash(Bracket::Round);
        let bytes = self.since(left.bytes);
        self.node(Kind::Sort(Box::new(left), terms), bytes)
    }

    fn direction(&mut self) -> Direction {
        if self.take(&Lexeme::Operator(Operator::Less), Expect::Operand) {
            return Direction::Ascending;
        }
        if self.take(&Lexeme::Operator(Operator::Greater), Expect::Operand) {
            return Direction::Descending;
        }
        Direction::Unsaid
    }

    /// `left@$name` or `left#$name`
    fn step_binding(&mut self, left: Node) -> Node {
        let sign = self.token.clone();
        self.advance(Expect::Operand);
        let Lexeme::Variable(name) = self.token.kind.clone() else {
            return self.unbound_step(left, &sign.kind, sign.bytes);
        };
        self.advance(Expect::Operator);
        let bytes = self.since(left.bytes);
        if sign.kind == Lexeme::Hash {
            return self.node(Kind::Index(Box::new(left), name), bytes);
        }
        if let Some((message, help)) = check::misplaced_focus(&left) {
            self.report(self.since(sign.bytes), message, Some(help.to_owned()));
        }
        self.node(Kind::Focus(Box::new(left), name), bytes)
    }

    fn unbound_step(&mut self, left: Node, sign: &Lexeme, bytes: Bytes) -> Node {
        let sign = describe(sign);
        let help = match sign.as_str() {
            "`@`" => "write `@$name` here; `@ctx` only begins a path",
            _ => "write `#$name`",
        };
        self.report(bytes, format!("{sign} names a variable, but no `$name` follows"), Some(help.to_owned()));
        self.expression(BINDING_POWER);
        left
    }

    /// `test ? then : otherwise`
    fn condition(&mut self, test: Node) -> Node {
        self.advance(Expect::Operand);
        let then = Box::new(self.expression(0));
        let has_else = self.take(&Lexeme::Colon, Expect::Operand);
        let otherwise = has_else.then(|| Box::new(self.expression(0)));
        let bytes = self.since(test.bytes);
        self.node(Kind::Condition { test: Box::new(test), then, otherwise }, bytes)
    }

    /// `$name := value`
    fn bind(&mut self, left: Node) -> Node {
        self.advance(Expect::Operand);
        let value = Box::new(self.expression(BIND_POWER - 1));
        let bytes = self.since(left.bytes);
        let Kind::Variable(name) = left.kind else {
            let help = "write `$name := …`; to compare, write `=`".to_owned();
            self.report(left.bytes, "`:=` binds a `$name`, and this is none", Some(help));
            return *value;
        };
        self.node(Kind::Bind(name, value), bytes)
    }
}
