//! Comments, as the suppressions of findings need them.

use super::Comment;
use crate::diag::Span;

/// Makes a comment of the bytes of `span`, which begin with `#`.
pub(super) fn read(span: Span, source: &str) -> Comment {
    let range = span.range();
    let text = source.get(range.clone()).unwrap_or_default();
    let before = source.get(..range.start).unwrap_or_default();
    let line = before.rfind('\n').map_or(before, |at| &before[at + 1..]);
    let trailing = line.trim_start_matches('\u{feff}').contains(|c: char| c != ' ' && c != '\t');
    Comment { span, text: text.strip_prefix('#').unwrap_or(text).into(), trailing }
}

/// Puts comments into the order of their places.
pub(super) fn sort(comments: &mut [Comment]) {
    if !comments.is_sorted_by_key(|comment| comment.span) {
        comments.sort_by_key(|comment| comment.span);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::diag::Files;
    use crate::syntax::{Format, parse};

    #[test]
    fn comments_know_their_text_and_their_place() {
        let source = "# top\na: 1 # behind\n  # above\nb: |2 # header\n    # text\nc: '# no'\n";
        let mut files = Files::new();
        let (tree, diagnostics) = parse(files.add("a.yaml", source), source, Format::Yaml);
        assert_eq!(diagnostics, []);
        let seen: Vec<_> =
            tree.comments.iter().map(|c| (&source[c.span.range()], &*c.text, c.trailing)).collect();
        let expected = [
            ("# top", " top", false),
            ("# behind", " behind", true),
            ("# above", " above", false),
            ("# header", " header", true),
        ];
        assert_eq!(seen, expected);
        assert_eq!(tree.root.get("b").unwrap().as_str(), Some("  # text\n"));
    }
}
