//! What is said of YAML and JSON alike.

use super::{MAX_DEPTH, rules};
use crate::diag::{Diagnostic, Fix, Span};

/// A number that is not kept as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lossy {
    /// Its leading zeros are gone.
    LeadingZeros,
    /// A whole number that is kept only about.
    Rounded,
    /// JSON cannot hold it: infinite, no number, or too large.
    NotFinite,
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(rules::TOO_DEEP, span, format!("lists and maps are nested more than {MAX_DEPTH} deep"))
        .help("take the inner part apart into smaller pieces")
}

pub(super) fn number(lossy: Lossy, text: &str, span: Span) -> Diagnostic {
    let message = match lossy {
        Lossy::LeadingZeros => {
            let kept = text.trim_start_matches(['+', '-', '0']);
            let kept = if kept.is_empty() { "0" } else { kept };
            format!("{} is read as the number {kept}, without its leading zeros", shown(text))
        }
        Lossy::Rounded => format!("{} has more digits than a number can keep, and is rounded", shown(text)),
        Lossy::NotFinite => format!("{} is no number that an app can hold, and is read as text", shown(text)),
    };
    Diagnostic::warning(rules::LOSSY_NUMBER, span, message)
        .help("put it in quotes to keep it as it is written")
        .fix(Fix::risky("put the value in quotes", span, format!("\"{text}\"")))
}

pub(super) fn repeated_key(key: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(rules::DUPLICATE_KEY, span, format!("{} is given twice in one map", shown(key)))
        .label(first, "first given here, and this one counts")
        .help("remove one of them, or give it another name")
}

/// A text for a message, in backticks: its first line, cut when it is long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let text = text.trim();
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    if shown.contains(char::is_control) {
        shown = shown.chars().filter(|c| !c.is_control()).collect();
    }
    format!("`{shown}`")
}
