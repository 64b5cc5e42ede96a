//! An action that needs the screen, after the screen was left.

use super::leftovers::left_behind;
use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{Sequence, sequence};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "action-after-leaving",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "an action that needs the screen comes after the screen was left",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds action lists in which `action.go-back` comes before an action that submits a form, sets a state of the
screen, or reads `@ctx.components` or `@ctx.jig.state`.

After `action.go-back` the screen may be gone, and with it what was typed into it: empty values are saved, or
nothing is. Leave the screen last.

```yaml wrong
# jigs/new-task.jigx
title: New task
type: jig.default
state:
  saved: { initialValue: false }
onFocus:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.go-back
      - type: action.set-jig-state
        options:
          changes: { saved: true }
```

```yaml right
# jigs/new-task.jigx
title: New task
type: jig.default
state:
  saved: { initialValue: false }
onFocus:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.set-jig-state
        options:
          changes: { saved: true }
      - type: action.go-back
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, list: &ActionNode) {
    let Some((leaving, late)) = left_behind(cx, list) else { return };
    if sequence(cx, list) == Sequence::Unknown {
        return;
    }
    let message = format!("`{}` needs the screen, which is left before", late.type_name.value);
    let finding = cx
        .finding(late.type_name.span, message)
        .label(leaving.type_name.span, "the screen is left here")
        .help("put `action.go-back` at the end of the list");
    cx.report(finding);
}
