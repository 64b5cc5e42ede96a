//! Values of ours to values of the engine and back.

use std::rc::Rc;

use jsonata_core::value::{JArray, JMap, JValue};
use serde_json::{Map, Value};

use super::super::EvalError;
use super::need::Need;

/// Deeper values are refused; JSON texts are read to a depth of 128.
const MAX_DEPTH: usize = 500;

/// Whether a condition with this value holds, by JSONata's rules: false are `false`, `null`, `0`,
/// `""`, `{}` and lists without a true item (expressions.md §4.1).
#[must_use]
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(is_truthy),
        Value::Object(map) => !map.is_empty(),
    }
}

/// The needed part of a value as the engine's.
pub(super) fn to_engine(value: &Value, need: &Need) -> Result<JValue, EvalError> {
    part(value, need, 0)
}

fn part(value: &Value, need: &Need, depth: usize) -> Result<JValue, EvalError> {
    let Need::Fields(fields) = need else { return whole(value, depth) };
    match value {
        Value::Array(items) => list(items.iter().map(|item| part(item, need, depth + 1))),
        Value::Object(map) => {
            let found = fields.iter().filter_map(|(name, need)| Some((name, map.get(&**name)?, need)));
            let parts =
                found.map(|(name, value, need)| Ok((String::from(&**name), part(value, need, depth + 1)?)));
            object(parts)
        }
        _ => whole(value, depth),
    }
}

fn whole(value: &Value, depth: usize) -> Result<JValue, EvalError> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    Ok(match value {
        Value::Null => JValue::Null,
        Value::Bool(value) => JValue::Bool(*value),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(items) => return list(items.iter().map(|item| whole(item, depth + 1))),
        Value::Object(map) => {
            return object(map.iter().map(|(key, value)| Ok((key.clone(), whole(value, depth + 1)?))));
        }
    })
}

fn list(items: impl Iterator<Item = Result<JValue, EvalError>>) -> Result<JValue, EvalError> {
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let flat = !items.iter().any(JValue::is_array);
    Ok(JValue::Array(JArray::new_flat(items, flat)))
}

fn object(entries: impl Iterator<Item = Result<(String, JValue), EvalError>>) -> Result<JValue, EvalError> {
    let map = entries.collect::<Result<JMap, _>>()?;
    Ok(JValue::Object(Rc::new(map)))
}

/// A value of the engine as ours, of at most `limit` bytes; `None` for what is no JSON.
pub(super) fn from_engine(value: &JValue, limit: usize) -> Result<Option<Value>, EvalError> {
    Budget { left: limit }.convert(value, 0)
}

/// A value of the engine as a JSON text of at most `limit` bytes.
pub(super) fn to_json(value: &JValue, limit: usize) -> Result<String, EvalError> {
    let mut text = Limited { bytes: Vec::new(), limit };
    serde_json::to_writer(&mut text, value).map_err(|_| too_large())?;
    String::from_utf8(text.bytes).map_err(|_| too_large())
}

/// A text that refuses to grow beyond its limit.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl std::io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Budget {
    left: usize,
}

impl Budget {
    fn convert(&mut self, value: &JValue, depth: usize) -> Result<Option<Value>, EvalError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.spend(8)?;
        Ok(Some(match value {
            JValue::Null => Value::Null,
            JValue::Bool(value) => Value::Bool(*value),
            JValue::Number(number) => from_number(*number),
            JValue::String(text) => {
                self.spend(text.len())?;
                Value::String(text.to_string())
            }
            JValue::Array(items) => self.array(items, depth)?,
            JValue::Object(map) => self.object(map, depth)?,
            JValue::Undefined | JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
                return Ok(None);
            }
        }))
    }

    /// What is no JSON becomes null in a list, as `JSON.stringify` has it.
    fn array(&mut self, items: &JArray, depth: usize) -> Result<Value, EvalError> {
        let mut array = Vec::with_capacity(items.len());
        for item in items {
            array.push(self.convert(item, depth + 1)?.unwrap_or(Value::Null));
        }
        Ok(Value::Array(array))
    }

    /// What is no JSON leaves out its key.
    fn object(&mut self, map: &JMap, depth: usize) -> Result<Value, EvalError> {
        let mut object = Map::new();
        for (key, value) in map {
            self.spend(key.len())?;
            if let Some(value) = self.convert(value, depth + 1)? {
                object.insert(key.clone(), value);
            }
        }
        Ok(Value::Object(object))
    }

    fn spend(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.left = self.left.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(())
    }
}

/// Whole numbers become integers; what JSON cannot write becomes null.
#[expect(clippy::cast_possible_truncation, reason = "within the range of i64 and without fraction")]
fn from_number(number: f64) -> Value {
    const LIMIT: f64 = 9.2e18;
    if number.fract() == 0.0 && number.abs() < LIMIT {
        return Value::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn too_deep() -> EvalError {
    EvalError { code: "limit.depth".into(), message: "this value is nested too deeply".into(), range: None }
}

fn too_large() -> EvalError {
    EvalError { code: "limit.size".into(), message: "the result is too large".into(), range: None }
}
