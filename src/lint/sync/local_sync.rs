//! A sync of something that has no remote side.

use crate::action::{ActionNode, ProviderKind};
use crate::app::Origin;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "local-sync",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a sync fetches something that exists on the device only",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.sync-entities` with the provider `DATA_PROVIDER_LOCAL`, and entries that name a static
datasource where a table is expected.

Local tables and static data have no other side that they could be fetched from, so the action does
nothing, or fails.

```yaml wrong
# index.jigx
title: Drafts
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_LOCAL
    entities: [drafts]
```

```yaml right
# databases/default.jigx
tables:
  drafts: null
# index.jigx
title: Drafts
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities: [default/drafts]
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.sync-entities" {
        return;
    }
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return };
    let Some(provider) = options.get("provider") else { return };
    match provider.as_str().and_then(ProviderKind::from_constant) {
        Some(ProviderKind::Local) => {
            let finding = cx
                .finding(
                    provider.span,
                    "`DATA_PROVIDER_LOCAL` has nothing to fetch: local tables exist on the device only",
                )
                .help("name the provider that the data comes from, or remove the action");
            cx.report(finding);
        }
        Some(ProviderKind::Dynamic) => statics(cx, place, options.get("entities").map_or(&[], Node::items)),
        _ => {}
    }
}

fn statics(cx: &mut Cx<'_>, place: &Place<'_>, entries: &[Node]) {
    for entry in entries {
        let entity = entry.get("entity").unwrap_or(entry);
        let Some(id) = entity.as_str() else { continue };
        let Some(label) = cx.datasource(place, id).filter(|found| matches!(found.origin, Origin::Static(_)))
        else {
            continue;
        };
        let message = format!("`{id}` is a static datasource, and static data cannot be synced");
        let finding = cx.finding(entity.span, message).label(label.span, "the datasource");
        cx.report(finding);
    }
}
