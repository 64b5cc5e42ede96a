//! A change of a row that does not say which one.

use crate::action::ActionNode;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::edit::renamed;
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::{Rows, Write, fields, miscased};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "write-without-id",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "a row is changed or deleted without its `id`",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds actions that write rows with `method: update` or `method: delete` whose `data:` has no `id`. A form may also
name its row with `recordId:`, or have a field `id`.

Without its `id` the row is not found, and nothing is changed.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: update
    data:
      done: true
```

```yaml right
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: update
    data:
      id: =@ctx.jig.inputs.taskId
      done: true
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action) else { return };
    if !lacks_id(&write) || (write.rows == Rows::Form && may_bring_id(&place.source.tree.root)) {
        return;
    }
    let Some((method, word)) = write.word("method") else { return };
    let data = write.options.get("data");
    let wrong = data.and_then(|data| miscased(data, "id"));
    let span =
        wrong.map(|entry| entry.key_span).or(data.and(write.options.entry("data")).map(|data| data.key_span));
    let finding = cx.finding(span.unwrap_or(method.span), format!("`{word}` needs the `id` of the row"));
    let finding = if span.is_some() { finding.label(method.span, "needs it") } else { finding };
    cx.report(match wrong {
        Some(entry) => {
            let (span, text) = renamed(entry, "id", cx.text(entry.key_span.file));
            let help = format!("write `id` in place of `{}`", entry.key.text);
            finding.help(help.clone()).fix(Fix::risky(help, span, text))
        }
        None => finding.help("add `id:` to `data`"),
    });
}

/// Whether a field of a form may be the `id`; components of the app's own may hold any field.
fn may_bring_id(node: &Node) -> bool {
    let field = node.get("instanceId").and_then(Node::as_str);
    let own = node.get("type").and_then(Node::as_str) == Some("component.custom-component");
    let brings = own || field.is_some_and(|id| id == "id" || is_expression(id));
    brings
        || node.entries().iter().any(|entry| may_bring_id(&entry.value))
        || node.items().iter().any(may_bring_id)
}

/// Whether a write of an existing row surely does not say which.
pub(super) fn lacks_id(write: &Write<'_>) -> bool {
    if !write.is_method(&["update", "delete"]) {
        return false;
    }
    // The old name of the arguments writes into the row, too (actions.md §5); a form may name its row.
    if write.options.get("functionParameters").is_some() || write.options.get("recordId").is_some() {
        return false;
    }
    match write.options.get("data") {
        Some(data) => fields(data).is_some_and(|fields| !fields.iter().any(|field| field == "id")),
        None => true,
    }
}
