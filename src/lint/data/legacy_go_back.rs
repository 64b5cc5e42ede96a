//! The old way to leave a screen after a write.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::Write;
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "legacy-go-back",
        group: Group::Data,
        severity: Severity::Info,
        summary: "`goBack` is the old way to leave the screen after a write",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `goBack:` in actions that write rows.

Since 2024 a write stays on the screen, and `onSuccess: { type: action.go-back }` says what happens after it. `goBack`
still works, but later versions may forget it.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: create
    goBack: previous
    data:
      title: Clean
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
    method: create
    data:
      title: Clean
    onSuccess:
      type: action.go-back
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action) else { return };
    let Some(entry) = write.options.entry("goBack") else { return };
    let help = match entry.value.as_str() {
        Some("stay") => "remove it: a write stays on the screen",
        Some("home") => "remove it, and use `onSuccess:` with the action that leads there",
        _ => "write `onSuccess: { type: action.go-back }`",
    };
    let finding = cx.finding(entry.key_span, "`goBack` is the old way to leave the screen").help(help);
    cx.report(finding);
}
