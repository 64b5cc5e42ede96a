//! A write without a word for the case that it fails.

use crate::action::ProviderKind;
use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "write-without-error-rules",
        group: Group::Functions,
        severity: Severity::Info,
        summary: "a write has no rules for errors",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds REST functions with another method than `GET` and `HEAD` that actions call and that have no `error` rules.

When the server refuses the write, the user sees a technical message or none, and the command stays in the
queue.

```yaml wrong
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  name:
    type: string
    location: body
    required: true
# actions/save.jigx
action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_REST
    entity: tasks
    method: create
    function: create-task
    parameters:
      name: Buy milk
    data:
      name: Buy milk
```

```yaml right
# functions/create-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  name:
    type: string
    location: body
    required: true
error:
  - title: The task was not saved
    description: Please try again later
# actions/save.jigx
action:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_REST
    entity: tasks
    method: create
    function: create-task
    parameters:
      name: Buy milk
    data:
      name: Buy milk
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, function: &Function) {
    let writes = matches!(function.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
    if function.provider != Some(ProviderKind::Rest) || !writes || !cx.is_executed(&function.id) {
        return;
    }
    let Some(file) = FunctionFile::read(cx, function) else { return };
    if ["error", "errorTransform"].iter().any(|key| file.entry(key).is_some()) || cx.has_stray_key(file.node)
    {
        return;
    }
    let Some(method) = file.node.get("method") else { return };
    let finding = cx
        .finding(method.span, "nothing says what happens when the server refuses this write")
        .help("add `error` rules with a `title` and a `description` for the user");
    cx.report(finding);
}
