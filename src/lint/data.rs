//! Tables, queries and what reads them (`spec/pitfalls.md`, B).

mod invalid_sql;
mod misplaced_shorthand;
mod rewritten_package_query;
mod unbound_parameter;
mod undeclared_query_parameter;
mod unknown_column;
mod unknown_datasource;
mod unknown_table;
mod unlisted_table;
mod unused_query_parameter;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &invalid_sql::RULE,
    &misplaced_shorthand::RULE,
    &rewritten_package_query::RULE,
    &unbound_parameter::RULE,
    &undeclared_query_parameter::RULE,
    &unknown_column::RULE,
    &unknown_datasource::RULE,
    &unknown_table::RULE,
    &unlisted_table::RULE,
    &unused_query_parameter::RULE,
];
