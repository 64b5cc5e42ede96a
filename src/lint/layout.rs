//! Actions, jigs and files (`spec/pitfalls.md`, E).

mod unknown_action;
mod unknown_jig;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[&unknown_action::RULE, &unknown_jig::RULE];
