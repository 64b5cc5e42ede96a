//! Merging the top-level properties of two JSON texts without touching the values: numbers keep their digits.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// `old` with the properties of `new` put in; `None` when that changes nothing. Where either is no object, `new`
/// takes the place of `old`.
pub(in crate::store) fn merge_top_level(old: &str, new: &str) -> Option<String> {
    let (Ok(mut merged), Ok(added)) =
        (serde_json::from_str::<Object<'_>>(old), serde_json::from_str::<Object<'_>>(new))
    else {
        return (old != new).then(|| new.to_owned());
    };
    let mut places: HashMap<String, usize> =
        merged.0.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
    let mut differs = false;
    for (key, value) in added.0 {
        let place = *places.entry(key.clone()).or_insert(merged.0.len());
        match merged.0.get_mut(place) {
            Some((_, held)) if held.get() == value.get() => continue,
            Some(entry) => entry.1 = value,
            None => merged.0.push((key, value)),
        }
        differs = true;
    }
    differs.then(|| merged.to_string())
}

struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(8));
        while let Some(entry) = map.next_entry::<String, &'de RawValue>()? {
            entries.push(entry);
        }
        Ok(Object(entries))
    }
}

impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (key, value)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", serde_json::Value::from(key.as_str()), value.get())?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::merge_top_level;

    #[test]
    fn new_properties_win_and_values_keep_their_digits() {
        let merged = merge_top_level(r#"{"a":9007199254740993,"b":{"x":1}}"#, r#"{"b":{"y":2},"c":1e400}"#);
        assert_eq!(merged.as_deref(), Some(r#"{"a":9007199254740993,"b":{"y":2},"c":1e400}"#));
    }

    #[test]
    fn what_changes_nothing_is_none() {
        assert_eq!(merge_top_level(r#"{"a": 1, "b": 2}"#, r#"{"b":2}"#), None);
    }

    #[test]
    fn what_is_no_object_is_replaced() {
        assert_eq!(merge_top_level("[1]", r#"{"a":1}"#).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(merge_top_level("", "{}").as_deref(), Some("{}"));
    }
}
