//! A scope that nothing starts.

use super::Cx;
use super::rule::{Check, Rule};
use crate::action::UseKind;
use crate::app::Reference;
use crate::diag::{RuleInfo, Severity};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-scope",
        severity: Severity::Error,
        summary: "a condition or an action names a scope that nothing starts",
        docs: PAGE,
    },
    checks: &[Check::Reference(check)],
};

const PAGE: &str = "\
Finds scope ids in `condition:` blocks and in `action.delete-sync-scope` that are not the `instanceId` of
any `action.start-sync-scope` of the app.

Such a scope has no row, so its state is always `none`: a guard that asks whether it is syncing lets
everything through.

```yaml wrong
# index.jigx
title: Tasks
onFocus:
  type: action.action-list
  condition:
    scope: { id: morning, isNot: syncing }
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

```yaml right
# index.jigx
title: Tasks
onFocus:
  type: action.action-list
  condition:
    scope: { id: morning-load, isNot: syncing }
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

An app in which a scope is started under an id that is an expression is not checked.
";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind != UseKind::Scope {
        return;
    }
    let known = !cx.project.index.definitions(UseKind::Scope, &reference.id).is_empty();
    if !known && !cx.named(&reference.id).iter().any(|named| named.may_be("action.start-sync-scope")) {
        cx.unknown(reference, "sync scope");
    }
}
