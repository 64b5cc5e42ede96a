//! A list without order that saves or fetches, and leaves the screen.

use super::leftovers::left_behind;
use crate::action::{ActionNode, SyncRole};
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{Sequence, is_write, made_sequential, pair, sequence};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "racing-navigation",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "a list without an order works with data and leaves the screen",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds action lists without `isSequential: true` in which a write or a sync is followed by `action.go-to` or
`action.go-back`.

The actions of such a list start together, in any order. The screen may be gone before its form is read, and
the next screen may open before the row is there. The fix adds or turns on `isSequential`.

```yaml wrong
# jigs/new-task.jigx
title: New task
type: jig.default
onFocus:
  type: action.action-list
  options:
    actions:
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
          data: { id: first }
      - type: action.go-back
```

```yaml right
# jigs/new-task.jigx
title: New task
type: jig.default
onFocus:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
          data: { id: first }
      - type: action.go-back
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, list: &ActionNode) {
    let Some((work, leave)) = pair(list, works_with_data, leaves) else { return };
    let misspelt = cx.node(list).and_then(|node| node.get("options")).is_some_and(|o| cx.has_stray_key(o));
    // A list that starts a scope is told by the rule about scopes.
    let mut children = list.body.children().into_iter();
    let starts_scope = children.any(|item| matches!(item.body.sync(), Some(SyncRole::Scope(_))));
    if misspelt || starts_scope || sequence(cx, list) != Sequence::Together || left_behind(cx, list).is_some()
    {
        return;
    }
    let (work, leave) = (&work.type_name, &leave.type_name);
    let message = format!("the list has no order, so `{}` does not wait for `{}`", leave.value, work.value);
    let finding = cx
        .finding(list.type_name.span, message)
        .label(work.span, "this takes its time")
        .label(leave.span, "and this leaves the screen meanwhile")
        .help("add `isSequential: true` to the options of the list");
    let fix = made_sequential(cx, list);
    cx.report(match fix {
        Some(fix) => finding.fix(fix),
        None => finding,
    });
}

fn works_with_data(action: &ActionNode) -> bool {
    is_write(action) || action.type_name.value == "action.sync-entities"
}

fn leaves(action: &ActionNode) -> bool {
    matches!(action.type_name.value.as_str(), "action.go-to" | "action.go-back")
}
