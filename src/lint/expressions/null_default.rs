//! `??` for a value that is `null`, not missing.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, Operator};
use crate::lint::formula::plain_path;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "null-default",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "`??` gives no default for a value that is `null`",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `value ?? other` where the value is a state, a column of a datasource or a field of a list's row.

`??` gives the other value only when the first is missing. Empty columns and states without a value are
`null`, and stay `null`. `?:` takes the other value for `null` too, and also for an empty text, `0` and
`false`.

```yaml wrong
# jigs/home.jigx
title: =@ctx.jig.state.searchText ?? 'All customers'
type: jig.default
```

```yaml right
# jigs/home.jigx
title: \"=@ctx.jig.state.searchText ?: 'All customers'\"
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if !found.expression.text().contains("??") {
        return;
    }
    found.expression.root().visit(&mut |node| {
        if let ExprKind::Binary { op: Operator::Coalesce, left, right } = &node.kind
            && plain_path(left).is_some_and(|path| may_be_null(&path))
        {
            let sign = crate::lint::formula::operator_between(found.expression.text(), left, right);
            let at = cx.part(place, found.span, sign.unwrap_or_else(|| node.bytes.range()));
            let finding = cx
                .finding(at, "`??` replaces a missing value, but not one that is `null`")
                .help("write `?:`, which replaces `null`, an empty text, `0` and `false` too");
            cx.report(finding);
        }
    });
}

fn may_be_null(path: &[&str]) -> bool {
    match path {
        ["datasources", _, _, ..] | ["current", "item", _, ..] => true,
        names => names.len() > 1 && names[..names.len() - 1].contains(&"state"),
    }
}
