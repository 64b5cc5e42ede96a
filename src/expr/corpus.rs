//! The expressions of real apps, for tests, where their folder lies beside this repository.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_yaml::Value;

/// Keys whose value is JSONata with or without `=` (expressions.md §1).
const TRANSFORMS: [&str; 4] = ["inputTransform", "outputTransform", "errorTransform", "output"];

/// Every expression, in a fixed order; none when the corpus is absent.
pub(super) fn expressions() -> Vec<String> {
    let mut found = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for document in serde_yaml::Deserializer::from_str(&text) {
            visit(&Value::deserialize(document).unwrap_or_default(), &mut found);
        }
    }
    found
}

fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "jigx") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn visit(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if super::is_expression(text) => found.push(text.clone()),
        Value::Sequence(items) => items.iter().for_each(|item| visit(item, found)),
        Value::Mapping(map) => {
            for (key, value) in map {
                match (key, value) {
                    (Value::String(key), Value::String(text)) if TRANSFORMS.contains(&key.as_str()) => {
                        found.push(text.clone());
                    }
                    _ => visit(value, found),
                }
            }
        }
        Value::Tagged(tagged) => visit(&tagged.value, found),
        _ => {}
    }
}
