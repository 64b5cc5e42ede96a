//! SQL in tokens, each with its bytes. Nothing is judged here; what no token begins with becomes a symbol.

use std::ops::Range;

/// What kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    /// A keyword or a bare name.
    Word,
    /// `'text'`.
    Text,
    /// `"name or text"`.
    DoubleQuoted,
    /// `[name]` or `` `name` ``.
    Bracketed,
    /// `@name`, `:name`, `$name`, `?1`.
    Parameter,
    /// A number or a blob literal.
    Literal,
    /// One of `( ) , ; .`, or an operator.
    Symbol,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Token {
    pub(in crate::store) kind: Kind,
    pub(in crate::store) range: Range<usize>,
}

impl Token {
    /// The token's text.
    pub(in crate::store) fn text<'a>(&self, sql: &'a str) -> &'a str {
        sql.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether it is this symbol, or this word in any case.
    pub(in crate::store) fn is(&self, sql: &str, what: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text(sql).eq_ignore_ascii_case(what)
    }

    /// Whether it is exactly this text.
    pub(in crate::store) fn is_text(&self, sql: &str, what: &str) -> bool {
        self.text(sql) == what
    }

    /// The name or text without its quotes and with doubled quotes made one.
    pub(in crate::store) fn unquoted(&self, sql: &str) -> String {
        let text = self.text(sql);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        match self.kind {
            Kind::Text => inner.replace("''", "'"),
            Kind::DoubleQuoted => inner.replace("\"\"", "\""),
            Kind::Bracketed if text.starts_with('`') => inner.replace("``", "`"),
            Kind::Bracketed => inner.to_owned(),
            _ => text.to_owned(),
        }
    }
}

/// The tokens of a text; blanks and comments are left out.
pub(in crate::store) fn tokens(sql: &str) -> Vec<Token> {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = skip_blank(bytes, at) {
            at = end;
            continue;
        }
        let (kind, end) = token_at(bytes, at);
        let end = next_boundary(sql, end.max(at + 1));
        tokens.push(Token { kind, range: at..end });
        at = end;
    }
    tokens
}

fn skip_blank(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (byte, _) if byte.is_ascii_whitespace() => Some(at + 1),
        (b'-', Some(b'-')) => Some(find(bytes, at, |b| b == b'\n')),
        (b'/', Some(b'*')) => {
            let rest = &bytes[at + 2..];
            let end = rest.windows(2).position(|pair| pair == b"*/");
            Some(end.map_or(bytes.len(), |end| at + 2 + end + 2))
        }
        _ => None,
    }
}

fn token_at(bytes: &[u8], at: usize) -> (Kind, usize) {
    match bytes[at] {
        b'\'' => (Kind::Text, quoted_end(bytes, at, b'\'')),
        b'"' => (Kind::DoubleQuoted, quoted_end(bytes, at, b'"')),
        b'`' => (Kind::Bracketed, quoted_end(bytes, at, b'`')),
        b'[' => (Kind::Bracketed, (find(bytes, at, |b| b == b']') + 1).min(bytes.len())),
        b'@' | b':' | b'$' | b'#' if bytes.get(at + 1).is_some_and(|b| is_name(*b)) => {
            (Kind::Parameter, find(bytes, at + 1, |b| !is_name(b)))
        }
        b'?' => (Kind::Parameter, find(bytes, at + 1, |b| !b.is_ascii_digit())),
        b'x' | b'X' if bytes.get(at + 1) == Some(&b'\'') => (Kind::Literal, quoted_end(bytes, at + 1, b'\'')),
        b'0'..=b'9' => (Kind::Literal, find(bytes, at, |b| !(is_name(b) || b == b'.'))),
        b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
            (Kind::Literal, find(bytes, at + 1, |b| !is_name(b)))
        }
        byte if is_name(byte) => (Kind::Word, find(bytes, at, |b| !is_name(b))),
        _ => (Kind::Symbol, at + symbol_length(&bytes[at..])),
    }
}

fn symbol_length(rest: &[u8]) -> usize {
    let known: [&[u8]; 10] = [b"->>", b"->", b"||", b"<=", b">=", b"<>", b"!=", b"==", b"<<", b">>"];
    known.iter().find(|symbol| rest.starts_with(symbol)).map_or(1, |symbol| symbol.len())
}

/// The end of a quoted token; a doubled quote is part of it, an unclosed one goes to the end.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        if bytes[end] != quote {
            end += 1;
        } else if bytes.get(end + 1) == Some(&quote) {
            end += 2;
        } else {
            return end + 1;
        }
    }
    bytes.len()
}

fn find(bytes: &[u8], from: usize, stop: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|b| stop(*b)).map_or(bytes.len(), |found| from + found)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn next_boundary(sql: &str, at: usize) -> usize {
    (at..=sql.len()).find(|end| sql.is_char_boundary(*end)).unwrap_or(sql.len())
}
