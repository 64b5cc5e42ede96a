//! Small edits that fixes are made of: they keep quotes, and the notation of the list.

use crate::diag::{Diagnostic, Fix, Span};
use crate::syntax::{Entry, Node};

/// Writes another key in place of one, in the same quotes.
pub(super) fn renamed(entry: &Entry, key: &str, text: &str) -> (Span, String) {
    let written = text.get(entry.key_span.range()).unwrap_or_default();
    let quote =
        written.chars().next().filter(|c| matches!(c, '"' | '\'')).map_or(String::new(), String::from);
    (entry.key_span, format!("{quote}{key}{quote}"))
}

/// Removes an item that is not the first of its list; `None` where more than the item stands there.
pub(super) fn without_item(list: &Node, at: usize, title: &str, text: &str) -> Option<Fix> {
    let (before, item) = (list.items().get(at.checked_sub(1)?)?, list.items().get(at)?);
    if !list.span.contains(item.span) || !list.span.contains(before.span) {
        return None;
    }
    let between = text.get(before.span.end as usize..item.span.start as usize)?;
    if between.trim() == "," {
        return Some(Fix::safe(title, Span { start: before.span.end, ..item.span }, ""));
    }
    let (line, _) = line_around(text, item.span)?;
    let written = text.get(line.range())?;
    let rest = written.trim_start().strip_prefix('-')?;
    (rest.trim() == text.get(item.span.range())?).then(|| Fix::safe(title, line, ""))
}

/// Adds a plain text to a list of plain items; `None` where it is not clear how.
pub(super) fn with_item(list: &Node, item: &str, title: &str, text: &str) -> Option<Fix> {
    let written = text.get(list.span.range())?;
    if let Some(inside) = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let close = list.span.end - 1;
        let Some(last) = list.items().last() else {
            let blank = inside.trim().is_empty();
            let place = Span { start: list.span.start + 1, end: close, ..list.span };
            return blank.then(|| Fix::safe(title, place, item));
        };
        let json = text.get(last.span.range())?.starts_with('"');
        let item = if json { format!("\"{item}\"") } else { item.to_owned() };
        let end = Span { start: last.span.end, end: last.span.end, ..last.span };
        return list.span.contains(last.span).then(|| Fix::safe(title, end, format!(", {item}")));
    }
    let first = list.items().first()?;
    let (line, indent) = line_around(text, first.span)?;
    let begins = text.get(line.range())?.trim_start().starts_with("- ");
    let start = Span { end: line.start, ..line };
    begins.then(|| Fix::safe(title, start, format!("{indent}- {item}\n")))
}

/// Adds a key in front of the others of a map; `None` where it is not known how the next line begins.
pub(super) fn with_key(map: &Node, key: &str, value: &str, text: &str) -> Option<(Span, String)> {
    let first = map.entries().first()?.key_span;
    let (before, after) = text.split_at_checked(first.start as usize)?;
    let indent = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let in_braces = text.get(map.span.range()).is_some_and(|written| written.starts_with('{'));
    let added = match (in_braces, after.starts_with('"')) {
        (true, true) if value.starts_with(char::is_alphabetic) && value != "true" => {
            format!("\"{key}\": \"{value}\", ")
        }
        (true, true) => format!("\"{key}\": {value}, "),
        (true, false) => format!("{key}: {value}, "),
        (false, _) if indent.chars().all(|c| c == ' ') => format!("{key}: {value}\n{indent}"),
        (false, _) => return None,
    };
    Some((Span { end: first.start, ..first }, added))
}

/// Writes another name in place of the one that a finding is about; `None` where more than that name stands
/// there, or it is not written as it is. Which name is meant is a guess.
pub(super) fn respelled(finding: &Diagnostic, meant: &str, text: &str) -> Option<Fix> {
    let written = text.get(finding.span.range())?;
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = match quote {
        Some(quote) => written.strip_prefix(quote)?.strip_suffix(quote)?,
        None => written,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || inner.contains(c);
    let is_name = !meant.is_empty() && meant.chars().all(is_plain) && !inner.contains(['\\', '\n']);
    // Both words are read the same way only when they begin alike.
    let begins = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_same_kind = begins(meant) && begins(inner);
    let is_it = finding.message.contains(&format!("`{inner}`"));
    let quote = quote.map_or_else(String::new, String::from);
    (is_name && is_same_kind && is_it)
        .then(|| Fix::risky(format!("write `{meant}`"), finding.span, format!("{quote}{meant}{quote}")))
}

/// The line that a place begins on, with its line break, and its indentation.
fn line_around(text: &str, place: Span) -> Option<(Span, &str)> {
    let at = place.start as usize;
    let start = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(at..)?.find('\n').map_or(text.len(), |length| at + length + 1);
    let line = text.get(start..end)?;
    let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
    Some((Span::new(place.file, start, end), indent))
}
