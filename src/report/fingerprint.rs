//! A name for a finding that stays while other lines of its file change.

use std::collections::HashMap;

use super::Report;

/// The names of findings in this order, 32 hexadecimal digits each, all different.
///
/// A name is made of the path and of what the finding is ([`Report::identities`]), and of how many
/// findings before it have the same; not of line numbers.
pub(super) fn fingerprints(report: &Report<'_>, order: &[usize]) -> Vec<String> {
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let mut name = |&n: &usize| {
        let kind = kind(report, n);
        let nth = seen.entry(kind).or_default();
        let name = hash(kind, &nth.to_le_bytes());
        *nth += 1;
        format!("{name:032x}")
    };
    order.iter().map(&mut name).collect()
}

fn kind(report: &Report<'_>, n: usize) -> u128 {
    let diagnostic = &report.diagnostics[n];
    let path = report.files.get(diagnostic.span.file).path();
    let words = match report.identities.get(n) {
        Some(identity) => [path, identity, ""],
        None => [path, diagnostic.rule, &diagnostic.message],
    };
    words.into_iter().fold(OFFSET, |so_far, part| hash(hash(so_far, part.as_bytes()), &[0xFF]))
}

// FNV-1a with 128 bits (RFC 9923): the standard library's hashes may change between its versions.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

fn hash(so_far: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(so_far, |sum, &byte| (sum ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Diagnostic, Files, Span};

    fn names(identities: &[&str]) -> Vec<String> {
        let mut files = Files::new();
        let file = files.add("a.yaml", "text");
        let diagnostics = vec![Diagnostic::error("r", Span::new(file, 0, 1), "m"); 4];
        let identities: Vec<String> = identities.iter().map(|&text| text.to_owned()).collect();
        let report = Report {
            files: &files,
            diagnostics: &diagnostics,
            rules: &[],
            checked: 1,
            fixed: 0,
            most: None,
            identities: &identities,
        };
        fingerprints(&report, &[0, 1, 2, 3])
    }

    #[test]
    fn names_differ_and_are_those_of_what_a_finding_is() {
        let names_of_four = names(&["a", "b", "a", "c"]);
        let unique: std::collections::BTreeSet<_> = names_of_four.iter().collect();
        assert_eq!((names_of_four.len(), unique.len()), (4, 4));
        let others = names(&["b", "a", "d", "a"]);
        assert_eq!(
            (&others[0], &others[1], &others[3]),
            (&names_of_four[1], &names_of_four[0], &names_of_four[2])
        );
        assert!(!others.contains(&names_of_four[3]));
        assert_eq!(names(&[]), names(&[]));
        assert_eq!(names(&[]).iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // RFC 9923, appendix C: the empty text and `a`.
        assert_eq!(hash(OFFSET, b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(hash(OFFSET, b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
