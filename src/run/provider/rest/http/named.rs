//! Hosts that are named by being written down where no server can write: in the settings, and, for this
//! machine only, in the function files of the app.

use serde_json::Value;

use super::address::Address;
use super::network::{Network, numeric};
use crate::app::{Function, Parameter, Project, Settings};
use crate::expr::Template;

/// The addresses in the settings that say where data are.
pub(super) fn in_settings(settings: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(settings.dynamic.url.iter().flat_map(|url| addresses(url)));
    found.extend(settings.renewals.values().flat_map(|renewal| addresses(&renewal.url)));
    texts(&settings.custom, &mut |text| found.extend(addresses(text)));
    found
}

/// The addresses of this machine that the functions of an app have in their texts. What an author writes
/// while developing works without a setting; other networks need one.
pub(super) fn in_functions(project: &Project) -> Vec<String> {
    let mut found = Vec::new();
    for function in project.functions.values() {
        literals(function, &mut |text| found.extend(addresses(text)));
    }
    found.retain(|url| Address::parse(url).is_ok_and(|address| is_this_machine(address.host())));
    found
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || numeric(host).and_then(Network::of) == Some(Network::ThisMachine)
}

fn literals(function: &Function, take: &mut dyn FnMut(&str)) {
    let mut template = |template: &Template| {
        if let Template::Literal(value) = template {
            texts(value, take);
        }
    };
    let values = |parameters: &'_ [Parameter], template: &mut dyn FnMut(&Template)| {
        parameters.iter().filter_map(|parameter| parameter.value.as_ref()).for_each(template);
    };
    function.url.iter().for_each(&mut template);
    values(&function.parameters, &mut template);
    if let Some(continuation) = &function.continuation {
        continuation.url.iter().for_each(&mut template);
        values(continuation.parameters.as_deref().unwrap_or_default(), &mut template);
    }
    function.expressions.iter().for_each(|found| take(found.expression.text()));
}

fn texts(value: &Value, take: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, take)),
        Value::Object(members) => members.values().for_each(|member| texts(member, take)),
        _ => {}
    }
}

/// Scheme, host and port of every address in a text; none whose host goes on with something computed.
fn addresses(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~:[]".contains(c);
    text.match_indices("://")
        .filter_map(|(at, _)| {
            let scheme = ["https", "http"].into_iter().find(|scheme| ends_with(&text[..at], scheme))?;
            let rest = &text[at + 3..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let computed = rest[end..].starts_with(['{', '@']);
            (end > 0 && !computed).then(|| format!("{scheme}://{}", &rest[..end]))
        })
        .collect()
}

fn ends_with(text: &str, word: &str) -> bool {
    let start = text.len().checked_sub(word.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_texts() {
        for (text, expected) in [
            ("http://localhost:3000/x?y", vec!["http://localhost:3000"]),
            ("='HTTP://[::1]:9/' & $x", vec!["http://[::1]:9"]),
            ("https://a.b/http://c", vec!["https://a.b", "http://c"]),
            ("http://{host}/x", vec![]),
            ("http://127.0.0.1{rest}/x", vec![]),
            ("http://user@evil/", vec![]),
            ("ftp://h", vec![]),
            ("://", vec![]),
            ("ü://x", vec![]),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
    }
}
