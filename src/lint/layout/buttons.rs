//! The buttons at the foot of a screen (actions.md §1).

use crate::app::FileKind;
use crate::lint::Place;
use crate::syntax::{Kind, Node};

/// The groups of buttons of a jig, in order; none for other parts of an app.
pub(super) fn groups<'a>(place: &Place<'a>) -> &'a [Node] {
    let jig = place.node().filter(|_| place.kind == FileKind::Jig);
    jig.and_then(|jig| jig.get("actions")).map_or(&[], Node::items)
}

/// The buttons of a group that are actions.
pub(super) fn buttons(group: &Node) -> impl Iterator<Item = &Node> {
    let children = group.get("children").map_or(&[][..], Node::items);
    children.iter().filter(|child| crate::action::is_action(child))
}

/// How many buttons of a group surely stand side by side; the others go behind the dots.
pub(super) fn visible(group: &Node) -> usize {
    let written = group.get("numberOfVisibleActions").map(|node| &node.kind);
    match written {
        Some(Kind::Number(number)) => {
            number.value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
        }
        _ => 1,
    }
}
