//! Expressions and what they name (`spec/pitfalls.md`, D).

mod mismatched_comparison;
mod missing_equals;
mod null_default;
mod redundant_choice;
mod text_in_arithmetic;
mod unknown_context_root;
mod unknown_function_call;
mod unknown_script_function;
mod unknown_shared_expression;
mod wrong_argument_count;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &mismatched_comparison::RULE,
    &missing_equals::RULE,
    &null_default::RULE,
    &redundant_choice::RULE,
    &text_in_arithmetic::RULE,
    &unknown_context_root::RULE,
    &unknown_function_call::RULE,
    &unknown_script_function::RULE,
    &unknown_shared_expression::RULE,
    &wrong_argument_count::RULE,
];
