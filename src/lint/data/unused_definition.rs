//! A part of the app that nothing uses.

use std::collections::BTreeSet;

use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::is_expression;
use crate::lint::Cx;
use crate::lint::rule::{Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unused-definition",
        group: Group::Data,
        severity: Severity::Info,
        summary: "a function, datasource, table, component or global action is used nowhere",
        docs: PAGE,
    },
    checks: &[Check::App(check)],
};

const PAGE: &str = "\
Finds functions, global datasources and actions, components and tables of Dynamic Data whose name stands nowhere
else in the app, while others of their kind are used.

They do no harm, but every reader of the app has to find that out anew.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# functions/get-old-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/old-tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```
";

/// A part of the app that others may use by its name.
struct Part<'a> {
    what: &'static str,
    /// What a use of it is; components have none.
    kind: Option<UseKind>,
    id: &'a str,
    span: Span,
}

fn check(cx: &mut Cx<'_>) {
    // An app without screens is only begun.
    if cx.project.jigs.is_empty() {
        return;
    }
    // A mistake may hide the very use that seems to be missing.
    let hidden = cx.hidden_uses();
    if hidden.contains(&None) {
        return;
    }
    // A single file names its parts by keys, which are no texts.
    let home = cx.project.home.screen().file.and_then(|file| cx.source(file));
    let single = home.is_some_and(|source| source.kind == FileKind::SingleFile);
    let mut told = Vec::new();
    for parts in parts(cx) {
        let is_used = |part: &Part<'_>| cx.is_said(part.id, (!single).then_some(part.span.file));
        let (used, unused): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_used);
        // An app that uses none of several is only begun.
        if used.is_empty() && unused.len() > 1 {
            continue;
        }
        for part in unused {
            let start = Span { end: part.span.start, ..part.span };
            let span = if part.what == "table" { part.span } else { start };
            let finding = cx
                .finding(span, format!("the {} `{}` is used nowhere", part.what, part.id))
                .help("remove it, or use it");
            told.push((part.kind, finding));
        }
    }
    if told.is_empty() {
        return;
    }
    let dead_ends = dead_ends(cx);
    let is_sure = |kind: Option<UseKind>| {
        kind.is_none_or(|kind| !dead_ends.contains(&kind) && !hidden.contains(&Some(kind)))
    };
    told.into_iter().filter(|(kind, _)| is_sure(*kind)).for_each(|(_, finding)| cx.report(finding));
}

/// The kinds of which something names a part that is not there: it may mean one that seems unused.
fn dead_ends(cx: &Cx<'_>) -> BTreeSet<UseKind> {
    let index = &cx.project.index;
    let named = cx.keys(|known| &known.named_ids).filter(|id| !is_expression(id));
    let dead = named.flat_map(|id| {
        let kinds = cx.rows(|known| &known.named_ids, id).iter().map(|(_, kind)| *kind);
        kinds.filter(move |kind| index.definitions(*kind, id).is_empty())
    });
    dead.collect()
}

/// Everything that can be used by name, by kind. A single file names its parts by keys.
fn parts<'a>(cx: &Cx<'a>) -> Vec<Vec<Part<'a>>> {
    let project = &cx.project;
    let of = |what, id: &'a str, span| {
        let kind = match what {
            "function" => Some(UseKind::Function),
            "action" => Some(UseKind::Action),
            "datasource" => Some(UseKind::Datasource),
            "table" => Some(UseKind::Table),
            _ => None,
        };
        Part { what, kind, id, span }
    };
    // Without any action nothing can call them yet.
    let called = project.root_actions().next().is_some();
    let functions = project
        .functions
        .values()
        .filter(|_| called)
        .map(|function| of("function", &function.id, function.span));
    let datasources = project.datasources.values().map(|found| of("datasource", &found.id, found.span));
    let actions = project.actions.iter().map(|(id, action)| of("action", id, action.placed.action.span));
    let components = project.components.iter().filter_map(|(id, component)| {
        let file =
            component.file.filter(|file| cx.source(*file).is_some_and(|s| s.kind == FileKind::Component))?;
        Some(of("component", id, Span::new(file, 0, 0)))
    });
    let tables = project.databases.values().flat_map(|database| &database.tables);
    let tables = tables.map(|table| of("table", &table.value, table.span));
    vec![
        functions.collect(),
        datasources.collect(),
        actions.collect(),
        components.collect(),
        tables.collect(),
    ]
}
