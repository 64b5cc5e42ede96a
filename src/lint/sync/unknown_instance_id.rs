//! A member of a scope that nothing carries.

use super::duplicate_instance_id;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::ids::Named;
use crate::lint::members::{MEMBER, Survey, Unclaimed};
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-instance-id",
        group: Group::Sync,
        severity: Severity::Error,
        summary: "a sync scope lists an instance id that no sync action has",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds ids under `instanceIds:` of `action.start-sync-scope` that are the `instanceId` of no
`action.sync-entities` and the key of no datasource that fetches by itself, anywhere in the app.

A scope is complete when all its members have ended. A member that does not exist never ends, so the scope
stays `syncing` for ever, and a guard that waits for it blocks every later sync.

```yaml wrong
# index.jigx
title: Tasks
onFocus:
  type: action.action-list
  condition: { scope: { id: morning-load, isNot: syncing } }
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: morning-load
        options:
          instanceIds: [pull-task]
      - type: action.sync-entities
        instanceId: pull-tasks
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onFocus:
  type: action.action-list
  condition: { scope: { id: morning-load, isNot: syncing } }
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

An app in which a sync action has an expression as its `instanceId` is not checked.
";

fn check(cx: &mut Cx<'_>) {
    let survey = Survey::of(cx);
    // An id that stands twice where another is wanted is one mistake, told at the second.
    let explained =
        |unclaimed: &Unclaimed<'_>| survey.pairs.values().any(|other| other.reference == unclaimed.reference);
    let told = cx.is_on(duplicate_instance_id::RULE.info.id);
    for unclaimed in survey.unclaimed.iter().filter(|unclaimed| !(told && explained(unclaimed))) {
        let finding = finding(cx, unclaimed);
        cx.report(finding);
    }
}

fn finding(cx: &Cx<'_>, unclaimed: &Unclaimed<'_>) -> Diagnostic {
    let (id, span) = (unclaimed.reference.id.as_str(), unclaimed.reference.span);
    if let Some(Named { type_name, span: other }) = cx.named(id).first() {
        let label = format!("a scope counts `{MEMBER}`, this is `{type_name}`");
        return cx
            .finding(span, format!("`{id}` is no sync: a scope waits for it for ever"))
            .label(*other, label);
    }
    let add = || format!("give the sync the line `instanceId: {id}`, or remove the id here");
    let help = unclaimed.suggestion.clone().unwrap_or_else(add);
    cx.finding(span, format!("no sync action has the instance id `{id}`")).help(help)
}
