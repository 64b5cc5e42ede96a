//! Schema files become self-contained documents, and those become validators, each once.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value};

use super::catalogue::{FILES, VALUES};
use super::instance::InPlace;

/// A bundled schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schema(usize);

/// A schema made ready.
pub(super) struct Compiled {
    /// The self-contained document, with what is nearly closed closed.
    pub(super) document: Value,
    /// The validator made of it.
    pub(super) validator: Validator<InPlace>,
}

impl Schema {
    /// The schema of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FILES.binary_search_by(|(own, _)| (*own).cmp(name)).ok().map(Self)
    }

    /// The schema of a name that is written in our own code.
    pub(super) fn bundled(name: &str) -> Self {
        Self::named(name).expect("BUG: a schema that is named in the code is not bundled")
    }

    /// The schema made ready; the work is done on the first call.
    pub(super) fn compiled(self) -> &'static Compiled {
        // A memo of constants: compiling every schema at the start would cost what most runs never use.
        static COMPILED: [OnceLock<Compiled>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
        COMPILED[self.0].get_or_init(|| {
            let mut document = self.document();
            close(&mut document);
            let validator =
                jsonschema::options_for().build(&document).expect("BUG: a bundled schema is no valid schema");
            Compiled { document, validator }
        })
    }

    /// The schema with everything it refers to under its own `$defs`, so that it can be used alone.
    pub(super) fn document(self) -> Value {
        let (name, text) = FILES[self.0];
        let mut bundle = Bundle { wanted: Vec::new() };
        let mut document = parse(text);
        bundle.localize(&mut document, name);
        let mut definitions = Map::new();
        let mut done = 0;
        while let Some(target) = bundle.wanted.get(done).cloned() {
            let mut definition = target.definition();
            bundle.localize(&mut definition, &target.file);
            definitions.insert(target.name, definition);
            done += 1;
        }
        if let (Value::Object(root), false) = (&mut document, definitions.is_empty()) {
            root.insert("$defs".to_owned(), Value::Object(definitions));
        }
        document
    }
}

/// The word by which a schema says that it is open, but that a slip of one of its names is a mistake.
pub(super) const NEAR: &str = "x-near";

/// Closes what is marked with [`NEAR`], so that the validator points at every name that it does not
/// list; which of them are slips, [`super::objects`] and [`super::branch`] decide. Schemas that we
/// print stay open: no other tool can tell a slip from a name that we do not know.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Object(map) => {
            if map.get(NEAR) == Some(&Value::Bool(true)) {
                if map.contains_key("properties") {
                    map.insert("additionalProperties".to_owned(), Value::Bool(false));
                }
                if let Some(names) = map.get("examples").cloned() {
                    map.insert("enum".to_owned(), names);
                }
            }
            map.values_mut().for_each(close);
        }
        _ => {}
    }
}

/// What a document refers to and must take in, in order of first use.
struct Bundle {
    wanted: Vec<Target>,
}

/// A definition of another file, or a whole one.
#[derive(Clone, PartialEq)]
struct Target {
    file: String,
    name: String,
}

impl Bundle {
    /// Makes every reference in `value`, which stands in the schema file `home`, point into `$defs`.
    fn localize(&mut self, value: &mut Value, home: &str) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.localize(item, home)),
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get_mut("$ref") {
                    let target = Target::of(reference, home);
                    *reference = format!("#/$defs/{}", target.name);
                    if !self.wanted.contains(&target) {
                        self.wanted.push(target);
                    }
                }
                map.values_mut().for_each(|item| self.localize(item, home));
            }
            _ => {}
        }
    }
}

impl Target {
    /// Reads `values.json#/$defs/text`, `#/$defs/text` or `index.json`.
    fn of(reference: &str, home: &str) -> Self {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if file.is_empty() { home } else { file.trim_end_matches(".json") };
        let name = fragment.strip_prefix("/$defs/").unwrap_or(file);
        Self { file: file.to_owned(), name: name.to_owned() }
    }

    fn definition(&self) -> Value {
        if self.file == VALUES {
            return values().pointer(&format!("/$defs/{}", self.name)).cloned().unwrap_or(Value::Bool(false));
        }
        let (_, text) = FILES[Schema::bundled(&self.file).0];
        let mut document = parse(text);
        if let Value::Object(root) = &mut document {
            root.retain(|key, _| !matches!(key.as_str(), "$schema" | "$id"));
        }
        document
    }
}

fn values() -> &'static Value {
    static TREE: OnceLock<Value> = OnceLock::new();
    TREE.get_or_init(|| parse(FILES[Schema::bundled(VALUES).0].1))
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("BUG: a bundled schema is no JSON")
}
