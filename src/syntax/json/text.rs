//! Texts in quotes.

use std::ops::Range;

use super::Reader;
use crate::diag::{Edit, Fix, Safety};
use crate::syntax::Scalar;
use crate::syntax::scalar::{Quotes, escape};

impl Reader<'_> {
    /// A text in double quotes, or in single ones, which is told; one of `ends` follows it.
    pub(super) fn quoted(&mut self, ends: &[u8]) -> Scalar {
        let start = self.at;
        let quote = self.text.as_bytes()[start];
        let inner = self.closing(quote, ends);
        let decoded = self.decode(inner, quote);
        if quote == b'\'' {
            let right = serde_json::Value::from(&*decoded.text).to_string();
            let fix = Fix::safe("use double quotes", self.span(start..self.at), right);
            self.tell(self.error(start..self.at, "JSON has double quotes only").fix(fix));
        }
        decoded
    }

    /// Goes behind the closing quote and gives what stands between the quotes.
    fn closing(&mut self, quote: u8, ends: &[u8]) -> Range<usize> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\n' => match self.end_further_down(at, quote) {
                    Some(end) => {
                        self.broken_text(start..end + 1);
                        self.at = end + 1;
                        return start + 1..end;
                    }
                    None => break,
                },
                b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 2,
                _ if byte == quote => {
                    let end = self.end_behind_quotes(at, ends).unwrap_or(at);
                    if end > at {
                        self.quotes_within(start..end + 1);
                    }
                    self.at = end + 1;
                    return start + 1..end;
                }
                _ => at += 1,
            }
        }
        self.unclosed_text(start)
    }

    /// The closing quote of a text that goes on behind the quote at `at`, as in `"say "hi" now"`: what comes at
    /// once is nothing that can follow a text, and a quote that can be the last one stands on the same line.
    fn end_behind_quotes(&self, at: usize, ends: &[u8]) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if bytes[at] != b'"' || bytes.get(at + 1).is_none_or(|next| b" \t\r\n,:=}]{[\"/#".contains(next)) {
            return None;
        }
        let line = self.text[at + 1..].lines().next()?;
        let mut from = 0;
        while let Some(found) = closing_in(&line.as_bytes()[from..], b'"') {
            let after = line[from + found + 1..].trim_start().bytes().next();
            if after.is_none_or(|after| ends.contains(&after)) {
                return Some(at + 1 + from + found);
            }
            from += found + 1;
        }
        None
    }

    /// A text with quotes in it, which is one mistake however many there are.
    fn quotes_within(&mut self, text: Range<usize>) {
        let inner = text.start + 1..text.end - 1;
        let mut edits = Vec::new();
        let mut from = inner.start;
        while let Some(found) = closing_in(&self.text.as_bytes()[from..inner.end], b'"') {
            let place = self.span(from + found..from + found + 1);
            edits.push(Edit { span: place, text: "\\\"".to_owned() });
            from += found + 1;
        }
        let fix = Fix { title: "write `\\\"`".to_owned(), safety: Safety::Unsafe, edits };
        let message = "a quote within a text is written `\\\"`";
        self.tell(self.error(text, message).fix(fix));
    }

    /// The closing quote of a text that goes on behind a line break: no line that it runs over begins as
    /// JSON does, and what follows the quote can follow a text.
    fn end_further_down(&self, line_break: usize, quote: u8) -> Option<usize> {
        const MOST_LINES: usize = 200;
        let mut from = line_break + 1;
        for line in self.text[from..].split_inclusive('\n').take(MOST_LINES) {
            let begins = line.trim_start().bytes().next();
            if matches!(begins, Some(b'"' | b'\'' | b'{' | b'}' | b'[' | b']')) {
                return None;
            }
            if let Some(at) = closing_in(line.as_bytes(), quote) {
                let after = line[at + 1..].trim_start().bytes().next();
                return matches!(after, None | Some(b',' | b':' | b'}' | b']')).then_some(from + at);
            }
            from += line.len();
        }
        None
    }

    /// A text with line breaks in it, which is one mistake however many there are.
    fn broken_text(&mut self, text: Range<usize>) {
        let breaks = self.text[text.clone()].match_indices('\n').map(|(at, _)| text.start + at);
        let places = breaks.map(|at| at - usize::from(self.text[..at].ends_with('\r'))..at + 1);
        let edits = places.map(|place| Edit { span: self.span(place), text: "\\n".to_owned() }).collect();
        let fix = Fix { title: "write `\\n`".to_owned(), safety: Safety::Safe, edits };
        let end = self.text[text.clone()].find(['\r', '\n']).map_or(text.end, |length| text.start + length);
        let message = "a line break within a text is written `\\n`";
        self.tell(self.error(text.start..end, message).fix(fix));
    }

    /// A text whose line ends before it does: what could belong to the map around it is left alone.
    fn unclosed_text(&mut self, start: usize) -> Range<usize> {
        let rest = &self.text[start..];
        let line = rest.find('\n').map_or(rest, |end| &rest[..end]).trim_end();
        let text = line.trim_end_matches([',', ']', '}', ' ', '\t']);
        let end = start + text.len().max(1);
        let quote = &self.text[start..=start];
        let fix = Fix::risky("close the quote", self.span(end..end), quote);
        let message = format!("the quote {quote} that begins here is not closed on its line");
        let help = "close it; a line break within a text is written \\n";
        self.tell(self.error(start..end, message).help(help).fix(fix));
        self.damaged.push(self.span(start..end));
        self.at = end;
        // That brackets are open at the end of the file is a consequence then.
        self.ended |= self.text[end..].trim().is_empty();
        start + 1..end
    }

    fn decode(&mut self, inner: Range<usize>, quote: u8) -> Scalar {
        let raw = &self.text[inner.clone()];
        let special = |c: char| c == '\\' || c < ' ';
        if !raw.contains(special) {
            return Self::string(raw);
        }
        let mut decoded = String::with_capacity(raw.len());
        let mut at = 0;
        while at < raw.len() {
            let rest = &raw[at..];
            let run = rest.find(special).unwrap_or(rest.len());
            decoded.push_str(&rest[..run]);
            at += run;
            if at < raw.len() {
                at += self.special(&raw[at..], inner.start + at, quote, &mut decoded);
            }
        }
        Self::string(decoded)
    }

    /// Takes a backslash sequence or a control character; gives its length.
    fn special(&mut self, rest: &str, at: usize, quote: u8, decoded: &mut String) -> usize {
        if !rest.starts_with('\\') {
            return self.control(rest, at, decoded);
        }
        if let Some(found) = escape(rest, Quotes::Json) {
            decoded.push(found.character);
            return found.length;
        }
        let letter = rest[1..].chars().next().map_or(0, char::len_utf8);
        let sequence = &rest[..=letter];
        if sequence == "\\u" {
            return self.bad_code(rest, at, decoded);
        }
        if sequence == "\\'" {
            decoded.push('\'');
        } else {
            decoded.push_str(sequence);
        }
        if sequence == "\\'" && quote == b'\'' {
            // That the text is in single quotes is told already.
            return sequence.len();
        }
        let fix = Fix::safe("write the backslash twice", self.span(at..at), "\\");
        let message = format!("`{sequence}` means nothing within a text");
        let help = "write the backslash twice if it belongs to the text";
        self.tell(self.error(at..at + sequence.len(), message).help(help).fix(fix));
        sequence.len()
    }

    fn bad_code(&mut self, rest: &str, at: usize, decoded: &mut String) -> usize {
        decoded.push('\u{fffd}');
        let digits = rest[2..].bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
        let sequence = &rest[..2 + digits];
        let message = if digits < 4 {
            format!("four hexadecimal digits must follow `\\u`, but this is `{sequence}`")
        } else {
            format!("`{sequence}` is half a character; its other half is missing")
        };
        self.tell(self.error(at..at + sequence.len(), message));
        sequence.len()
    }

    fn control(&mut self, rest: &str, at: usize, decoded: &mut String) -> usize {
        if let Some(line_break) = ["\n", "\r\n"].into_iter().find(|text| rest.starts_with(text)) {
            // It is told for the whole text.
            decoded.push('\n');
            return line_break.len();
        }
        let character = rest.chars().next().unwrap_or_default();
        decoded.push(character);
        let right = match character {
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            _ => format!("\\u{:04x}", u32::from(character)),
        };
        let name =
            if character == '\t' { "a tab".to_owned() } else { format!("U+{:04X}", u32::from(character)) };
        let place = at..at + character.len_utf8();
        let fix = Fix::safe(format!("write `{right}`"), self.span(place.clone()), &*right);
        self.tell(self.error(place, format!("{name} within a text is written `{right}`")).fix(fix));
        character.len_utf8()
    }
}

/// Where a text ends within a line.
fn closing_in(line: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'\\' if line.get(at + 1) != Some(&b'\n') => at += 2,
            _ if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}
