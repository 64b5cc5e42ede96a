//! Requests over HTTP: limits, allowed hosts, redirects, retries, errors in words.

mod address;
mod hosts;
mod pace;
mod tape;
mod transport;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use super::redact::Redactor;
use crate::app::{Secret, Settings};
use crate::run::provider::{FetchError, Retry, Stop};

pub(in crate::run::provider) use address::Address;
use hosts::Hosts;
pub use pace::{NoPace, Pace, RealPace};
pub use tape::{Tape, TapeError, TapeHead};
use transport::{Pending, Transport};
use wire::{Answer, Limits, Wire};

/// How often a server may send a request on to another address.
const MAX_REDIRECTS: usize = 10;
/// The wait after 429 when the server names none (functions.md §9).
const TOO_MANY_WAIT: Duration = Duration::from_secs(5);
/// Characters of an error's body that are shown.
const EXCERPT: usize = 200;

/// How requests are made.
#[derive(Clone)]
pub struct HttpOptions {
    /// For one request, from connecting to the last byte.
    pub timeout: Duration,
    /// Largest body of an answer in bytes, unpacked.
    pub max_body: u64,
    /// How often a failed request that may go better later is tried again.
    pub retries: u32,
    /// Hosts that may be asked; `*` stands for any run of characters.
    pub allow: Vec<String>,
    /// Values that no message may show, beside the credentials of a call.
    pub secrets: Vec<Secret>,
    /// Waits between tries.
    pub pace: Arc<dyn Pace>,
    /// A recording that is made, or that all answers come from.
    pub tape: Option<Arc<Tape>>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            max_body: 64 * 1024 * 1024,
            retries: 3,
            allow: vec!["*".to_owned()],
            secrets: Vec::new(),
            pace: Arc::new(RealPace),
            tape: None,
        }
    }
}

impl HttpOptions {
    /// What an app's settings say.
    #[must_use]
    pub fn from_settings(settings: &Settings) -> Self {
        Self {
            timeout: settings.http.timeout,
            max_body: settings.http.max_body,
            retries: settings.http.retries,
            allow: settings.http.allow.clone(),
            secrets: settings.secrets.clone(),
            ..Self::default()
        }
    }
}

/// The way to servers, shared by the providers that need one; cheap to clone.
#[derive(Clone)]
pub struct Http {
    wire: Arc<dyn Transport>,
    hosts: Arc<Hosts>,
    retries: u32,
    pace: Arc<dyn Pace>,
    redactor: Redactor,
}

/// A request that may be sent more than once.
#[derive(Debug, Clone)]
pub(in crate::run::provider) struct Request {
    pub(in crate::run::provider) method: String,
    pub(in crate::run::provider) address: Address,
    pub(in crate::run::provider) headers: Vec<Header>,
    pub(in crate::run::provider) body: Option<Vec<u8>>,
}

/// A request that may be under way already.
#[derive(Debug)]
pub(in crate::run::provider) struct Begun {
    request: Request,
    exchange: Option<Pending>,
}

/// A header of a request.
#[derive(Debug, Clone)]
pub(in crate::run::provider) struct Header {
    pub(in crate::run::provider) name: String,
    pub(in crate::run::provider) value: String,
}

/// An answer.
#[derive(Debug)]
pub(in crate::run::provider) struct Response {
    pub(in crate::run::provider) status: u16,
    /// The usual words for the status; empty for one that nobody knows.
    pub(in crate::run::provider) reason: &'static str,
    /// Names in lower case.
    pub(in crate::run::provider) headers: Vec<(String, String)>,
    pub(in crate::run::provider) body: Vec<u8>,
    /// Where the answer came from, after redirects.
    pub(in crate::run::provider) address: Address,
}

impl Http {
    /// A way to servers with these limits.
    #[must_use]
    pub fn new(options: &HttpOptions) -> Self {
        Self {
            wire: transport::of(
                options,
                Wire::new(Limits { timeout: options.timeout, max_body: options.max_body }),
            ),
            hosts: Arc::new(Hosts::new(&options.allow)),
            retries: options.retries,
            pace: Arc::clone(&options.pace),
            redactor: Redactor::new(&options.secrets),
        }
    }

    /// Knows the secrets that no message may show.
    pub(in crate::run::provider) fn redactor(&self) -> Redactor {
        self.redactor.clone()
    }

    /// Begins to send a request, so that the server works on it while the caller is busy with
    /// something else. Only what changes nothing is sent before somebody waits for it.
    pub(in crate::run::provider) fn begin(&self, request: Request, stop: &Stop) -> Begun {
        let early =
            matches!(request.method.as_str(), "GET" | "HEAD") && self.hosts.check(&request.address).is_ok();
        // A request that cannot even begin is begun again by `finish`, which tells why.
        let exchange = early.then(|| self.wire.begin(&request, &request.address, stop).ok()).flatten();
        Begun { request, exchange }
    }

    /// Waits for the answer, follows redirects, tries again what may go better.
    ///
    /// # Errors
    /// `config.host`, `net.*`, `limit.body`, `limit.redirects`, and `http.<status>` from 400 on.
    pub(in crate::run::provider) fn finish(
        &self,
        begun: Begun,
        redactor: &Redactor,
        stop: &Stop,
    ) -> Result<Response, FetchError> {
        let Begun { request, mut exchange } = begun;
        pace::retrying(self.retries, self.pace.as_ref(), stop, || {
            let sent = self.follow(&request, exchange.take(), redactor, stop);
            sent.map_err(|error| {
                if may_repeat(&request, &error) { error } else { FetchError { retry: Retry::Never, ..error } }
            })
        })
    }

    /// Waits for the answer of one try and follows redirects; an answer of any status is an answer.
    ///
    /// # Errors
    /// `config.host`, `net.*`, `limit.*`.
    pub(in crate::run::provider) fn once(
        &self,
        begun: Begun,
        redactor: &Redactor,
        stop: &Stop,
    ) -> Result<Tried, FetchError> {
        let Begun { request, exchange } = begun;
        self.reach(&request, exchange, stop).map(|(answer, request)| {
            let refusal = is_refusal(answer.status).then(|| refused(&answer, &request, redactor));
            Tried { response: answered(answer, request), refusal }
        })
    }

    /// Waits before a failed request is sent again; `false` when it is not to be sent again.
    ///
    /// # Errors
    /// When it is time to stop.
    pub(in crate::run::provider) fn waits_for_retry(
        &self,
        error: &FetchError,
        failures: u32,
        retries: Option<u32>,
        stop: &Stop,
    ) -> Result<bool, FetchError> {
        stop.check()?;
        let wait = pace::wait(error, failures, self.pace.as_ref());
        let Some(wait) = wait.filter(|_| failures < retries.unwrap_or(self.retries)) else {
            return Ok(false);
        };
        if stop.left().is_some_and(|left| left <= wait) {
            return Ok(false);
        }
        self.pace.wait(wait, stop).map(|()| true)
    }

    fn follow(
        &self,
        request: &Request,
        begun: Option<Pending>,
        redactor: &Redactor,
        stop: &Stop,
    ) -> Result<Response, FetchError> {
        let (answer, request) = self.reach(request, begun, stop)?;
        if is_refusal(answer.status) {
            return Err(refused(&answer, &request, redactor));
        }
        Ok(answered(answer, request))
    }

    /// The answer at the end of all redirects, with the request that got it.
    fn reach(
        &self,
        request: &Request,
        mut begun: Option<Pending>,
        stop: &Stop,
    ) -> Result<(Answer, Request), FetchError> {
        let mut request = request.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.hosts.check(&request.address)?;
            let answer = match begun.take() {
                Some(exchange) => exchange.wait(stop)?,
                None => self.wire.begin(&request, &request.address, stop)?.wait(stop)?,
            };
            match target(&request, &answer)? {
                Some(address) => request = redirected(request, &answer, address)?,
                None => return Ok((answer, request)),
            }
        }
        let message = format!("`{}` was sent on more than {MAX_REDIRECTS} times", request.address.shown());
        Err(FetchError::lasting("limit.redirects", message))
    }
}

/// What came of one try.
#[derive(Debug)]
pub(in crate::run::provider) struct Tried {
    /// The answer.
    pub(in crate::run::provider) response: Response,
    /// What its status means, from 300 on.
    pub(in crate::run::provider) refusal: Option<FetchError>,
}

impl Begun {
    /// What is asked.
    pub(in crate::run::provider) fn request(&self) -> &Request {
        &self.request
    }
}

/// Whether sending the request again can do no harm: a repeated POST may act twice, unless the
/// server said that it did nothing.
pub(in crate::run::provider) fn may_repeat(request: &Request, error: &FetchError) -> bool {
    let harmless = !matches!(request.method.as_str(), "POST" | "PATCH");
    harmless || matches!(error.code.as_str(), "http.429" | "http.503" | "net.dns")
}

/// Where an answer sends us on to.
fn target(request: &Request, answer: &Answer) -> Result<Option<Address>, FetchError> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    header(&answer.headers, "location").map(|location| request.address.join(location)).transpose()
}

/// The request to the address that the server named. Nothing that may be secret goes to another
/// origin: only headers that say what kind of answer is wanted.
fn redirected(request: Request, answer: &Answer, address: Address) -> Result<Request, FetchError> {
    let elsewhere = address.origin() != request.address.origin();
    let mut next = Request { address, ..request };
    let becomes_get = answer.status == 303 || (answer.status < 303 && next.method == "POST");
    if becomes_get && next.method != "HEAD" {
        "GET".clone_into(&mut next.method);
        next.body = None;
        next.headers.retain(|header| !header.name.eq_ignore_ascii_case("content-type"));
    }
    if elsewhere {
        if next.body.is_some() {
            let origin = next.address.origin();
            let message =
                format!("the server sends the request with its body on to `{origin}`; that is not followed");
            return Err(FetchError::lasting(format!("http.{}", answer.status), message));
        }
        next.headers.retain(|header| header.name.to_ascii_lowercase().starts_with("accept"));
    }
    Ok(next)
}

fn is_refusal(status: u16) -> bool {
    status >= 300
}

fn answered(answer: Answer, request: Request) -> Response {
    Response {
        status: answer.status,
        reason: answer.reason.unwrap_or_default(),
        headers: answer.headers,
        body: answer.body,
        address: request.address,
    }
}

fn refused(answer: &Answer, request: &Request, redactor: &Redactor) -> FetchError {
    let status = answer.status;
    let address = redactor.clean(&request.address.shown());
    let excerpt = excerpt(answer, redactor);
    let said = if excerpt.is_empty() { String::new() } else { format!(": {excerpt}") };
    let reason = answer.reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let message = format!("`{} {address}` was answered with {status}{reason}{said}", request.method);
    let retry = match (status, retry_after(&answer.headers)) {
        (408 | 425 | 429 | 500 | 502..=504 | 506..=599, Some(time)) => Retry::After(time),
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
/// server's own clock.
fn retry_after(headers: &[(String, String)]) -> Option<Duration> {
    let text = header(headers, "retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| Some(DateTimeParser::new().parse_timestamp(text.trim()).ok()?.as_second());
    let wait = date(text)? - date(header(headers, "date")?)?;
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
