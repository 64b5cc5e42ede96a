//! A scope and its syncs in a list without order.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{
    Sequence, Step, literal_id, made_sequential, members, scope_name, scope_steps, sequence,
};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "scope-not-sequential",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a scope and its syncs stand in a list without an order",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds action lists that start a scope and run syncs of that scope without `isSequential: true`.

The actions of such a list start in any order. When a sync begins before the scope does, the scope resets
its counters over the running sync and may wait for it for ever. The fix adds or turns on `isSequential`.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
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

fn check(cx: &mut Cx<'_>, _: &Place<'_>, list: &ActionNode) {
    let Some(steps) = scope_steps(cx, list) else { return };
    let Some((start, sync)) = pair(cx, &steps) else { return };
    let options = cx.node(list).and_then(|node| node.get("options"));
    let misspelt = options.is_some_and(|options| cx.has_stray_key(options));
    if misspelt || sequence(cx, list) != Sequence::Together {
        return;
    }
    let message = format!("the list has no order, so `{}` may start after its syncs", scope_name(start));
    let finding = cx
        .finding(list.type_name.span, message)
        .label(start.type_name.span, "the scope starts here")
        .label(sync.type_name.span, "and this sync belongs to it")
        .help("add `isSequential: true` to the options of the list");
    cx.report(match made_sequential(cx, list) {
        Some(fix) => finding.fix(fix),
        None => finding,
    });
}

/// The first start and a sync of its scope in another item of the list.
fn pair<'a>(cx: &Cx<'_>, steps: &[Step<'a>]) -> Option<(&'a ActionNode, &'a ActionNode)> {
    for (at, step) in steps.iter().enumerate() {
        for start in &step.starts {
            let Some(members) = members(cx, start) else { continue };
            let others = steps.iter().enumerate().filter(|(other, _)| *other != at);
            let mut syncs = others.flat_map(|(_, step)| &step.syncs);
            if let Some(sync) = syncs.find(|sync| literal_id(sync).is_some_and(|id| members.contains(&id))) {
                return Some((start, sync));
            }
        }
    }
    None
}
