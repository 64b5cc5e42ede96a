//! Two sync actions with one instance id.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::members::{Duplicate, Survey};
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate-instance-id",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "two sync actions have the same instance id",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds `action.sync-entities` with an `instanceId` that another one has too.

A scope counts its members by this id. Two actions with one id are one member: the second overwrites the
state of the first, and the scope may look complete while one of them still runs or has failed. A sync
that is needed in several places belongs into a file under `actions/`.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.action-list
  options:
    actions:
      - type: action.sync-entities
        instanceId: pull
        options:
          provider: DATA_PROVIDER_DYNAMIC
          entities: [default/tasks]
      - type: action.sync-entities
        instanceId: pull
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
    actions:
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
";

fn check(cx: &mut Cx<'_>) {
    let survey = Survey::of(cx);
    for Duplicate { id, span, first } in &survey.duplicates {
        let help = match survey.pairs.get(span) {
            Some(unclaimed) => {
                format!("a scope lists `{}`, which no sync has: is it meant here?", unclaimed.reference.id)
            }
            None => "give each sync an id of its own".to_owned(),
        };
        let finding = cx
            .finding(*span, format!("the instance id `{id}` belongs to another sync action already"))
            .label(*first, "the first one")
            .help(help);
        cx.report(finding);
    }
}
