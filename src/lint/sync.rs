//! Syncs and the scopes that follow them (`spec/pitfalls.md`, A).

mod collapsing_entities;
mod data_instead_of_parameters;
mod dependent_sync_entries;
mod deprecated_function_parameters;
mod duplicate_instance_id;
mod duplicate_member;
mod empty_condition;
mod fetching_datasource;
mod instance_id_as_status_id;
mod local_sync;
mod misplaced_event;
mod nothing_to_sync;
mod overwritten_sync;
mod scope_after_sync;
mod scope_not_sequential;
mod sync_outside_scope;
mod unguarded_scope;
mod unknown_instance_id;
mod unknown_scope;

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
    &instance_id_as_status_id::RULE,
    &local_sync::RULE,
    &misplaced_event::RULE,
    &nothing_to_sync::RULE,
    &overwritten_sync::RULE,
    &scope_after_sync::RULE,
    &scope_not_sequential::RULE,
    &sync_outside_scope::RULE,
    &unguarded_scope::RULE,
    &unknown_instance_id::RULE,
    &unknown_scope::RULE,
];
