//! Actions of a list that need a screen which the list has left before.

use crate::action::ActionNode;
use crate::lint::Cx;
use crate::lint::sequence::pair;
use crate::syntax::Node;

/// The first `action.go-back` of a list that has no guard, and an action after it that needs the screen.
pub(super) fn left_behind<'a>(cx: &Cx<'_>, list: &'a ActionNode) -> Option<(&'a ActionNode, &'a ActionNode)> {
    pair(list, |item| is_leaving(cx, item), |item| needs_screen(cx, item))
}

fn is_leaving(cx: &Cx<'_>, action: &ActionNode) -> bool {
    let guarded = |node: &Node| node.get("when").is_some() || node.get("condition").is_some();
    action.type_name.value == "action.go-back" && cx.node(action).is_some_and(|node| !guarded(node))
}

/// Whether an action acts on a form, a component or a state of the screen, or reads one.
fn needs_screen(cx: &Cx<'_>, action: &ActionNode) -> bool {
    const ALWAYS: [&str; 5] = [
        "action.submit-form",
        "action.set-jig-state",
        "action.reset-jig-state",
        "action.reset-component-state",
        "action.open-scanner",
    ];
    ALWAYS.contains(&&*action.type_name.value) || cx.node(action).is_some_and(reads_screen)
}

fn reads_screen(node: &Node) -> bool {
    const PARTS: [&str; 3] = ["@ctx.components.", "@ctx.jig.state", "@ctx.jig.components."];
    let text = node.as_str().unwrap_or_default();
    let mut values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
    PARTS.iter().any(|part| text.contains(part)) || values.any(reads_screen)
}
