//! An action that submits a form which its screen does not have.

use crate::action::{ActionNode, UseKind};
use crate::app::FileKind;
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::is_expression;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-form",
        group: Group::Layout,
        severity: Severity::Error,
        summary: "`action.submit-form` names a form that its screen does not have",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.submit-form` whose `formId` is not the `instanceId` of a `component.form` in the same jig. The
button saves nothing.

Expressions are not checked, nor are screens with components of one's own, which may hold the form.

```yaml wrong
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.form
    instanceId: task-form
    options:
      children:
        - type: component.text-field
          instanceId: title
actions:
  - children:
      - type: action.submit-form
        options:
          title: Save
          formId: taskform
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
```

```yaml right
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.form
    instanceId: task-form
    options:
      children:
        - type: component.text-field
          instanceId: title
actions:
  - children:
      - type: action.submit-form
        options:
          title: Save
          formId: task-form
          provider: DATA_PROVIDER_LOCAL
          entity: drafts
          method: create
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, action: &ActionNode) {
    for used in action.uses.iter().filter(|used| used.kind == UseKind::Form) {
        let Some(forms) = cx.forms(place).filter(|_| is_certain(cx, place)) else { return };
        if forms.others || forms.by_id.contains_key(&*used.id) || is_expression(&used.id) {
            return;
        }
        let other = forms.components.get(&*used.id).copied();
        let message = match other {
            Some(type_name) => format!("`{}` is a `{type_name}`, not a form", used.id),
            None => format!("the screen has no form `{}`", used.id),
        };
        let mut ids: Vec<&str> = forms.by_id.keys().copied().collect();
        ids.sort_unstable();
        let only =
            ids.first().filter(|_| ids.len() == 1).map(|id| format!("the form of the screen is `{id}`"));
        let help = cx.did_you_mean(&used.id, ids).or(only);
        let help =
            help.unwrap_or_else(|| "give the form of the screen an `instanceId`, and write it here".into());
        let finding = cx.finding(used.span, message).help(help);
        cx.report(finding);
    }
}

/// Whether all of the screen is known: in other kinds of screens the action is told as misplaced.
fn is_certain(cx: &Cx<'_>, place: &Place<'_>) -> bool {
    let Some(node) = place.node().filter(|_| place.kind == FileKind::Jig) else { return false };
    let is_default = node.get("type").and_then(|kind| kind.as_str()) == Some("jig.default");
    is_default && cx.is_read(node.span) && cx.is_sound(node.span)
}
