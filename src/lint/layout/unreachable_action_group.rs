//! A group of buttons that is never shown.

use super::buttons::groups;
use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unreachable-action-group",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "a group of buttons stands behind one that is always shown",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds groups under `actions:` of a screen that come after a group without `when`, or with `when: true`.

The screen shows the first group whose `when` holds. A group that always holds is the last one that anybody
sees. Put all buttons into one group, or give the first groups a `when`.

```yaml wrong
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - children:
      - type: action.go-back
        options: { title: Back }
  - children:
      - type: action.open-app-settings
        options: { title: Settings }
```

```yaml right
# jigs/task.jigx
title: Task
type: jig.default
actions:
  - numberOfVisibleActions: 2
    children:
      - type: action.go-back
        options: { title: Back }
      - type: action.open-app-settings
        options: { title: Settings }
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, _: &Screen) {
    let groups = groups(place);
    let Some(at) = groups.iter().position(|group| is_unconditional(cx, group)) else { return };
    let Some(hidden) = groups[at + 1..].iter().find_map(first_key) else { return };
    let Some(shown) = first_key(&groups[at]) else { return };
    let finding = cx
        .finding(hidden, "this group of buttons is never shown")
        .label(shown, "this group comes first and is always shown")
        .help("put all buttons into one group, or give the groups before it a `when`");
    cx.report(finding);
}

fn first_key(group: &Node) -> Option<crate::diag::Span> {
    group.entries().first().map(|entry| entry.key_span)
}

fn is_unconditional(cx: &Cx<'_>, group: &Node) -> bool {
    let always = |when: &Node| matches!(when.kind, Kind::Bool(true) | Kind::Null);
    matches!(group.kind, Kind::Object(_))
        && group.get("when").is_none_or(always)
        && cx.is_read(group.span)
        && !cx.has_stray_key(group)
}
