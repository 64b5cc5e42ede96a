//! Every example with every one of its values replaced and every one of its keys dropped or misspelled.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::super::catalogue::VALUES;
use super::super::instance::{InPlace, View};
use super::super::{Schema, schema_names};
use super::{findings, parsed};

/// Calls `see` with a copy of `whole` for each change of one of its values.
fn replaced(whole: &Value, see: &mut dyn FnMut(&str, &Value)) {
    let others =
        [Value::Null, json!(true), json!(5), json!("text"), json!("=$x"), json!([]), json!({}), json!([[7]])];
    for pointer in pointers(whole) {
        for other in &others {
            let mut copy = whole.clone();
            *copy.pointer_mut(&pointer).unwrap() = other.clone();
            see(&format!("{pointer} = {other}"), &copy);
        }
    }
}

/// Calls `see` with a copy of `whole` for each key that is dropped, and each that is misspelled.
fn rekeyed(whole: &Value, see: &mut dyn FnMut(&str, &Value)) {
    for pointer in pointers(whole) {
        for key in
            whole.pointer(&pointer).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key)
        {
            let mut copy = whole.clone();
            let map = copy.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
            let value = map.remove(key).unwrap();
            see(&format!("{pointer} without {key}"), &copy);
            let map = copy.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
            map.insert(format!("{key}q"), value);
            see(&format!("{pointer} with {key}q"), &copy);
        }
    }
}

fn pointers(value: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            map.iter().map(|(key, inner)| (key.replace('~', "~0").replace('/', "~1"), inner)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, inner)| (n.to_string(), inner)).collect(),
        _ => Vec::new(),
    };
    for (token, inner) in inside {
        all.extend(pointers(inner).into_iter().map(|rest| format!("/{token}{rest}")));
    }
    all
}

fn examples() -> impl Iterator<Item = (&'static str, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/examples");
    schema_names().into_iter().filter(|name| *name != VALUES).map(move |name| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        (name, serde_yaml::from_str(&text).unwrap())
    })
}

/// A schema as it is printed: open where only slips are mistakes.
fn printed(name: &str) -> Validator<InPlace> {
    jsonschema::options_for().build(&Schema::bundled(name).document()).unwrap()
}

fn check(name: &str, schema: &Validator<InPlace>, change: &str, value: &Value) {
    let text = serde_json::to_string(value).unwrap();
    let (files, found) = findings(name, &text);
    let label = format!("{name} {change}");
    assert!(found.len() <= 1, "{label}: {found:#?}");
    let (_, tree, _) = parsed(&text);
    let valid = schema.is_valid(View::Node(&tree.root));
    assert!(valid || !found.is_empty(), "{label}: nothing is said");
    for diagnostic in &found {
        let shown = files.get(diagnostic.span.file).text().get(diagnostic.span.range());
        assert!(shown.is_some_and(|shown| !shown.is_empty()), "{label}: {diagnostic:?}");
        assert!(
            !diagnostic.message.ends_with('.') && !diagnostic.message.contains("``"),
            "{label}: {diagnostic:?}"
        );
    }
}

#[test]
fn one_wrong_value_is_at_most_one_finding() {
    for (name, whole) in examples().filter(|(name, _)| *name != "action.sync-status") {
        let schema = printed(name);
        replaced(&whole, &mut |change, value| check(name, &schema, change, value));
    }
}

#[test]
fn one_wrong_key_is_at_most_one_finding() {
    for (name, whole) in examples().filter(|(name, _)| *name != "action.sync-status") {
        let schema = printed(name);
        rekeyed(&whole, &mut |change, value| check(name, &schema, change, value));
    }
}
