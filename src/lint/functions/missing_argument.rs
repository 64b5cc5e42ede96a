//! A required parameter that a call does not give.

use crate::action::ActionNode;
use crate::app::{Datasource, Function};
use crate::diag::{Group, RuleInfo, Severity, closest};
use crate::lint::arguments::{Call, of_action, of_datasource, of_function};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "missing-argument",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "a function or action is called without an argument that it requires",
        docs: PAGE,
    },
    checks: &[Check::Action(action), Check::Datasource(datasource), Check::Function(function)],
};

const PAGE: &str = "\
Finds calls of functions and global actions that leave out a parameter with `required: true` and no value of
its own. Credentials are not checked, nor calls whose arguments are an expression.

The call is refused before anything is sent, and the user sees a technical message.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
parameters:
  region:
    type: string
    location: path
    required: true
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

```yaml right
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/{region}/tasks
parameters:
  region:
    type: string
    location: path
    required: true
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
    let Some(given) = &call.given else { return };
    let is_declared = |name: &str| call.declared.iter().any(|parameter| parameter.name == name);
    for parameter in
        call.declared.iter().filter(|parameter| parameter.needed && !given.contains(&parameter.name))
    {
        // A misspelt argument is one mistake, told where it is written.
        let mut strangers =
            call.arguments.iter().map(|entry| &*entry.key.text).filter(|name| !is_declared(name));
        if strangers.any(|name| closest(name, [parameter.name]).is_some()) {
            continue;
        }
        let message = format!("{} `{}` needs the parameter `{}`", call.what, call.id, parameter.name);
        let finding = cx
            .finding(call.span, message)
            .label(parameter.span, "declared as required")
            .help(format!("add `{}:` under `parameters`", parameter.name));
        cx.report(finding);
    }
}
