//! Expressions and what they name (`spec/pitfalls.md`, D).

mod missing_equals;
mod unknown_context_root;
mod unknown_function_call;
mod unknown_shared_expression;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &missing_equals::RULE,
    &unknown_context_root::RULE,
    &unknown_function_call::RULE,
    &unknown_shared_expression::RULE,
];
