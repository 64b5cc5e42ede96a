//! A comparison of something that may be missing with `null`.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode, Operator};
use crate::lint::formula::plain_path;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "comparison-with-null",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "`null` is compared with a value that may be missing",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `= null` and `!= null` where the other side is a row picked from a datasource, or a column of it.

When there is no such row, the value is missing, and a missing value equals nothing: `= null` is false, and so is
`!= null`.

```yaml wrong
# datasources/tasks.jigx
type: datasource.static
options:
  data:
    - { id: 1, title: Call }
# jigs/home.jigx
title: \"=@ctx.datasources.tasks[id = 2].title = null ? 'No task' :'A task'\"
type: jig.default
```

```yaml right
# datasources/tasks.jigx
type: datasource.static
options:
  data:
    - { id: 1, title: Call }
# jigs/home.jigx
title: \"=$boolean(@ctx.datasources.tasks[id = 2].title) ? 'A task' :'No task'\"
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains("null") {
        return;
    }
    found.expression.root().visit(&mut |node| {
        let ExprKind::Binary { op: Operator::Equal | Operator::NotEqual, left, right } = &node.kind else {
            return;
        };
        let other = match (&left.kind, &right.kind) {
            (ExprKind::Null, _) => right,
            (_, ExprKind::Null) => left,
            _ => return,
        };
        if may_be_missing(other) {
            let finding = cx
                .finding(
                    cx.part(place, found.span, node.bytes.range()),
                    "a missing value equals nothing: this is false when there is no such row",
                )
                .help("`$boolean(…)` is false for a missing value and for `null`, `$exists(…)` for a missing one only");
            cx.report(finding);
        }
    });
}

/// Whether it picks rows of a datasource, of which there may be none.
fn may_be_missing(node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::Path(left, right) => {
            let picks = matches!(right.kind, ExprKind::Filter(..));
            picks && plain_path(left).is_some_and(|path| path.first() == Some(&"datasources"))
                || may_be_missing(left)
        }
        ExprKind::Filter(of, _) => {
            plain_path(of).is_some_and(|path| path.len() > 1 && path[0] == "datasources")
                || may_be_missing(of)
        }
        _ => false,
    }
}
