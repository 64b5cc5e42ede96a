//! An id that only commands have.

use crate::app::Function;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::function_file::FunctionFile;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "command-id-in-sync",
        group: Group::Functions,
        severity: Severity::Warning,
        summary: "an error row of a sync is keyed by the id of a command",
        docs: PAGE,
    },
    checks: &[Check::Function(check)],
};

const PAGE: &str = "\
Finds `@ctx.commandId` in the error rules of a function that only syncs call.

A sync has no command, so the id is missing and every error gets a row of its own.

```yaml wrong
# functions/get-tasks.jigx
provider: DATA_PROVIDER_REST
method: GET
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status >= 400
    table: errors
    transform: '={ \"id\": @ctx.commandId, \"message\": @ctx.error.message }'
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
url: https://example.com/tasks
useLocalCall: true
error:
  - when: =@ctx.response.status >= 400
    table: errors
    transform: '={ \"id\": \"get-tasks\", \"message\": @ctx.error.message }'
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
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, function: &Function) {
    if !cx.is_synced(&function.id) || cx.may_be_executed(&function.id) {
        return;
    }
    let Some(file) = FunctionFile::read(cx, function) else { return };
    file.each_expression(
        |expression| expression.references().below(&["commandId"]).next().is_some(),
        &mut |keys, found| {
            if keys.first() != Some(&"error") {
                return;
            }
            let Some(path) = found.expression.references().below(&["commandId"]).next() else { return };
            let span = cx.part(place, found.span, path.range.clone());
            let finding = cx
                .finding(span, "only syncs call this function, and a sync has no `@ctx.commandId`")
                .help("use an id that is known here, such as a text or one of the parameters");
            cx.report(finding);
        },
    );
}
