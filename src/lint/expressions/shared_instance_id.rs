//! One `instanceId` for all rows of a list.

use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

use super::reserved_instance_id::is_reserved;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "shared-instance-id",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "a component that every row has carries one `instanceId` for all rows",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds components below `item:` of a list whose `instanceId` is the same for each row.

The rows share the state of the component: what a user writes in one stands in all. Leave the `instanceId`
out, or make it an expression that differs from row to row.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.list
data: =@ctx.datasources.products
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.name
    rightElement:
      element: number-field
  instanceId: row
datasources:
  products:
    type: datasource.static
    options:
      data:
        - id: 1
          name: Nuts
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.list
data: =@ctx.datasources.products
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.name
    rightElement:
      element: number-field
  instanceId: =@ctx.current.item.id
datasources:
  products:
    type: datasource.static
    options:
      data:
        - id: 1
          name: Nuts
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some(id) = branch.node.get("instanceId").filter(|_| branch.type_name().starts_with("component."))
    else {
        return;
    };
    let literal = id.as_str().filter(|text| !is_expression(text) && !is_reserved(id));
    let repeated = branch.key == Some("item") || branch.outer.iter().any(|(key, _)| *key == Some("item"));
    if let Some(text) = literal.filter(|_| repeated) {
        let finding = cx
            .finding(id.span, format!("every row has the component `{text}`, and all share its state"))
            .help("remove the `instanceId`, or write one that differs, such as `=@ctx.current.item.id`");
        cx.report(finding);
    }
}
