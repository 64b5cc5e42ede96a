//! A name for a finding that stays while other lines of its file change.

use std::collections::HashMap;

use crate::diag::{Diagnostic, Files};

/// The names of findings in their order, 32 hexadecimal digits each, all different.
///
/// A name is made of the path, the rule, the message and the text of the line, and of how many
/// findings before it have the same; not of line numbers.
pub(super) fn fingerprints(diagnostics: &[&Diagnostic], files: &Files) -> Vec<String> {
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let mut name = |diagnostic: &&Diagnostic| {
        let kind = kind(diagnostic, files);
        let nth = seen.entry(kind).or_default();
        let name = hash(kind, &nth.to_le_bytes());
        *nth += 1;
        format!("{name:032x}")
    };
    diagnostics.iter().map(&mut name).collect()
}

fn kind(diagnostic: &Diagnostic, files: &Files) -> u128 {
    let file = files.get(diagnostic.span.file);
    let at = file.position(diagnostic.span.start).offset;
    let text = file.text().as_bytes();
    let start = text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |after| at + after);
    let line = text[start..end].trim_ascii();
    let parts = [file.path().as_bytes(), diagnostic.rule.as_bytes(), diagnostic.message.as_bytes(), line];
    parts.into_iter().fold(OFFSET, |so_far, part| hash(hash(so_far, part), &[0xFF]))
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
    use crate::diag::Span;

    fn names(text: &str) -> Vec<String> {
        let mut files = Files::new();
        let file = files.add("a.yaml", text);
        let at = |(start, _): (usize, &str)| Diagnostic::error("r", Span::new(file, start, start + 1), "m");
        let found: Vec<_> = text.match_indices('x').map(at).collect();
        fingerprints(&found.iter().collect::<Vec<_>>(), &files)
    }

    #[test]
    fn names_differ_and_survive_edits_elsewhere() {
        let before = names("a: x\nb: x\na: x\nx");
        let unique: std::collections::BTreeSet<_> = before.iter().collect();
        assert_eq!((before.len(), unique.len()), (4, 4));
        assert_eq!(names("# new\n\n  a: x\r\nb: x # no\nc: 1\na: x\nx")[0], before[0]);
        assert_eq!(names("# new\nq: 1\na: x\nb: x\nc: 1\na: x\nx"), before);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // RFC 9923, appendix C: the empty text and `a`.
        assert_eq!(hash(OFFSET, b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(hash(OFFSET, b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
