//! A sync status that never is.

use crate::action::{ActionNode, StatusUse, UseKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-status",
        group: Group::Sync,
        severity: Severity::Error,
        summary: "a condition asks for the sync status of a table that nothing syncs",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `status:` tests and `status::state(…)` in `condition:` blocks for a table that no sync fetches, or that is
fetched by other functions only.

Such a table has no row in `_syncStatus`, so its state is always `none`: the condition always holds, or never.

```yaml wrong
# index.jigx
title: Tasks
onFocus:
  type: action.sync-entities
  condition:
    status: { entity: default/task, isNot: syncing }
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

```yaml right
# index.jigx
title: Tasks
onFocus:
  type: action.sync-entities
  condition:
    status: { entity: default/tasks, isNot: syncing }
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```

An app in which an expression says which tables a sync fetches is not checked.
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for status in &action.guard.statuses {
        table(cx, status);
    }
}

fn table(cx: &mut Cx<'_>, status: &StatusUse) {
    let table = status.entity.value.as_str();
    // What could not be read may fetch it.
    if !cx.is_all_read() {
        return;
    }
    if !cx.fetched().has(table) {
        let mut known: Vec<&str> = cx.fetched().tables().collect();
        known.sort_unstable();
        let help = cx.did_you_mean(table, known);
        let why = "without a sync the state is always `none`, so the condition guards nothing";
        let finding =
            cx.finding(status.entity.span, format!("no sync fetches the table `{table}`")).help(why);
        cx.report(finding.maybe_help(help));
        return;
    }
    let Some(function) = &status.function else { return };
    let exists = !cx.project.index.definitions(UseKind::Function, &function.value).is_empty();
    if exists && !cx.fetched().has_by(table, &function.value) {
        let others: Vec<String> = cx.fetched().functions(table).iter().map(|id| format!("`{id}`")).collect();
        let message = format!("no sync fetches `{table}` by the function `{}`", function.value);
        let finding = cx.finding(function.span, message);
        cx.report(if others.is_empty() {
            finding.help("leave out the function: this table is fetched without one")
        } else {
            finding.help(format!("it is fetched by {}", others.join(", ")))
        });
    }
}
