//! A part of a column that is text.

use crate::app::Found;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::columns::{ColumnSource, FieldRead};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unparsed-json-column",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "an expression looks into a column that is text",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds expressions that read a part of a column, such as `@ctx.datasources.task.owner.name`, where the column is not
under `jsonProperties:` of the datasource. Variables and shared expressions that stand for the column are followed.

Lists and objects arrive from the database as text. A text has no parts, and the value is blank.

```yaml wrong
# datasources/task.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.owner' FROM [tasks]
  isDocument: true
# jigs/task.jigx
title: =@ctx.datasources.task.owner.name
type: jig.default
```

```yaml right
# datasources/task.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.owner' FROM [tasks]
  isDocument: true
  jsonProperties: [owner]
# jigs/task.jigx
title: =@ctx.datasources.task.owner.name
type: jig.default
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    for read in cx.fields_read(place, found).iter() {
        let FieldRead { field, datasource, columns, range, .. } = read;
        let Some(part) = &read.part else { continue };
        let is_column = columns.names.contains(field);
        if !is_column || columns.source == ColumnSource::Static || columns.json.contains(field) {
            continue;
        }
        let span = cx.part(place, found.span, range.clone());
        let finding = cx
            .finding(span, format!("the column `{field}` of `{datasource}` is text, and has no `{part}`"))
            .label(columns.span, "the query")
            .help(format!("add `jsonProperties: [{field}]` beside the query"));
        cx.report(finding);
    }
}
