//! Values of the wrong kind, and values that are none of those allowed.

use serde_json::Value;

use super::document::NEAR;
use super::mistakes::{Subject, parent};
use super::{branch, fixes, rules, wording};
use crate::diag::{Diagnostic, Fix, Span};
use crate::syntax::Node;

/// The first thing that is wrong with a value.
pub(super) struct Shape {
    /// Pointer to the schema that does not fit.
    schema: String,
    /// The keyword of that schema.
    keyword: String,
}

/// The pattern by which schemas let an expression stand for a value.
const EXPRESSION: &str = r"^\s*=";

impl Shape {
    pub(super) fn new(schema: &str, keyword: &str) -> Self {
        Self { schema: schema.to_owned(), keyword: keyword.to_owned() }
    }

    /// The kind of a value matters more than its content.
    pub(super) fn is_graver(&self, other: &Self) -> bool {
        self.keyword == "type" && other.keyword != "type"
    }
}

impl Shape {
    pub(super) fn counts_keys(&self) -> bool {
        matches!(self.keyword.as_str(), "minProperties" | "maxProperties")
    }
}

pub(super) fn report(subject: Subject<'_>, pointer: &str, shape: &Shape) -> Option<Diagnostic> {
    let node = subject.at(pointer);
    if subject.tree.is_damaged(node.span) {
        return None;
    }
    let schema = described(subject, &shape.schema);
    let content = subject.schema(&shape.schema);
    Some(match shape.keyword.as_str() {
        "enum" if content.get(NEAR).is_some() => return branch::unlisted_type(node, content),
        "enum" => no_choice(subject, pointer, node, content),
        "pattern" if schema.get("x-rule").and_then(Value::as_str) == Some(rules::UNKNOWN_ACTION_TYPE) => {
            branch::unknown_action_type(node, node.as_str().unwrap_or_default())
        }
        "type" => wrong_type(subject, pointer, node, schema),
        "pattern" if content.get("pattern").and_then(Value::as_str) == Some(EXPRESSION) => {
            wrong_type(subject, pointer, node, schema)
        }
        _ => unfit(subject, pointer, node, schema),
    })
}

/// The schema that says in words what is expected: the one that does not fit, or what it is a branch of.
fn described<'a>(subject: Subject<'a>, pointer: &str) -> &'a Value {
    let mut pointer = pointer;
    loop {
        let schema = subject.schema(pointer);
        let branch = matches!(wording::last(pointer), "then" | "else" | "if");
        if schema.get("x-expected").is_some() || !branch {
            return schema;
        }
        pointer = parent(pointer);
    }
}

fn wrong_type(subject: Subject<'_>, pointer: &str, node: &Node, schema: &Value) -> Diagnostic {
    let span = place_of(subject, pointer, node);
    let found = Diagnostic::error(rules::WRONG_TYPE, span, mismatch(subject, pointer, node, schema));
    let help = schema.get("x-help").and_then(Value::as_str).map(str::to_owned);
    let found = found.maybe_help(choices(schema)).maybe_help(help.clone());
    // What needs words of its own is not mended by quotes.
    if help.is_some() || is_secret(schema) {
        return found;
    }
    let fix = fixes::retyped(node, &types(schema)).or_else(|| begun(node, schema));
    match fix {
        Some(fix) => found.help(fix.title.clone()).fix(fix),
        None => found,
    }
}

/// A value of the right kind whose content does not fit: empty, too short, too small.
fn unfit(subject: Subject<'_>, pointer: &str, node: &Node, schema: &Value) -> Diagnostic {
    let help = schema.get("x-empty").and_then(Value::as_str).map(str::to_owned);
    let span = place_of(subject, pointer, node);
    Diagnostic::error(rules::WRONG_VALUE, span, mismatch(subject, pointer, node, schema)).maybe_help(help)
}

fn mismatch(subject: Subject<'_>, pointer: &str, node: &Node, schema: &Value) -> String {
    let expected = schema.get("x-expected").and_then(Value::as_str).unwrap_or("a map");
    let found = if is_secret(schema) { node.kind_word().to_owned() } else { wording::found(node) };
    format!("{} should be {expected}, found {found}", wording::place(subject, pointer))
}

fn no_choice(subject: Subject<'_>, pointer: &str, node: &Node, schema: &Value) -> Diagnostic {
    let known = allowed(schema);
    let value = node.as_str().filter(|text| !text.trim().is_empty());
    let shown = value.map_or_else(|| wording::found(node), |text| format!("`{}`", wording::shortened(text)));
    let message = format!("{} cannot be {shown}", wording::place(subject, pointer));
    let found = Diagnostic::error(rules::WRONG_VALUE, place_of(subject, pointer, node), message);
    let near = fixes::nearest(value.unwrap_or_default(), &known);
    let Some(near) = near else { return found.maybe_help(choices(schema)) };
    let found = found.help(format!("did you mean `{near}`? known are {}", wording::listed(known)));
    match fixes::quoted_like(node, near) {
        Some(text) => found.fix(Fix::risky(format!("write `{near}`"), node.span, text)),
        None => found,
    }
}

/// The place of a value; of its key when nothing is written for it.
fn place_of(subject: Subject<'_>, pointer: &str, node: &Node) -> Span {
    let key = || Some(subject.at(parent(pointer)).entry(wording::last(pointer))?.key_span);
    if node.span.range().is_empty() { key().unwrap_or(node.span) } else { node.span }
}

fn is_secret(schema: &Value) -> bool {
    schema.get("x-secret") == Some(&Value::Bool(true))
}

fn choices(schema: &Value) -> Option<String> {
    let known = allowed(schema);
    (!known.is_empty()).then(|| wording::one_of(known))
}

pub(super) fn allowed(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let all: Vec<&str> = listed.filter_map(Value::as_str).collect();
    // `operation.upsert_merge` is understood, but `operation.upsert-merge` is how to write it.
    let is_current = |name: &&str| !all.contains(&name.replace('_', "-").as_str()) || !name.contains('_');
    all.iter().copied().filter(is_current).collect()
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn begun(node: &Node, schema: &Value) -> Option<Fix> {
    (schema.get("pattern").and_then(Value::as_str) == Some(EXPRESSION))
        .then(|| fixes::begun_with_equals(node))?
}
