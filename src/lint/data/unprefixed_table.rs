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
Finds tables without a database, such as `people`, where the provider is `DATA_PROVIDER_DYNAMIC`.

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
    for table in tables.chain(node.get("entity")) {
        // A sync of fixed data is another mistake.
        let is_fixed = |name: &str| {
            cx.datasource(place, name).is_some_and(|found| matches!(found.origin, Origin::Static(_)))
        };
        if let Some(name) = table.as_str().filter(|name| is_bare(name) && !is_fixed(name)) {
            report(cx, table, name);
        }
    }
}

fn is_bare(name: &str) -> bool {
    !is_expression(name) && !name.contains('/') && !name.starts_with('_') && !name.trim().is_empty()
}

fn report(cx: &mut Cx<'_>, table: &Node, name: &str) {
    let full = format!("default/{name}");
    let finding = cx
        .finding(table.span, format!("the table `{name}` of Dynamic Data is written without its database"))
        .help(format!("write `{full}`"));
    let declared = !cx.project.index.definitions(UseKind::Table, &full).is_empty();
    let quote =
        cx.text(table.span.file)[table.span.range()].chars().next().filter(|c| matches!(c, '"' | '\''));
    let quote = quote.map_or_else(String::new, String::from);
    let fix = Fix::safe(format!("write `{full}`"), table.span, format!("{quote}{full}{quote}"));
    cx.report(if declared { finding.fix(fix) } else { finding });
}
