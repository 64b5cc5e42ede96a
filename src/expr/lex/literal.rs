//! Strings, numbers, quoted names and regular expressions.

use super::{Lexeme, Lexer, is_name_char, name_length};

impl Lexer<'_> {
    /// A string; its escapes are those of JSON.
    pub(super) fn string(&mut self, quote: char) -> Lexeme {
        let start = self.at;
        self.at += quote.len_utf8();
        let mut value = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == quote {
                return Lexeme::Text(value.into());
            }
            if c == '\\' { self.escape(&mut value) } else { value.push(c) }
        }
        self.stop();
        let help = format!("add `{quote}` where the text ends");
        self.error_between(start, start + 1, "this text is never closed", Some(help));
        Lexeme::Broken
    }

    /// What follows a backslash.
    fn escape(&mut self, value: &mut String) {
        let start = self.at - 1;
        let Some(c) = self.peek() else { return };
        self.at += c.len_utf8();
        match c {
            '"' | '\\' | '/' => value.push(c),
            'b' => value.push('\u{8}'),
            'f' => value.push('\u{c}'),
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            'u' => self.unicode(start, value),
            _ => self.unknown_escape(start, c),
        }
    }

    fn unknown_escape(&mut self, start: usize, c: char) {
        let help = match c {
            '\'' => "put the text into `\"` instead, where `'` needs no backslash".to_owned(),
            _ => format!("write `\\\\{c}` for a backslash and `{c}`"),
        };
        self.error(start, format!("`\\{c}` is no escape in a text"), Some(help));
    }

    fn unicode(&mut self, start: usize, value: &mut String) {
        let Some(first) = self.hex() else {
            let help = "write four hexadecimal digits, such as `\\u00e9`".to_owned();
            return self.error(start, "`\\u` needs four hexadecimal digits", Some(help));
        };
        if let Some(c) = char::from_u32(first) {
            return value.push(c);
        }
        let low = if self.take("\\u") { self.hex() } else { None };
        let pair = low.and_then(|low| char::decode_utf16([narrow(first), narrow(low)]).next());
        match pair {
            Some(Ok(c)) => value.push(c),
            _ => self.error(start, "this is half a character", Some("write the character itself".to_owned())),
        }
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A name in back-ticks.
    pub(super) fn quoted_name(&mut self) -> Lexeme {
        let start = self.at;
        if let Some(length) = self.text[start + 1..].find('`') {
            self.at = start + 1 + length + 1;
            return Lexeme::Name(self.text[start + 1..=start + length].into());
        }
        self.stop();
        let help = "add a back-tick where the name ends".to_owned();
        self.error_between(start, start + 1, "this quoted name is never closed", Some(help));
        Lexeme::Broken
    }

    pub(super) fn number(&mut self) -> Lexeme {
        let start = self.at;
        self.at += number_length(self.rest());
        let number = &self.text[start..self.at];
        if self.stuck_to_number(start) {
            return Lexeme::Broken;
        }
        if number.parse::<f64>().is_ok_and(f64::is_finite) {
            return Lexeme::Number(number.into());
        }
        self.error(start, "this number is too large", None);
        Lexeme::Broken
    }

    /// Reports letters or digits right after a number, such as `2nd` or `007`.
    fn stuck_to_number(&mut self, start: usize) -> bool {
        if !self.rest().starts_with(|c| is_name_char(c) && c != '$') {
            return false;
        }
        let word = &self.rest()[..name_length(self.rest(), self.dialect)];
        if ["and", "or", "in"].contains(&word) {
            return false;
        }
        self.at += word.len();
        let whole = &self.text[start..self.at];
        let (message, help) = if whole.bytes().all(|b| b.is_ascii_digit()) {
            let bare = whole.trim_start_matches('0');
            (
                "a number does not begin with a zero",
                format!("write `{}`", if bare.is_empty() { "0" } else { bare }),
            )
        } else {
            ("a name that begins with a digit needs quotes", format!("write `` `{whole}` `` in back-ticks"))
        };
        let message = format!("`{whole}`: {message}");
        self.error(start, message, Some(help));
        true
    }

    /// A regular expression from `/` to the next `/` that stands in no brackets.
    pub(super) fn regex(&mut self) -> Lexeme {
        let start = self.at;
        let Some(length) = regex_length(&self.text[start + 1..]) else {
            let help = "add `/` where it ends; brackets in it must be balanced or escaped".to_owned();
            self.error_between(start, start + 1, "this regular expression is never closed", Some(help));
            self.stop();
            return Lexeme::Broken;
        };
        let pattern = &self.text[start + 1..start + 1 + length];
        self.at = start + 1 + length + 1;
        let flags_start = self.at;
        self.at += self.rest().bytes().take_while(|b| matches!(b, b'i' | b'm')).count();
        Lexeme::Regex { pattern: pattern.into(), flags: self.text[flags_start..self.at].into() }
    }
}

/// `0` or digits, a fraction, an exponent; a dot or an `e` without digits is left alone.
fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = if text.starts_with('0') { 1 } else { digits(0) };
    if text[end..].starts_with('.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    end
}

/// The bytes up to the closing slash; brackets nest and hide slashes, as in the reference.
fn regex_length(text: &str) -> Option<usize> {
    let mut depth = 0_i64;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '/' if depth == 0 && !escaped => return Some(at),
            '(' | '[' | '{' if !follows_backslash(text, at) => depth += 1,
            ')' | ']' | '}' if !follows_backslash(text, at) => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

fn follows_backslash(text: &str, at: usize) -> bool {
    text[..at].ends_with('\\')
}

fn narrow(unit: u32) -> u16 {
    u16::try_from(unit).unwrap_or(0xFFFD)
}
