//! `${…}` in the settings, and what is most likely meant by one that nobody fills.

use std::ops::Range;

use crate::diag::closest;

/// The `${…}` of a text: where each begins, and what stands in the braces.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = (usize, Range<usize>)> {
    text.match_indices("${").filter_map(|(at, _)| {
        let length = text[at + 2..].find(['}', '{'])?;
        let end = at + 2 + length;
        text[end..].starts_with('}').then_some((at, at + 2..end))
    })
}

/// What stands in the braces of the placeholder that is most likely meant.
pub(super) fn meant_placeholder(inner: &str) -> Option<String> {
    if inner == "backend" || inner.starts_with("env:") {
        return None;
    }
    let inner = inner.trim();
    let Some((word, rest)) = inner.split_once(':') else {
        let backend = closest(inner, ["backend"]).map(str::to_owned);
        return backend.or_else(|| is_shell_name(inner).then(|| format!("env:{inner}")));
    };
    let near = closest(word.trim(), ["env"]).is_some();
    (near && is_variable(rest.trim().split(":-").next()?)).then(|| format!("env:{}", rest.trim()))
}

/// Whether a text can be the name of a variable of the environment.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-.()".contains(c))
}

/// What is wrong with the name of a variable, and what to write; a default in it is not shown.
pub(super) fn no_variable(name: &str) -> (String, String) {
    match name.split_once(':') {
        None if name.is_empty() => (
            "`${env:}` names no variable".to_owned(),
            "write `${env:NAME}`, or `${env:NAME:-default}`".to_owned(),
        ),
        Some((name, _)) if is_variable(name) => (
            format!("the default of `{name}` stands behind `:` alone"),
            format!("write `:-` before it: `${{env:{name}:-…}}`"),
        ),
        _ => (
            format!("`{name}` is no name of a variable"),
            "write `${env:NAME}`, or `${env:NAME:-default}`".to_owned(),
        ),
    }
}

/// A placeholder's inside, its default left out: that may be secret.
pub(super) fn without_default(inner: &str) -> String {
    inner.split_once(":-").map_or_else(|| inner.to_owned(), |(name, _)| format!("{name}:-…"))
}

/// Whether a text is a variable as shells write them: `API_KEY`.
pub(super) fn is_shell_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() > 2 && text.starts_with(|c: char| c.is_ascii_uppercase()) && text.chars().all(is_letter)
}
