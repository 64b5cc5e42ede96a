//! What can be told of an expression from its tree alone.

use std::ops::Range;

use super::{Cx, Place};
use crate::app::Found;
use crate::diag::Span;
use crate::expr::{ExprKind, ExprNode, Operator};

/// The kind of value that an expression gives, unless it gives none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Text,
    Number,
    Truth,
    Null,
    List,
    Map,
}

impl Value {
    /// As messages call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Truth => "true or false",
            Self::Null => "`null`",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

/// Functions that give a text.
const TEXTS: [&str; 24] = [
    "base64decode",
    "base64encode",
    "decodeUrl",
    "decodeUrlComponent",
    "encodeUrl",
    "encodeUrlComponent",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "join",
    "lowercase",
    "now",
    "pad",
    "replace",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "trim",
    "type",
    "uppercase",
    "uuid",
    "uuid_v4",
];

/// Functions that give a number.
const NUMBERS: [&str; 16] = [
    "abs",
    "average",
    "ceil",
    "count",
    "floor",
    "length",
    "max",
    "millis",
    "min",
    "number",
    "parseInteger",
    "power",
    "random",
    "round",
    "sqrt",
    "sum",
];

/// Functions that give true or false.
const TRUTHS: [&str; 6] = ["boolean", "contains", "exists", "in", "isTempId", "not"];

/// The kind of value that a part of an expression gives whatever it is given; `None` when that depends.
pub(super) fn value_of(found: &Found, node: &ExprNode) -> Option<Value> {
    match &node.kind {
        ExprKind::Text(_) => Some(Value::Text),
        ExprKind::Number(_) | ExprKind::Negate(_) => Some(Value::Number),
        ExprKind::True | ExprKind::False => Some(Value::Truth),
        ExprKind::Null => Some(Value::Null),
        ExprKind::Array(_) => Some(Value::List),
        ExprKind::Object(_) => Some(Value::Map),
        ExprKind::Binary { op, .. } => of_operator(*op),
        ExprKind::Call(callee, _) => of_function(called(found, callee)?),
        ExprKind::Block(items) => value_of(found, items.last()?),
        ExprKind::Condition { then, otherwise: Some(otherwise), .. } => {
            value_of(found, then).filter(|value| value_of(found, otherwise) == Some(*value))
        }
        _ => None,
    }
}

/// The function of the language that a callee names, unless the expression has another of that name.
pub(super) fn called<'a>(found: &Found, callee: &'a ExprNode) -> Option<&'a str> {
    let ExprKind::Variable(name) = &callee.kind else { return None };
    found.expression.references().functions.contains(&**name).then_some(name)
}

/// The names of a path that begins with `@ctx` and has nothing but names; `None` for anything else.
pub(super) fn plain_path(node: &ExprNode) -> Option<Vec<&str>> {
    match &node.kind {
        ExprKind::Ctx => Some(Vec::new()),
        ExprKind::Path(left, right) => {
            let (ExprKind::Name(name) | ExprKind::Text(name)) = &right.kind else { return None };
            let mut names = plain_path(left)?;
            names.push(name);
            Some(names)
        }
        _ => None,
    }
}

/// The bytes of an operator between two operands, when nothing else stands there.
pub(super) fn operator_between(text: &str, left: &ExprNode, right: &ExprNode) -> Option<Range<usize>> {
    let start = left.bytes.range().end;
    let between = text.get(start..right.bytes.range().start)?;
    let sign = between.trim();
    let at = start + between.find(sign)?;
    (!sign.is_empty() && !sign.contains(char::is_whitespace) && !sign.contains("/*"))
        .then(|| at..at + sign.len())
}

/// The place of a part of an expression when it stands in the file as it is, so that it can be edited.
pub(super) fn editable(cx: &Cx<'_>, place: &Place<'_>, found: &Found, range: Range<usize>) -> Option<Span> {
    let span = cx.part(place, found.span, range.clone());
    let written = cx.text(span.file).get(span.range())?;
    (written == &found.expression.text()[range]).then_some(span)
}

fn of_operator(op: Operator) -> Option<Value> {
    match op {
        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
            Some(Value::Number)
        }
        Operator::Concat => Some(Value::Text),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessEqual
        | Operator::Greater
        | Operator::GreaterEqual
        | Operator::And
        | Operator::Or
        | Operator::In => Some(Value::Truth),
        Operator::Apply | Operator::Coalesce | Operator::Default => None,
    }
}

fn of_function(name: &str) -> Option<Value> {
    let is_in = |names: &[&str]| names.contains(&name);
    if is_in(&TEXTS) {
        return Some(Value::Text);
    }
    if is_in(&NUMBERS) || name == "toMillis" {
        return Some(Value::Number);
    }
    is_in(&TRUTHS).then_some(Value::Truth)
}
