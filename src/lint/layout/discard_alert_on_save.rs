//! A form that asks about lost changes when they are saved.

use crate::action::ActionNode;
use crate::diag::{Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::sequence::pair;
use crate::lint::{Cx, Place};
use crate::syntax::{Kind, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "discard-alert-on-save",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "a form asks whether to lose changes that were just saved",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds buttons that save what is in a form with `action.execute-entity` and then go back, while the form has
`isDiscardChangesAlertEnabled: true`.

For the form its changes are still open, so the user is asked whether to throw away what was saved. Reset the
form before the screen is left (`action.reset-state`), or save with `action.submit-form`.

```yaml wrong
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.form
    instanceId: task-form
    options:
      isDiscardChangesAlertEnabled: true
      children:
        - type: component.text-field
          instanceId: name
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
          data: { name: =@ctx.components.name.state.value }
      - type: action.go-back
```

```yaml right
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.form
    instanceId: task-form
    options:
      isDiscardChangesAlertEnabled: true
      children:
        - type: component.text-field
          instanceId: name
onRefresh:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.execute-entity
        options:
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
          data: { name: =@ctx.components.name.state.value }
      - type: action.reset-state
        options: { state: =@ctx.components.task-form.state.data }
      - type: action.go-back
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    let Some((save, leave)) = saving(action) else { return };
    let Some(node) = cx.node(action).filter(|node| !resets(node)) else { return };
    let Some(forms) = cx.forms(place).filter(|_| cx.is_read(node.span)) else { return };
    let Some(data) = cx.node(save).and_then(|save| save.at("/options/data")) else { return };
    let asking = forms.by_id.iter().filter_map(|(id, form)| Some((*id, form.node?, form.asks?)));
    let mut asking: Vec<_> = asking.filter(|(_, _, asks)| asks.as_bool() == Some(true)).collect();
    asking.sort_by_key(|(_, form, _)| form.span);
    let Some((id, _, asks)) = asking.into_iter().find(|(id, form, _)| reads(data, id, form)) else { return };
    let message = format!("the form `{id}` asks whether to lose its changes although they are saved here");
    let finding = cx
        .finding(leave.type_name.span, message)
        .label(asks.span, "the form asks because of this")
        .help(format!("before it, add `action.reset-state` with `=@ctx.components.{id}.state.data`"));
    cx.report(finding);
}

/// A write and the way back after it: in a list, or behind `onSuccess`.
fn saving(action: &ActionNode) -> Option<(&ActionNode, &ActionNode)> {
    let is_write = |action: &ActionNode| action.type_name.value == "action.execute-entity";
    let is_back = |action: &ActionNode| action.type_name.value == "action.go-back";
    let behind = action.success.as_deref().filter(|behind| is_back(behind) && is_write(action));
    behind.map(|behind| (action, behind)).or_else(|| pair(action, is_write, is_back))
}

fn resets(node: &Node) -> bool {
    let own = node.get("type").and_then(Node::as_str).is_some_and(|name| name.starts_with("action.reset-"));
    let values = node.entries().iter().map(|entry| &entry.value);
    own || values.chain(node.items()).any(resets)
}

/// Whether what is saved is in the form: the form's data, or the value of one of its fields.
fn reads(data: &Node, form: &str, node: &Node) -> bool {
    let mut ids = vec![form];
    fields(node, &mut ids);
    mentions(data, &ids)
}

fn fields<'a>(node: &'a Node, ids: &mut Vec<&'a str>) {
    ids.extend(node.get("instanceId").and_then(Node::as_str));
    let values = node.entries().iter().map(|entry| &entry.value);
    values.chain(node.items()).for_each(|inner| fields(inner, ids));
}

fn mentions(data: &Node, ids: &[&str]) -> bool {
    if let Kind::String(scalar) = &data.kind {
        let mut parts = scalar.text.split("components.").skip(1);
        return parts
            .any(|rest| ids.iter().any(|id| rest.strip_prefix(id).is_some_and(|r| r.starts_with('.'))));
    }
    let values = data.entries().iter().map(|entry| &entry.value);
    values.chain(data.items()).any(|inner| mentions(inner, ids))
}
