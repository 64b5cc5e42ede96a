//! Rows out of the text of an answer, without making values of them.
//!
//! An answer is read once; of each row only the place of its text and its `id` are looked for. So
//! numbers and texts reach the table byte for byte, and a page costs little more than its bytes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::run::provider::Row;

/// What stands at a path of an answer.
#[derive(Debug)]
pub(super) enum At<'b> {
    /// A list: the texts of its items.
    List(Vec<&'b RawValue>),
    /// One value that is no list.
    One(&'b RawValue),
    /// Nothing.
    Missing,
    /// A list on the way to the end of the path, or lists in the list: this takes an evaluator.
    Branching,
}

/// An answer, split into what stands at a path and the rest.
#[derive(Debug)]
pub(super) struct Split<'b> {
    pub(super) at: At<'b>,
    /// The answer with as many nulls in the place of the list as it has items, to be counted.
    pub(super) shell: Value,
}

/// Looks for what stands at `path`.
///
/// # Errors
/// When the text is not JSON.
pub(super) fn split<'b>(body: &'b str, path: &[String]) -> Result<Split<'b>, serde_json::Error> {
    let mut found = Found::Missing;
    let shell = walk(body, path, End::List, &mut found)?;
    let at = match found {
        Found::List(items) if !path.is_empty() && items.iter().any(|item| item.get().starts_with('[')) => {
            At::Branching
        }
        Found::List(items) => At::List(items),
        Found::One(raw) => At::One(raw),
        Found::Missing => At::Missing,
        Found::Branching => At::Branching,
        Found::NoList => one(body, path)?,
    };
    Ok(Split { at, shell })
}

fn one<'b>(body: &'b str, path: &[String]) -> Result<At<'b>, serde_json::Error> {
    let mut found = Found::Missing;
    walk(body, path, End::Whole, &mut found)?;
    Ok(if let Found::One(raw) = found { At::One(raw) } else { At::Missing })
}

fn walk<'b>(
    body: &'b str,
    path: &[String],
    end: End,
    found: &mut Found<'b>,
) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(body);
    let shell = Walk { path, end, found }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(shell)
}

/// A row from the text of a JSON value: an object as it is, anything else as `{"value": …}`
/// (functions.md §4). A row without a usable `id` gets a new one, in its text too if it has none.
pub(super) fn row<'b>(raw: &'b str, new_id: &dyn Fn() -> String) -> Row<'b> {
    if !raw.starts_with('{') {
        let id = new_id();
        let data = format!("{{\"id\":{},\"value\":{raw}}}", quoted(&id));
        return Row { id: Cow::Owned(id), data: Cow::Owned(data) };
    }
    match id(raw) {
        Id::Text(id) => Row { id, data: Cow::Borrowed(raw) },
        Id::Unusable => Row { id: Cow::Owned(new_id()), data: Cow::Borrowed(raw) },
        Id::Absent => {
            let id = new_id();
            let data = with_id(raw, &id);
            Row { id: Cow::Owned(id), data: Cow::Owned(data) }
        }
    }
}

/// The same of a text that is not an answer's own.
pub(super) fn owned(text: String, new_id: &dyn Fn() -> String) -> Row<'static> {
    let row = row(&text, new_id);
    let id = row.id.into_owned();
    let data = match row.data {
        Cow::Owned(data) => data,
        Cow::Borrowed(_) => text,
    };
    Row { id: Cow::Owned(id), data: Cow::Owned(data) }
}

/// The text of a JSON object with an `id` in front of its other members.
pub(in crate::run::provider) fn with_id(object: &str, id: &str) -> String {
    let members = object.trim_start().trim_start_matches('{').trim_start();
    let comma = if members.starts_with('}') { "" } else { "," };
    format!("{{\"id\":{}{comma}{members}", quoted(id))
}

/// A text as JSON.
pub(in crate::run::provider) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The `id` of an object.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::run::provider) enum Id<'b> {
    /// A text, or a number as it is written.
    Text(Cow<'b, str>),
    /// It is there and neither.
    Unusable,
    /// There is none.
    Absent,
}

/// The `id` in the text of a JSON object.
pub(in crate::run::provider) fn id(object: &str) -> Id<'_> {
    let mut raw = None;
    // Reading ends at the `id`, which mostly comes first; what follows is known to be JSON.
    let _ = serde_json::Deserializer::from_str(object).deserialize_map(FindId(&mut raw));
    match raw.map(RawValue::get) {
        None => Id::Absent,
        Some("\"\"") => Id::Unusable,
        Some(text) if text.starts_with('"') => match serde_json::from_str::<Borrowed<'_>>(text) {
            Ok(Borrowed(text)) => Id::Text(text),
            Err(_) => Id::Unusable,
        },
        Some(text) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            Id::Text(Cow::Borrowed(text))
        }
        Some(_) => Id::Unusable,
    }
}

/// A text that is only copied when it has escapes.
#[derive(serde::Deserialize)]
struct Borrowed<'b>(#[serde(borrow)] Cow<'b, str>);

struct FindId<'a, 'b>(&'a mut Option<&'b RawValue>);

impl<'de> Visitor<'de> for FindId<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_id) = map.next_key_seed(KeyIs("id"))? {
            if is_id {
                *self.0 = Some(map.next_value()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Compares a key without keeping it.
struct KeyIs<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// What a walk takes at the end of its path.
#[derive(Clone, Copy)]
enum End {
    /// The items of a list.
    List,
    /// The text of whatever is there.
    Whole,
}

enum Found<'b> {
    Missing,
    List(Vec<&'b RawValue>),
    One(&'b RawValue),
    /// No list, so that its text has to be asked for.
    NoList,
    Branching,
}

/// Goes down one path and keeps the rest as values.
struct Walk<'a, 'b> {
    path: &'a [String],
    end: End,
    found: &'a mut Found<'b>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if let (End::Whole, []) = (self.end, self.path) {
            *self.found = Found::One(serde::Deserialize::deserialize(deserializer)?);
            return Ok(Value::Null);
        }
        deserializer.deserialize_any(self)
    }
}

impl Walk<'_, '_> {
    /// A value that has no parts.
    fn leaf(self) -> Value {
        *self.found = if self.path.is_empty() { Found::NoList } else { Found::Missing };
        Value::Null
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        if !self.path.is_empty() {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            *self.found = Found::Branching;
            return Ok(Value::Null);
        }
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<&'de RawValue>()? {
            items.push(item);
        }
        let shell = Value::Array(vec![Value::Null; items.len()]);
        *self.found = Found::List(items);
        Ok(shell)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((next, path)) = self.path.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            *self.found = Found::NoList;
            return Ok(Value::Null);
        };
        let mut shell = Map::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let value = if key == next.as_str() {
                map.next_value_seed(Walk { path, end: self.end, found: &mut *self.found })?
            } else {
                // A number that no value can hold is no reason to refuse the rows beside it.
                serde_json::from_str(map.next_value::<&'de RawValue>()?.get()).unwrap_or_default()
            };
            shell.insert(key.into_owned(), value);
        }
        Ok(Value::Object(shell))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(self.leaf())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(self.leaf())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(self.leaf())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(self.leaf())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(self.leaf())
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(self.leaf())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn path(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn texts(body: &str, names: &[&str]) -> Vec<String> {
        match split(body, &path(names)).unwrap().at {
            At::List(items) => items.iter().map(|item| item.get().to_owned()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn items_keep_their_bytes() {
        let rows = r#"[{"id":9007199254740993,"big":1e400,"zero":-0, "t":"\u00e9\n" },{"id":"a"}]"#;
        let expected = [r#"{"id":9007199254740993,"big":1e400,"zero":-0, "t":"\u00e9\n" }"#, r#"{"id":"a"}"#];
        assert_eq!(texts(rows, &[]), expected);
        assert_eq!(texts(&format!(r#"{{"n":1e999,"a":{{"b":{rows}}},"c":2}}"#), &["a", "b"]), expected);
    }

    #[test]
    fn the_shell_counts_but_does_not_hold_the_rows() {
        let split =
            split(r#"{"next":"x","data":{"total":7,"items":[{"a":1},{"a":2}]}}"#, &path(&["data", "items"]))
                .unwrap();
        assert_eq!(split.shell, json!({"next": "x", "data": {"total": 7, "items": [null, null]}}));
    }

    #[test]
    fn what_is_no_list_is_told() {
        let at = |body: &'static str, names: &[&str]| split(body, &path(names)).unwrap().at;
        assert!(matches!(at(r#"{"a":1}"#, &[]), At::One(raw) if raw.get() == r#"{"a":1}"#));
        assert!(matches!(at(r#"{"a":{"b":1.50}}"#, &["a"]), At::One(raw) if raw.get() == r#"{"b":1.50}"#));
        assert!(matches!(at("null", &[]), At::One(raw) if raw.get() == "null"));
        assert!(matches!(at(r#"{"a":null}"#, &["a", "b"]), At::Missing));
        assert!(matches!(at(r#"{"x":[]}"#, &["a"]), At::Missing));
        assert!(matches!(at(r#"[{"a":[]}]"#, &["a"]), At::Branching));
        assert!(matches!(at(r#"{"a":[[1],[2]]}"#, &["a"]), At::Branching));
        assert!(matches!(at("[[1],[2]]", &[]), At::List(items) if items.len() == 2));
    }

    #[test]
    fn the_last_of_repeated_members_counts() {
        assert_eq!(texts(r#"{"a":[1,2],"a":[3]}"#, &["a"]), ["3"]);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for body in ["", "<html>", "[1,2", "[1] x", r#"{"a":[{]}"#, r#"{"a":[1]"#, "[1,]"] {
            assert!(split(body, &path(&["a"])).is_err(), "{body}");
            assert!(split(body, &[]).is_err(), "{body}");
        }
    }

    #[test]
    fn deep_rows_are_only_text() {
        let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(texts(&deep, &[]).len(), 1);
    }

    #[test]
    fn ids_are_texts_and_numbers_as_written() {
        for (object, expected) in [
            (r#"{"id":"a"}"#, Some("a")),
            (r#"{"x":{"id":"no"},"id":7}"#, Some("7")),
            (r#"{ "\u0069d" : 1.50 }"#, Some("1.50")),
            (r#"{"id":-9007199254740993}"#, Some("-9007199254740993")),
            (r#"{"id":"\u00e9\"b"}"#, Some("é\"b")),
            (r#"{"id":""}"#, None),
            (r#"{"id":null}"#, None),
            (r#"{"id":"\ud800"}"#, None),
            (r#"{"ID":1}"#, None),
        ] {
            let row = row(object, &|| "new".to_owned());
            assert_eq!(row.id, expected.unwrap_or("new"), "{object}");
        }
    }

    #[test]
    fn a_new_id_stands_in_the_row() {
        let data = |raw: &str| row(raw, &|| "n\"1".to_owned()).data.into_owned();
        assert_eq!(data("{}"), r#"{"id":"n\"1"}"#);
        assert_eq!(data(r#"{ "a": 1e400 }"#), r#"{"id":"n\"1","a": 1e400 }"#);
        assert_eq!(data("5"), r#"{"id":"n\"1","value":5}"#);
        assert_eq!(data("[1]"), r#"{"id":"n\"1","value":[1]}"#);
        assert_eq!(data(r#"{"id":null,"a":1}"#), r#"{"id":null,"a":1}"#);
    }
}
