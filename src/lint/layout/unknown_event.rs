//! The name of an event, misspelt.

use crate::diag::{Fix, Group, RuleInfo, Severity, slip};
use crate::lint::edit::renamed;
use crate::lint::rule::{Branch, Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::{Entry, Node};

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-event",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "the name of an event is misspelt",
        docs: PAGE,
    },
    checks: &[Check::Object(check)],
};

const PAGE: &str = "\
Finds actions under a key that is a slip of an event (app-layout.md §5), such as `onPres`. They never run. The
fix is safe. A name that looks like no other event is not reported.

```yaml wrong
# jigs/home.jigx
title: Home
type: jig.list
data: []
item:
  type: component.list-item
  options:
    title: One
    onPres:
      type: action.go-back
```

```yaml right
# jigs/home.jigx
title: Home
type: jig.list
data: []
item:
  type: component.list-item
  options:
    title: One
    onPress:
      type: action.go-back
```
";

/// Events of screens, components and actions.
const EVENTS: [&str; 16] = [
    "onAppActivated",
    "onBlur",
    "onButtonPress",
    "onChange",
    "onConfirmed",
    "onContentPress",
    "onDelete",
    "onDeletePress",
    "onFinish",
    "onFocus",
    "onLoad",
    "onPress",
    "onRefresh",
    "onSharePress",
    "onSuccess",
    "onTableChanged",
];

/// What other worlds call them.
const OTHER_NAMES: [(&str, &str); 4] =
    [("onClick", "onPress"), ("onTap", "onPress"), ("onTouch", "onPress"), ("onSuccessful", "onSuccess")];

/// Maps with names of the author's own.
const OWN_NAMES: [&str; 5] = ["inputs", "actions", "events", "parameters", "data"];

fn check(cx: &mut Cx<'_>, _: &Place<'_>, branch: &Branch<'_>) {
    if branch.key.is_some_and(|key| OWN_NAMES.contains(&key)) {
        return;
    }
    let mut named = Vec::new();
    for entry in branch.node.entries() {
        // What the loader complains about is told.
        if !is_action(&entry.value) || cx.is_told(entry.key_span) {
            continue;
        }
        let Some(meant) = meant(entry).filter(|meant| branch.node.get(meant).is_none()) else { continue };
        let finding = cx
            .finding(entry.key_span, format!("there is no event `{}`", entry.key.text))
            .help(format!("did you mean `{meant}`?"));
        let (span, text) = renamed(entry, meant, cx.text(entry.key_span.file));
        let fix = Fix::safe(format!("rename it to `{meant}`"), span, text);
        // Only one of them can have the name.
        cx.report(if named.contains(&meant) { finding } else { finding.fix(fix) });
        named.push(meant);
    }
}

fn is_action(node: &Node) -> bool {
    node.get("type").and_then(Node::as_str).is_some_and(|name| name.starts_with("action."))
}

fn meant(entry: &Entry) -> Option<&'static str> {
    let name = &*entry.key.text;
    if EVENTS.contains(&name) {
        return None;
    }
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, event)| *event);
    other.or_else(|| slip(name, EVENTS))
}
