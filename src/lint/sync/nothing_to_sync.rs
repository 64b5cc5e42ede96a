//! A sync without tables.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Kind;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "nothing-to-sync",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a sync lists no tables",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.sync-entities` whose `entities:` is an empty list.

Such a sync ends at once without having fetched anything, and a scope counts it as done.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: []
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/tasks]
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.sync-entities" {
        return;
    }
    let Some(list) = cx.node(action).and_then(|node| node.at("/options/entities")) else { return };
    if matches!(&list.kind, Kind::Array(items) if items.is_empty()) && cx.is_read(list.span) {
        let finding = cx
            .finding(list.span, "`entities` is empty, so this sync fetches nothing")
            .help("list the tables to fetch, or remove the action");
        cx.report(finding);
    }
}
