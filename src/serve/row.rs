//! Rows as JSON text. Values are never decoded and written again, so numbers and texts stay as they came.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The names of members that rows of a table have had.
pub(super) type Columns = BTreeSet<String>;

/// What a row is called: the value of its `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub text: String,
    /// The `id` is a whole number, so the table can count on.
    pub number: Option<u64>,
}

/// Reads one row's `id` and adds its columns to `columns`.
///
/// # Errors
/// Not an object, an `id` twice, or an `id` that is neither text nor number.
pub(super) fn inspect(text: &str, columns: &mut Columns) -> Result<Option<Key>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let key = Inspect { columns }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(key)
}

/// The same JSON without the blanks between its tokens.
pub(super) fn compact(text: &str) -> Box<str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        push_without_blanks(&mut out, &rest[..quote]);
        let end = quote + string_length(&rest[quote..]);
        out.push_str(&rest[quote..end]);
        rest = &rest[end..];
    }
    push_without_blanks(&mut out, rest);
    out.into_boxed_str()
}

/// The members of one object, in order, each value as its text.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// # Errors
    /// The text is not one JSON object.
    pub(super) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The last member of that name.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The object with `changes` put over its top-level members; new ones follow in their order.
    pub(super) fn merged(&self, changes: &Members<'_>) -> Box<str> {
        let new: HashMap<&str, &RawValue> = changes.0.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let mut seen = HashSet::new();
        let mut out = Object::new();
        for (name, value) in self.0.iter().chain(&changes.0) {
            if seen.insert(name.as_str()) {
                out.member(name, new.get(name.as_str()).copied().unwrap_or(*value).get());
            }
        }
        out.finish()
    }

    /// No members.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// The object with `name` as its first member instead of wherever it stood.
    pub(super) fn with_first(&self, name: &str, value: &str) -> Box<str> {
        let mut out = Object::new();
        out.member(name, value);
        for (other, value) in self.0.iter().filter(|(other, _)| other != name) {
            out.member(other, value.get());
        }
        out.finish()
    }
}

/// A text as a JSON string, quotes included.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `?column=value` of a request: every pair must match.
#[derive(Debug, Default)]
pub(super) struct Filter(pub Vec<(String, String)>);

impl Filter {
    pub(super) fn matches(&self, row: &str) -> bool {
        self.0.is_empty() || (self.may_match(row) && self.really_matches(row))
    }

    /// Spares most rows the parser: a plain value must stand in the row as it is.
    fn may_match(&self, row: &str) -> bool {
        self.0.iter().all(|(_, value)| !is_plain(value) || row.contains(value.as_str()))
    }

    fn really_matches(&self, row: &str) -> bool {
        let Ok(members) = Members::parse(row) else { return false };
        self.0.iter().all(|(name, wanted)| members.get(name).is_some_and(|value| equals(value, wanted)))
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b' '))
}

fn equals(value: &RawValue, wanted: &str) -> bool {
    match serde_json::from_str::<String>(value.get()) {
        Ok(text) => text == wanted,
        Err(_) => value.get() == wanted || (value.get() == "null" && wanted.is_empty()),
    }
}

/// Writes one object member by member.
struct Object(String);

impl Object {
    fn new() -> Self {
        Self(String::from("{"))
    }

    fn member(&mut self, name: &str, value: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&quoted(name));
        self.0.push(':');
        self.0.push_str(&compact(value));
    }

    fn finish(mut self) -> Box<str> {
        self.0.push('}');
        self.0.into_boxed_str()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Self)
    }
}

/// Walks a row once, keeping its `id` and the names it has not seen.
struct Inspect<'c> {
    columns: &'c mut Columns,
}

impl<'de> DeserializeSeed<'de> for Inspect<'_> {
    type Value = Option<Key>;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Inspect<'_> {
    type Value = Option<Key>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut id: Option<&'de RawValue> = None;
        while let Some(is_id) = map.next_key_seed(Name { columns: &mut *self.columns })? {
            if !is_id {
                map.next_value::<IgnoredAny>()?;
            } else if id.replace(map.next_value()?).is_some() {
                return Err(M::Error::custom("the row has `id` twice"));
            }
        }
        id.map_or(Ok(None), |value| key_of(value).map_err(M::Error::custom))
    }
}

/// Notes a member's name without copying one that is known, and says whether it is `id`.
struct Name<'c> {
    columns: &'c mut Columns,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        if !self.columns.contains(name) {
            self.columns.insert(name.to_owned());
        }
        Ok(name == "id")
    }
}

/// The key that an `id` gives; `null` gives none.
fn key_of(value: &RawValue) -> Result<Option<Key>, String> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(text).map_err(|e| e.to_string())?;
            Ok(Some(Key { text, number: None }))
        }
        Some(b'n') => Ok(None),
        Some(b'-' | b'0'..=b'9') => Ok(Some(Key { text: text.to_owned(), number: text.parse().ok() })),
        _ => Err(format!("`id` is `{}`, expected a text or a number", shortened(text))),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(39).chain(['…']).collect() } else { text.to_owned() }
}

fn push_without_blanks(out: &mut String, text: &str) {
    out.extend(text.split([' ', '\t', '\r', '\n']));
}

/// The bytes of the JSON string that `text` begins with, both quotes included.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn compact_removes_blanks_outside_strings_only() {
        let text = "{ \"a\" : [1,\n 2 ], \"b c\": \"x \\\" y \\\\\" , \"n\": 1e400 }";
        assert_eq!(&*compact(text), r#"{"a":[1,2],"b c":"x \" y \\","n":1e400}"#);
        assert_eq!(&*compact("\"\\"), "\"\\", "cut text ends where it ends");
    }

    #[test]
    fn inspect_finds_key_and_columns() {
        let mut columns = Columns::new();
        let key = inspect(r#"{"name":"x","id":9007199254740993}"#, &mut columns).unwrap().unwrap();
        assert_eq!((key.text.as_str(), key.number), ("9007199254740993", Some(9_007_199_254_740_993)));
        let key = inspect(r#"{"id":"\u0061-1","qty":null}"#, &mut columns).unwrap().unwrap();
        assert_eq!((key.text.as_str(), key.number), ("a-1", None));
        assert_eq!(inspect(r#"{"id":null}"#, &mut columns).unwrap(), None);
        assert_eq!(columns.iter().map(String::as_str).collect::<Vec<_>>(), ["id", "name", "qty"]);
    }

    #[test]
    fn inspect_refuses_what_is_no_row() {
        let mut columns = Columns::new();
        for (text, message) in [
            ("[]", "expected an object"),
            (r#"{"id":1,"id":2}"#, "twice"),
            (r#"{"id":{"a":1}}"#, "`id` is `{\"a\":1}`"),
            ("{} x", "trailing characters"),
        ] {
            let error = inspect(text, &mut columns).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn merge_keeps_order_and_number_texts() {
        let old = Members::parse(r#"{"id":1,"price":1.50,"tag":"a"}"#).unwrap();
        let new = Members::parse(r#"{"tag":null,"big":9007199254740993,"big":-0}"#).unwrap();
        assert_eq!(&*old.merged(&new), r#"{"id":1,"price":1.50,"tag":null,"big":-0}"#);
        assert_eq!(&*new.with_first("id", "7"), r#"{"id":7,"tag":null,"big":9007199254740993,"big":-0}"#);
    }

    #[test]
    fn filters_compare_texts_numbers_and_nulls() {
        let row = r#"{"name":"Über \"A\"","qty":12,"open":true,"note":null}"#;
        for (column, value, expected) in [
            ("name", "Über \"A\"", true),
            ("name", "Über", false),
            ("qty", "12", true),
            ("qty", "1", false),
            ("open", "true", true),
            ("note", "", true),
            ("note", "null", true),
            ("gone", "", false),
        ] {
            let filter = Filter(vec![(column.to_owned(), value.to_owned())]);
            assert_eq!(filter.matches(row), expected, "{column}={value}");
        }
    }
}
