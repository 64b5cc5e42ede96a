//! What counts as an error, and what is done about it (functions.md §9).

use std::time::Duration;

use serde_json::{Value, json};

use super::call::is_about_credentials;
use super::http::Response;
use super::operations::{self, Given};
use super::page;
use super::scope::{Roots, Scope};
use crate::app::{ErrorRule, Format, Function};
use crate::expr::{Template, is_truthy};
use crate::run::provider::{FetchError, Retry, Told, Write, WriteMode};

/// The most times that a rule may have a request sent again.
const MOST_RETRIES: f64 = 100.0;

/// A call that a rule calls an error.
pub(super) struct Ruled {
    pub(super) error: FetchError,
    /// How often it is tried again; `None` leaves that to the settings.
    pub(super) retries: Option<u32>,
    /// What is done to local rows, when it is not tried again.
    pub(super) writes: Vec<Write<'static>>,
    /// What people are shown then.
    pub(super) told: Vec<Told>,
}

/// What came of one try.
pub(super) enum Came<'r> {
    /// An answer below 300.
    Well(&'r Response),
    /// An answer from 300 on, with what it means when no rule says otherwise.
    Badly(&'r Response, &'r FetchError),
    /// No answer.
    Not(&'r FetchError),
}

impl Came<'_> {
    fn response(&self) -> Option<&Response> {
        match self {
            Self::Well(response) | Self::Badly(response, _) => Some(response),
            Self::Not(_) => None,
        }
    }

    pub(super) fn error(&self) -> Option<&FetchError> {
        match self {
            Self::Well(_) => None,
            Self::Badly(_, error) | Self::Not(error) => Some(error),
        }
    }
}

/// Judges one try by the rules; the first that fits is taken.
pub(super) fn judge(
    function: &Function,
    rules: &[ErrorRule],
    came: &Came<'_>,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Option<Ruled>, FetchError> {
    expose(function, came, scope);
    for rule in rules {
        let fits = match &rule.when {
            None => true,
            Some(when) => scope.value_after("error.when", when, given.roots)?.as_ref().is_some_and(is_truthy),
        };
        if fits {
            return ruled(function, rule, came, scope, given).map(Some);
        }
    }
    Ok(None)
}

/// The row that `errorTransform` makes of a refusal (deprecated since 2024.10).
pub(super) fn transformed(
    function: &Function,
    came: &Came<'_>,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Vec<Write<'static>>, FetchError> {
    let (Some(transform), Some(response)) = (&function.error_transform, came.response()) else {
        return Ok(Vec::new());
    };
    let body = body_of(function, response);
    let row = scope.transform("errorTransform", transform, &body)?;
    Ok(row.map(|row| error_rows(format!("{}_error", given.table), &row, given)).into_iter().collect())
}

fn ruled(
    function: &Function,
    rule: &ErrorRule,
    came: &Came<'_>,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Ruled, FetchError> {
    let alert = match &rule.alert {
        Some(alert) => scope.value_after("error.alert", alert, given.roots)?,
        None => None,
    };
    let words = words(rule, alert.as_ref(), scope, given.roots)?;
    let (retry, retries) = retry(rule, came, scope, given.roots)?;
    let code = came.error().map_or_else(|| "function.error".to_owned(), |error| error.code.clone());
    let texts: Vec<&str> = words.iter().map(|(_, text)| text.as_str()).collect();
    let message = if texts.is_empty() { told_otherwise(function, came) } else { texts.join(": ") };
    let is_notified = match &rule.notification {
        Some(asked) => {
            scope.value_after("error.notification", asked, given.roots)?.as_ref().is_some_and(is_truthy)
        }
        None => false,
    };
    let told = shown(alert, is_notified, &words, &message);
    let table = format!("{}_error", given.table);
    let given = Given { table: &table, ..*given };
    let mut writes = operations::writes(function, &rule.operations, scope, &given)?;
    writes.extend(row(rule, scope, &given)?);
    Ok(Ruled { error: FetchError { code, message, retry }, retries, writes, told })
}

/// The words of a rule by their keys; where it has none itself, those of its alert.
fn words(
    rule: &ErrorRule,
    alert: Option<&Value>,
    scope: &Scope<'_>,
    roots: &Roots,
) -> Result<Vec<(&'static str, String)>, FetchError> {
    let mut words = Vec::new();
    for (key, template) in
        [("title", &rule.title), ("description", &rule.description), ("details", &rule.details)]
    {
        let said = text(&format!("error.{key}"), template.as_ref(), scope, roots)?;
        words.extend(said.map(|said| (key, said)));
    }
    if words.is_empty() {
        let said = |key: &'static str| Some((key, plain(alert?.get(key)?.clone())?));
        words.extend(["title", "subtitle", "description"].into_iter().filter_map(said));
    }
    Ok(words)
}

/// What a phone would show.
fn shown(
    alert: Option<Value>,
    is_notified: bool,
    words: &[(&'static str, String)],
    message: &str,
) -> Vec<Told> {
    let alert = alert.filter(is_truthy).map(|options| Told { kind: "alert", options });
    let notification = is_notified.then(|| {
        let said = words.iter().map(|(key, text)| ((*key).to_owned(), Value::from(text.as_str())));
        let mut options: serde_json::Map<_, _> = said.collect();
        options.entry("title").or_insert_with(|| Value::from(message));
        Told { kind: "notification", options: Value::Object(options) }
    });
    alert.into_iter().chain(notification).collect()
}

fn told_otherwise(function: &Function, came: &Came<'_>) -> String {
    match came.error() {
        Some(error) => error.message.clone(),
        None => format!("an error rule of the function `{}` fits the answer", function.id),
    }
}

fn text(
    what: &str,
    template: Option<&Template>,
    scope: &Scope<'_>,
    roots: &Roots,
) -> Result<Option<String>, FetchError> {
    let Some(template) = template else { return Ok(None) };
    Ok(scope.value_after(what, template, roots)?.and_then(plain))
}

/// A value as people read it; nothing for one that says nothing.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        // A text in several languages has one to fall back to (actions.md §1).
        Value::Object(members) => members.get("defaultMessage").and_then(Value::as_str).map(str::to_owned),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

fn retry(
    rule: &ErrorRule,
    came: &Came<'_>,
    scope: &Scope<'_>,
    roots: &Roots,
) -> Result<(Retry, Option<u32>), FetchError> {
    let Some((delay, most)) = &rule.retry else {
        // Without a word in the rule an error keeps what the runtime does about it.
        let retry = came.error().map_or(Retry::Never, |error| error.retry);
        return Ok((retry, None));
    };
    let number = |what: &str, template: &Option<Template>| -> Result<Option<f64>, FetchError> {
        let Some(template) = template else { return Ok(None) };
        Ok(scope.value_after(what, template, roots)?.as_ref().and_then(Value::as_f64))
    };
    let delay = number("error.retry.delay", delay)?.filter(|ms| ms.is_finite() && *ms >= 0.0);
    let most = number("error.retry.maxRetries", most)?.map(|most| most.clamp(0.0, MOST_RETRIES));
    let retry = match delay {
        Some(ms) => Retry::After(Duration::from_secs_f64((ms / 1000.0).min(86_400.0))),
        None => Retry::MayHelp,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was clamped above")]
    Ok((retry, most.map(|most| most as u32)))
}

/// The older way to fill the table of errors: `table` and `transform` of the rule itself.
fn row(
    rule: &ErrorRule,
    scope: &mut Scope<'_>,
    given: &Given<'_>,
) -> Result<Option<Write<'static>>, FetchError> {
    let Some((table, Some(transform))) = &rule.row else { return Ok(None) };
    let named = text("error.table", table.as_ref(), scope, given.roots)?;
    let row = scope.transform("error.transform", transform, &given.roots.result)?;
    Ok(row.map(|row| error_rows(named.unwrap_or_else(|| given.table.to_owned()), &row, given)))
}

fn error_rows(table: String, row: &Value, given: &Given<'_>) -> Write<'static> {
    let rows = match row {
        Value::Array(items) => {
            items.iter().map(|item| page::owned(item, &given.roots.numbers, given.new_id)).collect()
        }
        row => vec![page::owned(row, &given.roots.numbers, given.new_id)],
    };
    Write::Rows { table, mode: WriteMode::Upsert, rows, timestamp: None }
}

/// What `$` is for rules: the body of the answer.
pub(super) fn focus(function: &Function, came: &Came<'_>) -> Value {
    came.response().map_or(Value::Null, |response| body_of(function, response))
}

/// What rules read: `@ctx.response` and `@ctx.error` (expressions.md §2).
fn expose(function: &Function, came: &Came<'_>, scope: &mut Scope<'_>) {
    if let Some(response) = came.response() {
        let body = body_of(function, response);
        scope.put("response", page::told(response, Some(body)));
    }
    let error = came.error().map_or(Value::Null, |error| {
        let name = match error.code.as_str() {
            code if code.starts_with("http.") => "HttpError",
            _ if is_about_credentials(error) => "OAuthCredentialsMissingError",
            _ => "NetworkError",
        };
        json!({ "name": name, "code": error.code, "message": error.message })
    });
    scope.put("error", error);
}

fn body_of(function: &Function, response: &Response) -> Value {
    let text = String::from_utf8_lossy(&response.body);
    let is_json = function.format == Format::Json || response.status >= 300;
    let parsed = is_json.then(|| serde_json::from_str(&text).ok()).flatten();
    parsed.unwrap_or_else(|| Value::from(text.into_owned()))
}
