//! Tables, queries and datasources: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[];

const WITHOUT: &[(&str, &str)] = &[
    ("base64-in-dynamic-data", "not planted yet"),
    ("dropped-delete", "not planted yet"),
    ("invalid-sql", "not planted yet"),
    ("legacy-go-back", "not planted yet"),
    ("list-as-form-values", "not planted yet"),
    ("list-as-parameter", "not planted yet"),
    ("list-for-one-row", "not planted yet"),
    ("list-without-id", "not planted yet"),
    ("local-write-to-cloud-table", "not planted yet"),
    ("misplaced-shorthand", "not planted yet"),
    ("nested-dropdown-value", "not planted yet"),
    ("prefix-parameter", "not planted yet"),
    ("replace-without-id", "not planted yet"),
    ("rewritten-package-query", "not planted yet"),
    ("table-name", "not planted yet"),
    ("unbound-parameter", "not planted yet"),
    ("undeclared-query-parameter", "not planted yet"),
    ("unknown-column", "not planted yet"),
    ("unknown-datasource", "not planted yet"),
    ("unknown-table", "not planted yet"),
    ("unlisted-table", "not planted yet"),
    ("unparsed-json-column", "not planted yet"),
    ("unprefixed-table", "not planted yet"),
    ("unquoted-word", "not planted yet"),
    ("unselected-column", "not planted yet"),
    ("unselected-json-property", "not planted yet"),
    ("unused-query-parameter", "not planted yet"),
    ("wiped-local-rows", "not planted yet"),
    ("write-without-id", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Data];
    Patch { file: "data", groups, plants: PLANTS, without: WITHOUT }.check();
}
