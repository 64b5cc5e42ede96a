//! What is said about texts that are YAML, but not what an app can use.

use super::explain::quoted;
use crate::diag::{Diagnostic, Fix, Span};
use crate::syntax::remarks::shown;
use crate::syntax::{Kind, MAX_ALIAS_NODES, rules};

pub(super) fn second_document(span: Span) -> Diagnostic {
    let message = "a second document begins at `---`, and only the first is read";
    Diagnostic::error(rules::SECOND_DOCUMENT, span, message)
        .help("move it into a file of its own, or remove the `---`")
}

/// Whether something stands after the `---` of a further document.
pub(super) fn has_content(rest: &str) -> bool {
    let mut lines = rest.lines().map(str::trim_start);
    lines.any(|line| !(line.is_empty() || line.starts_with('#') || line == "..." || line.trim_end() == "---"))
}

pub(super) fn missing_key(span: Span) -> Diagnostic {
    Diagnostic::error(rules::UNFIT_KEY, span, "a key is missing before the `:`")
        .help("write `key: value`, or put the text in quotes")
}

pub(super) fn unfit_key(kind: &Kind, span: Span) -> Diagnostic {
    let what = if matches!(kind, Kind::Array(_)) { "a list" } else { "a map" };
    Diagnostic::error(rules::UNFIT_KEY, span, format!("a key must be text, not {what}"))
        .help("put the key in quotes; a text that begins with `{` or `[` needs them")
}

/// What to do about repeated keys right behind a key without a value.
pub(super) fn orphan(empty: &str) -> String {
    let empty = shown(empty);
    format!("if this and the keys that follow belong to {empty}, give them two more spaces than {empty} has")
}

/// The finding about a `: ` in a value without quotes, which is the same wherever it is found.
pub(super) fn torn_value(text: &str, value: Span, colon: Span) -> Diagnostic {
    let (what, help) = match text.strip_prefix('=') {
        Some(expression) if expression.contains('?') => (
            "an expression without quotes",
            "put the whole expression in quotes, or write it as a block on the lines below `>-`; in `a ? b :c`, a `:` without a blank behind it is fine too",
        ),
        Some(_) => (
            "an expression without quotes",
            "put the whole expression in quotes, or write it as a block on the lines below `>-`",
        ),
        None => (
            "a value without quotes",
            "put the whole value in quotes, or write it as a block on the lines below `>-`",
        ),
    };
    Diagnostic::error(rules::INVALID_YAML, colon, format!("`: ` cannot stand inside {what}"))
        .label(value, what.replacen("an ", "the ", 1).replacen("a ", "the ", 1))
        .help(help)
}

pub(super) fn torn_expression(text: &str, value: Span, colon: Span) -> Diagnostic {
    let diagnostic = torn_value(text, value, colon);
    match quoted(text) {
        Some(quoted) => diagnostic.fix(Fix::safe("put the value in quotes", value, quoted)),
        None => diagnostic,
    }
}

pub(super) fn bad_merge(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        rules::UNFIT_KEY,
        span,
        format!("`<<` takes over the keys of a map, but this is {word}"),
    )
    .help("name a map, as in `<<: *name`, or a list of maps; a key that is truly `<<` needs quotes")
}

pub(super) fn unsupported_tag(tag: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(rules::UNSUPPORTED_TAG, span, format!("the tag {} means nothing here", shown(tag)))
        .help("remove it, or put the whole value in quotes if `!` belongs to the text")
}

pub(super) fn wrong_tag(tag: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        rules::UNSUPPORTED_TAG,
        span,
        format!("{} is not what its tag {} says", shown(text), shown(tag)),
    )
    .help("correct the value, or remove the tag")
}

pub(super) fn endless_alias(alias: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        rules::UNKNOWN_ALIAS,
        span,
        format!("{} stands within the value that it repeats", shown(alias)),
    )
    .help("use the name only after the end of the value that has it")
}

pub(super) fn unknown_alias(alias: &str, span: Span) -> Diagnostic {
    let name = shown(&alias.replacen('*', "&", 1));
    let message = format!("{} repeats a value named {name}, and there is none before it", shown(alias));
    Diagnostic::error(rules::UNKNOWN_ALIAS, span, message)
        .help("put the value in quotes if the `*` belongs to the text")
        .fix(Fix::risky("put the value in quotes", span, format!("\"{alias}\"")))
}

pub(super) fn alias_budget(alias: &str, span: Span) -> Diagnostic {
    let message = format!("from {} on, repeated values add too much to this file", shown(alias));
    Diagnostic::error(rules::ALIAS_BUDGET, span, message).help(format!(
        "aliases may add ten times what stands in the file, at most {MAX_ALIAS_NODES} values; write some out, or split the file"
    ))
}
