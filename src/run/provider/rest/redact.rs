//! Keeps secrets out of messages, by value.

use std::borrow::Cow;

use serde_json::Value;

use crate::app::{Secret, Sought};
use crate::run::provider::{Row, Told, Write};

/// What stands where a secret stood.
const MASK: &str = "***";
/// Shorter texts are no secrets, and masking them would leave no word whole.
const SHORTEST: usize = 3;

/// Shorter texts stand in rows by chance, and a row must not lose a word for that.
const SHORTEST_IN_ROWS: usize = 8;

/// Knows the secrets of a fetch in every form in which a server may send them back.
#[derive(Clone, Default)]
pub(in crate::run::provider) struct Redactor {
    texts: Vec<String>,
    /// What no text may hold.
    sought: Sought,
    /// Of credentials: what no row may hold. Other secrets, such as the address of a server that comes from
    /// the environment, are a row's own data.
    sought_in_rows: Sought,
    credentials: Vec<String>,
}

impl Redactor {
    pub(in crate::run::provider) fn new(secrets: &[Secret]) -> Self {
        let mut redactor = Self::default();
        secrets.iter().for_each(|secret| redactor.know(secret));
        redactor.sought = Sought::new(redactor.texts.iter().cloned());
        redactor
    }

    /// The same with credentials.
    pub(in crate::run::provider) fn and(mut self, credentials: &[Secret]) -> Self {
        credentials.iter().for_each(|secret| self.add(secret.expose()));
        self
    }

    /// Another credential.
    pub(in crate::run::provider) fn add(&mut self, secret: &str) {
        let secret = Secret::new(secret.to_owned());
        if self.credentials.iter().any(|known| known == secret.expose()) {
            return;
        }
        self.know(&secret);
        self.sought = Sought::new(self.texts.iter().cloned());
        self.credentials.push(secret.expose().to_owned());
        let credentials = self.credentials.iter().map(|text| Secret::new(text.clone()));
        let spellings = credentials.flat_map(|secret| secret.spellings()).map(|(_, text)| text);
        self.sought_in_rows = Sought::new(spellings.filter(|text| text.len() >= SHORTEST_IN_ROWS));
    }

    fn know(&mut self, secret: &Secret) {
        let spellings = secret.spellings().into_iter().map(|(_, text)| text);
        self.texts.extend(spellings.filter(|text| text.len() >= SHORTEST));
        self.texts.sort_unstable();
        self.texts.dedup();
    }

    /// The text without the secrets.
    pub(in crate::run::provider) fn clean(&self, text: &str) -> String {
        self.sought.clean(text, MASK).into_owned()
    }

    /// Rows without the credentials that a server sent back.
    pub(in crate::run::provider) fn clean_rows<'r>(&self, mut rows: Vec<Row<'r>>) -> Vec<Row<'r>> {
        if !self.sought_in_rows.is_empty() {
            rows.iter_mut().for_each(|row| clean_row(&self.sought_in_rows, row));
        }
        rows
    }

    /// The same for what operations write.
    pub(in crate::run::provider) fn clean_written<'w>(&self, writes: Vec<Write<'w>>) -> Vec<Write<'w>> {
        if self.sought_in_rows.is_empty() { writes } else { cleaned(&self.sought_in_rows, writes) }
    }

    /// What people are shown, without the secrets.
    pub(in crate::run::provider) fn clean_told(&self, mut told: Vec<Told>) -> Vec<Told> {
        told.iter_mut().for_each(|told| clean_value(&self.sought, &mut told.options));
        told
    }

    /// What is done to local rows after an error, without the secrets in what is kept.
    pub(in crate::run::provider) fn clean_writes<'w>(&self, writes: Vec<Write<'w>>) -> Vec<Write<'w>> {
        cleaned(&self.sought, writes)
    }
}

fn cleaned<'w>(sought: &Sought, mut writes: Vec<Write<'w>>) -> Vec<Write<'w>> {
    for write in &mut writes {
        match write {
            Write::Rows { rows, .. } => rows.iter_mut().for_each(|row| clean_row(sought, row)),
            Write::Sql { parameters, .. } => {
                parameters.values_mut().for_each(|value| clean_value(sought, value));
            }
            Write::FindReplace { replace, .. } => *replace = sought.clean(replace, MASK).into_owned(),
        }
    }
    writes
}

fn clean_row(sought: &Sought, row: &mut Row<'_>) {
    if let Cow::Owned(id) = sought.clean(&row.id, MASK) {
        row.id = id.into();
    }
    if let Cow::Owned(data) = sought.clean_json(&row.data, MASK) {
        row.data = data.into();
    }
}

fn clean_value(sought: &Sought, value: &mut Value) {
    match value {
        Value::String(text) => *text = sought.clean(text, MASK).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| clean_value(sought, item)),
        Value::Object(members) => members.values_mut().for_each(|item| clean_value(sought, item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
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

    #[test]
    fn escapes_of_json_do_not_hide_a_secret() {
        let redactor = Redactor::new(&[Secret::new("p@ss-Kéy-0123456789".to_owned())]);
        assert_eq!(redactor.clean(r#"{"m":"bad key p@ss-K\u00e9y-0123456789"}"#), r#"{"m":"bad key ***"}"#);
        assert_eq!(redactor.clean(r"\u0070\u0040ss-K\u00E9y-0123456789"), "***");
    }

    fn row(id: &'static str, data: &'static str) -> Row<'static> {
        Row { id: id.into(), data: data.into() }
    }

    #[test]
    fn rows_hold_no_credential_that_was_sent_back_and_are_not_touched_otherwise() {
        let mut redactor = Redactor::new(&[Secret::new("https://example.com".to_owned())]);
        let plain = row("1", r#"{"id":"1","url":"https://example.com/1","t":"tok-AbCdEf0123456789"}"#);
        let rows = redactor.clean_rows(vec![plain.clone()]);
        assert_eq!(rows[0].data, plain.data, "nothing was sent");
        redactor.add("tok-AbCdEf0123456789");
        redactor.add("me:admin");
        let echoed =
            row("x", r#"{"n":9007199254740993, "tok-AbCdEf0123456789":"a \u0074ok-AbCdEf0123456789\n"}"#);
        let rows = redactor.clean_rows(vec![plain, echoed, row("tok-AbCdEf0123456789", r#"{"t":"admin"}"#)]);
        assert_eq!(rows[0].data, r#"{"id":"1","url":"https://example.com/1","t":"***"}"#);
        assert_eq!(rows[1].data, r#"{"n":9007199254740993, "***":"a ***\n"}"#);
        assert_eq!((rows[2].id.as_ref(), rows[2].data.as_ref()), ("***", r#"{"t":"admin"}"#));
    }
}
