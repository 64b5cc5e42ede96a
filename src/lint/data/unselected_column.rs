//! A field that no row has.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::columns::{ColumnSource, FieldRead};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unselected-column",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "an expression reads a column that its datasource does not have",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds fields of `@ctx.datasources.<id>`, and of `@ctx.current.item` in a list over a datasource, that the query does
not select, or that no row of a static datasource has. Predicates, callbacks, variables and shared expressions that
stand for a datasource are followed.

The field is blank.

```yaml wrong
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
    title: =@ctx.current.item.titel
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

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    for read in cx.fields_read(place, found).iter() {
        if !read.is_elsewhere && !read.columns.may_have(&read.field) {
            report(cx, place, found, read);
        }
    }
}

fn report(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, read: &FieldRead) {
    let FieldRead { field, datasource, columns, range, .. } = read;
    let (message, label, add) = if columns.source == ColumnSource::Static {
        (format!("no row of `{datasource}` has `{field}`"), "the rows", "add it to the rows".to_owned())
    } else {
        let message = format!("the query of `{datasource}` does not select `{field}`");
        (message, "the query", format!("add `'$.{field}'` to the query"))
    };
    let span = cx.part(place, found.span, range.clone());
    let help = cx.did_you_mean(field, columns.names.iter().map(String::as_str));
    let finding = cx.finding(span, message).label(columns.span, label).help(help.unwrap_or(add));
    cx.report(finding);
}
