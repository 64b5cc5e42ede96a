//! Arguments of a sync under a key that is not sent.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::edit::renamed;
use crate::lint::entries::{Entry, entries};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "data-instead-of-parameters",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "a sync has its arguments under `data`, which is not sent",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds entries of `action.sync-entities` that call a function of REST, SQL or SOAP and have `data:`.

Only OneDrive reads `data` when it syncs. Arguments of a function stand under `parameters`; what stands under
`data` is not sent, so the function is called without it. The fix renames the key.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region: { type: string, location: query, required: true }
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
        data:
          region: north
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region: { type: string, location: query, required: true }
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
        parameters:
          region: north
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let provider = cx.node(action).and_then(|node| node.at("/options/provider")).and_then(Node::as_str);
    if !provider.and_then(ProviderKind::from_constant).is_some_and(ProviderKind::needs_function) {
        return;
    }
    for entry in entries(cx, action) {
        report(cx, &entry);
    }
}

fn report(cx: &mut Cx<'_>, entry: &Entry<'_>) {
    let Some(data) = entry.node.entry("data") else { return };
    let finding = cx.finding(data.key_span, "`data` is not sent when a function is synced");
    if entry.node.get("parameters").or_else(|| entry.node.get("functionParameters")).is_some() {
        cx.report(finding.help("move what the function needs to `parameters`, and remove `data`"));
        return;
    }
    let (span, text) = renamed(data, "parameters", cx.text(data.key_span.file));
    let title = "rename it to `parameters`";
    let fix = if is_what_it_takes(cx, entry, &data.value) {
        Fix::safe(title, span, text)
    } else {
        Fix::risky(title, span, text)
    };
    cx.report(finding.help("arguments stand under `parameters`").fix(fix));
}

/// Whether the function declares every name in it.
fn is_what_it_takes(cx: &Cx<'_>, entry: &Entry<'_>, data: &Node) -> bool {
    let Some(function) = entry.called(cx) else { return false };
    let is_declared = |name: &str| function.parameters.iter().any(|declared| declared.name.value == name);
    !data.entries().is_empty() && data.entries().iter().all(|argument| is_declared(&argument.key.text))
}
