//! Functions and their calls: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[];

const WITHOUT: &[(&str, &str)] = &[
    ("missing-argument", "not planted yet"),
    ("unknown-argument", "not planted yet"),
    ("unknown-function", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Functions];
    Patch { file: "functions", groups, plants: PLANTS, without: WITHOUT }.check();
}
