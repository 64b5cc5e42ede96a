//! What stands without quotes: numbers, `true`, `false`, `null`, and what is none of them.

use super::Reader;
use crate::diag::Fix;
use crate::syntax::remarks::{self, Lossy, shown};
use crate::syntax::{Kind, Number, Scalar};

impl Reader<'_> {
    /// A value without quotes.
    pub(super) fn word(&mut self) -> Kind {
        let start = self.at;
        let word = word(&self.text[start..]);
        self.at += word.len();
        match word {
            "null" => Kind::Null,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            _ if is_number(word) => self.number(start, word),
            _ => self.unknown(start, word),
        }
    }

    fn number(&mut self, start: usize, word: &str) -> Kind {
        let span = self.span(start..start + word.len());
        let Ok(value) = serde_json::from_str::<serde_json::Number>(word) else {
            self.tell(remarks::number(Lossy::NotFinite, word, span));
            return Kind::String(Self::string(word));
        };
        let whole = !word.contains(['.', 'e', 'E']);
        if whole && value.is_f64() && word != "-0" {
            self.tell(remarks::number(Lossy::Rounded, word, span));
        }
        Kind::Number(Number { value })
    }

    /// A word that JSON does not have.
    fn unknown(&mut self, start: usize, word: &str) -> Kind {
        let range = start..start + word.len();
        let span = self.span(range.clone());
        let meant = match word {
            "True" | "TRUE" => Some(("true", Kind::Bool(true))),
            "False" | "FALSE" => Some(("false", Kind::Bool(false))),
            "None" | "Null" | "NULL" | "nil" | "undefined" | "NaN" => Some(("null", Kind::Null)),
            _ => None,
        };
        if let Some((right, kind)) = meant {
            let diagnostic = self.error(range, format!("`{word}` is written `{right}` in JSON"));
            self.tell(diagnostic.fix(Fix::risky(format!("write `{right}`"), span, right)));
            return kind;
        }
        if begins_number(word) {
            let help = "a number has no leading zeros, no `+`, and digits on both sides of the point; a text needs double quotes";
            self.tell(self.error(range, format!("{} is no number in JSON", shown(word))).help(help));
            return Kind::String(Self::string(word));
        }
        let diagnostic =
            self.error(range, format!("a text needs double quotes, but {} has none", shown(word)));
        self.tell(diagnostic.fix(Fix::risky("put it in double quotes", span, in_quotes(word))));
        Kind::String(Self::string(word))
    }

    /// A key without quotes.
    pub(super) fn bare_key(&mut self) -> Scalar {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find([':', '=', ',', ']', '}', '\n', '\r', '"']).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let word = &rest[..rest[..length].trim_end_matches([' ', '\t']).len().max(first)];
        self.at += word.len();
        let span = self.span(start..self.at);
        let diagnostic =
            self.error(start..self.at, format!("a key needs double quotes, but {} has none", shown(word)));
        self.tell(diagnostic.fix(Fix::safe("put it in double quotes", span, in_quotes(word))));
        Self::string(word)
    }
}

/// The word at the beginning of `rest`: of one part when it is a number or a name of JSON,
/// otherwise up to what can end a value.
fn word(rest: &str) -> &str {
    let end = rest.find([',', ']', '}', '\n', '\r', '"']).unwrap_or(rest.len());
    let comment = [" //", " #", "/*"].into_iter().filter_map(|mark| rest[..end].find(mark)).min();
    let line = &rest[..comment.filter(|&at| at > 0).unwrap_or(end)];
    let first = line.split([' ', '\t', '/']).next().unwrap_or(line);
    let known = begins_number(first) || matches!(first, "null" | "true" | "false");
    if known && !first.is_empty() { first } else { line.trim_end_matches([' ', '\t']) }
}

fn begins_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
}

fn in_quotes(word: &str) -> String {
    serde_json::Value::from(word).to_string()
}

/// `-? ( 0 | [1-9] [0-9]* ) ( \. [0-9]+ )? ( [eE] [-+]? [0-9]+ )?`
fn is_number(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, part) = match mantissa.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
