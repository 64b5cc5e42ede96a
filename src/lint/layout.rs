//! Actions, jigs and files (`spec/pitfalls.md`, E).

mod action_after_leaving;
mod action_cycle;
mod action_without_screen;
mod button_without_title;
mod buttons;
mod deprecated_key;
mod discard_alert_on_save;
mod duplicate_component_id;
mod ignored_icon;
mod leftovers;
mod misplaced_tab_switch;
mod missing_translation;
mod racing_navigation;
mod state_target;
mod stored_file_path;
mod unguarded_confirm;
mod unknown_action;
mod unknown_event;
mod unknown_form;
mod unknown_jig;
mod unknown_text;
mod unreachable_action_group;
mod unreachable_jig;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &action_after_leaving::RULE,
    &action_cycle::RULE,
    &action_without_screen::RULE,
    &button_without_title::RULE,
    &deprecated_key::RULE,
    &discard_alert_on_save::RULE,
    &duplicate_component_id::RULE,
    &ignored_icon::RULE,
    &misplaced_tab_switch::RULE,
    &missing_translation::RULE,
    &racing_navigation::RULE,
    &state_target::RULE,
    &stored_file_path::RULE,
    &unguarded_confirm::RULE,
    &unknown_action::RULE,
    &unknown_event::RULE,
    &unknown_form::RULE,
    &unknown_jig::RULE,
    &unknown_text::RULE,
    &unreachable_action_group::RULE,
    &unreachable_jig::RULE,
];
