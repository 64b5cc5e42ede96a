//! Rows that a transform only picks together ([`Projection`]), made from the text of an answer: every item is
//! read once, and numbers and texts reach the row as they are written.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::rows;
use crate::expr::{Picked, Projection};

/// Makes rows of items.
pub(super) struct Projector {
    wanted: Vec<Wanted>,
    slots: usize,
    row: Vec<Field>,
}

/// A name that is looked for in an object.
struct Wanted {
    name: String,
    /// Where its value goes.
    slot: Option<usize>,
    /// What is looked for in its value.
    inside: Vec<Wanted>,
}

/// A field of a row: its name as JSON with a colon, and its value.
type Field = (String, Made);

/// A value of a row.
enum Made {
    Slot(usize),
    Constant(String),
    Object(Vec<Field>),
    Joined(Vec<Part>),
}

/// A part of a text.
enum Part {
    Slot(usize),
    /// JSON without its quotation marks.
    Text(String),
}

/// An item that takes an evaluator: it is no object, or a list stands on the way to a value.
#[derive(Debug)]
pub(super) struct Branching;

impl Projector {
    /// Prepares a projection.
    pub(super) fn new(projection: &Projection) -> Self {
        let mut projector = Self { wanted: Vec::new(), slots: 0, row: Vec::new() };
        projector.row = projector.fields(&projection.fields);
        projector
    }

    fn fields(&mut self, fields: &[(String, Picked)]) -> Vec<Field> {
        let field =
            |(name, picked): &(String, Picked)| (format!("{}:", rows::quoted(name)), self.made(picked));
        fields.iter().map(field).collect()
    }

    fn made(&mut self, picked: &Picked) -> Made {
        match picked {
            Picked::Path(names) => Made::Slot(self.slot(names)),
            Picked::Constant(text) => Made::Constant(text.clone()),
            Picked::Object(fields) => Made::Object(self.fields(fields)),
            Picked::Joined(parts) => Made::Joined(parts.iter().filter_map(|part| self.part(part)).collect()),
        }
    }

    fn part(&mut self, picked: &Picked) -> Option<Part> {
        match picked {
            Picked::Path(names) => Some(Part::Slot(self.slot(names))),
            Picked::Constant(text) => unquoted(text).map(|text| Part::Text(text.to_owned())),
            Picked::Object(_) | Picked::Joined(_) => None,
        }
    }

    fn slot(&mut self, names: &[String]) -> usize {
        let slots = &mut self.slots;
        place(&mut self.wanted, names, slots)
    }

    /// The object that is made of an item, before it has an id; `None` when that takes an evaluator.
    pub(super) fn made_of(&self, item: &str) -> Option<String> {
        let mut found = vec![None; self.slots];
        look(item, &self.wanted, &mut found).ok()?;
        let mut text = String::with_capacity(item.len());
        write_object(&self.row, &found, &mut text)?;
        Some(text)
    }

    /// The object that is made of an item with nothing in it; `None` when nothing is looked for in items.
    pub(super) fn made_of_nothing(&self) -> Option<String> {
        if self.slots == 0 { None } else { self.made_of("{}") }
    }
}

/// The slot of a path, a new one where the path is new.
fn place(wanted: &mut Vec<Wanted>, names: &[String], slots: &mut usize) -> usize {
    let Some((first, rest)) = names.split_first() else { return 0 };
    let at = wanted.iter().position(|known| known.name == *first).unwrap_or_else(|| {
        wanted.push(Wanted { name: first.clone(), slot: None, inside: Vec::new() });
        wanted.len() - 1
    });
    let known = &mut wanted[at];
    if !rest.is_empty() {
        return place(&mut known.inside, rest, slots);
    }
    *known.slot.get_or_insert_with(|| {
        *slots += 1;
        *slots - 1
    })
}

/// Finds what is wanted in an object.
fn look<'b>(object: &'b str, wanted: &[Wanted], found: &mut [Option<&'b str>]) -> Result<(), Branching> {
    if !object.starts_with('{') {
        return Err(Branching);
    }
    let look = Look { wanted, found };
    serde_json::Deserializer::from_str(object).deserialize_map(look).map_err(|_| Branching)?
}

struct Look<'a, 'b> {
    wanted: &'a [Wanted],
    found: &'a mut [Option<&'b str>],
}

impl<'de> Visitor<'de> for Look<'_, 'de> {
    type Value = Result<(), Branching>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(known) = map.next_key_seed(OneOf(self.wanted))? {
            let Some(known) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let text = map.next_value::<&'de RawValue>()?.get();
            if let Some(slot) = known.slot {
                self.found[slot] = Some(text);
            }
            if known.inside.is_empty() {
                continue;
            }
            // Of repeated names the last one counts, with all that it lacks.
            forget(&known.inside, self.found);
            if text.starts_with('[')
                || text.starts_with('{') && look(text, &known.inside, self.found).is_err()
            {
                return Ok(Err(Branching));
            }
        }
        Ok(Ok(()))
    }
}

fn forget(wanted: &[Wanted], found: &mut [Option<&str>]) {
    for known in wanted {
        if let Some(slot) = known.slot {
            found[slot] = None;
        }
        forget(&known.inside, found);
    }
}

/// Reads a key without keeping it.
struct OneOf<'a>(&'a [Wanted]);

impl<'de, 'a> DeserializeSeed<'de> for OneOf<'a> {
    type Value = Option<&'a Wanted>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for OneOf<'a> {
    type Value = Option<&'a Wanted>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| known.name == key))
    }
}

fn write_object(fields: &[Field], found: &[Option<&str>], text: &mut String) -> Option<()> {
    text.push('{');
    let mut is_first = true;
    for (name, made) in fields {
        if matches!(made, Made::Slot(slot) if found[*slot].is_none()) {
            continue;
        }
        if !is_first {
            text.push(',');
        }
        is_first = false;
        text.push_str(name);
        match made {
            Made::Slot(slot) => text.push_str(found[*slot].unwrap_or("null")),
            Made::Constant(constant) => text.push_str(constant),
            Made::Object(fields) => write_object(fields, found, text)?,
            Made::Joined(parts) => write_text(parts, found, text)?,
        }
    }
    text.push('}');
    Some(())
}

fn write_text(parts: &[Part], found: &[Option<&str>], text: &mut String) -> Option<()> {
    text.push('"');
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Slot(slot) => text.push_str(found[*slot].map_or(Some(""), as_text)?),
        }
    }
    text.push('"');
    Some(())
}

/// A value as a part of a text, where that is the same as its JSON.
fn as_text(json: &str) -> Option<&str> {
    if let Some(text) = unquoted(json) {
        return Some(text);
    }
    let digits = json.strip_prefix('-').unwrap_or(json);
    let is_plain = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) && json != "-0";
    (is_plain || matches!(json, "true" | "false" | "null")).then_some(json)
}

fn unquoted(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// What a path finds in a value, or a constant.
///
/// # Errors
/// Where an evaluator is needed: a list stands on the way.
pub(super) fn lookup(value: &Value, picked: &Picked) -> Result<Option<Value>, Branching> {
    let names = match picked {
        Picked::Constant(text) => return serde_json::from_str(text).map(Some).map_err(|_| Branching),
        Picked::Path(names) => names,
        Picked::Object(_) | Picked::Joined(_) => return Err(Branching),
    };
    let mut at = value;
    for name in names {
        match at {
            Value::Array(_) => return Err(Branching),
            other => match other.get(name) {
                Some(member) => at = member,
                None => return Ok(None),
            },
        }
    }
    Ok(Some(at.clone()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::expr::{Evaluator, Expression, Host, Limits, SharedExpressions, World};

    struct Fixed;

    impl Host for Fixed {
        fn now_ms(&self) -> i64 {
            0
        }

        fn uuid(&self) -> String {
            "new".to_owned()
        }
    }

    fn evaluated(transform: &str, item: &str) -> Value {
        let expression = Expression::parse(transform).unwrap();
        let (shared, ctx) = (SharedExpressions::new(), json!({}));
        let focus = json!({ "items": [serde_json::from_str::<Value>(item).unwrap()] });
        let world = World { ctx: &ctx, focus: Some(&focus), shared: &shared };
        let evaluator = Evaluator::new(Arc::new(Fixed), Limits::default());
        evaluator.evaluate(&expression, &world).unwrap().unwrap_or(Value::Null)
    }

    fn projected(transform: &str, item: &str) -> Option<String> {
        let projection = Expression::parse(transform).unwrap().projection().unwrap();
        Projector::new(&projection).made_of(item)
    }

    #[test]
    fn rows_are_what_an_evaluator_makes() {
        let transforms = [
            r#"items.{ "id": id, "a": a, "deep": a.b.c, "again": a.b }"#,
            r#"items.{ "id": id, "t": a & '-"' & id & a.b.c, "k": { "x": a.b, "y": 1, "z": null } }"#,
            r#"items.{ "id": id, "quoted": $."a b"."c.d", "none": nothing.at.all, "e": `@e` }"#,
        ];
        let items = [
            r#"{"id":"1","a":{"b":{"c":5}}}"#,
            r#"{"a":{"b":{"c":"\u00e9\n\"x\""}},"id":7}"#,
            r#"{"id":"2","a":"text","a b":{"c.d":[1,[2]]},"@e":true}"#,
            r#"{"id":"3","a":null,"@e":[]}"#,
            r#"{"id":"4","a":{"b":1},"a":{"x":{}}}"#,
            r#"{"id":"5","a":-12}"#,
            r#"{"id":"6","a":false,"@e":{"n":[{"m":1}]}}"#,
            r#"{ "id" : "8" , "a" : { "b" : { "c" : [ 1 ] } } }"#,
        ];
        let mut compared = 0;
        for transform in transforms {
            for item in items {
                let Some(made) = projected(transform, item) else { continue };
                let made: Value = serde_json::from_str(&made).unwrap();
                assert_eq!(made, evaluated(transform, item), "{transform} of {item}");
                compared += 1;
            }
        }
        assert!(compared >= 20, "{compared}");
    }

    #[test]
    fn numbers_and_texts_stay_as_they_are_written() {
        let item = r#"{"id":9007199254740993,"n":{"big":1e400,"zero":-0},"t":"\u0000\ud83d\ude00😀"}"#;
        let made = projected(r#"items.{ "id": id, "big": n.big, "zero": n.zero, "t": t }"#, item).unwrap();
        let expected = r#"{"id":9007199254740993,"big":1e400,"zero":-0,"t":"\u0000\ud83d\ude00😀"}"#;
        assert_eq!(made, expected);
    }

    #[test]
    fn what_takes_an_evaluator_is_left_to_it() {
        let transform = r#"items.{ "id": id, "a": a.b, "t": id & c }"#;
        for item in [r#"{"a":[{"b":1}]}"#, "5", "null", "[{}]", r#"{"c":1.5}"#, r#"{"c":{}}"#, r#"{"c":-0}"#]
        {
            assert_eq!(projected(transform, item), None, "{item}");
        }
    }

    #[test]
    fn what_is_made_of_nothing_is_known() {
        let nothing = |transform: &str| {
            Projector::new(&Expression::parse(transform).unwrap().projection().unwrap()).made_of_nothing()
        };
        assert_eq!(nothing(r#"items.{ "id": a, "k": "x" }"#).unwrap(), r#"{"k":"x"}"#);
        assert_eq!(nothing(r#"items.{ "k": "x" }"#), None);
    }
}
