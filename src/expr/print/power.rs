//! How tightly the engine binds, and where it would group otherwise than the tree does.

use super::super::ast::{Kind, Node, Operator};

/// `{ }`, `^( )` and everything in brackets; never needs more.
const POSTFIX: u8 = 80;
const PATH: u8 = 75;
const NEGATE: u8 = 70;
const RANGE: u8 = 20;
const CONDITION: u8 = 20;
const BIND: u8 = 10;
const ATOM: u8 = 100;

/// Between two operands.
pub(super) fn operator(operator: Operator) -> u8 {
    match operator {
        Operator::Multiply | Operator::Divide | Operator::Remainder => 60,
        Operator::Add | Operator::Subtract | Operator::Concat => 50,
        Operator::And => 30,
        Operator::Or => 25,
        Operator::Coalesce | Operator::Default => 15,
        _ => 40,
    }
}

fn of(node: &Node) -> u8 {
    match &node.kind {
        Kind::Binary { op, .. } => operator(*op),
        Kind::Condition { .. } => CONDITION,
        Kind::Bind(..) => BIND,
        Kind::Range(..) => RANGE,
        Kind::Negate(_) => NEGATE,
        Kind::Path(..) => PATH,
        Kind::Filter(..)
        | Kind::KeepArray(_)
        | Kind::Group(..)
        | Kind::Sort(..)
        | Kind::Focus(..)
        | Kind::Index(..)
        | Kind::Call(..) => POSTFIX,
        _ => ATOM,
    }
}

/// Whether the left operand of an operator needs brackets.
pub(super) fn left_needs_brackets(node: &Node, power: u8) -> bool {
    of(node) < power || matches!(node.kind, Kind::Condition { .. } | Kind::Bind(..))
}

/// Whether the right operand of an operator needs brackets.
pub(super) fn right_needs_brackets(node: &Node, power: u8) -> bool {
    of(node) <= power
}

/// Whether what a postfix sign applies to needs brackets.
pub(super) fn base_needs_brackets(node: &Node) -> bool {
    of(node) < PATH
}

/// Whether a step of a path needs brackets: the engine gives `-a` in `x.-a{…}` more than its due.
pub(super) fn step_needs_brackets(node: &Node) -> bool {
    matches!(node.kind, Kind::Negate(_))
}

/// Whether a bound of a range needs brackets.
pub(super) fn bound_needs_brackets(node: &Node) -> bool {
    of(node) <= RANGE
}
