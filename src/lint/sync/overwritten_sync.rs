//! Calls that each remove what the one before has stored.

use std::collections::HashMap;

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::{ExprKind, ExprNode};
use crate::lint::entries::{Made, computed_entities, entries, wipes};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "overwritten-sync",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "two calls of one sync fill a table that each of them empties first",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds several entries of one `action.sync-entities` for the same table, and entries made by an expression, when
the function removes all rows before it stores its own.

That is what a function does unless it says otherwise, so only the rows of the last call remain. Let it merge
(`forRowsWithMatchingIds: true`), let it replace a part (`forRowsWithValues`), or fill tables of their own.

```yaml wrong
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/stock
parameters:
  depot: { type: string, location: query, required: true }
# index.jigx
title: Stock
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: stock
        function: get-stock
        parameters: { depot: north }
      - entity: stock
        function: get-stock
        parameters: { depot: south }
```

```yaml right
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/stock
forRowsWithMatchingIds: true
parameters:
  depot: { type: string, location: query, required: true }
# index.jigx
title: Stock
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: stock
        function: get-stock
        parameters: { depot: north }
      - entity: stock
        function: get-stock
        parameters: { depot: south }
```
";

const HELP: &str = "let the function merge (`forRowsWithMatchingIds: true`), or fill tables of their own";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    written_out(cx, action);
    computed(cx, place, action);
}

fn written_out(cx: &mut Cx<'_>, action: &ActionNode) {
    let mut first: HashMap<&str, Span> = HashMap::new();
    for entry in entries(cx, action) {
        let (Some(table), Some(entity)) = (entry.table(), entry.entity) else { continue };
        let Some(before) = first.get(table).copied() else {
            first.insert(table, entity.span);
            continue;
        };
        if let Some(function) = entry.called(cx).filter(|function| wipes(function)) {
            let message =
                format!("`{}` empties `{table}` first, so the rows of the entry above are lost", function.id);
            let finding = cx.finding(entity.span, message).label(before, "filled here").help(HELP);
            cx.report(finding);
        }
    }
}

fn computed(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let Some((node, expression)) = computed_entities(cx, action) else { return };
    let mut made = Vec::new();
    repeated(expression.root(), false, &mut made);
    for Made { table, function, table_range, .. } in made {
        if cx.project.functions.get(function).is_some_and(|found| cx.is_sound(found.span) && wipes(found)) {
            let message = format!(
                "every call of `{function}` empties `{table}` first, so only the rows of the last one remain"
            );
            let finding = cx.finding(cx.part(place, node.span, table_range), message).help(HELP);
            cx.report(finding);
        }
    }
}

/// Finds the entries that are made once for each item of a list.
fn repeated<'e>(node: &'e ExprNode, inside: bool, made: &mut Vec<Made<'e>>) {
    match &node.kind {
        ExprKind::Object(pairs) if inside => made.extend(Made::of(pairs)),
        ExprKind::Lambda { body, .. } => repeated(body, true, made),
        ExprKind::Path(left, right) => {
            repeated(left, inside, made);
            repeated(right, true, made);
        }
        _ => node.for_each_child(&mut |child| repeated(child, inside, made)),
    }
}
