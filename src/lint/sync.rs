//! Syncs and the scopes that follow them (`spec/pitfalls.md`, A).

mod collapsing_entities;
mod data_instead_of_parameters;
mod dependent_sync_entries;
mod deprecated_function_parameters;
mod duplicate_instance_id;
mod duplicate_member;
mod empty_condition;
mod fetching_datasource;
mod hidden_remote_write;
mod instance_id_as_status_id;
mod interrupted_not_handled;
mod local_sync;
mod member_never_runs;
mod misplaced_event;
mod nothing_to_sync;
mod overwritten_sync;
mod racy_guard;
mod scope_after_sync;
mod scope_not_sequential;
mod sync_into_cloud_table;
mod sync_not_at_start;
mod sync_outside_scope;
mod table_change_loop;
mod toast_before_answer;
mod unguarded_scope;
mod unknown_instance_id;
mod unknown_scope;
mod unknown_status;
mod unknown_sync_column;
mod unknown_sync_state;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &collapsing_entities::RULE,
    &data_instead_of_parameters::RULE,
    &dependent_sync_entries::RULE,
    &deprecated_function_parameters::RULE,
    &duplicate_instance_id::RULE,
    &duplicate_member::RULE,
    &empty_condition::RULE,
    &fetching_datasource::RULE,
    &hidden_remote_write::RULE,
    &instance_id_as_status_id::RULE,
    &interrupted_not_handled::RULE,
    &local_sync::RULE,
    &member_never_runs::RULE,
    &misplaced_event::RULE,
    &nothing_to_sync::RULE,
    &overwritten_sync::RULE,
    &racy_guard::RULE,
    &scope_after_sync::RULE,
    &scope_not_sequential::RULE,
    &sync_into_cloud_table::RULE,
    &sync_not_at_start::RULE,
    &sync_outside_scope::RULE,
    &table_change_loop::RULE,
    &toast_before_answer::RULE,
    &unguarded_scope::RULE,
    &unknown_instance_id::RULE,
    &unknown_scope::RULE,
    &unknown_status::RULE,
    &unknown_sync_column::RULE,
    &unknown_sync_state::RULE,
];
