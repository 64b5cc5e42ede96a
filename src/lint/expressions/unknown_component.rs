//! `@ctx.components.<id>` without such a component.

use crate::app::{FileKind, Found};
use crate::diag::{Group, RuleInfo, Severity};
use crate::expr::{Segment, is_expression};
use crate::lint::rule::{Check, Rule};
use crate::lint::{Cx, Place};
use crate::syntax::Node;

pub(super) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "unknown-component",
        group: Group::Expressions,
        severity: Severity::Warning,
        summary: "an expression reads a component that does not exist",
        docs: PAGE,
    },
    checks: &[Check::Expression(check)],
};

const PAGE: &str = "\
Finds `@ctx.components.id` when no component has `instanceId: id`: in a jig, none of that jig. Where components
are computed, nothing is said; jigs that are parts of others, or have parts, may read what any jig has.

The value is missing, without a message.

```yaml wrong
# jigs/home.jigx
title: =@ctx.components.fullname.state.value
type: jig.default
children:
  - type: component.text-field
    instanceId: full-name
    options:
      label: Name
```

```yaml right
# jigs/home.jigx
title: =@ctx.components.full-name.state.value
type: jig.default
children:
  - type: component.text-field
    instanceId: full-name
    options:
      label: Name
```
";

fn check(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found) {
    let references = found.expression.references();
    let here = references.below(&["components"]).filter_map(|path| path.segments.get(1));
    let in_jig = references.below(&["jig", "components"]).filter_map(|path| path.segments.get(2));
    for segment in here.chain(in_jig) {
        if let Some(id) = segment.name.as_deref() {
            component(cx, place, found, segment, id);
        }
    }
}

fn component(cx: &mut Cx<'_>, place: &Place<'_>, found: &Found, segment: &Segment, id: &str) {
    let wiring = cx.wiring();
    let file = place.source.file;
    let is_alone = place.kind == FileKind::Jig && !wiring.is_composed(place.id, file);
    let everywhere = cx.named(id);
    let is_known = everywhere.iter().any(|named| !is_alone || named.span.file == file);
    let is_computed = wiring.has_dynamic_components(file) || (!is_alone && wiring.is_dynamic());
    if is_known || is_computed || !cx.is_all_read() {
        return;
    }
    let mut own = Vec::new();
    ids_of(&place.source.tree.root, &mut own);
    let elsewhere = "only its own jig can read a component; pass the value on as an input";
    let help = cx.did_you_mean(id, own).or_else(|| (!everywhere.is_empty()).then(|| elsewhere.to_owned()));
    let message = if is_alone {
        format!("this jig has no component `{id}`")
    } else {
        format!("there is no component `{id}`")
    };
    let span = cx.part(place, found.span, segment.range.clone());
    let finding = cx.finding(span, message).maybe_help(help);
    cx.report(finding);
}

/// The ids of a file's components.
fn ids_of<'a>(node: &'a Node, ids: &mut Vec<&'a str>) {
    let is_action = node.get("type").and_then(Node::as_str).is_some_and(|name| name.starts_with("action."));
    let id = node.get("instanceId").and_then(Node::as_str).filter(|id| !is_action && !is_expression(id));
    ids.extend(id);
    node.entries().iter().for_each(|entry| ids_of(&entry.value, ids));
    node.items().iter().for_each(|item| ids_of(item, ids));
}
