//! A sync that removes what the app has written.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::entries::{entries, wipes};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "wiped-local-rows",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a sync removes rows that the app's own actions have written",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds syncs that fill a table anew while actions of the app write to the same table with `DATA_PROVIDER_LOCAL`.

A function without `forRowsWithMatchingIds`, `forRowsWithValues`, `forRowsInRange` or `operations` removes all rows of
the table before it stores what it fetched: what was written on the device is lost.

```yaml wrong
# functions/fetch-tasks.jigx
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
      - entity: tasks
        function: fetch-tasks
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    data:
      title: Clean
```

```yaml right
# functions/fetch-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
outputTransform: '=$.{ \"id\": id, \"title\": title }'
forRowsWithMatchingIds: true
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: fetch-tasks
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    data:
      title: Clean
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for entry in entries(cx, action) {
        let (Some(table), Some(function)) = (entry.table(), entry.called(cx)) else { continue };
        if !wipes(function) {
            continue;
        }
        let writers = cx.writers_to(table);
        let Some(writer) = writers.iter().find(|writer| writer.provider == ProviderKind::Local) else {
            continue;
        };
        let id = function.id.clone();
        let span = entry.entity.map_or(entry.node.span, |entity| entity.span);
        let finding = cx
            .finding(
                span,
                format!("fetching `{table}` removes the rows that the app itself has written to it"),
            )
            .label(writer.span, "written here")
            .help(format!("add `forRowsWithMatchingIds: true` to `{id}`, or write to another table"));
        cx.report(finding);
    }
}
