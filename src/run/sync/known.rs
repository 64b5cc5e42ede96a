//! What is known of earlier fetches: whether there is anything new, and where a fetch that was cut off
//! goes on.

use serde_json::{Map, Value};

use crate::app::Function;
use crate::run::provider::Validator;
use crate::run::{Engine, digest};
use crate::store;

/// A digest of all that makes rows of an answer: the function, what its expressions see, and the app's shared
/// expressions. The port of the served tables, which is another one every time, plays no part.
pub(super) fn definition(engine: &Engine<'_>, function: Option<&Function>, world: &Value) -> String {
    let settings = &engine.project.settings;
    let mut parts = Map::new();
    let mut add = |name: &str, text: String| {
        let stable = match engine.options.backend.as_ref().or(settings.served.as_ref()) {
            Some(url) => text.replace(url.as_str(), "${backend}"),
            None => text,
        };
        parts.insert(name.to_owned(), Value::String(stable));
    };
    add("function", function.map(|function| function.definition.clone()).unwrap_or_default());
    add("world", world.to_string());
    add("dynamic", settings.dynamic.url.clone().unwrap_or_default());
    for (name, expression) in &engine.project.home.shared {
        add(&format!("shared.{name}"), expression.text().to_owned());
    }
    format!("{:016x}", digest::of(&parts))
}

/// A validator as the database keeps it.
pub(super) fn stored(validator: Validator, definition: &str) -> store::Validator {
    store::Validator {
        definition: definition.to_owned(),
        request: validator.request,
        etag: validator.etag,
        last_modified: validator.last_modified,
    }
}

/// A validator as providers see it.
pub(super) fn given(validator: store::Validator) -> Validator {
    Validator { request: validator.request, etag: validator.etag, last_modified: validator.last_modified }
}
