//! A table of Dynamic Data without its database.

use crate::action::{ProviderKind, UseKind};
use crate::app::Origin;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unprefixed-table",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a table of Dynamic Data is written without its database",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds tables without a database, such as `people`, where the provider is `DATA_PROVIDER_DYNAMIC`. A query may read
tables of the device beside them: of its tables, only those are reported that `databases/default.jigx` declares
and that nothing in the app fills by that name.

Dynamic Data tables are written with their database: `default/people`. Without it another table is meant, which
lives on the device only.

```yaml wrong
# databases/default.jigx
tables:
  people: null
# index.jigx
title: People
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities:
      - people
```

```yaml right
# databases/default.jigx
tables:
  people: null
# index.jigx
title: People
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities:
      - default/people
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, branch: &Branch<'_>) {
    let node = branch.node;
    if node.get("provider").and_then(Node::as_str) != Some(ProviderKind::Dynamic.constant()) {
        return;
    }
    let listed = node.get("entities").map_or(&[][..], Node::items).iter();
    let tables =
        listed.filter_map(|item| if item.as_str().is_some() { Some(item) } else { item.get("entity") });
    let is_query = node.get("query").is_some();
    for table in tables.chain(node.get("entity")) {
        // A sync of fixed data is another mistake.
        let is_fixed = |name: &str| {
            cx.datasource(place, name).is_some_and(|found| matches!(found.origin, Origin::Static(_)))
        };
        let Some(name) = table.as_str().filter(|name| is_bare(name) && !is_fixed(name)) else { continue };
        if !is_query || is_meant(cx, name) {
            report(cx, table, name);
        }
    }
}

fn is_bare(name: &str) -> bool {
    !is_expression(name) && !name.contains('/') && !name.starts_with('_') && !name.trim().is_empty()
}

/// Whether a table that is listed beside a query surely is the one of the usual database.
pub(super) fn is_meant(cx: &Cx<'_>, name: &str) -> bool {
    is_declared(cx, name) && !is_local(cx, name)
}

/// Whether the usual database has the table.
fn is_declared(cx: &Cx<'_>, name: &str) -> bool {
    !cx.project.index.definitions(UseKind::Table, &format!("default/{name}")).is_empty()
}

/// Whether something in the app fills a table of this name on the device.
fn is_local(cx: &Cx<'_>, name: &str) -> bool {
    let is_fetched = !cx.fetched().functions(name).is_empty();
    is_fetched || cx.writers_to(name).iter().any(|writer| writer.provider != ProviderKind::Dynamic)
}

fn report(cx: &mut Cx<'_>, table: &Node, name: &str) {
    let full = format!("default/{name}");
    let finding =
        cx.finding(table.span, format!("the table `{name}` of Dynamic Data is written without its database"));
    if !is_declared(cx, name) {
        cx.report(finding.help("write the table with its database, as it is declared under `databases/`"));
        return;
    }
    let finding = finding.help(format!("write `{full}`"));
    let quote =
        cx.text(table.span.file)[table.span.range()].chars().next().filter(|c| matches!(c, '"' | '\''));
    let quote = quote.map_or_else(String::new, String::from);
    let fix = Fix::safe(format!("write `{full}`"), table.span, format!("{quote}{full}{quote}"));
    cx.report(finding.fix(fix));
}
