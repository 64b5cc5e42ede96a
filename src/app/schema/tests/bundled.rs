//! The schema files themselves.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::super::catalogue::{FILES, VALUES};
use super::super::{Schema, schema_names, schema_text};
use crate::action::type_names;

fn documents() -> impl Iterator<Item = (&'static str, Value)> {
    FILES.iter().map(|(name, text)| (*name, serde_json::from_str(text).unwrap()))
}

/// Calls `see` with every schema in `schema` and its pointer.
fn walk(schema: &Value, pointer: &str, see: &mut dyn FnMut(&str, &Value)) {
    see(pointer, schema);
    for (word, inner) in schema.as_object().into_iter().flatten() {
        match (word.as_str(), inner) {
            ("properties" | "$defs", Value::Object(named)) => {
                named.iter().for_each(|(name, inner)| walk(inner, &format!("{pointer}/{word}/{name}"), see));
            }
            ("items" | "additionalProperties" | "if" | "then" | "else" | "not", _) => {
                walk(inner, &format!("{pointer}/{word}"), see);
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(several)) => {
                for inner in several {
                    walk(inner, &format!("{pointer}/{word}/-"), see);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn the_table_lists_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let files =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> =
        files.filter_map(|file| Some(file.strip_suffix(".json")?.to_owned())).collect();
    let table: Vec<String> = schema_names().into_iter().map(str::to_owned).collect();
    assert_eq!(table, files.into_iter().collect::<Vec<_>>());
    assert!(FILES.is_sorted(), "the table is searched by halves");
}

#[test]
fn every_schema_is_valid_draft_2020_12() {
    for name in schema_names() {
        let document: Value = serde_json::from_str(&schema_text(name).unwrap()).unwrap();
        assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(jsonschema::draft202012::meta::is_valid(&document), "{name}");
        assert_eq!(document["$id"], format!("syncscope:/schemas/{name}.json"));
        assert!(document["title"].as_str().is_some_and(|title| !title.is_empty()), "{name}");
        Schema::named(name).unwrap().compiled();
    }
}

#[test]
fn documents_need_no_other_file() {
    for name in schema_names() {
        let document = Schema::named(name).unwrap().document();
        walk(&document, "", &mut |pointer, schema| {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let target = reference.strip_prefix('#').and_then(|target| document.pointer(target));
                assert!(target.is_some_and(Value::is_object), "{name}{pointer}: {reference}");
            }
        });
    }
}

#[test]
fn every_property_is_described() {
    for name in schema_names() {
        let document = Schema::named(name).unwrap().document();
        walk(&document, "", &mut |pointer, schema| {
            let branch = ["/if", "/then", "/else"].iter().any(|part| pointer.contains(part));
            if branch {
                return;
            }
            for (key, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let target =
                    property["$ref"].as_str().and_then(|r| document.pointer(r.trim_start_matches('#')));
                let text = property.get("description").or_else(|| target?.get("description"));
                let text = text.and_then(Value::as_str).unwrap_or_default();
                assert!(text.ends_with('.'), "{name}{pointer}: `{key}` has no description");
            }
        });
    }
}

/// A union in words cannot be told apart when it fails, so the schemas choose branches by `if`.
#[test]
fn no_schema_has_a_blind_union() {
    for (name, document) in documents() {
        walk(&document, "", &mut |pointer, schema| {
            let blind =
                ["anyOf", "oneOf", "unevaluatedProperties"].iter().any(|word| schema.get(word).is_some());
            assert!(!blind, "{name}{pointer}");
        });
    }
}

#[test]
fn whatever_can_fail_says_what_was_expected() {
    for name in schema_names() {
        let document = Schema::named(name).unwrap().document();
        walk(&document, "", &mut |pointer, schema| {
            let outer = ["/if", "/then", "/else", "/not"].iter().any(|part| pointer.contains(part));
            if outer || schema.get("type").is_none_or(|wanted| wanted == "object") {
                return;
            }
            assert!(schema.get("x-expected").is_some(), "{name}{pointer}");
        });
    }
}

#[test]
fn every_action_type_has_a_schema_and_the_other_way_round() {
    let types: BTreeSet<&str> = type_names().collect();
    let schemas: BTreeSet<&str> =
        schema_names().into_iter().filter(|name| name.starts_with("action.")).collect();
    assert_eq!(types, schemas);
}

#[test]
fn all_actions_have_the_same_envelope() {
    let envelope = Schema::bundled("action").document();
    for (name, document) in documents().filter(|(name, _)| name.starts_with("action.")) {
        let keys = |document: &Value| {
            document["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        assert_eq!(keys(&document), keys(&envelope), "{name}");
        assert_eq!(document["properties"]["type"]["const"], name);
        for key in ["instanceId", "when", "condition"] {
            let reference = document["properties"][key]["$ref"].as_str().unwrap();
            assert_eq!(reference, format!("{VALUES}.json#/$defs/{key}"), "{name}");
        }
        assert_eq!(document["additionalProperties"], false, "{name}");
    }
}
