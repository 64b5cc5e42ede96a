//! A list that becomes one row.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::Shape;
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "list-in-one-row",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "the transform wraps the list of rows in one object",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds functions of syncs whose `outputTransform` gives an object with a list as its only field, without
`records` or `operations` that take the list out.

An object becomes one row. The table then holds a single row with all data in one column.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '={ \"tasks\": items[].{ \"id\": id, \"name\": name } }'
# index.jigx
title: Tasks
onLoad:
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
outputTransform: '={ \"tasks\": items[].{ \"id\": id, \"name\": name } }'
records: =$.tasks
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    let Some(file) = FunctionFile::read(cx, function) else { return };
    if file.entry("records").is_some() || file.entry("operations").is_some() || cx.has_stray_key(file.node) {
        return;
    }
    let Some((node, transform)) = file.expression_at("/outputTransform") else { return };
    let Shape::Object(fields) = transform.shape() else { return };
    let [field] = fields.as_slice() else { return };
    if !is_list(&field.shape) || !cx.is_synced(&function.id) {
        return;
    }
    let message = format!("the whole list `{}` becomes one row", field.name);
    let finding = cx
        .finding(cx.part(place, node.span, field.range.clone()), message)
        .help(format!("add `records: =$.{}`, or let the transform give the list itself", field.name));
    cx.report(finding);
}

/// Whether a value is a list of rows. Without `[]` a list of one item is that item; rows with an `id` show
/// that several are meant.
fn is_list(value: &Shape) -> bool {
    match value {
        Shape::List(_) => true,
        Shape::Each(of) => of.fields().is_some_and(|fields| fields.iter().any(|field| field.name == "id")),
        Shape::Object(_) | Shape::Unknown => false,
    }
}
