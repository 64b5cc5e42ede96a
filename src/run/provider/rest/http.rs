//! Requests over HTTP: limits, allowed hosts, redirects, retries, errors in words.

mod address;
mod confide;
mod hosts;
mod named;
mod network;
mod pace;
mod refusal;
mod resolve;
mod tape;
mod transport;
mod turns;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use super::redact::Redactor;
use crate::app::{HttpSettings, Project, Secret, Settings};
use crate::run::provider::{FetchError, Retry, Stop};

pub(in crate::run::provider) use address::Address;
use hosts::Hosts;
pub use pace::{NoPace, Pace, RealPace};
use refusal::{is_refusal, refused};
use resolve::Screened;
pub use tape::{Tape, TapeError, TapeHead};
use transport::{Pending, Transport};
use turns::Turns;
use wire::{Answer, Limits, Names, Wire, header};

/// What stands for the origin of the tables that are served here.
const SERVED: &str = "${backend}";

/// How requests are made.
#[derive(Clone)]
pub struct HttpOptions {
    /// For one request, from connecting to the last byte.
    pub timeout: Duration,
    /// Largest body of an answer in bytes, unpacked.
    pub max_body: u64,
    /// How often a failed request that may go better later is tried again.
    pub retries: u32,
    /// How often an answer may send a request on to another address.
    pub max_redirects: usize,
    /// The most headers of an answer.
    pub max_headers: usize,
    /// Largest head of an answer in bytes.
    pub max_header_bytes: usize,
    /// The most requests to one host at a time.
    pub concurrency: usize,
    /// The least time between the beginnings of two requests to one host.
    pub spacing: Option<Duration>,
    /// Hosts that may be asked; `*` stands for any run of characters.
    pub allow: Vec<String>,
    /// Addresses whose hosts may be on this machine or in a private network, beside those that a pattern
    /// of `allow` names with more than stars.
    pub named: Vec<String>,
    /// The address of the tables that are served here, which is always allowed.
    pub served: Option<String>,
    /// Values that no message may show, beside the credentials of a call.
    pub secrets: Vec<Secret>,
    /// Those that no row may hold either.
    pub credentials: Vec<Secret>,
    /// Waits between tries.
    pub pace: Arc<dyn Pace>,
    /// A recording that is made, or that all answers come from.
    pub tape: Option<Arc<Tape>>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self::limited(&HttpSettings::default())
    }
}

impl HttpOptions {
    /// What an app's settings say. Hosts that they name, and those of this machine in the app's
    /// functions, may be asked wherever they are.
    #[must_use]
    pub fn of_app(project: &Project, settings: &Settings) -> Self {
        let mut named = named::in_settings(settings);
        named.extend(named::in_functions(project));
        Self {
            named,
            served: settings.served.clone(),
            secrets: settings.secrets.clone(),
            credentials: settings.credentials.values().chain(&settings.dynamic.api_key).cloned().collect(),
            ..Self::limited(&settings.http)
        }
    }

    fn limited(http: &HttpSettings) -> Self {
        Self {
            timeout: http.timeout,
            max_body: http.max_body,
            retries: http.retries,
            max_redirects: http.max_redirects,
            max_headers: http.max_headers,
            max_header_bytes: http.max_header_bytes,
            concurrency: http.concurrency,
            spacing: http.spacing,
            allow: http.allow.clone(),
            named: Vec::new(),
            served: None,
            secrets: Vec::new(),
            credentials: Vec::new(),
            pace: Arc::new(RealPace),
            tape: None,
        }
    }
}

/// The way to servers, shared by the providers that need one; cheap to clone.
#[derive(Clone)]
pub struct Http {
    wire: Arc<dyn Transport>,
    /// The network itself.
    bare: Wire,
    tape: Option<Arc<Tape>>,
    hosts: Arc<Hosts>,
    retries: u32,
    max_redirects: usize,
    /// The origin of the tables that are served here.
    served: Option<String>,
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
        Self::with_names(options, wire::names())
    }

    /// The same with another way from names to addresses.
    pub(in crate::run::provider) fn with_names(options: &HttpOptions, names: Names) -> Self {
        let hosts = Arc::new(Hosts::new(&options.allow, &options.named, options.served.as_deref()));
        let turns = Turns::new(options.concurrency, options.spacing, Arc::clone(&options.pace));
        let limits = Limits {
            timeout: options.timeout,
            max_body: options.max_body,
            max_headers: options.max_headers,
            max_header_bytes: options.max_header_bytes,
            connections: options.concurrency,
        };
        let wire = Wire::new(limits, Arc::new(turns), Screened { inner: names, hosts: Arc::clone(&hosts) });
        Self {
            wire: transport::of(options, wire.clone()),
            bare: wire,
            tape: options.tape.clone(),
            hosts,
            retries: options.retries,
            max_redirects: options.max_redirects,
            served: options.served.as_deref().and_then(|url| Some(Address::parse(url).ok()?.origin())),
            pace: Arc::clone(&options.pace),
            redactor: Redactor::new(&options.secrets).and(&options.credentials),
        }
    }

    /// A text without the port of the tables that are served here, which is another one every time.
    pub(in crate::run::provider) fn unlocated(&self, text: &str) -> String {
        self.served.as_ref().map_or_else(|| text.to_owned(), |served| text.replace(served.as_str(), SERVED))
    }

    /// The text that [`Http::unlocated`] was given, with the port of now.
    pub(in crate::run::provider) fn located(&self, text: &str) -> String {
        self.served.as_ref().map_or_else(|| text.to_owned(), |served| text.replace(SERVED, served))
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
        for _ in 0..=self.max_redirects {
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
        let message = format!(
            "`{}` was sent on more than {}, the limit is `http.maxRedirects`",
            request.address.shown(),
            times(self.max_redirects)
        );
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

fn answered(answer: Answer, request: Request) -> Response {
    Response {
        status: answer.status,
        reason: answer.reason.unwrap_or_default(),
        headers: answer.headers,
        body: answer.body,
        address: request.address,
    }
}

fn times(number: usize) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}
