//! Decoded offsets of a text become offsets in its file.
//!
//! A text is decoded a second time, piece by piece, and only when somebody asks: nothing is kept
//! while parsing. Each piece is compared with the decoded text; where they differ (the token of an
//! alias, say) there is no answer, and the whole token is given.

mod block;
mod flow;

use std::ops::Range;

use super::{Scalar, Style};
use crate::diag::Span;

pub(super) use flow::{Quotes, escape};

pub(super) fn span_of(scalar: &Scalar, token: Span, range: Range<usize>, source: &str) -> Span {
    locate(scalar, token, range, source).map_or(token, |found| Span::new(token.file, found.start, found.end))
}

fn locate(scalar: &Scalar, token: Span, range: Range<usize>, source: &str) -> Option<Range<usize>> {
    let text = &*scalar.text;
    text.get(range.clone())?;
    let raw = source.get(token.range())?;
    if let Some(start) = as_written(scalar, raw, token.start as usize) {
        return Some(start + range.start..start + range.end);
    }
    let mut finder = Finder { text, range, decoded: 0, reached: 0, start: None, end: None };
    let at = token.start as usize;
    // An early `None` of a decoder only says that it need not go on.
    let _ = match scalar.style {
        Style::Plain => flow::decode(&mut finder, raw, at, Quotes::None),
        Style::SingleQuoted => flow::decode_quoted(&mut finder, raw, at, Quotes::Single),
        Style::DoubleQuoted => flow::decode_quoted(&mut finder, raw, at, Quotes::Double),
        Style::Json => flow::decode_quoted(&mut finder, raw, at, Quotes::Json),
        Style::Literal => block::literal(&mut finder, source, at),
        Style::Folded => block::folded(&mut finder, source, at),
    };
    finder.found()
}

/// Where a text begins that stands in the file as it is, byte for byte: then nobody need look through it.
///
/// In these styles a text never takes more bytes than the way it is written, so that the same length means that
/// nothing is written in another way; what may take its place, an alias, begins with a `*` as no plain text does.
fn as_written(scalar: &Scalar, raw: &str, at: usize) -> Option<usize> {
    let quotes = match scalar.style {
        Style::Plain if !raw.starts_with('*') => 0,
        Style::SingleQuoted if raw.starts_with('\'') => 1,
        Style::Json if raw.starts_with('"') => 1,
        _ => return None,
    };
    (raw.len() == scalar.text.len() + 2 * quotes).then_some(at + quotes)
}

/// Looks for a range of the decoded text while its pieces come by.
struct Finder<'t> {
    text: &'t str,
    range: Range<usize>,
    /// How much of the text has come by.
    decoded: usize,
    /// The offset in the file after the last piece.
    reached: usize,
    start: Option<usize>,
    end: Option<usize>,
}

impl Finder<'_> {
    /// A piece that stands in the file as it is. `None` when there is nothing more to find.
    fn copy(&mut self, piece: &str, at: usize) -> Option<()> {
        if !self.rest().starts_with(piece) {
            return None;
        }
        let (from, to) = (self.decoded, self.decoded + piece.len());
        if self.start.is_none() && self.range.start < to {
            self.start = Some(at + (self.range.start - from));
        }
        if self.start.is_some() && self.range.end <= to {
            self.end = Some(at + self.range.end.saturating_sub(from));
        }
        self.advance(to, at + piece.len())
    }

    /// A character that is written in another way. `None` when there is nothing more to find.
    fn put(&mut self, character: char, source: Range<usize>) -> Option<()> {
        if !self.rest().starts_with(character) {
            return None;
        }
        let to = self.decoded + character.len_utf8();
        if self.start.is_none() && self.range.start < to {
            self.start = Some(source.start);
        }
        if self.start.is_some() && self.range.end <= to {
            self.end = Some(source.end);
        }
        self.advance(to, source.end)
    }

    /// Where the text begins, for an empty text.
    fn begin(&mut self, at: usize) {
        self.reached = at;
    }

    fn advance(&mut self, decoded: usize, reached: usize) -> Option<()> {
        self.decoded = decoded;
        self.reached = reached;
        (self.end.is_none() && decoded < self.text.len()).then_some(())
    }

    fn rest(&self) -> &str {
        &self.text[self.decoded..]
    }

    fn found(&self) -> Option<Range<usize>> {
        if self.range.is_empty() {
            let at_end = self.range.start == self.text.len() && self.decoded == self.text.len();
            let at = if at_end { Some(self.reached) } else { self.start };
            return at.map(|at| at..at);
        }
        Some(self.start?..self.end?)
    }
}

/// The line break at the beginning of `text`, in bytes.
fn line_break(text: &str) -> usize {
    match text.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
