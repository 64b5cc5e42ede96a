//! What the lines of a broken file look like, for a guess at what their author meant.
//!
//! None of this decides what a file means; it only finds whom to blame, and how far.

use std::ops::Range;

/// A line without its break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub start: usize,
    pub end: usize,
}

/// A line read as `- key: value`, any part of which may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub line: Line,
    /// How many blanks the line begins with.
    pub indent: usize,
    /// The column that decides what belongs to it: of the key, or else of the last `-`.
    pub column: usize,
    /// Whether the line begins with `-`.
    pub item: bool,
    pub key: Option<Range<usize>>,
    /// The value up to the end of the line; empty when it begins on a later line.
    pub value: Range<usize>,
}

impl Line {
    pub(super) fn text(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// The line that `offset` stands on.
pub(super) fn line_at(text: &str, offset: usize) -> Line {
    let offset = offset.min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..offset].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let end = bytes[offset..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| offset + at);
    let cr = end > start && bytes[end - 1] == b'\r';
    Line { start, end: end - usize::from(cr) }
}

/// The line after `line`.
pub(super) fn next(text: &str, line: Line) -> Option<Line> {
    let at = line.end + text[line.end..].find('\n')? + 1;
    Some(line_at(text, at))
}

/// The nearest line above that is neither blank nor a comment.
pub(super) fn above(text: &str, line: Line) -> Option<Shape> {
    let mut line = line;
    while line.start > 0 {
        line = line_at(text, line.start - 1);
        let trimmed = line.text(text).trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            return Some(shape(text, line));
        }
    }
    None
}

/// The nearest line above that is indented less than `indent`.
pub(super) fn parent(text: &str, line: Line, indent: usize) -> Option<Shape> {
    let mut line = line;
    loop {
        let shape = above(text, line)?;
        if shape.indent < indent {
            return Some(shape);
        }
        line = shape.line;
    }
}

/// The entry that the line of `offset` belongs to: itself, or the one that it continues.
pub(super) fn entry(text: &str, offset: usize) -> Shape {
    let own = shape(text, line_at(text, offset));
    let mut found = own.clone();
    while found.key.is_none() && !found.item {
        match parent(text, found.line, found.indent) {
            Some(parent) => found = parent,
            None => return own,
        }
    }
    found
}

pub(super) fn shape(text: &str, line: Line) -> Shape {
    let whole = line.text(text);
    let indent = whole.len() - whole.trim_start_matches([' ', '\t', '\u{feff}']).len();
    let mut at = line.start + indent;
    let mut column = indent;
    let mut item = false;
    while let Some(rest) = item_rest(&text[at..line.end]) {
        (column, item) = (at - line.start, true);
        at = line.end - rest.len();
    }
    let Some(colon) = key_end(&text[at..line.end]) else {
        return Shape { line, indent, column, item, key: None, value: trimmed(text, at..line.end) };
    };
    let key = trimmed(text, at..at + colon);
    let value = trimmed(text, at + colon + 1..line.end);
    Shape { line, indent, column: at - line.start, item, key: Some(key), value }
}

/// The range without the blanks around it; blank ranges become empty at their end.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let range = range.start.min(range.end)..range.end;
    let part = &text[range.clone()];
    let start = range.end - part.trim_start().len();
    start..start + part.trim().len()
}

/// From the end of the line of `shape` on: the offset after the last line that is indented deeper.
pub(super) fn block_end(text: &str, shape: &Shape) -> usize {
    end_of_deeper(text, shape.line, shape.column)
}

/// The offset after the last of the lines behind `line` that are indented deeper than `column`.
pub(super) fn end_of_deeper(text: &str, line: Line, column: usize) -> usize {
    let mut end = line.end;
    let mut line = line;
    while let Some(following) = next(text, line) {
        line = following;
        let content = line.text(text);
        let indent = content.len() - content.trim_start_matches([' ', '\t']).len();
        if content.trim().is_empty() {
            continue;
        }
        if indent <= column {
            break;
        }
        end = line.end;
    }
    end
}

/// What follows a `- `.
fn item_rest(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('-')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim_start_matches([' ', '\t']))
}

/// The `:` after the key at the beginning of `text`.
fn key_end(text: &str) -> Option<usize> {
    let from = match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => text[1..].find(*quote as char)? + 2,
        b'{' | b'[' | b'#' => return None,
        b':' => 1,
        _ => 0,
    };
    let comment = text.find(" #").unwrap_or(text.len());
    colons(text, from).next().filter(|&at| at < comment)
}

/// The `:` in `text` that are followed by a blank or nothing.
pub(super) fn colons(text: &str, from: usize) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    (from..bytes.len()).filter(move |&at| {
        bytes[at] == b':' && bytes.get(at + 1).is_none_or(|b| matches!(b, b' ' | b'\t' | b'\r'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_entries() {
        let text = "a: 1\n  - - k : v w\n\"q: r\": x\n  plain text\nb:\r\n";
        let shapes: Vec<_> = std::iter::successors(Some(line_at(text, 0)), |&line| next(text, line))
            .map(|line| shape(text, line))
            .map(|s| (s.column, s.item, s.key.map(|k| &text[k]), &text[s.value]))
            .collect();
        let expected = [
            (0, false, Some("a"), "1"),
            (6, true, Some("k"), "v w"),
            (0, false, Some("\"q: r\""), "x"),
            (2, false, None, "plain text"),
            (0, false, Some("b"), ""),
            (0, false, None, ""),
        ];
        assert_eq!(shapes, expected);
    }

    #[test]
    fn a_block_is_what_is_indented_deeper() {
        let text = "a:\n  b: x\n    y\n\n    z\n  c: 1\n";
        let of = |part: &str| {
            let shape = shape(text, line_at(text, text.find(part).unwrap_or_default()));
            &text[shape.line.start..block_end(text, &shape)]
        };
        assert_eq!(of("b:"), "  b: x\n    y\n\n    z");
        assert_eq!(of("a:"), text.trim_end());
        assert_eq!(entry(text, text.find('z').unwrap_or_default()).key, Some(5..6));
    }
}
