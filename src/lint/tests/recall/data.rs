//! Tables, queries and datasources: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[];

const WITHOUT: &[(&str, &str)] = &[
    ("invalid-sql", "not planted yet"),
    ("misplaced-shorthand", "not planted yet"),
    ("rewritten-package-query", "not planted yet"),
    ("unbound-parameter", "not planted yet"),
    ("undeclared-query-parameter", "not planted yet"),
    ("unknown-column", "not planted yet"),
    ("unknown-datasource", "not planted yet"),
    ("unknown-table", "not planted yet"),
    ("unlisted-table", "not planted yet"),
    ("unused-query-parameter", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Data];
    Patch { file: "data", groups, plants: PLANTS, without: WITHOUT }.check();
}
