//! `@ctx.current.item` in a global action.

use crate::app::{FileKind, Found};
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "current-item-in-action",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a global action reads the row of a list",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `@ctx.current.item` in the files under `actions/`.

A global action does not know the row that it was started from: the value is missing. Declare a parameter,
pass the value with `action.execute-action`, and read `@ctx.action.parameters`.

```yaml wrong
# actions/call.jigx
action:
  type: action.open-url
  options:
    url: =@ctx.current.item.link
```

```yaml right
# actions/call.jigx
action:
  type: action.open-url
  options:
    url: =@ctx.action.parameters.link
parameters:
  link:
    type: string
    required: true
```
";

/// Keys of what shows rows of its own.
const ROWS: [&str; 4] = ["item", "children", "element", "data"];

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    if place.kind != FileKind::Action {
        return;
    }
    let row = ["current", "item"];
    let Some(path) = found.expression.references().below(&row).next() else { return };
    let range = path.range.start..path.segments[1].range.end;
    if !has_rows(&place.source.tree.root, found.span) {
        let finding =
            cx.finding(cx.part(place, found.span, range), "a global action has no `@ctx.current.item`").help(
                "declare a parameter, pass it where the action is called, and read `@ctx.action.parameters`",
            );
        cx.report(finding);
    }
}

/// Whether a place stands within something that shows rows of its own.
fn has_rows(node: &Node, place: Span) -> bool {
    let entries = node.entries().iter().find(|entry| entry.value.span.contains(place));
    if let Some(entry) = entries {
        return ROWS.contains(&&*entry.key.text) || has_rows(&entry.value, place);
    }
    node.items().iter().find(|item| item.span.contains(place)).is_some_and(|item| has_rows(item, place))
}
