//! A delete that removes itself from the queue.

use crate::action::{ActionNode, ProviderKind};
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::Write;
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "dropped-delete",
        group: Group::Data,
        severity: Severity::Error,
        summary: "a delete on Dynamic Data with `queueOperation: replace` never happens",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `method: delete` with `queueOperation: replace` where the provider is `DATA_PROVIDER_DYNAMIC`.

`replace` removes all commands of the row from the queue, this one included: the row is never deleted in the cloud.

```yaml wrong
# databases/default.jigx
tables:
  tasks: null
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/tasks
    method: delete
    queueOperation: replace
    data:
      id: =@ctx.jig.inputs.taskId
```

```yaml right
# databases/default.jigx
tables:
  tasks: null
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_DYNAMIC
    entity: default/tasks
    method: delete
    queueOperation: add
    data:
      id: =@ctx.jig.inputs.taskId
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action) else { return };
    if write.provider() != Some(ProviderKind::Dynamic) || !write.is_method(&["delete"]) {
        return;
    }
    let Some((node, _)) = write.word("queueOperation").filter(|(_, word)| *word == "replace") else { return };
    let method = write.options.get("method").map_or(node.span, |method| method.span);
    let quote = cx.text(node.span.file)[node.span.range()].chars().next().filter(|c| matches!(c, '"' | '\''));
    let quote = quote.map_or_else(String::new, String::from);
    let finding = cx
        .finding(node.span, "with `replace` the row is never deleted in the cloud")
        .label(method, "the delete")
        .help("write `add`")
        .fix(Fix::safe("write `add`", node.span, format!("{quote}add{quote}")));
    cx.report(finding);
}
