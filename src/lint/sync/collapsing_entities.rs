//! A list of entries that is none when it has one item.

use crate::action::ActionNode;
use crate::diag::{Fix, Group, RuleInfo, Severity, Span};
use crate::expr::{ExprKind, ExprNode, Expression, Operator, is_expression};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "collapsing-entities",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "an expression under `entities` gives no list when it finds one item",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds expressions under `entities:` of a sync that end in `$map(…)`, `$filter(…)` or `list.{…}` without `[]`.

In JSONata a result of one item is that item and no list any more. Then the sync gets a single record where it
expects a list: it works with two depots and fails with one. `[]` behind the expression keeps the list; the fix
adds it.

```yaml wrong
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/stock
forRowsWithMatchingIds: true
parameters:
  depot: { type: string, location: query, required: true }
# datasources/depots.jigx
type: datasource.static
options:
  data:
    - { id: north }
    - { id: south }
# index.jigx
title: Stock
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities: |
      =$map(@ctx.datasources.depots, function($d) {
        { \"entity\": \"stock\", \"function\": \"get-stock\", \"parameters\": { \"depot\": $d.id } }
      })
```

```yaml right
# functions/get-stock.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/stock
forRowsWithMatchingIds: true
parameters:
  depot: { type: string, location: query, required: true }
# datasources/depots.jigx
type: datasource.static
options:
  data:
    - { id: north }
    - { id: south }
# index.jigx
title: Stock
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities: |
      =$map(@ctx.datasources.depots, function($d) {
        { \"entity\": \"stock\", \"function\": \"get-stock\", \"parameters\": { \"depot\": $d.id } }
      })[]
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.sync-entities" {
        return;
    }
    let Some(node) = cx.node(action).and_then(|node| node.at("/options/entities")) else { return };
    let Some(text) = node.as_str().filter(|text| is_expression(text)) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let mut found = Vec::new();
    collapsing(expression.root(), &mut found);
    for result in found {
        let span = cx.part(place, node.span, result.bytes.range());
        let end = Span { start: span.end, ..span };
        let finding = cx
            .finding(span, "with one item this gives a single record instead of a list")
            .help("add `[]` at the end, which keeps the list")
            .fix(Fix::safe("add `[]`", end, "[]"));
        cx.report(finding);
    }
}

/// The results of an expression that are a list only when they have several items.
fn collapsing<'e>(node: &'e ExprNode, found: &mut Vec<&'e ExprNode>) {
    match &node.kind {
        ExprKind::Block(items) => items.last().into_iter().for_each(|last| collapsing(last, found)),
        ExprKind::Condition { then, otherwise, .. } => {
            collapsing(then, found);
            otherwise.iter().for_each(|other| collapsing(other, found));
        }
        ExprKind::Call(callee, _) if gives_items(callee) => found.push(node),
        ExprKind::Binary { op: Operator::Apply, right, .. } if is_items_call(right) => found.push(node),
        ExprKind::Path(left, right) if !keeps(left) => match &right.kind {
            ExprKind::Object(_) => found.push(node),
            ExprKind::Call(callee, _) if gives_items(callee) => found.push(node),
            _ => {}
        },
        _ => {}
    }
}

fn is_items_call(node: &ExprNode) -> bool {
    matches!(&node.kind, ExprKind::Call(callee, _) if gives_items(callee))
}

fn gives_items(callee: &ExprNode) -> bool {
    matches!(&callee.kind, ExprKind::Variable(name) if matches!(&**name, "map" | "filter"))
}

/// Whether `[]` stands at a step of a path; then the path gives a list, wherever it stands.
fn keeps(node: &ExprNode) -> bool {
    match &node.kind {
        ExprKind::KeepArray(_) => true,
        ExprKind::Path(left, right) => keeps(left) || keeps(right),
        ExprKind::Filter(of, _) | ExprKind::Sort(of, _) => keeps(of),
        _ => false,
    }
}
