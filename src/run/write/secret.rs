//! Keeps secrets out of queued commands: a value that came from the environment is kept as the name of
//! the setting it was read from, and read again when the command is sent.

use serde_json::{Map, Value, json};

use super::Around;
use crate::app::Secret;
use crate::run::provider::FetchError;

/// The key of a payload below which stands what its masked texts are made of, by their places.
const SEALED: &str = "sealed";
/// What stands where a secret stood.
const MASK: &str = "***";
/// Shorter texts are no secrets.
const SHORTEST: usize = 3;

/// A payload without secrets.
pub(in crate::run) fn sealed(around: Around<'_>, mut payload: Value) -> Value {
    let secrets = &around.engine.project.settings.secrets;
    let texts: Vec<&str> = secrets.iter().map(Secret::expose).filter(|text| text.len() >= SHORTEST).collect();
    if texts.is_empty() {
        return payload;
    }
    let mut settings = Vec::new();
    walk(around.world, "", &mut |place, text| {
        if texts.iter().any(|secret| text.contains(secret)) {
            settings.push((place.to_owned(), text.to_owned()));
        }
    });
    // Longest first: one setting may be a part of another.
    settings.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let mut found = Map::new();
    walk(&payload, "", &mut |place, text| {
        if texts.iter().any(|secret| text.contains(secret)) {
            found.insert(place.to_owned(), parts(text, &settings, &texts));
        }
    });
    for (place, parts) in &found {
        if let Some(target) = payload.pointer_mut(place) {
            *target = shown(parts).into();
        }
    }
    if !found.is_empty() {
        payload[SEALED] = Value::Object(found);
    }
    payload
}

/// A payload with the secrets that its texts had.
///
/// # Errors
/// When a setting that it names is gone.
pub(in crate::run) fn unsealed(world: &Value, mut payload: Value) -> Result<Value, FetchError> {
    let Some(Value::Object(sealed)) = payload.as_object_mut().and_then(|map| map.shift_remove(SEALED)) else {
        return Ok(payload);
    };
    for (place, parts) in &sealed {
        let text = whole(world, parts)?;
        if let Some(target) = payload.pointer_mut(place) {
            *target = Value::String(text);
        }
    }
    Ok(payload)
}

/// A text in pieces: texts as they are, and the settings that stood between them.
fn parts(text: &str, settings: &[(String, String)], secrets: &[&str]) -> Value {
    if let Some((place, value)) = settings.iter().find(|(_, value)| text.contains(value.as_str()))
        && let Some((before, after)) = text.split_once(value.as_str())
    {
        let mut pieces = Vec::new();
        for piece in
            [parts(before, settings, secrets), json!([{ "setting": place }]), parts(after, settings, secrets)]
        {
            pieces.extend(piece.as_array().cloned().unwrap_or_default());
        }
        return Value::Array(pieces);
    }
    match secrets.iter().find(|secret| text.contains(**secret)) {
        // It is not from a setting, so it cannot be read again.
        Some(_) => json!([{ "setting": null }]),
        None if text.is_empty() => json!([]),
        None => json!([text]),
    }
}

fn shown(parts: &Value) -> String {
    let pieces = parts.as_array().into_iter().flatten();
    pieces.map(|piece| piece.as_str().unwrap_or(MASK)).collect()
}

fn whole(world: &Value, parts: &Value) -> Result<String, FetchError> {
    let pieces = parts.as_array().into_iter().flatten();
    let piece = |piece: &Value| {
        if let Some(text) = piece.as_str() {
            return Ok(text.to_owned());
        }
        let place = piece.get("setting").and_then(Value::as_str);
        let value = place.and_then(|place| world.pointer(place)).and_then(Value::as_str);
        value.map(str::to_owned).ok_or_else(|| {
            let message = "the command needs a secret that is not kept in the queue, and no setting holds it";
            FetchError::lasting("config.secret", message)
        })
    };
    pieces.map(piece).collect()
}

/// Visits every text with its place as a JSON pointer.
fn walk(value: &Value, place: &str, visit: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(place, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| walk(item, &format!("{place}/{n}"), visit));
        }
        Value::Object(map) => {
            for (key, item) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(item, &format!("{place}/{key}"), visit);
            }
        }
        _ => {}
    }
}
