//! A list whose rows cannot be told apart.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::columns::ColumnSource;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "list-without-id",
        group: Group::Data,
        severity: Severity::Info,
        summary: "a list shows rows without an `id`",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds lists and dropdowns over a query whose result has no column `id`.

A list tells its rows apart by their `id`. Without it, all of them are drawn again with every change, and scrolling
is slow.

```yaml wrong
# datasources/tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT '$.title' FROM [tasks]
# jigs/tasks.jigx
title: Tasks
type: jig.list
data: =@ctx.datasources.tasks
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.title
```

```yaml right
# datasources/tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.title' FROM [tasks]
# jigs/tasks.jigx
title: Tasks
type: jig.list
data: =@ctx.datasources.tasks
item:
  type: component.list-item
  options:
    title: =@ctx.current.item.title
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    let Some(data) = branch.node.get("data").filter(|_| branch.node.get("item").is_some()) else { return };
    let Some(id) = data.as_str().and_then(|text| cx.whole_datasource(text)) else { return };
    let Some(columns) = cx.columns(place, &id).filter(|columns| columns.source == ColumnSource::List) else {
        return;
    };
    if columns.names.iter().any(|name| name == "id") {
        return;
    }
    let other = columns.names.iter().find(|name| name.eq_ignore_ascii_case("id"));
    let help = match other {
        Some(other) => format!("the query calls it `{other}`: write it in small letters"),
        None => "add `id` to the query".to_owned(),
    };
    let finding = cx
        .finding(data.span, format!("the rows of `{id}` have no `id`, so the list is slow"))
        .label(columns.span, "the query")
        .help(help);
    cx.report(finding);
}
