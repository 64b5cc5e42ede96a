//! A condition without parts.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "empty-condition",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a condition has an empty list of parts",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `all: []` and `any: []` in `condition:` blocks.

An empty `all` always holds, so it guards nothing: what it should hold back runs every time. An empty `any`
never holds, so the action never runs.

```yaml wrong
# index.jigx
title: Tasks
onFocus:
  type: action.sync-entities
  condition:
    all: []
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onFocus:
  type: action.sync-entities
  condition:
    all:
      - online()
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if let Some(condition) = cx.node(action).and_then(|node| node.get("condition")) {
        parts(cx, condition);
    }
}

fn parts(cx: &mut Cx<'_>, condition: &Node) {
    for entry in condition.entries() {
        match (&*entry.key.text, &entry.value.kind) {
            (list @ ("all" | "any"), Kind::Array(parts)) if parts.is_empty() => {
                empty(cx, list, &entry.value);
            }
            ("all" | "any", Kind::Array(items)) => items.iter().for_each(|item| parts(cx, item)),
            ("not", _) => parts(cx, &entry.value),
            _ => {}
        }
    }
}

fn empty(cx: &mut Cx<'_>, list: &str, node: &Node) {
    if !cx.is_read(node.span) {
        return;
    }
    let message = match list {
        "all" => "`all` is empty, so this condition always holds and guards nothing",
        _ => "`any` is empty, so this condition never holds",
    };
    let finding = cx.finding(node.span, message).help("list the conditions, or remove the block");
    cx.report(finding);
}
