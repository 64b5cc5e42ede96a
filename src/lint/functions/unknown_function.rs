//! A function that no file defines.

use crate::action::{ActionNode, UseKind};
use crate::app::Reference;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::entries::{Made, computed_entities};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-function",
        group: Group::Functions,
        severity: Severity::Error,
        summary: "a function is named that no file under `functions/` defines",
        docs: PAGE,
    },
    checks: &[Check::Reference(check), Check::Action(check_computed)],
};

const PAGE: &str = "\
Finds `function:` in sync entries, in actions that write, in datasources that fetch by themselves and in
guards when no file under `functions/` has that name (or that `functionId`).

The call fails on the phone, and a scope that waits for it ends as failed.

```yaml wrong
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
      - entity: tasks
        function: get-task
```

```yaml right
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
      - entity: tasks
        function: get-tasks
```

An expression in its place is not checked. Where an expression makes whole entries, functions that are written out
in it are.
";

fn check(cx: &mut Cx<'_>, reference: &Reference) {
    if reference.kind == UseKind::Function {
        cx.unknown(reference, "function");
    }
}

/// Entries that an expression makes name functions, too.
fn check_computed(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let Some((node, expression)) = computed_entities(cx, action) else { return };
    let mut made = Vec::new();
    Made::within(expression.root(), &mut |entry| made.push(entry));
    for Made { function, function_range, .. } in made {
        let span = cx.part(place, node.span, function_range);
        let finding = cx.unknown_id(UseKind::Function, function, span, "function");
        finding.into_iter().for_each(|finding| cx.report(finding));
    }
}
