//! A scope that starts when its syncs are over.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{Sequence, Step, literal_id, members, scope_name, scope_steps, sequence};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "scope-after-sync",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a scope starts after a sync that it waits for",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds sequential lists in which a sync runs before the scope that counts it is started, and not after.

Starting a scope sets its counters to zero. What has run before is not counted, so the scope waits for it
and stays `syncing`.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-tasks]
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
    if sequence(cx, list) != Sequence::Sequential {
        return;
    }
    for (at, step) in steps.iter().enumerate() {
        for start in &step.starts {
            if let Some(sync) = left_behind(cx, start, &steps[..at], &steps[at..]) {
                let scope = scope_name(start);
                let id = literal_id(sync).unwrap_or_default();
                let finding = cx
                    .finding(
                        start.type_name.span,
                        format!("`{scope}` starts after its sync `{id}`, and waits for it for ever"),
                    )
                    .label(sync.type_name.span, "the sync runs here")
                    .help("start the scope before the syncs that it lists");
                cx.report(finding);
            }
        }
    }
}

/// A member that runs before the start and not after it.
fn left_behind<'a>(
    cx: &Cx<'_>,
    start: &ActionNode,
    before: &[Step<'a>],
    after: &[Step<'a>],
) -> Option<&'a ActionNode> {
    let started_before = before
        .iter()
        .flat_map(|step| &step.starts)
        .any(|other| literal_id(other).is_none() || literal_id(other) == literal_id(start));
    if started_before || after.iter().any(|step| step.calls) {
        return None;
    }
    let members = members(cx, start)?;
    let runs_after =
        |id: &str| after.iter().flat_map(|step| &step.syncs).any(|sync| literal_id(sync) == Some(id));
    let mut early = before.iter().flat_map(|step| &step.syncs);
    early.find(|sync| literal_id(sync).is_some_and(|id| members.contains(&id) && !runs_after(id))).copied()
}
