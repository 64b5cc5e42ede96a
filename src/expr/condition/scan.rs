//! Where things stand in the text of a free condition; `evalexpr` keeps no places.

use std::ops::Range;

/// Something in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub kind: PieceKind,
    pub range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// A name or a number.
    Word,
    /// `"…"`
    Text,
    /// A text without its closing quote.
    OpenText,
    Open,
    Close,
    /// Signs that stand together, such as `&&`.
    Sign,
}

/// The pieces of a text, comments left out.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let (kind, length) = piece(&text[at..], first);
        if let Some(kind) = kind {
            pieces.push(Piece { kind, range: at..at + length });
        }
        at += length;
    }
    pieces
}

fn piece(text: &str, first: char) -> (Option<PieceKind>, usize) {
    if text.starts_with("//") {
        return (None, text.find('\n').unwrap_or(text.len()));
    }
    if let Some(comment) = text.strip_prefix("/*") {
        return (None, comment.find("*/").map_or(text.len(), |length| length + 4));
    }
    let run = |holds: &dyn Fn(char) -> bool| text.find(|c| !holds(c)).unwrap_or(text.len());
    match first {
        '"' => string(text),
        '(' => (Some(PieceKind::Open), 1),
        ')' => (Some(PieceKind::Close), 1),
        c if c.is_whitespace() => (None, run(&char::is_whitespace)),
        c if is_sign(c) => (Some(PieceKind::Sign), run(&|c| is_sign(c) && c != '/').max(1)),
        _ => (
            Some(PieceKind::Word),
            run(&|c| !is_sign(c) && !c.is_whitespace() && !matches!(c, '(' | ')' | '"')),
        ),
    }
}

fn is_sign(c: char) -> bool {
    "+-*/%^=!<>&|,;".contains(c)
}

fn string(text: &str) -> (Option<PieceKind>, usize) {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == '"' && !escaped {
            return (Some(PieceKind::Text), at + 1);
        }
        escaped = c == '\\' && !escaped;
    }
    (Some(PieceKind::OpenText), text.len())
}
