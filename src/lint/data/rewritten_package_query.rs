//! A query over another solution's tables with the shorthand left on.

use crate::app::{Datasource, Origin};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "rewritten-package-query",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a query reads another solution's table without `rewriteQuery: false`",
        docs: PAGE,
    },
    checks: &[Check::Datasource(check)],
};

const PAGE: &str = "\
Finds datasources with an entity that has `package:`, whose query is rewritten because `rewriteQuery: false` is
missing.

The rewriting of `'$.path'` corrupts queries over the tables of another solution.

```yaml wrong
# datasources/all-orders.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities:
    - entity: default/orders
      package: sales
  query: SELECT id, data FROM [sales].[default/orders]
```

```yaml right
# datasources/all-orders.jigx
type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities:
    - entity: default/orders
      package: sales
  query: SELECT id, data FROM [sales].[default/orders]
  rewriteQuery: false
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    let Origin::Sqlite(sqlite) = &datasource.origin else { return };
    if !sqlite.rewrite {
        return;
    }
    let Some(options) = cx.node_at(datasource.span).and_then(|node| node.get("options")) else { return };
    let foreign = |item: &&Node| {
        let package = item.get("package").and_then(Node::as_str);
        package.is_some_and(|package| package != cx.project.name)
    };
    let entities = options.get("entities").map_or(&[][..], Node::items);
    let Some(entry) = entities.iter().find(foreign).and_then(|item| item.entry("package")) else { return };
    if options.get("query").is_none() || options.get("rewriteQuery").is_some() || cx.has_stray_key(options) {
        return;
    }
    let package = entry.value.as_str().unwrap_or_default();
    let finding = cx
        .finding(entry.key_span, format!("the query reads tables of `{package}`, and is rewritten"))
        .help("add `rewriteQuery: false` beside `query`, and write `json_extract(data, '$.name')` in it");
    cx.report(finding);
}
