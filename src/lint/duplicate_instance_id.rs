//! Two sync actions with one instance id.

use super::Cx;
use super::rule::{Check, Rule};
use crate::action::UseKind;
use crate::app::{DefinedBy, Definition};
use crate::diag::{RuleInfo, Severity};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate-instance-id",
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
    for (id, places) in cx.project.index.all(UseKind::Member) {
        let mut places: Vec<&Definition> =
            places.iter().filter(|place| place.by == DefinedBy::InstanceId).collect();
        places.sort_by_key(|place| place.span);
        let Some((first, others)) = places.split_first() else { continue };
        for other in others {
            let finding = cx
                .finding(other.span, format!("the instance id `{id}` belongs to another sync action already"))
                .label(first.span, "the first one")
                .help("give each sync an id of its own");
            cx.report(finding);
        }
    }
}
