//! Real apps, where they are at hand: no error that is not one.

use std::path::Path;

use super::lint;
use crate::lint::Request;

/// Found in the corpus and true: each line was looked at.
const TRUE_FINDINGS: &str = include_str!("corpus.txt");

#[test]
fn real_apps_have_the_known_findings_only() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let Ok(corpus) = corpus.canonicalize() else { return };
    let found = lint(&corpus, &Request::default()).join("\n");
    assert_eq!(found.trim(), TRUE_FINDINGS.trim());
}
