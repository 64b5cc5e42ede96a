//! A sync beside a scope that does not count it.

use crate::action::{ActionNode, SyncRole};
use crate::app::Screen;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{Step, literal_id, members, scope_name, scope_steps};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "sync-outside-scope",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a list starts a scope and runs a sync that no scope counts",
        docs: PAGE,
    },
    checks: &[Check::Action(check), Check::Screen(check_file)],
};

const PAGE: &str = "\
Finds `action.sync-entities` in a list that starts a scope, or in a list inside it, when the sync has no
`instanceId` or one that no scope of the app lists. A sync elsewhere in such a file is a remark, when it has an
`instanceId` that neither a scope nor an expression of the file uses.

The scope is complete before that sync is, and a failure of the sync is not seen in it.

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
          instanceIds: [pull-tasks]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
      - type: action.sync-entities
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/people]
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
          instanceIds: [pull-tasks, pull-people]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
      - type: action.sync-entities
        instanceId: pull-people
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/people]
```

A list that starts a scope whose members are an expression, or do not exist, is not checked.
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, list: &ActionNode) {
    let Some(steps) = scope_steps(cx, list) else { return };
    let Some(start) = only_known_starts(cx, &steps) else { return };
    let mut syncs = Vec::new();
    steps.iter().for_each(|step| beside(step.action, &mut syncs));
    for sync in syncs {
        if cx.node(sync).is_some_and(|node| cx.has_stray_key(node)) {
            continue;
        }
        let message = match (&sync.instance_id, literal_id(sync)) {
            (None, _) => {
                format!("this sync has no `instanceId`, so `{}` does not count it", scope_name(start))
            }
            (Some(_), Some(id)) if !cx.is_member(id) => format!("no scope lists the sync `{id}`"),
            _ => continue,
        };
        let finding = cx
            .finding(sync.type_name.span, message)
            .label(start.type_name.span, "the scope that the list starts")
            .help("give the sync an `instanceId` and add it to the scope's `instanceIds`");
        cx.report(finding);
    }
}

/// Looks at the syncs of a screen that starts a scope somewhere else in it.
fn check_file(cx: &mut Cx<'_>, _: &Place<'_>, screen: &Screen) {
    let (mut starts, mut syncs) = (Vec::new(), Vec::new());
    for placed in &screen.actions {
        let before = starts.len();
        let mut own = Vec::new();
        placed.action.visit(&mut |action| match action.body.sync() {
            Some(SyncRole::Scope(_)) => starts.push(action),
            Some(SyncRole::Member) => own.push(action),
            None => {}
        });
        if starts.len() == before {
            syncs.extend(own);
        }
    }
    let Some(start) = starts.first().filter(|_| starts.iter().all(|start| members(cx, start).is_some()))
    else {
        return;
    };
    for sync in syncs {
        let Some(id) = literal_id(sync).filter(|id| !cx.is_member(id) && !is_watched(screen, id)) else {
            continue;
        };
        let finding = cx
            .finding(sync.type_name.span, format!("no scope lists the sync `{id}`"))
            .label(start.type_name.span, "a scope starts here")
            .help("add it to the scope's `instanceIds`, or leave out its `instanceId`");
        cx.report(Diagnostic { severity: Severity::Info, ..finding });
    }
}

/// Whether an expression of the screen asks how an action is doing.
fn is_watched(screen: &Screen, id: &str) -> bool {
    let mut read = screen.expressions.iter().map(|found| found.expression.references());
    read.any(|references| references.below(&["actions", id]).next().is_some())
}

/// The syncs of an item of the list, and those of lists in it that start no scope of their own.
fn beside<'s>(action: &'s ActionNode, syncs: &mut Vec<&'s ActionNode>) {
    if action.body.sync() == Some(SyncRole::Member) {
        syncs.push(action);
    } else if action.type_name.value == "action.action-list" {
        let children = action.body.children();
        if !children.iter().any(|child| is_start(child)) {
            children.into_iter().for_each(|child| beside(child, syncs));
        }
    }
}

/// The first scope that the list itself starts, when the members of all of them are known.
fn only_known_starts<'s>(cx: &Cx<'_>, steps: &[Step<'s>]) -> Option<&'s ActionNode> {
    let starts = || steps.iter().map(|step| step.action).filter(|action| is_start(action));
    starts().all(|start| members(cx, start).is_some()).then(|| starts().next()).flatten()
}

fn is_start(action: &ActionNode) -> bool {
    matches!(action.body.sync(), Some(SyncRole::Scope(_)))
}
