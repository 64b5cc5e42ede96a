//! What stands between an event and an action, and may hold the action back.

use super::Cx;
use crate::action::ActionNode;
use crate::app::Placed;
use crate::expr::{Expression, is_expression};
use crate::syntax::{Kind, Node};

/// The nodes from the file of `root` down to the action, the action's own included; `None` when they cannot
/// be found.
pub(super) fn way<'a>(cx: &Cx<'a>, root: &Placed, action: &ActionNode) -> Option<Vec<&'a Node>> {
    let mut node = &cx.source(root.file)?.tree.root;
    let mut way = vec![node];
    for token in action.pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        node = match &node.kind {
            Kind::Array(items) => items.get(token.parse::<usize>().ok()?)?,
            _ => node.get(&token)?,
        };
        way.push(node);
    }
    Some(way)
}

/// Whether a node can keep what is inside it from being started while it runs.
pub(super) fn holds_back(cx: &Cx<'_>, node: &Node) -> bool {
    const GUARDS: [&str; 4] = ["when", "condition", "isHidden", "isDisabled"];
    let is_guard = |node: &Node| {
        let entries = node.entries().iter().filter(|entry| GUARDS.contains(&&*entry.key.text));
        entries.into_iter().any(|entry| may_know_of_syncs(&entry.value))
    };
    is_guard(node) || node.get("style").is_some_and(is_guard) || cx.has_stray_key(node)
}

/// Whether nothing between the root action and another one in it can hold that one back: no `when`, no
/// `condition`, no button that is hidden or disabled.
pub(super) fn is_open(cx: &Cx<'_>, root: &Placed, action: &ActionNode) -> bool {
    let Some(way) = way(cx, root, action) else { return false };
    let options = way.last().and_then(|node| node.get("options"));
    !way.into_iter().chain(options).any(|node| holds_back(cx, node))
}

/// Whether the start of a scope looks itself whether the scope is running.
pub(super) fn looks_itself(options: &Node) -> bool {
    options.get("ifRunning").and_then(Node::as_str).is_some_and(|word| matches!(word, "skip" | "error"))
}

/// Whether a guard's value can depend on what is being synced.
fn may_know_of_syncs(guard: &Node) -> bool {
    match &guard.kind {
        Kind::Bool(_) | Kind::Null => false,
        Kind::String(scalar) if is_expression(&scalar.text) => !is_about_the_device(&scalar.text),
        Kind::String(scalar) => !is_about_the_network(&scalar.text),
        _ => !leaves(guard).is_some_and(|formulas| formulas.into_iter().all(is_about_the_network)),
    }
}

/// Whether an expression reads nothing but what the app knows of the device and its user.
fn is_about_the_device(text: &str) -> bool {
    const DEVICE: [&str; 3] = ["system", "user", "organization"];
    let Ok(expression) = Expression::parse(text) else { return false };
    let read = expression.references();
    let first = |path: &crate::expr::ContextPath| {
        path.segments.first().and_then(|segment| segment.name.clone()).unwrap_or_default()
    };
    !read.paths.is_empty()
        && read.variables.is_empty()
        && read.paths.iter().all(|path| DEVICE.contains(&first(path).as_str()))
}

/// Whether a formula asks for the network only.
fn is_about_the_network(formula: &str) -> bool {
    formula.contains("online()") && !formula.contains("::")
}

/// The formulas of a condition block; `None` when it has other parts, or none at all.
fn leaves(condition: &Node) -> Option<Vec<&str>> {
    let mut formulas = Vec::new();
    for entry in condition.entries() {
        match &*entry.key.text {
            "expr" => formulas.push(entry.value.as_str()?),
            "all" | "any" | "not" => {
                let parts = entry.value.items().iter();
                let single = Some(&entry.value).filter(|value| value.items().is_empty());
                for part in parts.chain(single) {
                    match part.as_str() {
                        Some(formula) => formulas.push(formula),
                        None => formulas.extend(leaves(part)?),
                    }
                }
            }
            _ => return None,
        }
    }
    (!formulas.is_empty()).then_some(formulas)
}
