//! Texts that are never shown, and every way in which one may be spelled.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What stands for itself in any part of an address (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A piece of base64 that is shorter may stand anywhere by chance.
const SHORTEST_PIECE: usize = 8;

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret {
    text: String,
    name: String,
}

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text, name: String::new() }
    }

    /// The same, with the name by which authors know it: `env:API_KEY`, `credential:crm`.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Its name; empty for one without.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as it is and as headers, addresses, forms, JSON, base64 and error messages spell it,
    /// each with a word that tells the spelling apart. The text itself comes first.
    #[must_use]
    pub fn spellings(&self) -> Vec<(String, String)> {
        let text = self.text.as_str();
        let quoted = Value::from(text).to_string();
        let percent = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut found = Spellings::default();
        found.add("", text);
        found.add("trimmed", text.trim());
        let escaped = &quoted[1..quoted.len() - 1];
        found.add("json", escaped);
        // JSON stands within JSON where an answer is kept as a text.
        let quoted = Value::from(escaped).to_string();
        found.add("json-in-json", &quoted[1..quoted.len() - 1]);
        // Many servers write JSON in ASCII alone, some with slashes escaped.
        let ascii = in_ascii(escaped);
        found.add("json-ascii", &ascii);
        found.add("json-ascii-upper", &in_upper_ascii(escaped));
        found.add("json-ascii-slash", &ascii.replace('/', "\\/"));
        found.add("json-ascii-in-json", &ascii.replace('\\', "\\\\"));
        found.add("percent", &utf8_percent_encode(text, RESERVED).to_string());
        found.add("percent-all", &percent);
        found.add("form", &percent.replace("%20", "+"));
        found.add("plus", &text.replace(' ', "+"));
        // Errors of expressions are worded so.
        found.add("backtick", &text.replace('"', "`"));
        found.base64(text);
        // Of `user:password` the password alone is as secret as the whole.
        if let Some((_, password)) = text.split_once(':').filter(|(_, password)| password.len() >= 4) {
            found.add("password", password);
        }
        for (line, number) in text.lines().zip(1..) {
            found.add(&format!("line-{number}"), line);
        }
        found.list
    }
}

/// JSON with everything beyond ASCII escaped.
fn in_ascii(json: &str) -> String {
    let escaped = |c: char| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    json.chars().map(|c| if c.is_ascii() { c.to_string() } else { escaped(c) }).collect()
}

/// The same with upper-case digits.
fn in_upper_ascii(json: &str) -> String {
    let upper = |c: char| in_ascii(&c.to_string()).to_uppercase().replace('U', "u");
    json.chars().map(|c| if c.is_ascii() { c.to_string() } else { upper(c) }).collect()
}

/// Spellings without repetition.
#[derive(Default)]
struct Spellings {
    list: Vec<(String, String)>,
}

impl Spellings {
    fn add(&mut self, how: &str, text: &str) {
        if !text.is_empty() && !self.list.iter().any(|(_, known)| known == text) {
            self.list.push((how.to_owned(), text.to_owned()));
        }
    }

    /// As a whole, and as what is left of it within the base64 of a longer text: that depends only on
    /// where its first byte falls among three.
    fn base64(&mut self, text: &str) {
        self.add("base64", &STANDARD.encode(text));
        self.add("base64-bare", &STANDARD_NO_PAD.encode(text));
        self.add("base64-url", &URL_SAFE.encode(text));
        self.add("base64-url-bare", &URL_SAFE_NO_PAD.encode(text));
        for (shift, unsure) in [(0, 0), (1, 2), (2, 3)] {
            let shifted = [&vec![0; shift][..], text.as_bytes()].concat();
            let sure = shifted.len() * 8 / 6;
            for (kind, encoded) in
                [("", STANDARD_NO_PAD.encode(&shifted)), ("url-", URL_SAFE_NO_PAD.encode(&shifted))]
            {
                let piece = encoded.get(unsure..sure).unwrap_or_default();
                if piece.len() >= SHORTEST_PIECE {
                    self.add(&format!("base64-{kind}piece-{shift}"), piece);
                }
            }
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(text: &str) -> Vec<String> {
        Secret::new(text.to_owned()).spellings().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn the_text_itself_comes_first_and_none_comes_twice() {
        let list = spellings("abc123");
        assert_eq!(list[0], "abc123");
        let mut sorted = list.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), list.len());
    }

    #[test]
    fn base64_of_a_longer_text_holds_a_known_piece() {
        let secret = "canary-secret-4711";
        let list = spellings(secret);
        for before in ["", "B", "Be", "Bearer ", "user:"] {
            for after in ["", "x", "xy", "xyz"] {
                let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
                assert!(list.iter().any(|text| encoded.contains(text.as_str())), "{before}{after}");
            }
        }
    }

    #[test]
    fn passwords_lines_and_escapes_are_known() {
        assert!(spellings("user:pass word").contains(&"pass word".to_owned()));
        assert!(spellings("one line\nanother").contains(&"another".to_owned()));
        assert!(spellings("a\"b").contains(&"a\\\"b".to_owned()));
        assert!(spellings("a b/c").contains(&"a%20b%2Fc".to_owned()));
    }
}
