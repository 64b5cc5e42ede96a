//! A selection that is not found again.

use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Expression, is_expression};
use crate::lint::columns::{ColumnSource, whole_path};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "nested-dropdown-value",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "the value of a dropdown's item lies inside a JSON column",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds items of dropdowns over a query whose `value:` is a part of a column, such as `item.data.code`, and no column.

The dropdown finds its selection again by a column. With a part of one, nothing is shown as selected when the screen
is opened again.

```yaml wrong
# datasources/countries.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [countries]
  query: SELECT id, data FROM [countries]
  jsonProperties: [data]
# jigs/address.jigx
title: Address
type: jig.default
children:
  - type: component.dropdown
    instanceId: country
    options:
      label: Country
      data: =@ctx.datasources.countries
      item:
        type: component.dropdown-item
        options:
          title: =@ctx.current.item.data.name
          value: =@ctx.current.item.data.code
```

```yaml right
# datasources/countries.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [countries]
  query: SELECT id, data, '$.code' FROM [countries]
  jsonProperties: [data]
# jigs/address.jigx
title: Address
type: jig.default
children:
  - type: component.dropdown
    instanceId: country
    options:
      label: Country
      data: =@ctx.datasources.countries
      item:
        type: component.dropdown-item
        options:
          title: =@ctx.current.item.data.name
          value: =@ctx.current.item.code
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    if branch.type_name() != "component.dropdown-item" {
        return;
    }
    let value = branch.node.at("/options/value").filter(|value| value.as_str().is_some_and(is_expression));
    let Some((value, text)) = value.and_then(|value| Some((value, value.as_str()?))) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let Some(path) = whole_path(&expression) else { return };
    let names: Vec<_> = path.segments.iter().filter_map(|segment| segment.name.as_deref()).collect();
    let ["current", "item", column, part, ..] = names.as_slice() else { return };
    let source = cx.item_source(place, value.span).and_then(|id| cx.columns(place, &id));
    let Some(columns) = source.filter(|columns| columns.source != ColumnSource::Static) else { return };
    // What is no JSON at all has a rule of its own.
    if !columns.json.iter().any(|json| json == column) {
        return;
    }
    let last = names.last().unwrap_or(part);
    let finding = cx
        .finding(value.span, format!("the value is a part of the column `{column}`, and has to be a column"))
        .label(columns.span, "the query")
        .help(format!("add `'$.{last}'` to the query and write `=@ctx.current.item.{last}`"));
    cx.report(finding);
}
