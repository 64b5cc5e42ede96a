//! Two components of a screen with one id.

use std::collections::HashMap;

use crate::app::Screen;
use crate::diag::{Group, RuleInfo, Severity, Span};
use crate::expr::is_expression;
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "duplicate-component-id",
        group: Group::Layout,
        severity: Severity::Warning,
        summary: "two components of a screen have the same instance id",
        docs: PAGE,
    },
    checks: &[Check::Screen(check)],
};

const PAGE: &str = "\
Finds components of one screen with the same `instanceId`, where both can be shown at once. They share one
state: what is typed into the first shows up in the second, and a form saves only one of them.

Components with a `when`, on them or around them, are not compared: they may take turns.

```yaml wrong
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.text-field
    instanceId: title
  - type: component.text-field
    instanceId: title
```

```yaml right
# jigs/new-task.jigx
title: New task
type: jig.default
children:
  - type: component.text-field
    instanceId: title
  - type: component.text-field
    instanceId: notes
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, _: &Screen) {
    let mut survey = Survey::default();
    place.own_values().for_each(|value| survey.gather(value));
    for (id, first, again) in survey.duplicates {
        let finding = cx
            .finding(again, format!("the instance id `{id}` belongs to another component already"))
            .label(first, "the first one")
            .help("give each component an id of its own");
        cx.report(finding);
    }
}

#[derive(Default)]
struct Survey<'a> {
    seen: HashMap<&'a str, Span>,
    duplicates: Vec<(&'a str, Span, Span)>,
}

impl<'a> Survey<'a> {
    fn gather(&mut self, node: &'a Node) {
        // What is shown elsewhere, or once for each row, has a state of its own.
        const APART: [&str; 6] = ["widgets", "preview", "views", "item", "datasources", "placeholders"];
        if node.get("when").is_some() {
            return;
        }
        let type_name = node.get("type").and_then(Node::as_str).unwrap_or_default();
        if type_name.starts_with("component.") {
            self.note(node);
        }
        let entries = node.entries().iter().filter(|entry| !APART.contains(&&*entry.key.text));
        let values = entries.map(|entry| &entry.value);
        values.chain(node.items()).for_each(|inner| self.gather(inner));
    }

    fn note(&mut self, component: &'a Node) {
        let Some(node) = component.get("instanceId") else { return };
        let Some(id) = node.as_str().filter(|id| !is_expression(id)) else { return };
        match self.seen.get(id) {
            Some(first) => self.duplicates.push((id, *first, node.span)),
            None => {
                self.seen.insert(id, node.span);
            }
        }
    }
}
