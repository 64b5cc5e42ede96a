//! An argument that the called function or action does not declare.

use crate::action::ActionNode;
use crate::app::{Datasource, Function};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::arguments::{Call, of_action, of_datasource, of_function};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-argument",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a function or action is given an argument that it does not declare",
        docs: PAGE,
    },
    checks: &[Check::Action(action), Check::Datasource(datasource), Check::Function(function)],
};

const PAGE: &str = "\
Finds entries under `parameters:` of a sync entry, of an action that writes, or of `action.execute-action`,
that the function's file or the action's file does not have under its own `parameters:`.

The value is not sent, and the app does not say so.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: query
    required: false
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
          regionId: north
```

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
parameters:
  region:
    type: string
    location: query
    required: false
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

fn action(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    for call in of_action(cx, action) {
        check(cx, &call);
    }
}

fn datasource(cx: &mut Cx<'_>, _: &Place<'_>, datasource: &Datasource) {
    for call in of_datasource(cx, datasource) {
        check(cx, &call);
    }
}

fn function(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    if let Some(call) = of_function(cx, function) {
        check(cx, &call);
    }
}

fn check(cx: &mut Cx<'_>, call: &Call<'_>) {
    for argument in &call.arguments {
        let name = &*argument.key.text;
        if call.declared.iter().any(|parameter| parameter.name == name) {
            continue;
        }
        let help = cx.did_you_mean(name, call.declared.iter().map(|parameter| parameter.name));
        let finding = cx
            .finding(argument.key_span, format!("{} `{}` has no parameter `{name}`", call.what, call.id))
            .maybe_help(help);
        cx.report(finding);
    }
}
