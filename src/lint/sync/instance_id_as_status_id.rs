//! A status that is deleted by the wrong id.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "instance-id-as-status-id",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a status is deleted by something that is no row id",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.delete-sync-status` whose `id` is the `instanceId` of an action, or anything else that cannot be
the id of a row in `_syncStatus`.

The ids of `_syncStatus` are numbers that the app gives out, one for each table that a sync fetches. An
`instanceId` is none of them, so nothing is deleted. Take the id from a datasource that reads the table.

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
      - type: action.delete-sync-status
        options:
          id: pull-tasks
```

```yaml right
# datasources/statuses.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncStatus]
  query: SELECT id, entity, state, timestamp FROM [_syncStatus]
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
      - type: action.delete-sync-status
        options:
          id: =@ctx.datasources.statuses[entity = 'default/tasks'].id
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.delete-sync-status" {
        return;
    }
    let Some(node) = cx.node(action).and_then(|node| node.at("/options/id")) else { return };
    let Some(id) = node.as_str().filter(|id| !id.is_empty() && !is_expression(id)) else { return };
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let help = "take the id from a datasource that reads `_syncStatus`";
    let finding = match cx.named(id).first().copied() {
        Some(named) => cx
            .finding(node.span, format!("`{id}` is an `instanceId`, not the id of a row in `_syncStatus`"))
            .label(named.span, "the `instanceId`"),
        None => cx.finding(node.span, format!("no row of `_syncStatus` has the id `{id}`: ids are numbers")),
    };
    cx.report(finding.help(help));
}
