//! Answers that have nothing where rows are looked for. What cannot be rows never takes the place of rows: the
//! fetch fails, and those of the last one stay. An empty list lacks nothing.

use serde_json::Value;

use super::plain;
use super::scope::Roots;
use crate::app::Function;
use crate::expr::{Expression, Leading, Made, Start};
use crate::run::provider::FetchError;

/// Whether nothing stands at a path, lists on the way taken apart. An empty list has nothing and
/// lacks nothing.
pub(super) fn lacks(value: &Value, path: &[String]) -> bool {
    match (value, path.split_first()) {
        (_, None) => false,
        (Value::Array(items), Some(_)) => !items.is_empty() && items.iter().all(|item| lacks(item, path)),
        (Value::Object(members), Some((name, rest))) => {
            members.get(name).is_none_or(|value| lacks(value, rest))
        }
        _ => true,
    }
}

/// The path that a transform begins with, when the answer has nothing there.
pub(super) fn by_transform(transform: &Expression, body: &Value) -> Option<Vec<String>> {
    let place = in_answer(transform.leading()?)?;
    let names = match place {
        Place::Body(names) | Place::Result(names) => names,
    };
    lacks(body, &names).then_some(names)
}

/// The path that `records` begins with, or the one that a transform fills it from, when nothing is there.
pub(super) fn by_records(function: &Function, records: &Expression, roots: &Roots) -> Option<Vec<String>> {
    let body = roots.body.as_ref().unwrap_or(&roots.result);
    let names = match in_answer(records.leading()?)? {
        Place::Body(names) => return lacks(body, &names).then_some(names),
        Place::Result(names) => names,
    };
    if !lacks(&roots.result, &names) {
        return None;
    }
    let Some(transform) = function.output_transform.as_ref().filter(|it| plain::path(it).is_none()) else {
        return Some(names);
    };
    // An evaluator leaves out fields that have nothing in them, those that are made of an empty list too.
    match transform.field(names.first()?) {
        Made::Never => Some(names),
        Made::Otherwise => None,
        Made::From(leading) => match in_answer(leading)? {
            Place::Body(source) | Place::Result(source) => lacks(body, &source).then_some(source),
        },
    }
}

/// A place in an answer.
enum Place {
    /// In the answer's body.
    Body(Vec<String>),
    /// In what the expression is applied to.
    Result(Vec<String>),
}

/// `None` for what is no part of an answer.
fn in_answer(leading: Leading) -> Option<Place> {
    let names = leading.names;
    match (leading.from, names.as_slice()) {
        // `$.inputs` are the parameters.
        (Start::Focus, [first, ..]) if first == "inputs" => None,
        (Start::Focus, _) => Some(Place::Result(names)),
        (Start::Ctx, [first, second, rest @ ..]) if first == "response" && second == "body" => {
            Some(Place::Body(rest.to_vec()))
        }
        (Start::Ctx, [first, rest @ ..]) if first == "output" => Some(Place::Result(rest.to_vec())),
        (Start::Ctx, _) => None,
    }
}

/// What a value is, when it is neither a list nor an object.
pub(super) fn scalar(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => Some("`null`"),
        Value::Bool(true) => Some("`true`"),
        Value::Bool(false) => Some("`false`"),
        Value::Number(_) => Some("a number"),
        Value::String(_) => Some("a text"),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a value is rows that have nothing in them; `nothing` is what a transform makes of nothing.
pub(super) fn is_only_nothing(found: &Value, nothing: Option<&Value>) -> bool {
    let is_nothing = |row: &Value| {
        row.as_object().is_some_and(serde_json::Map::is_empty)
            || nothing.is_some_and(|nothing| row == nothing)
    };
    match found {
        Value::Array(rows) => !rows.is_empty() && rows.iter().all(is_nothing),
        row => is_nothing(row),
    }
}

/// The failure of a fetch whose rows have nothing in them.
pub(super) fn nothing_found(function: &Function, address: &str) -> FetchError {
    let message = format!(
        "the answer of `{address}` has nothing of what the function `{}` makes rows of, and is no empty list",
        function.id
    );
    FetchError::lasting("decode.transform", message)
}

/// The failure of a fetch whose answer is a single value.
pub(super) fn no_rows(address: &str, what: &str) -> FetchError {
    let help = if what == "`null`" { "" } else { "; with `format: text` it is taken as it is" };
    FetchError::lasting("decode.json", format!("the answer of `{address}` is {what}, expected rows{help}"))
}

/// The failure of a fetch that merges a row without an id; `at` counts from 0.
pub(super) fn no_id(function: &Function, key: &str, page: u64, at: usize) -> FetchError {
    let of_page = if page == 0 { "the answer".to_owned() } else { format!("page {}", page + 1) };
    let message = format!(
        "row {} of {of_page} has no usable `id`, so that `{key}` of the function `{}` would add it anew each time; \
         a transform can give it one, such as `\"id\": key`",
        at + 1,
        function.id
    );
    FetchError::lasting("decode.transform", message)
}
