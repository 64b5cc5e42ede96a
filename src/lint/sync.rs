//! Syncs and the scopes that follow them (`spec/pitfalls.md`, A).

mod duplicate_instance_id;
mod local_sync;
mod scope_after_sync;
mod scope_not_sequential;
mod sync_outside_scope;
mod unguarded_scope;
mod unknown_instance_id;
mod unknown_scope;

use super::rule::Rule;

/// The rules of this group.
pub(super) static RULES: &[&Rule] = &[
    &duplicate_instance_id::RULE,
    &local_sync::RULE,
    &scope_after_sync::RULE,
    &scope_not_sequential::RULE,
    &sync_outside_scope::RULE,
    &unguarded_scope::RULE,
    &unknown_instance_id::RULE,
    &unknown_scope::RULE,
];
