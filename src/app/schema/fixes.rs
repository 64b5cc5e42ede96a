//! Edits that mend what a schema finds.

use crate::diag::{Diagnostic, Edit, Fix, Safety, Span, closest, slip};
use crate::syntax::{Entry, Kind, Node, Style};

/// `text` in the quotes of the scalar it replaces; `None` when the notation has none that fit.
pub(super) fn quoted_like(node: &Node, text: &str) -> Option<String> {
    quoted(node.as_scalar()?.style, text)
}

/// A simple word (letters, digits, `-`, `_`, `.`) in the notation of `style`.
fn quoted(style: Style, text: &str) -> Option<String> {
    match style {
        Style::Plain => Some(text.to_owned()),
        Style::SingleQuoted => Some(format!("'{text}'")),
        Style::DoubleQuoted | Style::Json => Some(format!("\"{text}\"")),
        Style::Literal | Style::Folded => None,
    }
}

/// The candidate that `written` is a slip of, or the end of: `rest` for `DATA_PROVIDER_REST`.
///
/// A beginning that all candidates share says nothing, so it does not count as likeness.
pub(super) fn nearest<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    likeliest(written, candidates, |name, others| closest(name, others.iter().copied()))
}

/// The candidate that `written` is surely a slip of, or the end of.
pub(super) fn slipped<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    likeliest(written, candidates, |name, others| slip(name, others.iter().copied()))
}

fn likeliest<'a>(
    written: &str,
    candidates: &[&'a str],
    pick: impl Fn(&str, &[&'a str]) -> Option<&'a str>,
) -> Option<&'a str> {
    let shared = shared_start(candidates);
    let near = match written.strip_prefix(shared) {
        Some(rest) if !shared.is_empty() => {
            let rests: Vec<&str> = candidates.iter().map(|name| &name[shared.len()..]).collect();
            let found = pick(rest, &rests);
            found.and_then(|found| candidates.iter().copied().find(|name| &name[shared.len()..] == found))
        }
        _ => pick(written, candidates),
    };
    let ends =
        |name: &&str| name.rsplit(['_', '.']).next().is_some_and(|last| last.eq_ignore_ascii_case(written));
    near.or_else(|| candidates.iter().copied().find(ends))
}

/// What all names begin with, up to and with the last `_` or `.` of it.
fn shared_start<'a>(names: &[&'a str]) -> &'a str {
    let Some(first) = names.first() else { return "" };
    let ends = first.char_indices().filter(|(_, c)| matches!(c, '_' | '.')).map(|(at, _)| at + 1);
    let starts =
        ends.map(|end| &first[..end]).filter(|start| names.iter().all(|name| name.starts_with(start)));
    starts.max_by_key(|start| start.len()).unwrap_or_default()
}

/// Says that the key should be `name`, and offers to rename it.
pub(super) fn renaming(found: Diagnostic, entry: &Entry, name: &str, safety: Safety) -> Diagnostic {
    let found = found.help(format!("did you mean `{name}`?"));
    let Some(text) = quoted(entry.key.style, name) else { return found };
    let fix = Fix::safe(format!("rename it to `{name}`"), entry.key_span, text);
    found.fix(Fix { safety, ..fix })
}

/// What turns the value into one of the `types` (JSON Schema's words) when its meaning is beyond doubt.
pub(super) fn retyped(node: &Node, types: &[&str]) -> Option<Fix> {
    let wants = |name: &str| types.contains(&name);
    match &node.kind {
        Kind::String(scalar) => {
            let text = scalar.text.trim();
            if wants("boolean")
                && let Some(fix) = truth_value(node.span, text)
            {
                return Some(fix);
            }
            if (wants("number") || wants("integer")) && is_number(text) {
                return Some(Fix::safe(format!("write the number {text}"), node.span, text));
            }
            if wants("array") && is_word(text) && scalar.style == Style::Plain {
                return Some(listed(node.span));
            }
            None
        }
        Kind::Object(_) if wants("array") && !wants("object") => None,
        Kind::Number(number) if wants("string") && !wants("number") => {
            let text = number.value.to_string();
            let as_written = number.value.as_i64().is_some() && node.span.range().len() == text.len();
            as_written.then(|| Fix::safe("put the number in quotes", node.span, format!("\"{text}\"")))
        }
        _ => None,
    }
}

/// Puts `=` before a text that is surely meant as an expression.
pub(super) fn begun_with_equals(node: &Node) -> Option<Fix> {
    let scalar = node.as_scalar()?;
    let text = scalar.text.trim_start();
    let meant = text.starts_with("@ctx.")
        || text.starts_with("@.")
        || text.starts_with('$')
        || text.contains("@ctx.");
    let at = match scalar.style {
        Style::Plain => node.span.start,
        Style::SingleQuoted | Style::DoubleQuoted | Style::Json => node.span.start + 1,
        Style::Literal | Style::Folded => return None,
    } as usize;
    meant.then(|| Fix::safe("begin the expression with `=`", Span::new(node.span.file, at, at), "="))
}

fn truth_value(span: Span, text: &str) -> Option<Fix> {
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "true" | "false" => Some(Fix::safe(format!("write {lower} without quotes"), span, lower)),
        "yes" | "on" => Some(Fix::risky("write true instead", span, "true")),
        "no" | "off" => Some(Fix::risky("write false instead", span, "false")),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}

fn listed(span: Span) -> Fix {
    let at = |offset: u32, text: &str| Edit {
        span: Span::new(span.file, offset as usize, offset as usize),
        text: text.to_owned(),
    };
    Fix {
        title: "put it in a list".to_owned(),
        safety: Safety::Safe,
        edits: vec![at(span.start, "["), at(span.end, "]")],
    }
}
