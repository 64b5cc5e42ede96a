//! A provider that this runtime cannot call.

use crate::action::ProviderKind;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unsupported-provider",
        group: Group::Functions,
        severity: Severity::Info,
        summary: "a provider is not supported by this runtime",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds `DATA_PROVIDER_SALESFORCE`, `DATA_PROVIDER_ONEDRIVE` and `DATA_PROVIDER_SOAP` in functions and actions.

On a phone they may be right. syncscope cannot perform them: `run` and `dev` end such actions as failed.

```yaml wrong
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_SALESFORCE
    entities:
      - entity: Account
```

```yaml right
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entities:
      - entity: default/accounts
# databases/default.jigx
databaseId: default
tables:
  accounts: null
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    let Some(node) = branch.node.get("provider") else { return };
    let Some(kind) = node.as_str().and_then(ProviderKind::from_constant) else { return };
    let unsupported = matches!(kind, ProviderKind::Salesforce | ProviderKind::OneDrive | ProviderKind::Soap);
    // One that cannot stand here at all is told already.
    if unsupported && !cx.is_mistake(node.span) {
        let message = format!("`{}` is not supported by this runtime", kind.constant());
        cx.report(cx.finding(node.span, message).help("it works on a phone only; `run` ends it as failed"));
    }
}
