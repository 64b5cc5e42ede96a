//! A member that a scope lists twice.

use std::collections::HashMap;

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::edit::without_item;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate-member",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a scope lists the same instance id twice",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds ids that stand twice under `instanceIds:` of one `action.start-sync-scope`.

A scope counts each id once. The second one is most often a slip for another sync, which is then not counted:
the scope is complete before that sync is. The fix removes the repetition.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-tasks, pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.start-sync-scope" {
        return;
    }
    let Some(list) = cx.node(action).and_then(|node| node.at("/options/instanceIds")) else { return };
    let mut first: HashMap<&str, &Node> = HashMap::new();
    for (at, item) in list.items().iter().enumerate() {
        let Some(id) = item.as_str().filter(|id| !is_expression(id)) else { continue };
        match first.get(id) {
            Some(place) => repeated(cx, list, at, place),
            None => _ = first.insert(id, item),
        }
    }
}

fn repeated(cx: &mut Cx<'_>, list: &Node, at: usize, first: &Node) {
    let item = &list.items()[at];
    let finding = cx
        .finding(item.span, format!("the scope lists `{}` already", item.as_str().unwrap_or_default()))
        .label(first.span, "listed here")
        .help("name another sync, or remove the line");
    let fix = without_item(list, at, "remove the repetition", cx.text(item.span.file));
    cx.report(match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    });
}
