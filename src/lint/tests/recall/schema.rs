//! What the loader finds: syntax, schemas, settings: planted mistakes.

use super::{Patch, Plant};
use crate::diag::Group;

const PLANTS: &[Plant] = &[];

const WITHOUT: &[(&str, &str)] = &[
    ("action-type-alias", "not planted yet"),
    ("alias-budget", "not planted yet"),
    ("duplicate-key", "not planted yet"),
    ("file-too-large", "not planted yet"),
    ("invalid-json", "not planted yet"),
    ("invalid-settings", "not planted yet"),
    ("invalid-yaml", "not planted yet"),
    ("lossy-number", "not planted yet"),
    ("missing-environment-variable", "not planted yet"),
    ("missing-key", "not planted yet"),
    ("not-utf8", "not planted yet"),
    ("second-document", "not planted yet"),
    ("too-deep", "not planted yet"),
    ("unfit-key", "not planted yet"),
    ("unknown-action-type", "not planted yet"),
    ("unknown-alias", "not planted yet"),
    ("unknown-datasource-type", "not planted yet"),
    ("unknown-key", "not planted yet"),
    ("unknown-provider", "not planted yet"),
    ("unknown-rule", "not planted yet"),
    ("unused-ignore", "not planted yet"),
    ("unsupported-tag", "not planted yet"),
    ("wrong-type", "not planted yet"),
    ("wrong-value", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Syntax, Group::Schema, Group::Settings];
    Patch { file: "schema", groups, plants: PLANTS, without: WITHOUT }.check();
}
