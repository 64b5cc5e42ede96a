//! Keeps secrets out of messages, by value.

use serde_json::Value;

use crate::app::Secret;
use crate::run::provider::{Told, Write};

/// What stands where a secret stood.
const MASK: &str = "***";
/// Shorter texts are no secrets, and masking them would leave no word whole.
const SHORTEST: usize = 3;

/// Knows the secrets of a fetch in every form in which a server may send them back.
#[derive(Clone, Default)]
pub(in crate::run::provider) struct Redactor {
    /// Longest first, so that no rest of a longer one remains.
    texts: Vec<String>,
}

impl Redactor {
    pub(in crate::run::provider) fn new(secrets: &[Secret]) -> Self {
        let mut redactor = Self::default();
        for secret in secrets {
            redactor.know(secret);
        }
        redactor
    }

    /// Another secret to be kept.
    pub(in crate::run::provider) fn add(&mut self, secret: &str) {
        self.know(&Secret::new(secret.to_owned()));
    }

    fn know(&mut self, secret: &Secret) {
        let spellings = secret.spellings().into_iter().map(|(_, text)| text);
        self.texts.extend(spellings.filter(|text| text.len() >= SHORTEST));
        self.texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.texts.dedup();
    }

    /// The text without the secrets.
    pub(in crate::run::provider) fn clean(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }

    /// What is done to local rows, without the secrets in what is kept.
    pub(in crate::run::provider) fn clean_writes<'w>(&self, mut writes: Vec<Write<'w>>) -> Vec<Write<'w>> {
        for write in &mut writes {
            match write {
                Write::Rows { rows, .. } => {
                    for row in rows {
                        row.id = self.clean(&row.id).into();
                        row.data = self.clean_json(&row.data).into();
                    }
                }
                Write::Sql { parameters, .. } => {
                    parameters.values_mut().for_each(|value| self.clean_value(value));
                }
                Write::FindReplace { .. } => {}
            }
        }
        writes
    }

    /// What people are shown, without the secrets.
    pub(in crate::run::provider) fn clean_told(&self, mut told: Vec<Told>) -> Vec<Told> {
        told.iter_mut().for_each(|told| self.clean_value(&mut told.options));
        told
    }

    /// JSON without the secrets in its texts, however they are escaped.
    fn clean_json(&self, text: &str) -> String {
        match serde_json::from_str(text) {
            Ok(mut value) => {
                self.clean_value(&mut value);
                value.to_string()
            }
            Err(_) => self.clean(text),
        }
    }

    fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.clean(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(members) => members.values_mut().for_each(|item| self.clean_value(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_kept() {
        let secret = Secret::new("ca\"na ry/+ü".to_owned());
        let redactor = Redactor::new(std::slice::from_ref(&secret));
        for (_, text) in secret.spellings().into_iter().filter(|(how, _)| !how.contains("piece")) {
            let clean = redactor.clean(&format!("<{text}>"));
            assert_eq!(clean, "<***>", "{text}");
        }
    }

    #[test]
    fn a_secret_inside_another_leaves_nothing() {
        let secrets = ["abcd", "abcdefgh"].map(|text| Secret::new(text.to_owned()));
        assert_eq!(Redactor::new(&secrets).clean("x abcdefgh y abcd z"), "x *** y *** z");
    }

    #[test]
    fn nothing_is_masked_without_secrets() {
        let secrets = ["", "t"].map(|text| Secret::new(text.to_owned()));
        assert_eq!(Redactor::new(&secrets).clean("text"), "text");
    }
}
