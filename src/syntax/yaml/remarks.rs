//! What is said about texts that are YAML, but not what an app can use.

use super::plain::Remark;
use crate::diag::{Diagnostic, Fix, Span};
use crate::syntax::{Kind, MAX_ALIAS_NODES, MAX_DEPTH, rules};

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(rules::TOO_DEEP, span, format!("lists and maps are nested more than {MAX_DEPTH} deep"))
        .help("take the inner part apart into smaller pieces")
}

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

pub(super) fn number(remark: Remark, text: &str, span: Span) -> Diagnostic {
    let message = match remark {
        Remark::LeadingZeros => {
            let kept = text.trim_start_matches(['+', '-', '0']);
            let kept = if kept.is_empty() { "0" } else { kept };
            format!("`{text}` is read as the number {kept}, without its leading zeros")
        }
        Remark::Rounded => format!("`{text}` has more digits than a number can keep, and is rounded"),
        Remark::NotFinite => format!("`{text}` is no number that an app can hold, and is read as text"),
    };
    Diagnostic::warning(rules::LOSSY_NUMBER, span, message)
        .help("put it in quotes to keep it as it is written")
        .fix(Fix::risky("put the value in quotes", span, format!("\"{text}\"")))
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

pub(super) fn repeated_key(key: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(rules::DUPLICATE_KEY, span, format!("`{key}` is given twice in one map"))
        .label(first, "first given here, and this one counts")
        .help("remove one of them, or give it another name")
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
    Diagnostic::warning(rules::UNSUPPORTED_TAG, span, format!("the tag `{tag}` means nothing here"))
        .help("remove it, or put the whole value in quotes if `!` belongs to the text")
}

pub(super) fn wrong_tag(tag: &str, text: &str, span: Span) -> Diagnostic {
    Diagnostic::error(rules::UNSUPPORTED_TAG, span, format!("`{text}` is not what its tag `{tag}` says"))
        .help("correct the value, or remove the tag")
}

pub(super) fn endless_alias(alias: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        rules::UNKNOWN_ALIAS,
        span,
        format!("`{alias}` stands within the value that it repeats"),
    )
    .help("use the name only after the end of the value that has it")
}

pub(super) fn unknown_alias(alias: &str, span: Span) -> Diagnostic {
    let name = alias.trim_start_matches('*');
    let message = format!("`{alias}` repeats a value named `&{name}`, and there is none before it");
    Diagnostic::error(rules::UNKNOWN_ALIAS, span, message)
        .help("put the value in quotes if the `*` belongs to the text")
        .fix(Fix::risky("put the value in quotes", span, format!("\"{alias}\"")))
}

pub(super) fn alias_budget(alias: &str, span: Span) -> Diagnostic {
    let message = format!("from `{alias}` on, repeated values add too much to this file");
    Diagnostic::error(rules::ALIAS_BUDGET, span, message).help(format!(
        "aliases may add ten times what stands in the file, at most {MAX_ALIAS_NODES} values; write some out, or split the file"
    ))
}
