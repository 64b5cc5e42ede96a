//! Secrets in a recording: out when it is made, in again when it is played.

use std::borrow::Cow;

use crate::app::{Secret, Sought};

/// Shorter values are words like `1` or `dev`; a recording would be unreadable without them.
const SHORTEST: usize = 4;

/// Stands words such as `${secret:env:API_KEY}` in the place of secrets, and secrets in theirs. Both
/// ways go byte by byte, so that an answer comes out of a recording as it went in.
#[derive(Debug, Default)]
pub(super) struct Masks {
    /// What a secret is spelled like, and what stands for it; the longest spelling first.
    hide: Vec<Pair>,
    sought: Sought,
    show: Vec<Pair>,
}

#[derive(Debug, Clone)]
struct Pair {
    from: Vec<u8>,
    to: Vec<u8>,
    /// What stands for it where JSON escapes other letters than we do; it comes back with our escapes.
    escaped: Vec<u8>,
}

impl Masks {
    pub(super) fn new(secrets: &[Secret]) -> Self {
        let mut masks = Self::default();
        for (secret, number) in secrets.iter().zip(1..) {
            let name = if secret.name().is_empty() { number.to_string() } else { secret.name().to_owned() };
            masks.know(secret, &name);
        }
        masks.sort();
        masks
    }

    /// Another secret.
    pub(super) fn learn(&mut self, secret: &Secret) {
        self.know(secret, secret.name());
        self.sort();
    }

    fn know(&mut self, secret: &Secret, name: &str) {
        if secret.expose().len() < SHORTEST {
            return;
        }
        let word = |how: &str| match how {
            "" => format!("${{secret:{name}}}"),
            how => format!("${{secret:{name}|{how}}}"),
        };
        let spellings = secret.spellings();
        let has_escapes = spellings.iter().any(|(how, _)| how == "json");
        for (how, text) in spellings.iter().filter(|(_, text)| text.len() >= SHORTEST) {
            let escaped = if how.is_empty() && has_escapes { "json" } else { how };
            self.add(text, &word(how), &word(escaped));
        }
    }

    /// The sort is stable: of two names for one text the first one stands.
    fn sort(&mut self) {
        self.hide.sort_by_key(|pair| std::cmp::Reverse(pair.from.len()));
        let texts = self.hide.iter().map(|pair| String::from_utf8_lossy(&pair.from).into_owned());
        self.sought = Sought::new(texts);
    }

    fn add(&mut self, text: &str, word: &str, escaped: &str) {
        let [text, word, escaped] = [text, word, escaped].map(|text| text.as_bytes().to_vec());
        self.show.push(Pair { from: word.clone(), to: text.clone(), escaped: Vec::new() });
        if !self.hide.iter().any(|pair| pair.from == text) {
            self.hide.push(Pair { from: text, to: word, escaped });
        }
    }

    /// The bytes with words in the place of secrets.
    pub(super) fn hide<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut out = Vec::new();
        let mut done = 0;
        while let Some((place, which)) = self.sought.find(bytes, done) {
            let pair = &self.hide[which];
            out.extend(&bytes[done..place.start]);
            out.extend(if bytes[place.clone()] == pair.from { &pair.to } else { &pair.escaped });
            done = place.end;
        }
        if done == 0 {
            return Cow::Borrowed(bytes);
        }
        out.extend(&bytes[done..]);
        Cow::Owned(out)
    }

    /// The text with words in the place of secrets.
    pub(super) fn hide_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.hide(text.as_bytes())).into_owned()
    }

    /// The bytes with secrets in the place of the words for them; of secrets that are not known here,
    /// the words stay.
    pub(super) fn show<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        replaced(bytes, &self.show)
    }

    /// The text with secrets in the place of the words for them.
    pub(super) fn show_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.show(text.as_bytes())).into_owned()
    }
}

/// Whether a text holds the word for a secret.
pub(super) fn is_masked(text: &str) -> bool {
    text.contains("${secret:")
}

/// Everything is replaced in one go, so that nothing is replaced within what was put in.
fn replaced<'b>(bytes: &'b [u8], pairs: &[Pair]) -> Cow<'b, [u8]> {
    let mut begins = [false; 256];
    pairs.iter().filter_map(|pair| pair.from.first()).for_each(|byte| begins[usize::from(*byte)] = true);
    let found = |at: usize| {
        let here = begins[usize::from(bytes[at])];
        here.then(|| pairs.iter().find(|pair| bytes[at..].starts_with(&pair.from))).flatten()
    };
    let Some(first) = (0..bytes.len()).find(|at| found(*at).is_some()) else { return Cow::Borrowed(bytes) };
    let mut out = bytes[..first].to_vec();
    let mut at = first;
    while at < bytes.len() {
        if let Some(pair) = found(at) {
            out.extend(&pair.to);
            at += pair.from.len();
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn masks() -> Masks {
        let key = Secret::new("ke y/1".to_owned()).named("env:KEY");
        let longer = Secret::new("ke y/1 and more".to_owned()).named("credential:crm");
        Masks::new(&[key, longer, Secret::new("dev".to_owned()).named("env:STAGE")])
    }

    #[test]
    fn what_is_hidden_comes_back() {
        let masks = masks();
        let text = "a ke y/1 b ke%20y%2F1 c a2UgeS8x d ke y/1 and more, dev \u{e9}";
        let hidden = masks.hide_text(text);
        assert_eq!(
            hidden,
            "a ${secret:env:KEY} b ${secret:env:KEY|percent} c ${secret:env:KEY|base64} d ${secret:credential:crm}, dev \u{e9}"
        );
        assert_eq!(masks.show_text(&hidden), text);
    }

    #[test]
    fn escapes_of_json_do_not_hide_a_secret() {
        let masks = Masks::new(&[Secret::new("K\u{e9}\"y/1".to_owned()).named("env:KEY")]);
        let sent = r#"{"a":"K\u00e9\"y/1","b":"K\u00e9\"y\/1","c":"\u004bé\u0022y/1"}"#;
        let hidden = masks.hide_text(sent);
        let words =
            ["json-ascii", "json-ascii-slash", "json"].map(|how| format!("${{secret:env:KEY|{how}}}"));
        let [a, b, c] = words;
        assert_eq!(hidden, format!(r#"{{"a":"{a}","b":"{b}","c":"{c}"}}"#));
        let shown: serde_json::Value = serde_json::from_str(&masks.show_text(&hidden)).unwrap();
        assert_eq!(shown, serde_json::from_str::<serde_json::Value>(sent).unwrap());
    }

    #[test]
    fn bytes_without_secrets_stay_and_are_not_copied() {
        let bytes = [0, 255, b'k', b'e', 200];
        assert!(matches!(masks().hide(&bytes), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_in_the_name_of_another_is_no_trouble() {
        let first = Secret::new("first-value".to_owned()).named("env:SECOND-value");
        let second = Secret::new("SECOND-value".to_owned()).named("env:B");
        let masks = Masks::new(&[first, second]);
        let hidden = masks.hide_text("first-value SECOND-value");
        assert_eq!(hidden, "${secret:env:SECOND-value} ${secret:env:B}");
        assert_eq!(masks.show_text(&hidden), "first-value SECOND-value");
    }
}
