//! Keeps secrets out of messages, by value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::Secret;

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
            redactor.add(secret.expose());
        }
        redactor
    }

    /// Another secret to be kept.
    pub(in crate::run::provider) fn add(&mut self, secret: &str) {
        self.texts.extend(forms(secret).into_iter().filter(|form| form.len() >= SHORTEST));
        self.texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.texts.dedup();
    }

    /// The text without the secrets.
    pub(in crate::run::provider) fn clean(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

/// A secret as it is and as headers, addresses and JSON spell it.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap_or_default();
    let mut forms = vec![
        secret.to_owned(),
        secret.trim().to_owned(),
        json.trim_matches('"').to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        super::request::encoded(secret),
        secret.replace(' ', "+"),
        // Errors of expressions are worded so.
        secret.replace('"', "`"),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE.encode(secret),
    ];
    // Of `user:password` the password alone is as secret as the whole.
    if let Some((_, password)) = secret.split_once(':').filter(|(_, password)| password.len() >= 4) {
        forms.push(password.to_owned());
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_kept() {
        let secret = "ca\"na ry/+ü";
        let redactor = Redactor::new(&[Secret::new(secret.to_owned())]);
        for text in forms(secret) {
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
