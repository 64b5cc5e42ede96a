//! Keeps secrets out of everything that is printed, by their values.

use std::borrow::Cow;

use serde_json::Value;

use crate::app::{Secret, Sought};

/// Shorter values are words like `1` or `dev`, whose removal would garble every output.
const SHORTEST: usize = 4;
const MASK: &str = "***";

/// Replaces secrets by `***`.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    values: Vec<Secret>,
    sought: Sought,
}

impl Redactor {
    /// Hides these as well.
    pub(super) fn add(&mut self, secrets: &[Secret]) {
        for secret in secrets.iter().filter(|secret| secret.expose().len() >= SHORTEST) {
            let spellings = secret.spellings().into_iter().map(|(_, text)| text);
            self.values.extend(spellings.filter(|text| text.len() >= SHORTEST).map(Secret::new));
        }
        self.values.sort_by(|a, b| a.expose().cmp(b.expose()));
        self.values.dedup();
        self.sought = Sought::new(self.values.iter().map(|secret| secret.expose().to_owned()));
    }

    /// The text without secrets.
    pub(super) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.sought.clean(text, MASK)
    }

    /// Removes secrets from every text in the value, so that it stays valid JSON.
    pub(super) fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(clean) = self.text(text) {
                    *text = clean;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whether there is nothing to hide.
    pub(super) fn is_idle(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add(&secrets.iter().map(|s| Secret::new((*s).to_owned())).collect::<Vec<_>>());
        redactor
    }

    #[test]
    fn hides_a_secret_wherever_it_stands() {
        let redactor = redactor(&["hunter22"]);
        assert_eq!(redactor.text("key=hunter22&x=hunter22"), "key=***&x=***");
    }

    #[test]
    fn hides_the_longer_of_two_that_overlap() {
        assert_eq!(redactor(&["abcd", "abcdefgh"]).text("abcdefgh abcd"), "*** ***");
    }

    #[test]
    fn hides_other_spellings_of_the_same() {
        let redactor = redactor(&["pa\"ss wörd"]);
        assert_eq!(redactor.text(r#"{"k":"pa\"ss wörd"}"#), r#"{"k":"***"}"#);
        assert_eq!(redactor.text("?k=pa%22ss%20w%C3%B6rd"), "?k=***");
    }

    #[test]
    fn escapes_of_json_do_not_hide_a_secret() {
        assert_eq!(redactor(&["K\u{e9}y-1"]).text(r#"{"k":"\u004b\u00E9y-1"}"#), r#"{"k":"***"}"#);
    }

    #[test]
    fn leaves_short_values_alone() {
        assert_eq!(redactor(&["1", "dev"]).text("1 of 10 in dev"), "1 of 10 in dev");
    }

    #[test]
    fn keeps_json_valid() {
        let mut value = json!({"state": "true", "ok": true, "deep": [{"token": "a true token"}]});
        redactor(&["true"]).value(&mut value);
        assert_eq!(value, json!({"state": "***", "ok": true, "deep": [{"token": "a *** token"}]}));
    }
}
