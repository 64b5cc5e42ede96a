//! Actions, jigs and files (`spec/pitfalls.md`, E).

mod action_after_leaving;
mod button_without_title;
mod buttons;
mod ignored_icon;
mod leftovers;
mod racing_navigation;
mod unguarded_confirm;
mod unknown_action;
mod unknown_jig;
mod unreachable_action_group;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &action_after_leaving::RULE,
    &button_without_title::RULE,
    &ignored_icon::RULE,
    &racing_navigation::RULE,
    &unguarded_confirm::RULE,
    &unknown_action::RULE,
    &unknown_jig::RULE,
    &unreachable_action_group::RULE,
];
