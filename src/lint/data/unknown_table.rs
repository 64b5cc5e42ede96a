//! A table of Dynamic Data that no database declares.

use crate::action::UseKind;
use crate::app::{FileKind, Reference};
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};
use crate::syntax::Kind;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-table",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a table of Dynamic Data is used that no database declares",
        docs: PAGE,
    },
    checks: &[Check::Reference(check), Check::App(check_app)],
};

/// The database that practically all apps have (app-layout.md §1).
const USUAL: &str = "default";

const PAGE: &str = "\
Finds tables written with a database, such as `default/tasks`, that are not under `tables:` of that
database's file. An app that declares no tables at all is warned once, at the first table that it uses. Tables of
another solution (`package:`) are not checked.

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

/// An app without any database has one mistake, however many tables it uses.
fn check_app(cx: &mut Cx<'_>) {
    // An app without screens is only begun, and a database that could not be read is told already.
    let is_database = |id: &str| cx.is_file(FileKind::Database, id);
    let is_empty = declares_nothing(cx);
    let has_some = !cx.project.databases.is_empty() || is_database(USUAL);
    if (has_some && !is_empty) || cx.project.jigs.is_empty() || !cx.is_all_read() {
        return;
    }
    let mut used = cx.project.index.uses(UseKind::Table);
    let of_usual = |id: &str| id.strip_prefix(USUAL).is_some_and(|rest| rest.starts_with('/'));
    let Some(first) = used.find(|used| of_usual(&used.id) && !is_expression(&used.id)) else { return };
    let table = &first.id[USUAL.len() + 1..];
    if is_empty {
        let message = format!("the database `{USUAL}` declares no table, but `{}` is used", first.id);
        let help =
            format!("declare it in `databases/{USUAL}.jigx`: the line `{table}: null` under `tables:`");
        cx.report(cx.finding(first.span, message).help(help));
        return;
    }
    let message = format!("`{}` is a table of Dynamic Data, and the app declares none", first.id);
    // Here it can be read all the same, so it is no error yet.
    let finding = Diagnostic::warning(cx.rule.id, first.span, message)
        .help(format!("declare it in `databases/{USUAL}.jigx`: the line `{table}: null` under `tables:`"));
    cx.report(finding);
}

/// Whether the database that everybody uses is there and has no table.
fn declares_nothing(cx: &Cx<'_>) -> bool {
    let Some(database) = cx.project.databases.get(USUAL).filter(|found| found.tables.is_empty()) else {
        return false;
    };
    let Some(source) = cx.source(database.file) else { return false };
    let tables = source.tree.root.get("tables");
    tables.is_some_and(|tables| matches!(tables.kind, Kind::Object(_))) && cx.is_sound(source.tree.root.span)
}
