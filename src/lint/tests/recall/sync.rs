//! Syncs and scopes: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[
    Plant {
        rule: "unknown-instance-id",
        sites: |soil| {
            let scopes = soil.actions("action.start-sync-scope");
            scopes
                .filter_map(|scope| scope.at("/options/instanceIds/0")?.replace("«no-such-member»"))
                .collect()
        },
    },
    Plant {
        rule: "local-sync",
        sites: |soil| {
            let syncs = soil.actions("action.sync-entities");
            syncs.filter_map(|sync| sync.at("/options/provider")?.replace("«DATA_PROVIDER_LOCAL»")).collect()
        },
    },
];

const WITHOUT: &[(&str, &str)] = &[
    ("duplicate-instance-id", "not planted yet"),
    ("scope-after-sync", "not planted yet"),
    ("scope-not-sequential", "not planted yet"),
    ("sync-outside-scope", "not planted yet"),
    ("unguarded-scope", "not planted yet"),
    ("unknown-scope", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Sync];
    Patch { file: "sync", groups, plants: PLANTS, without: WITHOUT }.check();
}
