//! A sync that fills a table of Dynamic Data from elsewhere.

use crate::action::{ActionNode, ProviderKind, UseKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::entries::entries;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "sync-into-cloud-table",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a sync fills a table of Dynamic Data with the rows of another provider",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds entries of `action.sync-entities` with another provider than `DATA_PROVIDER_DYNAMIC` whose table is declared
under `databases/`, such as `default/tasks`.

Such a table has its own other side, and all changes of its rows go there. What is fetched from elsewhere belongs into
a table without a database.

```yaml wrong
# databases/default.jigx
tables:
  tasks: null
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: default/tasks
        function: get-tasks
```

```yaml right
# databases/default.jigx
tables:
  tasks: null
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: fetched-tasks
        function: get-tasks
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let provider = cx.node(action).and_then(|node| node.at("/options/provider"));
    let Some(kind) = provider.and_then(Node::as_str).and_then(ProviderKind::from_constant) else { return };
    // Nothing is fetched from the device itself, which is told as such.
    if matches!(kind, ProviderKind::Dynamic | ProviderKind::Local) {
        return;
    }
    for entry in entries(cx, action) {
        let Some((node, table)) = entry.entity.zip(entry.table()) else { continue };
        let Some(declared) = cx.project.index.definitions(UseKind::Table, table).first() else { continue };
        let bare = table.rsplit('/').next().unwrap_or(table);
        let finding = cx
            .finding(
                node.span,
                format!("`{table}` is a table of Dynamic Data, and this sync fetches it from elsewhere"),
            )
            .label(declared.span, "declared here")
            .help(format!("fetch into a table without a database, such as `{bare}`, and read that one"));
        cx.report(finding);
    }
}
