//! What stands between a trigger and an action and may hold it back.

use super::Cx;
use crate::app::Placed;
use crate::syntax::{Kind, Node};

/// The nodes from the root of a file down to a JSON pointer, both included; `None` when the pointer
/// leads nowhere.
pub(super) fn path<'a>(root: &'a Node, pointer: &str) -> Option<Vec<&'a Node>> {
    let mut nodes = vec![root];
    let mut node = root;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        node = match &node.kind {
            Kind::Array(items) => items.get(token.parse::<usize>().ok()?)?,
            _ => node.get(&token)?,
        };
        nodes.push(node);
    }
    Some(nodes)
}

/// Whether nothing between the root action and the action at `pointer` can hold it back: no `when`, no
/// `condition`, no button that is hidden or disabled.
pub(super) fn is_open(cx: &Cx<'_>, root: &Placed, pointer: &str) -> bool {
    let Some(nodes) = cx.source(root.file).and_then(|source| path(&source.tree.root, pointer)) else {
        return false;
    };
    let options = nodes.last().and_then(|node| node.get("options"));
    nodes.into_iter().chain(options).all(|node| !holds_back(cx, node))
}

fn holds_back(cx: &Cx<'_>, node: &Node) -> bool {
    const GUARDS: [&str; 4] = ["when", "condition", "isHidden", "isDisabled"];
    let is_guard = |node: &Node| {
        let entries = node.entries().iter();
        let mut guards = entries.filter(|entry| GUARDS.contains(&&*entry.key.text));
        guards.any(|entry| !matches!(entry.value.kind, Kind::Bool(_) | Kind::Null))
    };
    is_guard(node) || node.get("style").is_some_and(is_guard) || cx.has_stray_key(node)
}
