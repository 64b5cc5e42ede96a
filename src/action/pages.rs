//! The pages of the rules about guards.

use crate::diag::{Group, RuleInfo, Severity};

/// A formula in a condition cannot be read.
pub(super) const CONDITION_SYNTAX: &str = "condition-syntax";
/// A length of time cannot be read.
pub(super) const INVALID_DURATION: &str = "invalid-duration";

/// What reading actions can find, by id.
pub const RULES: &[RuleInfo] = &[
    RuleInfo {
        id: CONDITION_SYNTAX,
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "a formula in a `condition:` block cannot be read",
        docs: "\
Finds mistakes in the formulas under `expr:` and in conditions that are a text: brackets that do not close,
unknown functions, single quotes. Texts stand in double quotes. A condition that cannot be read never holds,
so the action never runs.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  condition: online() && (now() > 0
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  condition: online() && (now() > 0)
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```
",
    },
    RuleInfo {
        id: INVALID_DURATION,
        group: Group::Expressions,
        severity: Severity::Error,
        summary: "a length of time in a `condition:` block cannot be read",
        docs: "\
Finds values of `syncedWithin`, `startedWithin` and `failedWithin` that are no length of time. Write a number
and a unit: `500ms`, `30s`, `15m`, `2h` or `1d`. A length that cannot be read never holds.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.start-sync-scope
  instanceId: load
  condition:
    not: { scope: { id: load, syncedWithin: 15 minuts } }
  options:
    instanceIds: [pull]
onFocus:
  type: action.sync-entities
  instanceId: pull
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.start-sync-scope
  instanceId: load
  condition:
    not: { scope: { id: load, syncedWithin: 15m } }
  options:
    instanceIds: [pull]
onFocus:
  type: action.sync-entities
  instanceId: pull
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```
",
    },
];
