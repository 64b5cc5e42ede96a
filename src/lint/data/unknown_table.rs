//! A table of Dynamic Data that no database declares.

use crate::action::UseKind;
use crate::app::Reference;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-table",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a table of Dynamic Data is used that no database declares",
        docs: PAGE,
    },
    checks: &[Check::Reference(check)],
};

const PAGE: &str = "\
Finds tables written with a database, such as `default/tasks`, that are not under `tables:` of that
database's file. Apps that declare no tables at all are not checked, nor are
tables of another solution (`package:`).

A table that is not declared does not exist in the cloud: the screen shows an error.

```yaml wrong
# databases/default.jigx
databaseId: default
tables:
  tasks: null
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities:
      - default/task
```

```yaml right
# databases/default.jigx
databaseId: default
tables:
  tasks: null
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities:
      - default/tasks
```
";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind != UseKind::Table {
        return;
    }
    // A slash alone proves nothing (sync.md §0): `local/books` may be any table.
    let Some((database, table)) = reference.id.split_once('/') else { return };
    let known = cx.project.index.definitions(UseKind::Table, &reference.id);
    if !known.is_empty() || cx.may_be_defined(UseKind::Table, &reference.id) {
        return;
    }
    let declared = cx.project.databases.get(database).is_some_and(|found| !found.tables.is_empty());
    let help = cx.suggestion(UseKind::Table, &reference.id);
    if !declared && help.is_none() {
        return;
    }
    let message = if declared {
        format!("the database `{database}` has no table `{table}`")
    } else {
        format!("there is no table `{}`", reference.id)
    };
    let finding = cx.finding(reference.span, message).maybe_help(help);
    cx.report(finding);
}
