//! A form that is given a list.

use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::columns::ColumnSource;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "list-as-form-values",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a form takes its values from a list of rows",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds forms whose `initialValues:` is a whole datasource that gives a list, because its query has no
`isDocument: true`.

A form shows one record. From a list it takes nothing, and its fields stay empty.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
datasources:
  task:
    type: datasource.sqlite
    options:
      provider: DATA_PROVIDER_LOCAL
      entities: [tasks]
      query: SELECT id, '$.title' FROM [tasks] WHERE id = @id
      queryParameters:
        id: =@ctx.jig.inputs.id
inputs:
  id: { type: string }
children:
  - type: component.form
    instanceId: edit
    options:
      initialValues: =@ctx.datasources.task
      children: []
```

```yaml right
# jigs/task.jigx
title: Task
type: jig.default
datasources:
  task:
    type: datasource.sqlite
    options:
      provider: DATA_PROVIDER_LOCAL
      entities: [tasks]
      query: SELECT id, '$.title' FROM [tasks] WHERE id = @id
      queryParameters:
        id: =@ctx.jig.inputs.id
      isDocument: true
inputs:
  id: { type: string }
children:
  - type: component.form
    instanceId: edit
    options:
      initialValues: =@ctx.datasources.task
      children: []
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    if branch.type_name() != "component.form" {
        return;
    }
    let Some(values) = branch.node.at("/options/initialValues") else { return };
    let Some(id) = values.as_str().and_then(|text| cx.whole_datasource(text)) else { return };
    let Some(columns) = cx.columns(place, &id).filter(|columns| columns.source == ColumnSource::List) else {
        return;
    };
    let finding = cx
        .finding(values.span, format!("`{id}` is a list of rows, and a form takes one"))
        .label(columns.span, "the query gives a list")
        .help("add `isDocument: true` beside the query");
    cx.report(finding);
}
