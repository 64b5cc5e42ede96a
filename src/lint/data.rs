//! Tables, queries and what reads them (`spec/pitfalls.md`, B).

mod base64_in_dynamic_data;
mod dropped_delete;
mod invalid_sql;
mod legacy_go_back;
mod list_as_form_values;
mod list_as_parameter;
mod list_for_one_row;
mod list_without_id;
mod local_write_to_cloud_table;
mod misplaced_shorthand;
mod nested_dropdown_value;
mod prefix_parameter;
mod replace_without_id;
mod rewritten_package_query;
mod table_name;
mod unbound_parameter;
mod undeclared_query_parameter;
mod unknown_column;
mod unknown_datasource;
mod unknown_table;
mod unlisted_table;
mod unparsed_json_column;
mod unprefixed_table;
mod unquoted_word;
mod unselected_column;
mod unselected_json_property;
mod unused_definition;
mod unused_query_parameter;
mod wiped_local_rows;
mod write_without_id;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &base64_in_dynamic_data::RULE,
    &dropped_delete::RULE,
    &invalid_sql::RULE,
    &legacy_go_back::RULE,
    &list_as_form_values::RULE,
    &list_as_parameter::RULE,
    &list_for_one_row::RULE,
    &list_without_id::RULE,
    &local_write_to_cloud_table::RULE,
    &misplaced_shorthand::RULE,
    &nested_dropdown_value::RULE,
    &prefix_parameter::RULE,
    &replace_without_id::RULE,
    &rewritten_package_query::RULE,
    &table_name::RULE,
    &unbound_parameter::RULE,
    &undeclared_query_parameter::RULE,
    &unknown_column::RULE,
    &unknown_datasource::RULE,
    &unknown_table::RULE,
    &unlisted_table::RULE,
    &unparsed_json_column::RULE,
    &unprefixed_table::RULE,
    &unquoted_word::RULE,
    &unselected_column::RULE,
    &unselected_json_property::RULE,
    &unused_definition::RULE,
    &unused_query_parameter::RULE,
    &wiped_local_rows::RULE,
    &write_without_id::RULE,
];
