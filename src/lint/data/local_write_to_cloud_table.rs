//! A local write that ends in the cloud.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::Write;
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "local-write-to-cloud-table",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a local write goes to a table of Dynamic Data, which sends it to the cloud",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds actions that write with `DATA_PROVIDER_LOCAL` to a table of Dynamic Data, such as `default/drafts`.

What is written to such a table goes to the cloud and to all other users, whatever the provider of the action says.
Drafts and caches of a device belong into a table without a database.

```yaml wrong
# databases/default.jigx
tables:
  drafts: null
# jigs/note.jigx
title: Note
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: default/drafts
    method: save
    data:
      id: current
```

```yaml right
# jigs/note.jigx
title: Note
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: drafts
    method: save
    data:
      id: current
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action) else { return };
    let writes = write.is_method(&["create", "update", "save", "delete"]);
    if !writes || write.provider() != Some(ProviderKind::Local) {
        return;
    }
    let Some((node, table)) = write.word("entity").filter(|(_, table)| cx.project.is_dynamic(table)) else {
        return;
    };
    let bare = table.rsplit('/').next().unwrap_or(table);
    let provider = write.options.get("provider").map_or(node.span, |provider| provider.span);
    let finding = cx
        .finding(node.span, format!("`{table}` is a table of Dynamic Data, so this write goes to the cloud"))
        .label(provider, "meant for this device only")
        .help(format!(
            "write to a table without a database, such as `{bare}`, or name the provider `DATA_PROVIDER_DYNAMIC`"
        ));
    cx.report(finding);
}
