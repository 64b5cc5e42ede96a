//! A comparison of two values that are never alike.

use crate::app::Found;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::lint::formula::{Value, editable, value_of};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "mismatched-comparison",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a comparison has the same outcome whatever is compared",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds comparisons of two kinds of values, such as a number with a text (`$count(x) = '0'`), a condition with
`'true'`, or something that is never `null` with `null`.

`=` is then always false and `!=` always true, without a message; `<`, `>`, `<=` and `>=` make the whole
expression fail. Nothing is converted. The fix removes the quotes of a number or of `true` and `false`.

```yaml wrong
# jigs/home.jigx
title: =$length(@ctx.user.displayName) > '20' ? 'Welcome' :'Welcome back'
type: jig.default
```

```yaml right
# jigs/home.jigx
title: =$length(@ctx.user.displayName) > 20 ? 'Welcome' :'Welcome back'
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains(['=', '<', '>']) {
        return;
    }
    found.expression.root().visit(&mut |node| {
        if let ExprKind::Binary { op, left, right } = &node.kind
            && let Some(outcome) = outcome(*op)
            && let (Some(first), Some(second)) = (value_of(found, left), value_of(found, right))
            && (first != second || is_unordered(*op, first))
        {
            let message =
                format!("`{}` compares {} with {}, {outcome}", op.text(), first.word(), second.word());
            let finding = cx.finding(cx.part(place, found.span, node.bytes.range()), message);
            let finding = finding.maybe_help(help(left, first, right, second).map(str::to_owned));
            let fix =
                unquoted(cx, place, found, left, second).or_else(|| unquoted(cx, place, found, right, first));
            cx.report(match fix {
                Some(fix) => finding.fix(fix),
                None => finding,
            });
        }
    });
}

/// What a comparison of two kinds comes to.
fn outcome(op: Operator) -> Option<&'static str> {
    match op {
        Operator::Equal => Some("which are never equal"),
        Operator::NotEqual => Some("which are never equal, so this is always true"),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            Some("which have no order, so the expression fails")
        }
        _ => None,
    }
}

/// Whether there is no less or more even between two of this kind.
fn is_unordered(op: Operator, value: Value) -> bool {
    let is_order = !matches!(op, Operator::Equal | Operator::NotEqual);
    is_order && !matches!(value, Value::Number | Value::Text)
}

fn help(left: &ExprNode, first: Value, right: &ExprNode, second: Value) -> Option<&'static str> {
    let text = |node: &ExprNode| matches!(node.kind, ExprKind::Text(_));
    match (first, second) {
        (Value::Null, _) | (_, Value::Null) => {
            Some("to test for a value, write `$exists(…)`; to test for an empty list, `$count(…) = 0`")
        }
        (Value::Text, Value::Number) if !text(left) => Some("make a number of the text with `$number(…)`"),
        (Value::Number, Value::Text) if !text(right) => Some("make a number of the text with `$number(…)`"),
        _ => None,
    }
}

/// Removes the quotes of a text that is a value of the other kind.
fn unquoted(cx: &Cx<'_>, place: &Place<'_>, found: &Found, node: &ExprNode, other: Value) -> Option<Fix> {
    let ExprKind::Text(text) = &node.kind else { return None };
    let number =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    let fits = match other {
        Value::Number => number && !text.is_empty(),
        Value::Truth => matches!(&**text, "true" | "false"),
        _ => false,
    };
    let span = editable(cx, place, found, node.bytes.range()).filter(|_| fits)?;
    Some(Fix::safe("remove the quotes", span, &**text))
}
