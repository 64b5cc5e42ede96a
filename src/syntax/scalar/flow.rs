//! Plain and quoted texts: escapes, and lines that are folded into one.

use std::ops::Range;

use super::{Finder, line_break};

/// What surrounds a text, and so which escapes it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax) enum Quotes {
    None,
    Single,
    Double,
    Json,
}

/// What a backslash sequence stands for, and its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::syntax) struct Escape {
    pub character: char,
    pub length: usize,
}

pub(super) fn decode_quoted(finder: &mut Finder<'_>, raw: &str, at: usize, quotes: Quotes) -> Option<()> {
    let quote = if quotes == Quotes::Single { '\'' } else { '"' };
    let inner = raw.strip_prefix(quote)?.strip_suffix(quote)?;
    decode(finder, inner, at + 1, quotes)
}

pub(super) fn decode(finder: &mut Finder<'_>, raw: &str, base: usize, quotes: Quotes) -> Option<()> {
    finder.begin(base);
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        let blanks = if quotes == Quotes::Json { 0 } else { blanks(rest) };
        if blanks > 0 || line_break(rest) > 0 && quotes != Quotes::Json {
            if line_break(&rest[blanks..]) == 0 {
                finder.copy(&rest[..blanks], base + at)?;
                at += blanks;
            } else {
                at += fold(finder, rest, base + at, Break::Folds)?;
            }
        } else if quotes == Quotes::Single && rest.starts_with("''") {
            finder.put('\'', base + at..base + at + 2)?;
            at += 2;
        } else if rest.starts_with('\\') && matches!(quotes, Quotes::Double | Quotes::Json) {
            at += backslash(finder, rest, base + at, quotes)?;
        } else {
            let run = ordinary(rest, quotes);
            finder.copy(&rest[..run], base + at)?;
            at += run;
        }
    }
    Some(())
}

fn backslash(finder: &mut Finder<'_>, rest: &str, at: usize, quotes: Quotes) -> Option<usize> {
    if quotes == Quotes::Double && line_break(&rest[1..]) > 0 {
        return Some(1 + fold(finder, &rest[1..], at + 1, Break::Vanishes)?);
    }
    let found = escape(rest, quotes)?;
    finder.put(found.character, at..at + found.length)?;
    Some(found.length)
}

/// What the first of several line breaks becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    /// A blank, when it is the only one.
    Folds,
    /// Nothing: it was escaped.
    Vanishes,
}

/// Takes the line breaks at the beginning of `rest` and the blanks around them.
fn fold(finder: &mut Finder<'_>, rest: &str, base: usize, first: Break) -> Option<usize> {
    let breaks = breaks(rest);
    let end = breaks.last().map_or(0, |last| last.end);
    let shift = |range: &Range<usize>| base + range.start..base + range.end;
    if let [only] = breaks.as_slice()
        && first == Break::Folds
    {
        finder.put(' ', shift(only))?;
    }
    for further in breaks.iter().skip(1) {
        finder.put('\n', shift(further))?;
    }
    Some(end + blanks(&rest[end..]))
}

/// The line breaks up to the next text.
fn breaks(rest: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = blanks(rest);
    loop {
        let length = line_break(&rest[at..]);
        if length == 0 {
            return found;
        }
        found.push(at..at + length);
        at += length;
        at += blanks(&rest[at..]);
    }
}

fn blanks(text: &str) -> usize {
    text.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// How many bytes stand for themselves, at least one character.
fn ordinary(text: &str, quotes: Quotes) -> usize {
    let special = |c: char| match c {
        ' ' | '\t' | '\r' | '\n' => quotes != Quotes::Json,
        '\'' => quotes == Quotes::Single,
        '\\' => matches!(quotes, Quotes::Double | Quotes::Json),
        _ => false,
    };
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[first..].find(special).map_or(text.len(), |at| first + at)
}

/// Reads the backslash sequence at the beginning of `text`; `None` when there is no such sequence.
///
/// Two `\u` of a surrogate pair are one sequence.
pub(in crate::syntax) fn escape(text: &str, quotes: Quotes) -> Option<Escape> {
    let letter = text[1..].chars().next()?;
    let simple = match letter {
        '"' | '\\' | '/' => Some(letter),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        _ if quotes == Quotes::Json => None,
        '\t' | ' ' => Some(letter),
        '0' => Some('\0'),
        'a' => Some('\u{7}'),
        'v' => Some('\u{b}'),
        'e' => Some('\u{1b}'),
        'N' => Some('\u{85}'),
        '_' => Some('\u{a0}'),
        'L' => Some('\u{2028}'),
        'P' => Some('\u{2029}'),
        _ => None,
    };
    if let Some(character) = simple {
        return Some(Escape { character, length: 1 + letter.len_utf8() });
    }
    let digits = match letter {
        'u' => 4,
        'x' if quotes == Quotes::Double => 2,
        'U' if quotes == Quotes::Double => 8,
        _ => return None,
    };
    let code = hex(text, 2, digits)?;
    if (0xD800..0xDC00).contains(&code) && text.get(6..8) == Some("\\u") {
        let low = hex(text, 8, 4).filter(|low| (0xDC00..0xE000).contains(low))?;
        let character = char::from_u32(0x1_0000 + ((code - 0xD800) << 10) + (low - 0xDC00))?;
        return Some(Escape { character, length: 12 });
    }
    Some(Escape { character: char::from_u32(code)?, length: 2 + digits })
}

fn hex(text: &str, at: usize, digits: usize) -> Option<u32> {
    let part = text.get(at..at + digits)?;
    part.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(part, 16).ok())?
}
