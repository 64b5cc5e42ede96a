//! Functions and their calls (`spec/pitfalls.md`, C).

mod missing_argument;
mod unknown_argument;
mod unknown_function;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] =
    &[&missing_argument::RULE, &unknown_argument::RULE, &unknown_function::RULE];
