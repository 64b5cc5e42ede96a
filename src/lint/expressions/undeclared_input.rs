//! An input that is read and not declared.

use std::collections::BTreeSet;

use crate::app::{FileKind, Found, Screen};
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{ContextPath, Segment};
use crate::lint::names::is_minus;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "undeclared-input",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a jig or component reads an input that it does not declare beside others",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds `@ctx.jig.inputs.name` in a jig, and `@ctx.inputs.name` in a custom component, that declares other inputs
but not this one.

A misspelt input is missing, without a message; one that is left out of the declaration is not checked when the
jig is opened. A jig that declares no inputs at all may read any.

```yaml wrong
# jigs/order.jigx
title: =@ctx.jig.inputs.orderID
type: jig.default
inputs:
  orderId:
    type: string
```

```yaml right
# jigs/order.jigx
title: =@ctx.jig.inputs.orderId
type: jig.default
inputs:
  orderId:
    type: string
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, screen: &Screen) {
    let path: &[&str] = match place.kind {
        FileKind::Jig => &["jig", "inputs"],
        FileKind::Component => &["inputs"],
        _ => return,
    };
    if screen.inputs.is_empty() || !cx.is_all_read() {
        return;
    }
    let mut told = BTreeSet::new();
    for found in &screen.expressions {
        for read in found.expression.references().below(path) {
            let Some((name, segment)) = input(read, path.len()) else { continue };
            let is_known = screen.inputs.contains_key(name) || is_minus(cx, place, read);
            if !is_known && told.insert(name.to_owned()) {
                undeclared(cx, place, screen, found, segment, name);
            }
        }
    }
}

fn input(path: &ContextPath, at: usize) -> Option<(&str, &Segment)> {
    let segment = path.segments.get(at)?;
    Some((segment.name.as_deref()?, segment))
}

fn undeclared(
    cx: &mut Cx<'_>,
    place: &Place<'_>,
    screen: &Screen,
    found: &Found,
    segment: &Segment,
    name: &str,
) {
    let what = if place.kind == FileKind::Jig { "jig" } else { "component" };
    let help = cx
        .did_you_mean(name, screen.inputs.keys().map(String::as_str))
        .unwrap_or_else(|| format!("declare `{name}` under `inputs:`"));
    let span = cx.part(place, found.span, segment.range.clone());
    let finding = cx.finding(span, format!("the {what} does not declare the input `{name}`")).help(help);
    cx.report(finding);
}
