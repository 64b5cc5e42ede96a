//! Expressions: planted mistakes.

use super::{Patch, Plant};
use crate::app::FileKind;
use crate::diag::Group;

const PLANTS: &[Plant] = &[Plant {
    rule: "missing-equals",
    sites: |soil| {
        let titles = soil.files(FileKind::Jig).filter_map(|jig| jig.at("/title"));
        titles.filter_map(|title| title.replace("'«@ctx.user.displayName»'")).collect()
    },
}];

const WITHOUT: &[(&str, &str)] = &[
    ("expression-syntax", "not planted yet"),
    ("invalid-duration", "not planted yet"),
    ("condition-syntax", "not planted yet"),
    ("unknown-context-root", "not planted yet"),
    ("unknown-function-call", "not planted yet"),
    ("unknown-shared-expression", "not planted yet"),
];

#[test]
fn planted_mistakes_are_found() {
    let groups = &[Group::Expressions];
    Patch { file: "expressions", groups, plants: PLANTS, without: WITHOUT }.check();
}
