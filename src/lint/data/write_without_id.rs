//! A change of a row that does not say which one.

use crate::action::ActionNode;
use crate::diag::{Fix, Group, RuleInfo, Severity};
use crate::lint::edit::renamed;
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::{Rows, Write, fields, miscased};
use crate::lint::{Cx, Place};

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
Finds `action.execute-entity` and `action.execute-entities` with `method: update` or `method: delete` whose `data:`
has no `id`.

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

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action).filter(|write| write.rows != Rows::Form) else { return };
    if !lacks_id(&write) {
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

/// Whether a write of an existing row surely does not say which.
pub(super) fn lacks_id(write: &Write<'_>) -> bool {
    if !write.is_method(&["update", "delete"]) || write.rows == Rows::Form {
        return false;
    }
    // The old name of the arguments writes into the row, too (actions.md §5).
    if write.options.get("functionParameters").is_some() {
        return false;
    }
    match write.options.get("data") {
        Some(data) => fields(data).is_some_and(|fields| !fields.iter().any(|field| field == "id")),
        None => true,
    }
}
