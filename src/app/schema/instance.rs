//! Lets `jsonschema` read our tree in place.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, Node as JsonNode, NodeIdentity, Object};
use serde_json::Value;

use crate::syntax::{Entry, Kind, Node};

/// Names our tree as a representation of JSON.
pub(super) struct InPlace;

/// A value of a tree, or the name of an entry looked at as a value.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    Node(&'a Node),
    Name(&'a str),
}

impl Json for InPlace {
    type Node<'a> = View<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = 2;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(View<'_>) -> T) -> T {
        f(View::Name(string))
    }
}

impl<'a> JsonNode<'a, InPlace> for View<'a> {
    type Object = &'a [Entry];
    type Array = &'a [Node];
    type Number = &'a serde_json::Number;

    fn as_object(&self) -> Option<&'a [Entry]> {
        if let Self::Node(Node { kind: Kind::Object(entries), .. }) = self { Some(entries) } else { None }
    }

    fn as_array(&self) -> Option<&'a [Node]> {
        if let Self::Node(Node { kind: Kind::Array(items), .. }) = self { Some(items) } else { None }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Node(node) => node.as_str().map(Cow::Borrowed),
            Self::Name(name) => Some(Cow::Borrowed(name)),
        }
    }

    fn as_number(&self) -> Option<&'a serde_json::Number> {
        if let Self::Node(Node { kind: Kind::Number(number), .. }) = self {
            Some(&number.value)
        } else {
            None
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        if let Self::Node(node) = self { node.as_bool() } else { None }
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Node(node) if node.is_null())
    }

    fn json_type(&self) -> JsonType {
        let Self::Node(node) = self else { return JsonType::String };
        match node.kind {
            Kind::Null => JsonType::Null,
            Kind::Bool(_) => JsonType::Boolean,
            Kind::Number(_) => JsonType::Number,
            Kind::String(_) => JsonType::String,
            Kind::Array(_) => JsonType::Array,
            Kind::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self.as_string(), expected) {
            (Some(text), Value::String(wanted)) => *text == **wanted,
            (Some(_), _) | (None, Value::String(_)) => false,
            _ => *self.to_value() == *expected,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self {
            Self::Node(node) => node.to_value(),
            Self::Name(name) => Value::String((*name).to_owned()),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let Self::Node(node) = self else { return None };
        Some(NodeIdentity::new(std::ptr::from_ref::<Node>(node).addr()))
    }
}

impl<'a> Object<'a, InPlace> for &'a [Entry] {
    type Node = View<'a>;
    type MemberName = &'a str;
    type MembersIter = std::iter::Map<std::slice::Iter<'a, Entry>, fn(&'a Entry) -> (&'a str, View<'a>)>;

    fn len(&self) -> usize {
        <[Entry]>::len(self)
    }

    fn get(&self, key: &Box<str>) -> Option<View<'a>> {
        self.iter().find(|entry| entry.key.text == *key).map(|entry| View::Node(&entry.value))
    }

    fn members(&self) -> Self::MembersIter {
        self.iter().map(|entry| (&*entry.key.text, View::Node(&entry.value)))
    }
}

impl<'a> Array<'a, InPlace> for &'a [Node] {
    type Node = View<'a>;
    type ElementsIter = std::iter::Map<std::slice::Iter<'a, Node>, fn(&'a Node) -> View<'a>>;

    fn len(&self) -> usize {
        <[Node]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter().map(View::Node)
    }
}
