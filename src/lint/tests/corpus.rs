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
    let mut found = lint(&corpus, &Request::default());
    found.sort();
    let mut known: Vec<&str> = TRUE_FINDINGS.trim().lines().collect();
    known.sort_unstable();
    // Branches that find the same line add it twice when they are merged.
    known.dedup();
    assert_eq!(found, known);
}
