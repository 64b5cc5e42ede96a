//! The words of messages: where something is, what was found, what there is to choose from.

use serde_json::Value;

use super::mistakes::Subject;
use crate::syntax::{Kind, Node};

/// What stands at a pointer, as an author would call it: `` `title` of `modal` ``, `` item 2 of `entities` ``.
pub(super) fn place(subject: Subject<'_>, pointer: &str) -> String {
    let tokens: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
    let whole = subject.document.get("x-name").and_then(Value::as_str).unwrap_or("the file");
    match tokens.as_slice() {
        [] => whole.to_owned(),
        [options] if options == "options" && whole.starts_with('`') => format!("the options of {whole}"),
        [.., owner, last] if owner != "options" && !is_index(owner) => {
            if is_index(last) {
                item(last, owner)
            } else {
                format!("`{}` of `{}`", shortened(last), shortened(owner))
            }
        }
        [.., owner, nth, last] if is_index(nth) => {
            if is_index(last) {
                item(last, owner)
            } else {
                format!("`{}` of {}", shortened(last), item(nth, owner))
            }
        }
        [.., last] => format!("`{}`", shortened(last)),
    }
}

/// The last token of a pointer.
pub(super) fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

/// What a value is, with its content where that helps.
pub(super) fn found(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "nothing".to_owned(),
        Kind::Bool(value) => format!("`{value}`"),
        Kind::Number(number) => format!("the number `{}`", number.value),
        Kind::String(scalar) if scalar.text.is_empty() => "an empty text".to_owned(),
        Kind::String(scalar) => format!("the text `{}`", shortened(&scalar.text)),
        Kind::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Kind::Array(_) => "a list".to_owned(),
        Kind::Object(entries) => match entries.as_slice() {
            [] => "an empty map".to_owned(),
            [only] => format!("a map with only `{}`", shortened(&only.key.text)),
            several if several.len() <= 4 => {
                format!("a map with {}", listed(several.iter().map(|entry| &*entry.key.text)))
            }
            _ => "a map".to_owned(),
        },
    }
}

/// The first line of a text, cut when it is long.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let line = text.trim().lines().next().unwrap_or_default().trim_end();
    let whole = line.len() == text.trim().len();
    if line.chars().count() > MOST {
        let start: String = line.chars().take(MOST).collect();
        return format!("{start}…");
    }
    if whole { line.to_owned() } else { format!("{line}…") }
}

/// `` `a`, `b` and `c` ``
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    joined(names, "and")
}

/// `` one of `a`, `b` and `c` ``, or `` `a` `` when there is no choice.
pub(super) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let text = joined(names.iter().copied(), "and");
    if names.len() > 1 { format!("one of {text}") } else { text }
}

/// What the named keys of an object are for.
pub(super) fn about_keys(subject: Subject<'_>, place: &str, names: &[String]) -> Option<String> {
    let [name] = names else { return None };
    let schema = schema_of(subject, place)?;
    let property = subject.followed(schema).get("properties")?.get(name)?;
    let own = property.get("description");
    let text = own.or_else(|| subject.followed(property).get("description"))?.as_str()?;
    let sentence = text.split(". ").next()?.trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next()?;
    let rest = letters.as_str();
    // Words such as `SQL` keep their case.
    let keeps = rest.starts_with(|c: char| c.is_uppercase());
    let first = if keeps { first.to_string() } else { first.to_lowercase().to_string() };
    Some(format!("`{name}`: {first}{rest}"))
}

/// The schema that describes the value at a pointer.
fn schema_of<'a>(subject: Subject<'a>, pointer: &str) -> Option<&'a Value> {
    let mut schema = subject.followed(subject.document);
    for token in pointer.split('/').skip(1).map(unescaped) {
        let inner = subject.followed(schema);
        let named = inner.get("properties").and_then(|properties| properties.get(&token));
        let any = if is_index(&token) { inner.get("items") } else { inner.get("additionalProperties") };
        schema = named.or(any)?;
    }
    Some(schema)
}

fn joined<'a>(names: impl IntoIterator<Item = &'a str>, word: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{}`", shortened(name))).collect();
    match quoted.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} {word} {last}", all.join(", ")),
        _ => quoted.concat(),
    }
}

fn item(index: &str, list: &str) -> String {
    let number = index.parse::<usize>().map_or(0, |n| n.saturating_add(1));
    format!("item {number} of `{}`", shortened(list))
}

fn is_index(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit())
}

fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}
