//! What a validator finds, gathered by place and told as diagnostics.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Found;
use serde_json::Value;

use super::document::Schema;
use super::instance::View;
use super::objects::{self, Object};
use super::shape::{self, Shape};
use crate::diag::Diagnostic;
use crate::syntax::{Node, Tree};

/// A node with the document it was checked by: what every part of a message is made from.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) node: &'a Node,
    pub(super) tree: &'a Tree,
    pub(super) document: &'a Value,
}

/// The most that is told about one node, and about the keys of one object: nobody reads more, and
/// a hostile file must not take long.
pub(super) const MOST: usize = 200;

/// Everything found, by JSON pointer into the node.
#[derive(Default)]
struct Gathered {
    objects: BTreeMap<String, Object>,
    shapes: BTreeMap<String, Shape>,
}

/// Checks `node` by `schema`; costs no allocation when nothing is wrong.
pub(super) fn check(schema: Schema, node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let compiled = schema.compiled();
    if compiled.validator.is_valid(View::Node(node)) {
        return;
    }
    let mut gathered = Gathered::default();
    for error in compiled.validator.iter_errors(View::Node(node)).take(MOST) {
        gathered.add(&error);
    }
    gathered.drop_counts();
    let subject = Subject { node, tree, document: &compiled.document };
    let mut found = objects::report(subject, gathered.objects);
    found
        .extend(gathered.shapes.iter().filter_map(|(pointer, shape)| shape::report(subject, pointer, shape)));
    found.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.rule));
    out.append(&mut found);
}

impl Gathered {
    fn add(&mut self, error: &ValidationError<'_>) {
        let place = error.instance_path().as_str();
        let schema = parent(error.schema_path().as_str());
        match error.kind() {
            Found::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.object(place).missing(name);
            }
            Found::AdditionalProperties { unexpected } => self.object(place).unknown(schema, unexpected),
            // The branch was chosen by this very value, so a difference has been told already.
            Found::Constant { .. } if matches!(place, "/type" | "/provider") => {}
            kind => {
                let shape = Shape::new(schema, kind.keyword());
                match self.shapes.get(place) {
                    Some(earlier) if !shape.is_graver(earlier) => {}
                    _ => {
                        self.shapes.insert(place.to_owned(), shape);
                    }
                }
            }
        }
    }

    /// How many keys an object has does not matter while it has the wrong ones.
    fn drop_counts(&mut self) {
        let objects = &self.objects;
        self.shapes.retain(|place, shape| !(shape.counts_keys() && objects.contains_key(place)));
    }

    fn object(&mut self, place: &str) -> &mut Object {
        self.objects.entry(place.to_owned()).or_default()
    }
}

impl<'a> Subject<'a> {
    /// The node at a pointer; the whole when there is none.
    pub(super) fn at(self, pointer: &str) -> &'a Node {
        self.node.at(pointer).unwrap_or(self.node)
    }

    /// The schema at a pointer into the document, with a reference followed.
    pub(super) fn schema(self, pointer: &str) -> &'a Value {
        self.document.pointer(pointer).map_or(&Value::Null, |schema| self.followed(schema))
    }

    /// What a schema refers to; itself when it refers to nothing.
    pub(super) fn followed(self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|text| self.document.pointer(text.trim_start_matches('#')));
        target.unwrap_or(schema)
    }
}

/// The pointer without its last token.
pub(super) fn parent(pointer: &str) -> &str {
    pointer.rsplit_once('/').map_or("", |(parent, _)| parent)
}
