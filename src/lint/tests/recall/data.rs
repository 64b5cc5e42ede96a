//! Tables, queries and datasources: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[];

const WITHOUT: &[(&str, &str)] = &[
    ("undeclared-query-parameter", "not planted yet"),
    ("unknown-datasource", "not planted yet"),
    ("unknown-table", "not planted yet"),
    ("unused-query-parameter", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Data];
    Patch { file: "data", groups, plants: PLANTS, without: WITHOUT }.check();
}
