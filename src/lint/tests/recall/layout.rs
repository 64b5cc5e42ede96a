//! Actions, jigs and components: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[Plant {
    rule: "unknown-jig",
    sites: |soil| {
        let actions = soil.actions("action.go-to");
        actions.filter_map(|go| go.at("/options/linkTo")?.replace("«no-such-jig»")).collect()
    },
}];

const WITHOUT: &[(&str, &str)] = &[
    ("stray-file", "not planted yet"),
    ("empty-file", "not planted yet"),
    ("duplicate-file-id", "not planted yet"),
    ("unknown-action", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Layout];
    Patch { file: "layout", groups, plants: PLANTS, without: WITHOUT }.check();
}
