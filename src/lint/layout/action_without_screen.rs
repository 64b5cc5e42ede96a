//! An action that needs a form or a camera where there is no screen.

use crate::action::ActionNode;
use crate::app::FileKind;
use crate::diag::{Diagnostic, Group, RuleInfo, Severity};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "action-without-screen",
        group: Group::Layout,
        severity: Severity::Error,
        summary: "an action that needs a screen stands where there is none",
        docs: PAGE,
    },
    checks: &[Check::Action(check)],
};

const PAGE: &str = "\
Finds `action.submit-form` and `action.open-scanner` in files under `actions/` and in the index file. Both work
on the screen that they stand in, and there is none.

`action.submit-form` in a screen of another kind than `jig.default` is a warning.

```yaml wrong
# actions/save.jigx
action:
  type: action.submit-form
  options:
    formId: task-form
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
    let name = action.type_name.value.as_str();
    if !matches!(name, "action.submit-form" | "action.open-scanner") {
        return;
    }
    let span = action.type_name.span;
    let finding = match place.kind {
        FileKind::Action => cx.finding(span, format!("`{name}` does not work in a global action")),
        FileKind::Index => cx.finding(span, format!("`{name}` does not work in the index file")),
        _ => match other_kind(place).filter(|_| name == "action.submit-form") {
            Some(kind) => {
                let message = format!("`{name}` works in a `jig.default` only, and this is a `{kind}`");
                Diagnostic { severity: Severity::Warning, ..cx.finding(span, message) }
            }
            None => return,
        },
    };
    cx.report(finding.help("put it into the screen that it works on"));
}

/// The kind of the screen, when it is a known one that holds no form.
fn other_kind<'a>(place: &Place<'a>) -> Option<&'a str> {
    const OTHER: [&str; 7] = [
        "jig.list",
        "jig.grid",
        "jig.document",
        "jig.calendar",
        "jig.table",
        "jig.gallery",
        "jig.full-screen",
    ];
    let kind = place.node().filter(|_| place.kind == FileKind::Jig)?.get("type").and_then(Node::as_str)?;
    OTHER.contains(&kind).then_some(kind)
}
