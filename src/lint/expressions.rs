//! Expressions and what they name (`spec/pitfalls.md`, D).

mod choice_without_else;
mod comparison_with_null;
mod current_item_in_action;
mod hyphen_for_minus;
mod mismatched_comparison;
mod missing_equals;
mod missing_input;
mod nested_datasource;
mod null_default;
mod number_of_empty;
mod redundant_choice;
mod reserved_instance_id;
mod shared_expression_cycle;
mod shared_instance_id;
mod state_key_twins;
mod text_for_boolean;
mod text_in_arithmetic;
mod undeclared_input;
mod undeclared_jig_state;
mod unknown_component;
mod unknown_context_key;
mod unknown_context_root;
mod unknown_function_call;
mod unknown_input;
mod unknown_script_function;
mod unknown_shared_expression;
mod unknown_state_key;
mod wrong_argument_count;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &choice_without_else::RULE,
    &comparison_with_null::RULE,
    &current_item_in_action::RULE,
    &hyphen_for_minus::RULE,
    &mismatched_comparison::RULE,
    &missing_equals::RULE,
    &missing_input::RULE,
    &nested_datasource::RULE,
    &null_default::RULE,
    &number_of_empty::RULE,
    &redundant_choice::RULE,
    &reserved_instance_id::RULE,
    &shared_expression_cycle::RULE,
    &shared_instance_id::RULE,
    &state_key_twins::RULE,
    &text_for_boolean::RULE,
    &text_in_arithmetic::RULE,
    &undeclared_input::RULE,
    &undeclared_jig_state::RULE,
    &unknown_component::RULE,
    &unknown_context_key::RULE,
    &unknown_context_root::RULE,
    &unknown_function_call::RULE,
    &unknown_input::RULE,
    &unknown_script_function::RULE,
    &unknown_shared_expression::RULE,
    &unknown_state_key::RULE,
    &wrong_argument_count::RULE,
];
