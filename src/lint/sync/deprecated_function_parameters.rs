//! The key that arguments stood under before 2025.5.

use crate::action::{ActionNode, Method};
use crate::app::Datasource;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::edit::renamed;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "deprecated-function-parameters",
        group: Group::Sync,
        severity: Severity::Warning,
        summary: "arguments stand under the old key `functionParameters`",
        docs: PAGE,
    },
    checks: &[Check::Action(check), Check::Datasource(check_datasource)],
};

const PAGE: &str = "\
Finds `functionParameters:`, the key of versions before 2025.5.

Since then `parameters` goes to the function and `data` into the row of the local table. The old key still
works, but in `action.execute-entity` and the like its values land in the local row as well. The fix renames
it; where a row is written too, look whether the row needs the values under `data`.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region: { type: string, location: query, required: false }
# index.jigx
title: Tasks
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
      - entity: tasks
        function: get-tasks
        functionParameters:
          region: north
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region: { type: string, location: query, required: false }
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

const OLD: &str = "functionParameters";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return };
    match action.type_name.value.as_str() {
        "action.sync-entities" => entries(cx, options),
        "action.execute-entity" | "action.execute-entities" | "action.submit-form" => report(cx, options),
        _ => {}
    }
}

fn check_datasource(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    if let Some(options) = cx.node_at(datasource.span).and_then(|node| node.get("options")) {
        entries(cx, options);
    }
}

fn entries(cx: &mut Cx<'_>, options: &Node) {
    options.get("entities").map_or(&[][..], Node::items).iter().for_each(|entry| report(cx, entry));
}

fn report(cx: &mut Cx<'_>, owner: &Node) {
    let Some(entry) = owner.entry(OLD) else { return };
    let finding = cx.finding(entry.key_span, format!("`{OLD}` is deprecated"));
    if let Some(current) = owner.entry("parameters") {
        let help = "move its values to `parameters`, which wins where both name the same";
        cx.report(finding.label(current.key_span, "the current key stands here").help(help));
        return;
    }
    let (span, text) = renamed(entry, "parameters", cx.text(entry.key_span.file));
    let title = "rename it to `parameters`";
    cx.report(if writes_row(owner) {
        let help = "write `parameters` for what goes to the function and `data` for what the local row keeps";
        finding.help(help).fix(Fix::risky(title, span, text))
    } else {
        finding.help(title).fix(Fix::safe(title, span, text))
    });
}

/// Whether the values go into a row as well, so that a new key changes the row.
fn writes_row(owner: &Node) -> bool {
    let method = owner.get("method").and_then(Node::as_str);
    method.is_some_and(|method| method != Method::FunctionCall.word())
}
