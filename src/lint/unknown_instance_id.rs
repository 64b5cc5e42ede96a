//! A member of a scope that nothing carries.

use super::Cx;
use super::cx::Named;
use super::rule::{Check, Rule};
use crate::action::UseKind;
use crate::app::Reference;
use crate::diag::{RuleInfo, Severity};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-instance-id",
        severity: Severity::Error,
        summary: "a sync scope lists an instance id that no sync action has",
        docs: PAGE,
    },
    checks: &[Check::Reference(check)],
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
  when: =@ctx.system.isOnline
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
  when: =@ctx.system.isOnline
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

const MEMBER: &str = "action.sync-entities";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    let id = reference.id.as_str();
    if reference.kind != UseKind::Member
        || !cx.project.index.definitions(UseKind::Member, id).is_empty()
        || cx.may_be_defined(UseKind::Member, id)
        || cx.named(id).iter().any(|named| named.may_be(MEMBER))
    {
        return;
    }
    let finding = match cx.named(id).first() {
        Some(Named { type_name, span }) => {
            let message = format!("`{id}` is no sync: a scope waits for it for ever");
            cx.finding(reference.span, message)
                .label(*span, format!("a scope counts `{MEMBER}`, this is `{type_name}`"))
        }
        None => {
            let help = cx.did_you_mean(id, cx.project.index.ids(UseKind::Member));
            let help = help.unwrap_or_else(|| {
                format!("give the sync the line `instanceId: {id}`, or remove the id here")
            });
            cx.finding(reference.span, format!("no sync action has the instance id `{id}`")).help(help)
        }
    };
    cx.report(finding);
}
