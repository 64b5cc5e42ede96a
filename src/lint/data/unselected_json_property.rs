//! A column that is to be read as JSON, or converted, and is not there.

use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::query::Statement;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unselected-json-property",
        group: Group::Data,
        severity: Severity::Info,
        summary: "`jsonProperties` or `conversions` name a column that the query does not select",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds names under `jsonProperties:` and `property:` under `conversions:` of a datasource that are no column of its
query's result.

They have no effect: the column that was meant stays text.

```yaml wrong
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.images' FROM [tasks]
  jsonProperties: [image]
```

```yaml right
# datasources/my-tasks.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [tasks]
  query: SELECT id, '$.images' FROM [tasks]
  jsonProperties: [images]
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    if branch.type_name() != "datasource.sqlite" {
        return;
    }
    let Some(options) = branch.node.get("options") else { return };
    let json = options.get("jsonProperties").map_or(&[][..], Node::items).iter();
    let converted = options.get("conversions").map_or(&[][..], Node::items).iter();
    let names: Vec<&Node> = json.chain(converted.filter_map(|entry| entry.get("property"))).collect();
    if names.is_empty() {
        return;
    }
    let Some(statement) = Statement::of_query(cx, branch.node) else { return };
    let Some(compiled) = statement.compiled(cx).filter(|compiled| compiled.mistake.is_none()) else {
        return;
    };
    if compiled.named.iter().any(|table| cx.is_shaped_by_sql(table)) {
        return;
    }
    for node in names {
        let Some(written) = node.as_str().filter(|text| !is_expression(text)) else { continue };
        let name = written.trim_matches('\'').trim_start_matches("$.");
        // The first part of a path may be the column.
        let column = name.split(['.', '[']).next().unwrap_or(name);
        let known = |wanted: &str| compiled.columns.iter().any(|column| column == wanted);
        if known(name) || known(column) {
            continue;
        }
        let help = cx.did_you_mean(name, compiled.columns.iter().map(String::as_str));
        let finding = cx
            .finding(node.span, format!("the query selects no column `{name}`"))
            .label(statement.node.span, "the query")
            .help(help.unwrap_or_else(|| "select the column, or remove the name".to_owned()));
        cx.report(finding);
    }
}
