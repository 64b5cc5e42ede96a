//! Functions: how a remote service is called (functions.md).

use super::Found;
use super::walk::Reader;
use crate::action::{ProviderKind, template};
use crate::diag::{FileId, Span, Spanned};
use crate::expr::{Expression, Template, is_expression};
use crate::syntax::{Entry, Kind, Node};

/// One file under `functions/`.
#[derive(Debug)]
pub struct Function {
    /// `functionId`, or the file's base name.
    pub id: String,
    /// Its file.
    pub file: FileId,
    /// The whole function.
    pub span: Span,
    /// The provider, when it is a known one.
    pub provider: Option<ProviderKind>,
    /// `GET`, `POST`, … or `query`, `execute`; upper case.
    pub method: String,
    /// The address, with `{name}` for path parameters.
    pub url: Option<Template>,
    /// What a call takes.
    pub parameters: Vec<Parameter>,
    /// Whether to call at all.
    pub when: Option<Template>,
    /// Makes the request's body from the parameters.
    pub input_transform: Option<Expression>,
    /// Makes rows from the response's body.
    pub output_transform: Option<Expression>,
    /// The part of the transform's result that is the rows.
    pub records: Option<Expression>,
    /// How the next page is found.
    pub continuation: Option<Continuation>,
    /// The function that is asked first whether to call this one.
    pub guard: Option<Spanned<String>>,
    /// Which rows a sync replaces.
    pub rows: Rows,
    /// Keys of the format that this runtime does not perform yet, with their places.
    pub unsupported: Vec<Spanned<String>>,
    /// All expressions in it, for checks.
    pub expressions: Vec<Found>,
}

/// One parameter of a function (functions.md §2).
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it goes.
    pub location: Location,
    /// `type`, as written.
    pub type_name: String,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Its value when the caller gives none.
    pub value: Option<Template>,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// Into `{name}` of the address.
    Path,
    /// Into the query string.
    Query,
    /// Into a header.
    Header,
    /// Into the body.
    Body,
    /// Nowhere; kept for expressions.
    Output,
    /// A credential's name.
    Credential,
}

/// How the next page is found (functions.md §5).
#[derive(Debug, Clone)]
pub struct Continuation {
    /// Goes on while this is true.
    pub when: Option<Template>,
    /// The next address.
    pub url: Option<Template>,
    /// Replaces all parameters when it is there.
    pub parameters: Option<Vec<Parameter>>,
}

/// Which rows a sync replaces (functions.md §6.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Rows {
    /// All rows of the table.
    Replace,
    /// Rows with the ids that arrive; none is removed.
    Merge,
}

/// Keys that the format has and this runtime does not perform yet.
const UNSUPPORTED: [&str; 8] = [
    "queries",
    "guard",
    "operations",
    "conversions",
    "error",
    "errorTransform",
    "forRowsWithValues",
    "forRowsInRange",
];

pub(super) fn lower(id: &str, node: &Node, reader: &mut Reader<'_>) -> Function {
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let merge = node.get("forRowsWithMatchingIds").and_then(Node::as_bool) == Some(true);
    Function {
        id: text("functionId").unwrap_or(id).to_owned(),
        file: reader.file,
        span: node.span,
        provider: text("provider").and_then(ProviderKind::from_constant),
        method: text("method").unwrap_or_default().to_ascii_uppercase(),
        url: node.get("url").map(|url| template(url, reader.parse)),
        parameters: parameters(node.get("parameters"), reader),
        when: node.get("when").map(|when| template(when, reader.parse)),
        input_transform: transform(node, "inputTransform", reader),
        output_transform: transform(node, "outputTransform", reader),
        records: transform(node, "records", reader),
        continuation: node.get("continuation").map(|block| continuation(block, reader)),
        guard: node.at("/guard/function").and_then(literal),
        rows: if merge { Rows::Merge } else { Rows::Replace },
        unsupported: unsupported(node),
        expressions: Vec::new(),
    }
}

fn unsupported(node: &Node) -> Vec<Spanned<String>> {
    // Answers are read as JSON only.
    let is_format = |entry: &Entry| &*entry.key.text == "format" && entry.value.as_str() != Some("json");
    let is_unsupported = |entry: &&Entry| UNSUPPORTED.contains(&&*entry.key.text) || is_format(entry);
    let entries = node.entries().iter().filter(is_unsupported);
    entries.map(|entry| Spanned::new(entry.key.text.to_string(), entry.key_span)).collect()
}

fn literal(node: &Node) -> Option<Spanned<String>> {
    let text = node.as_str().filter(|text| !is_expression(text))?;
    Some(Spanned::new(text.to_owned(), node.span))
}

/// Transforms are expressions with or without `=` (functions.md §4).
fn transform(node: &Node, key: &str, reader: &mut Reader<'_>) -> Option<Expression> {
    node.get(key).and_then(Node::as_str).and_then(|text| (reader.parse)(text))
}

fn continuation(block: &Node, reader: &mut Reader<'_>) -> Continuation {
    Continuation {
        when: block.get("when").map(|when| template(when, reader.parse)),
        url: block.get("url").map(|url| template(url, reader.parse)),
        parameters: block.get("parameters").map(|node| parameters(Some(node), reader)),
    }
}

fn parameters(node: Option<&Node>, reader: &mut Reader<'_>) -> Vec<Parameter> {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|entry| parameter(entry, reader)).collect()
}

fn parameter(entry: &Entry, reader: &mut Reader<'_>) -> Parameter {
    let name = Spanned::new(entry.key.text.to_string(), entry.key_span);
    if !matches!(entry.value.kind, Kind::Object(_)) {
        let value = Some(template(&entry.value, reader.parse));
        return Parameter {
            name,
            location: Location::Query,
            type_name: String::new(),
            required: false,
            value,
        };
    }
    let text = |key: &str| entry.value.get(key).and_then(Node::as_str);
    Parameter {
        name,
        location: location(text("location").unwrap_or_default()),
        type_name: text("type").unwrap_or_default().to_owned(),
        required: entry.value.get("required").and_then(Node::as_bool) == Some(true),
        value: entry.value.get("value").map(|value| template(value, reader.parse)),
    }
}

fn location(word: &str) -> Location {
    match word {
        "path" => Location::Path,
        "header" => Location::Header,
        "body" => Location::Body,
        "output" => Location::Output,
        "credential" | "secret" => Location::Credential,
        _ => Location::Query,
    }
}
