//! What the reference refuses after parsing, asked of the node that is about to grow.
//!
//! The reference flattens paths into steps first; these functions look for the step that a
//! postfix sign would land on without flattening.

use super::super::ast::{Kind, Node};

/// The literal that would be a step of a path (S0213); strings become names and are fine.
pub(super) fn literal_step(step: &Node) -> Option<&Node> {
    match &step.kind {
        Kind::Number(_) | Kind::True | Kind::False | Kind::Null => Some(step),
        Kind::Negate(of) => literal_step(of).filter(|node| matches!(node.kind, Kind::Number(_))),
        Kind::Filter(of, _)
        | Kind::KeepArray(of)
        | Kind::Group(of, _)
        | Kind::Focus(of, _)
        | Kind::Index(of, _)
        | Kind::Sort(of, _) => literal_step(of),
        _ => None,
    }
}

/// Whether the step that a predicate would land on is grouped already (S0209).
pub(super) fn step_has_group(node: &Node) -> bool {
    match &node.kind {
        Kind::Group(of, _) => !is_path(of) || step_has_group(of),
        Kind::Path(_, last) => step_has_group(last),
        Kind::Filter(of, _) | Kind::KeepArray(of) | Kind::Focus(of, _) | Kind::Index(of, _) => {
            step_has_group(of)
        }
        _ => false,
    }
}

/// Whether the whole is grouped already (S0210).
pub(super) fn has_group(node: &Node) -> bool {
    match &node.kind {
        Kind::Group(..) => true,
        Kind::Filter(of, _) | Kind::KeepArray(of) | Kind::Focus(of, _) => has_group(of),
        Kind::Path(of, _) | Kind::Sort(of, _) | Kind::Index(of, _) => is_path(of) && has_group(of),
        _ => false,
    }
}

/// Why `@$name` cannot stand behind this (S0215, S0216): what is wrong and what to do.
pub(super) fn misplaced_focus(node: &Node) -> Option<(&'static str, &'static str)> {
    match &node.kind {
        Kind::Filter(..) => {
            Some(("`@` cannot stand behind a predicate", "put the predicate behind `@$name`"))
        }
        Kind::Sort(..) => Some(("`@` cannot stand behind an order-by", "put the order-by behind `@$name`")),
        Kind::KeepArray(of)
        | Kind::Focus(of, _)
        | Kind::Index(of, _)
        | Kind::Group(of, _)
        | Kind::Path(_, of) => misplaced_focus(of),
        _ => None,
    }
}

/// Whether the reference makes a path of this.
fn is_path(node: &Node) -> bool {
    match &node.kind {
        Kind::Name(_) | Kind::Path(..) | Kind::Sort(..) | Kind::Index(..) => true,
        Kind::Filter(of, _) | Kind::KeepArray(of) | Kind::Focus(of, _) | Kind::Group(of, _) => is_path(of),
        _ => false,
    }
}
