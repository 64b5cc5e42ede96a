//! Finds texts in others, however JSON escapes their characters: `é` may come back as `\u00e9`, and any letter so.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;

/// JSON within JSON doubles its backslashes each time; what is deeper is not looked into.
const MOST_BACKSLASHES: usize = 32;

/// Texts that are looked for, such as secrets.
#[derive(Clone, Default)]
pub struct Sought {
    texts: Vec<String>,
    /// One bit for every pair of bytes that a text may begin with.
    begins: Vec<u64>,
}

impl Sought {
    /// Looks for these; those of one byte are left out.
    #[must_use]
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let texts: Vec<String> = texts.into_iter().filter(|text| text.len() > 1).collect();
        let mut begins = if texts.is_empty() { Vec::new() } else { vec![0; 1 << 10] };
        for text in &texts {
            let bytes = text.as_bytes();
            for second in [bytes[1], b'\\'] {
                let pair = pair(bytes[0], second);
                begins[pair >> 6] |= 1 << (pair & 63);
            }
        }
        Self { texts, begins }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The first place at or behind `from` where one of the texts stands, and which one; the longest of those
    /// that begin there.
    #[must_use]
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<(Range<usize>, usize)> {
        if self.is_empty() {
            return None;
        }
        (from..bytes.len()).find_map(|at| self.at(bytes, at).map(|(end, which)| (at..end, which)))
    }

    /// The text with `mask` in the place of each.
    #[must_use]
    pub fn clean<'t>(&self, text: &'t str, mask: &str) -> Cow<'t, str> {
        self.masked(text, mask, |_, _| 1)
    }

    /// The same for the text of a JSON document; only texts and keys are looked at, so that it stays JSON, and
    /// nothing else of it changes.
    #[must_use]
    pub fn clean_json<'t>(&self, json: &'t str, mask: &str) -> Cow<'t, str> {
        if self.find(json.as_bytes(), 0).is_none() {
            return Cow::Borrowed(json);
        }
        let mut out = String::with_capacity(json.len());
        let mut rest = json;
        while let Some(quote) = rest.find('"') {
            let (before, text) = rest.split_at(quote + 1);
            let (text, behind) = text.split_at(end_of_text(text.as_bytes()));
            out.push_str(before);
            out.push_str(&self.masked(text, mask, escape));
            let end = behind.len().min(1);
            out.push_str(&behind[..end]);
            rest = &behind[end..];
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// Places that overlap are masked as one. `step` tells how many bytes belong together at a place.
    fn masked<'t>(&self, text: &'t str, mask: &str, step: fn(&[u8], usize) -> usize) -> Cow<'t, str> {
        let bytes = text.as_bytes();
        let mut out = String::new();
        let (mut done, mut at) = (0, 0);
        while at < bytes.len() && !self.is_empty() {
            let Some(end) = self.whole(bytes, at, step) else {
                at += step(bytes, at);
                continue;
            };
            let (start, mut end) = (at, end);
            while at < end {
                end = self.whole(bytes, at, step).map_or(end, |further| further.max(end));
                at += step(bytes, at);
            }
            out.push_str(&text[done..start]);
            out.push_str(mask);
            (done, at) = (end, end);
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// Where a text ends that begins here, when no escape is torn by that.
    fn whole(&self, bytes: &[u8], at: usize, step: fn(&[u8], usize) -> usize) -> Option<usize> {
        let (end, _) = self.at(bytes, at)?;
        let mut walked = at;
        while walked < end {
            walked += step(bytes, walked);
        }
        (walked == end).then_some(end)
    }

    /// Where the longest of the texts ends that begin here, and which one it is.
    fn at(&self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let (first, second) = (bytes[at], *bytes.get(at + 1)?);
        let pair = pair(first, second);
        if first != b'\\' && self.begins.get(pair >> 6).is_none_or(|bits| bits & (1 << (pair & 63)) == 0) {
            return None;
        }
        // As it is written counts before what is escaped otherwise, and of that the one with the fewest escapes.
        let found = self.texts.iter().enumerate().filter_map(|(which, text)| {
            let end = text.chars().try_fold(at, |at, letter| letter_end(bytes, at, letter))?;
            Some((end, bytes[at..end] == *text.as_bytes(), Reverse(text.len()), which))
        });
        found.max().map(|(end, _, _, which)| (end, which))
    }
}

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sought(…)")
    }
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// Where a letter ends that begins here, as it is or escaped.
fn letter_end(bytes: &[u8], at: usize, letter: char) -> Option<usize> {
    let mut units = [0; 2];
    let units = letter.encode_utf16(&mut units);
    if let Some(end) = units.iter().try_fold(at, |at, unit| unit_end(bytes, at, *unit)) {
        return Some(end);
    }
    if letter == '\\' {
        // However often it is doubled; further ones of the text that is looked for stand in the same row.
        let is_behind_others = at > 0 && bytes[at - 1] == b'\\';
        return behind_backslashes(bytes, at).or_else(|| is_behind_others.then_some(at));
    }
    let mut plain = [0; 4];
    let plain = letter.encode_utf8(&mut plain).as_bytes();
    if bytes.get(at..)?.starts_with(plain) {
        return Some(at + plain.len());
    }
    let short = match letter {
        '"' | '/' => plain[0],
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => return None,
    };
    let at = behind_backslashes(bytes, at)?;
    (bytes.get(at) == Some(&short)).then_some(at + 1)
}

/// Where `\uXXXX` ends that begins here.
fn unit_end(bytes: &[u8], at: usize, unit: u16) -> Option<usize> {
    let at = behind_backslashes(bytes, at)?;
    let digits = bytes.get(at..at + 5)?.strip_prefix(b"u")?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let found = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    (is_hex && found == Some(unit)).then_some(at + 5)
}

fn behind_backslashes(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let count = rest.iter().take(MOST_BACKSLASHES + 1).take_while(|byte| **byte == b'\\').count();
    (1..=MOST_BACKSLASHES).contains(&count).then_some(at + count)
}

/// How many bytes of a JSON text belong together: an escape is one letter.
fn escape(bytes: &[u8], at: usize) -> usize {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\\', Some(b'u')) => 6,
        (b'\\', Some(_)) => 2,
        _ => 1,
    }
}

/// Where a JSON text ends whose quotation mark stands before `bytes`.
fn end_of_text(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(secret: &str, text: &str) -> String {
        Sought::new([secret.to_owned()]).clean(text, "***").into_owned()
    }

    #[test]
    fn letters_that_json_escapes_do_not_hide_a_secret() {
        let secret = "Ké/y\"1😀";
        for spelled in [
            "Ké/y\"1😀",
            r#"K\u00e9/y\"1\ud83d\ude00"#,
            r"K\u00E9\/y\u00221\uD83D\uDE00",
            r"\u004b\u00e9\u002f\u0079\u0022\u0031\ud83d\ude00",
            r"\\u004b\\u00e9\\u002F\\u0079\\u0022\\u0031\\ud83d\\ude00",
            r#"K\\u00e9/y\\\"1😀"#,
        ] {
            assert_eq!(clean(secret, &format!("<{spelled}>")), "<***>", "{spelled}");
        }
        for other in [r"K\u00e8/y", r"K\u00e9", r"K\u+0e9/y", "K\\", "K", ""] {
            assert_eq!(clean(secret, other), other);
        }
    }

    #[test]
    fn backslashes_are_doubled_as_often_as_json_stands_in_json() {
        for depth in 0..5 {
            let text = format!("<body-{0}{0}04be>", "\\".repeat(1 << depth));
            assert_eq!(clean("body-\\\\04be", &text), "<***>", "{text}");
            assert_eq!(clean("body-\\04be", &text), "<***>", "{text}");
        }
        assert_eq!(clean("\\04be", "04be"), "04be");
    }

    #[test]
    fn places_that_overlap_leave_no_rest() {
        let sought = Sought::new(["abcd", "cdefgh", "bc"].map(str::to_owned));
        assert_eq!(sought.clean("x abcdefgh y abcd bc", "*"), "x * y * *");
    }

    #[test]
    fn json_without_its_secrets_is_json_still() {
        let sought = Sought::new(["name\\", "name\\\\", "12345", "u0041", "a\":\"b"].map(str::to_owned));
        for (json, expected) in [
            (r#"{"n":12345,"t":"12345","12345":"x\n"}"#, r#"{"n":12345,"t":"***","***":"x\n"}"#),
            (r#"["\name\"",  "\u0041","a","b",{"a":"b"}]"#, r#"["\name\"",  "\u0041","a","b",{"a":"b"}]"#),
            (r#"["name\\","12345\\" ]"#, r#"["***","***\\" ]"#),
            (r#"["12345"#, r#"["***"#),
            (r#"["12345\"#, r#"["***\"#),
        ] {
            assert_eq!(sought.clean_json(json, "***"), expected);
        }
    }

    #[test]
    fn many_backslashes_take_no_time() {
        let text = "\\".repeat(1 << 20);
        assert_eq!(clean("secret", &text), text);
        assert!(Sought::default().find(b"any", 0).is_none());
    }
}
