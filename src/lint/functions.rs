//! Functions and their calls (`spec/pitfalls.md`, C).

mod body_parameter_in_get;
mod command_id_in_sync;
mod continuation_drops_parameter;
mod continuation_reads_missing_field;
mod conversions_not_in_operations;
mod deprecated_error_transform;
mod error_rule_matches_success;
mod find_replace_after_merge;
mod function_never_runs;
mod hard_coded_secret;
mod hard_coded_tenant;
mod ignored_statement;
mod list_in_one_row;
mod merge_with_operations;
mod merge_with_row_filter;
mod merge_without_id;
mod missing_argument;
mod missing_local_call;
mod optional_path_parameter;
mod query_string_in_url;
mod screen_context_in_function;
mod script_out_of_reach;
mod undeclared_path_parameter;
mod underscore_operation_type;
mod unknown_argument;
mod unknown_connection;
mod unknown_function;
mod unreachable_error_rule;
mod unsupported_provider;
mod unused_body_parameter;
mod unused_path_parameter;
mod write_without_error_rules;
mod wrong_argument_type;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &body_parameter_in_get::RULE,
    &command_id_in_sync::RULE,
    &continuation_drops_parameter::RULE,
    &continuation_reads_missing_field::RULE,
    &conversions_not_in_operations::RULE,
    &deprecated_error_transform::RULE,
    &error_rule_matches_success::RULE,
    &find_replace_after_merge::RULE,
    &function_never_runs::RULE,
    &hard_coded_secret::RULE,
    &hard_coded_tenant::RULE,
    &ignored_statement::RULE,
    &list_in_one_row::RULE,
    &merge_with_operations::RULE,
    &merge_with_row_filter::RULE,
    &merge_without_id::RULE,
    &missing_argument::RULE,
    &missing_local_call::RULE,
    &optional_path_parameter::RULE,
    &query_string_in_url::RULE,
    &screen_context_in_function::RULE,
    &script_out_of_reach::RULE,
    &undeclared_path_parameter::RULE,
    &underscore_operation_type::RULE,
    &unknown_argument::RULE,
    &unknown_connection::RULE,
    &unknown_function::RULE,
    &unreachable_error_rule::RULE,
    &unsupported_provider::RULE,
    &unused_body_parameter::RULE,
    &unused_path_parameter::RULE,
    &write_without_error_rules::RULE,
    &wrong_argument_type::RULE,
];
