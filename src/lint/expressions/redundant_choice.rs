//! `condition ? true : false`.

use crate::app::Found;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::lint::formula::{called, editable};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "redundant-choice",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "a choice between `true` and `false` says no more than its condition",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `condition ? true : false` where the condition is true or false by itself, whatever is missing: a
comparison with `=` or `!=`, `and`, `or`, `in`, `$exists(…)`.

The condition alone says the same. The fix writes that.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.button
    when: =@ctx.user.email = 'ann@example.com' ? true :false
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
children:
  - type: component.button
    when: =@ctx.user.email = 'ann@example.com'
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains('?') {
        return;
    }
    found.expression.root().visit(&mut |node| {
        if let ExprKind::Condition { test, then, otherwise: Some(otherwise) } = &node.kind
            && matches!((&then.kind, &otherwise.kind), (ExprKind::True, ExprKind::False))
            && is_truth(found, test)
        {
            report(cx, place, found, node, test);
        }
    });
}

/// Whether it gives true or false even when what it reads is missing.
fn is_truth(found: &Found, node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::Binary { op, .. } => {
            matches!(op, Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or | Operator::In)
        }
        ExprKind::Call(callee, _) => called(found, callee) == Some("exists"),
        ExprKind::Block(items) => matches!(&items[..], [only] if is_truth(found, only)),
        _ => false,
    }
}

fn report(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, whole: &ExprNode, test: &ExprNode) {
    let (start, end) = (test.bytes.range().end, whole.bytes.range().end);
    let finding = cx
        .finding(cx.part(place, found.span, start..end), "`? true : false` says no more than the condition")
        .help("write the condition alone");
    let fix = editable(cx, place, found, whole.bytes.range()).map(|span| {
        let text = &found.expression.text()[whole.bytes.range().start..start];
        Fix::safe("write the condition alone", span, text)
    });
    cx.report(match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    });
}
