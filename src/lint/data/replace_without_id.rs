//! A command that is to replace others, without saying whose.

use super::write_without_id::lacks_id;
use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::{Rows, Write, fields};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "replace-without-id",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "`queueOperation: replace` cannot tell which commands to replace",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds writes with `queueOperation: replace` where neither `data:` nor `parameters:` has an `id`.

Commands that wait in the queue are replaced when they are about the same row, which only its `id` (in small
letters) tells. Without it, nothing is replaced.

```yaml wrong
# functions/save-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  title: { type: string, location: body, required: true }
error:
  - title: The task could not be saved
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.execute-entity
        options:
          title: Save
          provider: DATA_PROVIDER_REST
          entity: tasks
          method: save
          function: save-task
          queueOperation: replace
          data:
            title: Clean
          parameters:
            title: Clean
```

```yaml right
# functions/save-task.jigx
provider: DATA_PROVIDER_REST
method: POST
url: https://example.com/tasks
parameters:
  title: { type: string, location: body, required: true }
error:
  - title: The task could not be saved
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.execute-entity
        options:
          title: Save
          provider: DATA_PROVIDER_REST
          entity: tasks
          method: save
          function: save-task
          queueOperation: replace
          data:
            id: =@ctx.jig.inputs.taskId
            title: Clean
          parameters:
            title: Clean
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action).filter(|write| write.rows != Rows::Form) else { return };
    let Some((node, _)) = write.word("queueOperation").filter(|(_, word)| *word == "replace") else { return };
    let parts = ["data", "parameters", "functionParameters"].map(|key| write.options.get(key).map(fields));
    // What is not there has no `id`; what is an expression may have one.
    let has_id = |part: &Option<Option<Vec<String>>>| match part {
        Some(Some(fields)) => fields.iter().any(|field| field == "id"),
        Some(None) => true,
        None => false,
    };
    if parts.iter().any(has_id) || (lacks_id(&write) && cx.is_on("write-without-id")) {
        return;
    }
    let finding = cx
        .finding(
            node.span,
            "`replace` needs the `id` of the row, and there is none in `data` or `parameters`",
        )
        .help("add `id:` to `data`");
    cx.report(finding);
}
