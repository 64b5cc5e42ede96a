//! Tables, queries and what reads them (`spec/pitfalls.md`, B).

mod undeclared_query_parameter;
mod unknown_datasource;
mod unknown_table;
mod unused_query_parameter;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &undeclared_query_parameter::RULE,
    &unknown_datasource::RULE,
    &unknown_table::RULE,
    &unused_query_parameter::RULE,
];
