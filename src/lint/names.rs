//! Names in expressions of which only a part is known: a subtraction that was read as one name.

use std::ops::Range;

use super::{Cx, Place, formula};
use crate::app::{FileKind, Found};
use crate::expr::ContextPath;

/// States that components have by themselves (expressions.md §2).
pub(super) const COMPONENT_STATES: [&str; 10] = [
    "amounts",
    "data",
    "filter",
    "isDirty",
    "isPending",
    "isValid",
    "response",
    "searchText",
    "selected",
    "value",
];

/// States that every jig has by itself.
pub(super) const JIG_STATES: [&str; 14] = [
    "activeItem",
    "activeItemId",
    "activeTabId",
    "amounts",
    "filter",
    "initialTabId",
    "isHorizontal",
    "isRefreshing",
    "isSelectActive",
    "isSelectable",
    "searchText",
    "selected",
    "sort",
    "value",
];

/// States that the row of a list has.
pub(super) const ROW_STATES: [&str; 3] = ["amount", "checked", "isSelected"];

/// A name that holds a known one in front of a hyphen.
pub(super) struct Minus<'f> {
    /// The known name.
    pub known: &'f str,
    /// The whole.
    pub name: &'f str,
    /// The bytes of the whole.
    pub range: Range<usize>,
}

/// The name in a path that most likely was meant as a subtraction (expressions.md §3).
pub(super) fn minus<'f>(cx: &Cx<'_>, place: &Place<'_>, path: &'f ContextPath) -> Option<Minus<'f>> {
    let names: Vec<&str> = path.segments.iter().map_while(|segment| segment.name.as_deref()).collect();
    names.iter().enumerate().find_map(|(at, name)| {
        let is_known = |name: &str| is_known(cx, place, &names[..at], name);
        if !name.contains('-') || is_known(name) {
            return None;
        }
        let known = before_hyphens(name).find(|known| is_known(known))?;
        Some(Minus { known, name, range: path.segments[at].range.clone() })
    })
}

/// Everything that stands before a hyphen of a name, shortest first.
pub(super) fn before_hyphens(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('-').map(|(at, _)| &name[..at])
}

/// Whether the app has this name below a path.
fn is_known(cx: &Cx<'_>, place: &Place<'_>, path: &[&str], name: &str) -> bool {
    let wiring = cx.wiring();
    match path {
        ["solution", "state"] => cx.project.home.has_state(name) || wiring.may_set_solution(name),
        ["jig", "state"] => {
            let own = place.screen.is_some_and(|screen| screen.state.contains_key(name));
            own || JIG_STATES.contains(&name) || wiring.may_set_jig(name)
        }
        ["components", _, "state"] | ["component", "state"] => {
            COMPONENT_STATES.contains(&name) || wiring.may_set_component(name)
        }
        ["current", "state"] => ROW_STATES.contains(&name),
        ["jig", "inputs"] => place.kind == FileKind::Jig && is_input(place, name),
        ["inputs"] => place.kind == FileKind::Component && is_input(place, name),
        _ => false,
    }
}

fn is_input(place: &Place<'_>, name: &str) -> bool {
    place.screen.is_some_and(|screen| screen.inputs.contains_key(name))
}

/// Whether a path of the expression is told as a subtraction already.
pub(super) fn is_minus(cx: &Cx<'_>, place: &Place<'_>, path: &ContextPath) -> bool {
    cx.is_on("hyphen-for-minus") && minus(cx, place, path).is_some()
}

/// Where the hyphen of a subtraction can be given its blanks.
pub(super) fn hyphen(
    cx: &Cx<'_>,
    place: &Place<'_>,
    found: &Found,
    minus: &Minus<'_>,
) -> Option<crate::diag::Span> {
    let at = minus.range.start + minus.known.len();
    let range = at..at + 1;
    (found.expression.text().get(range.clone())? == "-")
        .then(|| formula::editable(cx, place, found, range))?
}
