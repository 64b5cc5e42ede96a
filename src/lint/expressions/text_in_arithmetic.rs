//! `+` between texts, and other arithmetic with them.

use crate::app::Found;
use crate::diag::{Edit, Fix, Group, RuleInfo, Safety, Severity};
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::lint::formula::{Value, editable, operator_between, value_of};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "text-in-arithmetic",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression calculates with a text",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `+`, `-`, `*`, `/` and `%` with a text on one side: a text in quotes, or the value of a function that
gives texts, such as `$now()`.

These work on numbers only, so the whole expression fails and its value is missing. Texts are joined with
`&`; a text that is a number becomes one with `$number(…)`, a date with `$toMillis(…)`. The fix writes `&`.

```yaml wrong
# jigs/home.jigx
title: =@ctx.user.displayName + ' is here'
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =@ctx.user.displayName & ' is here'
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if found.expression.text().contains(['+', '-', '*', '/', '%']) {
        node(cx, place, found, found.expression.root());
    }
}

fn node(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, node_: &ExprNode) {
    match &node_.kind {
        ExprKind::Binary { op: Operator::Add, .. } => sum(cx, place, found, node_),
        ExprKind::Binary { op, left, right } if is_arithmetic(*op) => {
            for operand in [left, right] {
                if value_of(found, operand) == Some(Value::Text) {
                    calculation(cx, place, found, *op, operand);
                }
                node(cx, place, found, operand);
            }
        }
        _ => node_.for_each_child(&mut |child| node(cx, place, found, child)),
    }
}

fn is_arithmetic(op: Operator) -> bool {
    matches!(op, Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder)
}

/// `a + b + c`: one mistake, however many texts there are.
fn sum(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, node_: &ExprNode) {
    let mut signs = Vec::new();
    let mut operands = Vec::new();
    flatten(found.expression.text(), node_, &mut operands, &mut signs);
    let is_text = |operand: &&&ExprNode| value_of(found, operand) == Some(Value::Text);
    if let Some(text) = operands.iter().find(is_text) {
        let at = cx.part(place, found.span, text.bytes.range());
        let finding = cx
            .finding(at, "`+` adds numbers, but this is a text")
            .help("join texts with `&`; make a number of a text with `$number(…)`");
        let edits = signs.iter().map(|sign| {
            let span = editable(cx, place, found, sign.clone()?)?;
            Some(Edit { span, text: "&".to_owned() })
        });
        let finding = match edits.collect::<Option<Vec<_>>>() {
            Some(edits) if is_joining(found, &operands) => {
                finding.fix(Fix { title: "write `&`".to_owned(), safety: Safety::Safe, edits })
            }
            _ => finding,
        };
        cx.report(finding);
    }
    operands.into_iter().for_each(|operand| node(cx, place, found, operand));
}

/// Whether nothing in the sum may have been meant to be added.
fn is_joining(found: &Found, operands: &[&ExprNode]) -> bool {
    let numbers = operands.iter().filter(|operand| value_of(found, operand) == Some(Value::Number));
    let mut texts = operands.iter().filter_map(|operand| match &operand.kind {
        ExprKind::Text(text) => Some(text),
        _ => None,
    });
    numbers.count() < 2 && texts.any(|text| text.trim().parse::<f64>().is_err())
}

fn flatten<'a>(
    text: &str,
    node: &'a ExprNode,
    operands: &mut Vec<&'a ExprNode>,
    signs: &mut Vec<Option<std::ops::Range<usize>>>,
) {
    match &node.kind {
        ExprKind::Binary { op: Operator::Add, left, right } => {
            flatten(text, left, operands, signs);
            signs.push(operator_between(text, left, right));
            operands.push(right);
        }
        _ => operands.push(node),
    }
}

fn calculation(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, op: Operator, operand: &ExprNode) {
    let message = format!("`{}` calculates with numbers, but this is a text", op.text());
    let help = match &operand.kind {
        ExprKind::Text(_) => "remove the quotes, or make a number of it with `$number(…)`",
        _ => "make a number of it with `$number(…)`, of a date with `$toMillis(…)`",
    };
    let finding = cx.finding(cx.part(place, found.span, operand.bytes.range()), message).help(help);
    cx.report(finding);
}
