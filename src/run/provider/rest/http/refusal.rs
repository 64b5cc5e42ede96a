//! What answers mean that are no success, in words, and when to come back.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use super::wire::{Answer, header};
use super::{Redactor, Request};
use crate::run::provider::{FetchError, Retry};

/// The wait after 429 when the server names none (functions.md §9).
const TOO_MANY_WAIT: Duration = Duration::from_secs(5);
/// Characters of an error's body that are shown.
const EXCERPT: usize = 200;

/// Whether a status is no success.
pub(super) fn is_refusal(status: u16) -> bool {
    status >= 300
}

/// The error that an answer is.
pub(super) fn refused(answer: &Answer, request: &Request, redactor: &Redactor) -> FetchError {
    let status = answer.status;
    let address = redactor.clean(&request.address.shown());
    let excerpt = excerpt(answer, redactor);
    let said = if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") };
    let reason = answer.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let message = format!("`{} {address}` was answered with {status}{reason}{said}", request.method);
    let retry = match (status, retry_after(status, &answer.headers)) {
        (_, Some(time)) => Retry::After(time),
        (429, None) => Retry::After(TOO_MANY_WAIT),
        (408 | 425 | 500 | 502..=504 | 506..=599, None) => Retry::MayHelp,
        _ => Retry::Never,
    };
    FetchError { code: format!("http.{status}"), message, retry }
}

/// What the body says about an error, on one line and without secrets.
fn excerpt(answer: &Answer, redactor: &Redactor) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let is_page = header(&answer.headers, "content-type").is_some_and(|kind| kind.contains("html"));
    if is_page || text.trim_start().starts_with('<') {
        return String::new();
    }
    let told = serde_json::from_str::<Value>(&text).ok().and_then(|value| told(&value).map(str::to_owned));
    let clean = redactor.clean(told.as_deref().unwrap_or(&text));
    let words = clean.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The sentence in the usual shapes of JSON errors.
fn told(value: &Value) -> Option<&str> {
    let at = ["/error/message", "/message", "/error_description", "/detail", "/title", "/error"];
    at.iter().find_map(|pointer| value.pointer(pointer).and_then(Value::as_str))
}

/// The wait that a server asks for, in seconds or as a date; a date is compared with the
/// server's own clock. Only where the answer says that the server has no time.
pub(super) fn retry_after(status: u16, headers: &[(String, String)]) -> Option<Duration> {
    if !matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 506..=599) {
        return None;
    }
    let text = header(headers, "retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| Some(DateTimeParser::new().parse_timestamp(text.trim()).ok()?.as_second());
    let wait = date(text)? - date(header(headers, "date")?)?;
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}
