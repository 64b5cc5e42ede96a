//! `$number` of a text field.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ExprKind, ExprNode};
use crate::lint::formula::{called, plain_path};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "number-of-empty",
        group: Group::Expressions,
        severity: Severity::Info,
        summary: "`$number` fails when a field is empty",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `$number(…)` directly around the value of a text field. A choice, `?:` and a test around it are fine.

`$number` refuses an empty text, so the whole expression fails as long as the user has written nothing.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
description: =$string($number(@ctx.components.amount.state.value) * 2)
children:
  - type: component.text-field
    instanceId: amount
    options:
      label: Amount
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
description: \"=$string($number(@ctx.components.amount.state.value ?: '0') * 2)\"
children:
  - type: component.text-field
    instanceId: amount
    options:
      label: Amount
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if found.expression.references().functions.contains("number") {
        node(cx, place, found, found.expression.root());
    }
}

fn node(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, part: &ExprNode) {
    match &part.kind {
        // Within a choice the value has most likely been tested.
        ExprKind::Condition { test, .. } => node(cx, place, found, test),
        ExprKind::Call(callee, arguments) if called(found, callee) == Some("number") => {
            if let [argument] = &arguments[..] {
                number(cx, place, found, argument);
            }
        }
        _ => part.for_each_child(&mut |child| node(cx, place, found, child)),
    }
}

fn number(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, argument: &ExprNode) {
    let path = plain_path(argument);
    let Some(["components", id, "state", "value"]) = path.as_deref() else { return };
    let is_text = |named: &&crate::lint::ids::Named| {
        named.span.file == place.source.file && named.type_name == "component.text-field"
    };
    if cx.named(id).iter().any(is_text) {
        let finding = cx
            .finding(
                cx.part(place, found.span, argument.bytes.range()),
                format!("`$number` fails while the field `{id}` is empty"),
            )
            .help("give it a default: `$number(… ?: '0')`");
        cx.report(finding);
    }
}
