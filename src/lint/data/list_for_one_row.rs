//! A list where one row is written.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Check, Rule};
use crate::lint::writes::{Rows, Write, gives_list};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "list-for-one-row",
        group: Group::Data,
        severity: Severity::Warning,
        summary: "`action.execute-entity` is given a list of rows",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.execute-entity` whose `data:` is an expression that gives a list.

`action.execute-entity` writes one row and fails with a list. `action.execute-entities` writes several.

```yaml wrong
# jigs/tasks.jigx
title: Tasks
type: jig.default
onFocus:
  type: action.execute-entity
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: delete
    data: '=$map(@ctx.jig.inputs.done, function($t) { { \"id\": $t.id } })'
```

```yaml right
# jigs/tasks.jigx
title: Tasks
type: jig.default
onFocus:
  type: action.execute-entities
  options:
    provider: DATA_PROVIDER_LOCAL
    entity: tasks
    method: delete
    data: '=$map(@ctx.jig.inputs.done, function($t) { { \"id\": $t.id } })'
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, action: &ActionNode) {
    let Some(write) = Write::of(cx, action).filter(|write| write.rows == Rows::One) else { return };
    let Some(data) = write.options.get("data") else { return };
    if !data.as_str().is_some_and(|text| is_expression(text) && gives_list(text)) {
        return;
    }
    let finding = cx
        .finding(data.span, "`action.execute-entity` writes one row, and this is a list")
        .label(action.type_name.span, "one row")
        .help("write `action.execute-entities`");
    cx.report(finding);
}
