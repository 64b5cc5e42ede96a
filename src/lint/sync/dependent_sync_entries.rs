//! Arguments that read what the same action is about to fetch.

use std::collections::HashMap;

use crate::action::ActionNode;
use crate::app::Origin;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::{Expression, is_expression};
use crate::lint::entries::entries;
use crate::lint::reads::datasources_read;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "dependent-sync-entries",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "an entry of a sync reads a table that another entry of it fetches",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds entries of `action.sync-entities` whose arguments read a datasource over a table that an entry above them
fetches.

All arguments are evaluated when the action starts, before anything is fetched. At the first run the table is
empty, and later the arguments are those of the run before. Make it two actions in a list with
`isSequential: true`.

```yaml wrong
# functions/get-depots.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/depots
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/stock
parameters:
  depots: { type: array, location: body, required: true }
# datasources/depots.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [depots]
  query: SELECT id FROM [depots]
# index.jigx
title: Stock
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: depots
        function: get-depots
      - entity: stock
        function: get-stock
        parameters:
          depots: =@ctx.datasources.depots.id[]
```

```yaml right
# functions/get-depots.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/depots
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/stock
parameters:
  depots: { type: array, location: body, required: true }
# datasources/depots.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [depots]
  query: SELECT id FROM [depots]
# index.jigx
title: Stock
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.sync-entities
        options:
          provider: DATA_PROVIDER_REST
          entities:
            - entity: depots
              function: get-depots
      - type: action.sync-entities
        options:
          provider: DATA_PROVIDER_REST
          entities:
            - entity: stock
              function: get-stock
              parameters:
                depots: =@ctx.datasources.depots.id[]
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let mut fetched: HashMap<&str, Span> = HashMap::new();
    for entry in entries(cx, action) {
        if !fetched.is_empty() {
            for key in ["parameters", "functionParameters", "data"] {
                entry.node.get(key).into_iter().for_each(|node| argument(cx, place, node, &fetched));
            }
        }
        if let Some((table, entity)) = entry.table().zip(entry.entity) {
            fetched.entry(table).or_insert(entity.span);
        }
    }
}

fn argument(cx: &mut Cx<'_>, place: &Place<'_>, node: &Node, fetched: &HashMap<&str, Span>) {
    match node.as_str() {
        Some(text) if is_expression(text) && (text.contains("@ctx.") || text.contains('$')) => {
            expression(cx, place, node, text, fetched);
        }
        _ => {
            let values = node.entries().iter().map(|entry| &entry.value);
            values.chain(node.items()).for_each(|value| argument(cx, place, value, fetched));
        }
    }
}

fn expression(cx: &mut Cx<'_>, place: &Place<'_>, node: &Node, text: &str, fetched: &HashMap<&str, Span>) {
    let Ok(expression) = Expression::parse(text) else { return };
    for (id, range) in datasources_read(cx, place, &expression) {
        let Some((table, first)) = table_of(cx, place, &id, fetched) else { continue };
        let message =
            format!("`{id}` is read before `{table}` is fetched: all arguments are evaluated first");
        let finding = cx
            .finding(cx.part(place, node.span, range), message)
            .label(first, "fetched by the same action")
            .help("fetch this table in a second action, in a list with `isSequential: true`");
        cx.report(finding);
    }
}

/// The fetched table that a datasource reads.
fn table_of(
    cx: &Cx<'_>,
    place: &Place<'_>,
    id: &str,
    fetched: &HashMap<&str, Span>,
) -> Option<(String, Span)> {
    let Origin::Sqlite(sqlite) = &cx.datasource(place, id)?.origin else { return None };
    let mut tables = sqlite.entities.iter().map(|entity| &entity.entity.value);
    tables.find_map(|table| Some((table.clone(), *fetched.get(table.as_str())?)))
}
