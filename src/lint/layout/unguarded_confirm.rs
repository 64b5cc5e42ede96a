//! A question that what follows does not wait for.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::{is_write, pair};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unguarded-confirm",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "data is changed behind a question, whatever the answer is",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds action lists in which `action.confirm` is followed by an action that changes data.

The items after a question run when it is answered, and also when the answer is no. What depends on a yes
belongs under `onConfirmed`.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.default
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.confirm
        options:
          modal: { title: Delete the draft? }
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: delete
          data: { id: first }
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.default
onRefresh:
  type: action.confirm
  options:
    modal: { title: Delete the draft? }
    onConfirmed:
      type: action.execute-entity
      options:
        provider: DATA_PROVIDER_LOCAL
        entity: drafts
        method: delete
        data: { id: first }
```
";

fn check(cx: &mut Cx<'_>, _: &Place<'_>, list: &ActionNode) {
    let changes = |item: &ActionNode| is_write(item) && is_unguarded(cx, item);
    let Some((question, write)) = pair(list, |item| asks(cx, item), changes) else { return };
    let message = format!("`{}` runs even when the answer to the question is no", write.type_name.value);
    let finding = cx
        .finding(write.type_name.span, message)
        .label(question.type_name.span, "the question")
        .help("move it under `onConfirmed` of the question");
    cx.report(finding);
}

/// Whether it is a question that somebody is asked.
fn asks(cx: &Cx<'_>, action: &ActionNode) -> bool {
    let automatic = |node: &Node| {
        let answer = node.at("/options/isConfirmedAutomatically");
        answer.is_some_and(|answer| answer.as_bool() == Some(true))
    };
    action.type_name.value == "action.confirm" && cx.node(action).is_some_and(|node| !automatic(node))
}

/// A guard may look at what the answer has set.
fn is_unguarded(cx: &Cx<'_>, action: &ActionNode) -> bool {
    cx.node(action).is_some_and(|node| {
        node.get("when").is_none() && node.get("condition").is_none() && !cx.has_stray_key(node)
    })
}
