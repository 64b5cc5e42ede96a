//! A change of tabs where there are no tabs.

use crate::action::ActionNode;
use crate::app::FileKind;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "misplaced-tab-switch",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "`action.set-active-tab` stands outside of a screen with tabs",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.set-active-tab` in files other than those of screens of the type `jig.tabs`. It has no effect
there.

The action belongs under `actions:` of a child of `jig.tabs`, with a name; the screens in the tabs run it by
that name with `action.execute-action`.

```yaml wrong
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.set-active-tab
  options: { id: tasks }
```

```yaml right
# jigs/tasks.jigx
title: Tasks
type: jig.default
onRefresh:
  type: action.execute-action
  options: { action: first-tab }
# jigs/start.jigx
title: Start
type: jig.tabs
children:
  - jigId: tasks
    actions:
      first-tab:
        type: action.set-active-tab
        options: { id: tasks }
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    if action.type_name.value != "action.set-active-tab" || may_have_tabs(cx, place) {
        return;
    }
    let finding = cx
        .finding(action.type_name.span, "`action.set-active-tab` has no effect outside of a `jig.tabs`")
        .help(
            "name it under `actions` of a child of the `jig.tabs`, and run it with `action.execute-action`",
        );
    cx.report(finding);
}

fn may_have_tabs(cx: &Cx<'_>, place: &Place<'_>) -> bool {
    if place.kind != FileKind::Jig {
        return false;
    }
    let kind = place.node().and_then(|jig| jig.get("type"));
    kind.is_none_or(|kind| {
        let name = kind.as_str().unwrap_or_default();
        name == "jig.tabs" || is_expression(name) || !cx.is_sound(kind.span)
    })
}
