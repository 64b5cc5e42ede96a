//! One request, one answer; the only file that knows the HTTP client.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use ureq::http::{self, HeaderName, HeaderValue, Method};
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, AsSendBody, Body};

use super::address::Address;
use super::refusal::retry_after;
use super::resolve::Screened;
use super::turns::Turns;
use super::{Header, Request};
use crate::run::provider::{FetchError, Stop};

/// How often a waiting fetch looks whether it is to stop.
const TICK: Duration = Duration::from_millis(20);
/// How much is read between two looks at the limits.
const CHUNK: u64 = 64 * 1024;
/// An error's body is only shown; more of it is not read.
const MAX_ERROR_BODY: u64 = 64 * 1024;

/// What may be spent on one exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From connecting to the last byte.
    pub(super) timeout: Duration,
    /// Largest body, unpacked.
    pub(super) max_body: u64,
    /// The most headers.
    pub(super) max_headers: usize,
    /// Largest head in bytes.
    pub(super) max_header_bytes: usize,
    /// Idle connections that are kept for each host.
    pub(super) connections: usize,
}

/// The way from names to addresses.
pub(super) type Names = Arc<dyn Resolver>;

/// The system's way.
pub(super) fn names() -> Names {
    Arc::new(DefaultResolver::default())
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The usual words for the status.
    pub(super) reason: Option<&'static str>,
    /// Names in lower case, in the order they came.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Connections to all hosts, kept open between requests.
#[derive(Clone)]
pub(super) struct Wire {
    limits: Limits,
    turns: Arc<Turns>,
    /// Through the proxy that the environment names, if any.
    outside: Agent,
    /// For this machine, which no proxy can reach.
    loopback: Agent,
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct Exchange {
    answer: mpsc::Receiver<Result<Answer, FetchError>>,
}

impl Exchange {
    /// Waits for the whole answer.
    pub(super) fn wait(self, stop: &Stop) -> Result<Answer, FetchError> {
        loop {
            match self.answer.recv_timeout(TICK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => stop.check()?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(FetchError::passing("net.connect", "the request ended without an answer"));
                }
            }
        }
    }
}

impl Wire {
    pub(super) fn new(limits: Limits, turns: Arc<Turns>, names: Screened) -> Self {
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .max_response_header_size(limits.max_header_bytes)
                .max_idle_connections_per_host(limits.connections)
                .timeout_global(Some(limits.timeout))
                .user_agent(concat!("syncscope/", env!("CARGO_PKG_VERSION")))
        };
        let agent = |config, names| Agent::with_parts(config, DefaultConnector::default(), names);
        let loopback = agent(config().proxy(None).build(), names.clone());
        Self { limits, turns, outside: agent(config().build(), names), loopback }
    }

    /// Begins to send a request to an address; the caller does something else before it waits.
    ///
    /// The work is done on a thread of its own, so that a stop is heard at once whatever the
    /// network does; the thread ends by its timeout at the latest.
    pub(super) fn begin(
        &self,
        request: &Request,
        address: &Address,
        stop: &Stop,
    ) -> Result<Exchange, FetchError> {
        let prepared = prepare(request, address)?;
        let (send, receive) = mpsc::channel();
        let (wire, target, heard) = (self.clone(), address.clone(), stop.clone());
        let work = move || {
            // After a stop nobody listens any more.
            let _ = send.send(wire.perform(prepared, &target, &heard));
        };
        let spawned = std::thread::Builder::new().name("http".to_owned()).spawn(work);
        spawned.map_err(|error| {
            FetchError::passing("net.connect", format!("no thread for a request: {error}"))
        })?;
        Ok(Exchange { answer: receive })
    }

    fn perform(&self, request: Prepared, address: &Address, stop: &Stop) -> Result<Answer, FetchError> {
        let _turn = self.turns.take(address, stop)?;
        let (parts, body) = request.into_parts();
        let method = parts.method.clone();
        // Without a body these say that they have none (RFC 9110 §8.6); the client would announce one of unknown
        // length, which not every server takes.
        let body =
            body.or_else(|| [Method::POST, Method::PUT, Method::PATCH].contains(&method).then(Vec::new));
        let sent = match body {
            Some(body) => self.run(http::Request::from_parts(parts, body), address),
            None => self.run(http::Request::from_parts(parts, ()), address),
        };
        let mut response = sent.map_err(|error| self.failure(&error, address))?;
        let (status, reason) = (response.status().as_u16(), response.status().canonical_reason());
        let headers = headers(response.headers());
        if let Some(time) = retry_after(status, &headers) {
            self.turns.hold(address, time);
        }
        if headers.len() > self.limits.max_headers {
            return Err(too_many_headers(address, self.limits.max_headers));
        }
        let body = if has_body(&method, status) {
            self.read(response.body_mut(), status, address, stop)?
        } else {
            Vec::new()
        };
        Ok(Answer { status, reason, headers, body })
    }

    fn run<S: AsSendBody>(
        &self,
        request: http::Request<S>,
        address: &Address,
    ) -> Result<http::Response<Body>, ureq::Error> {
        if address.is_loopback() { self.loopback.run(request) } else { self.outside.run(request) }
    }

    fn read(
        &self,
        body: &mut Body,
        status: u16,
        address: &Address,
        stop: &Stop,
    ) -> Result<Vec<u8>, FetchError> {
        let max = if status < 400 { self.limits.max_body } else { self.limits.max_body.min(MAX_ERROR_BODY) };
        let announced = body.content_length().unwrap_or(0);
        let mut bytes = Vec::with_capacity(usize::try_from(announced.min(max)).unwrap_or(0));
        let mut reader = body.as_reader();
        loop {
            stop.check()?;
            let read = reader.by_ref().take(CHUNK).read_to_end(&mut bytes);
            let read = read.map_err(|error| self.failure(&error.into(), address))?;
            if bytes.len() as u64 > max || (announced > max && status < 400) {
                return if status < 400 { Err(too_large(address, max)) } else { Ok(bytes) };
            }
            if read == 0 {
                return Ok(bytes);
            }
        }
    }

    /// The client's error in our words.
    fn failure(&self, error: &ureq::Error, address: &Address) -> FetchError {
        let origin = address.origin();
        match error {
            ureq::Error::Other(error) if error.is::<FetchError>() => {
                error.downcast_ref::<FetchError>().cloned().unwrap_or_else(|| no_host(address))
            }
            ureq::Error::Io(error) => io_failure(error, address),
            ureq::Error::Timeout(_) => {
                let time = humantime::format_duration(self.limits.timeout);
                FetchError::passing(
                    "net.timeout",
                    format!("`{origin}` gave no complete answer within {time}"),
                )
            }
            ureq::Error::HostNotFound => no_host(address),
            ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
                FetchError::passing("net.connect", format!("cannot connect to `{origin}`"))
            }
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) | ureq::Error::TlsRequired => {
                tls(address, error)
            }
            ureq::Error::Decompress(..) => FetchError::lasting(
                "decode.body",
                format!("the answer of `{}` cannot be unpacked", address.shown()),
            ),
            ureq::Error::LargeResponseHeader(..) => FetchError::lasting(
                "limit.headers",
                format!(
                    "the headers of `{}` are larger than {} bytes, the limit is `http.maxHeaderBytes`",
                    address.shown(),
                    self.limits.max_header_bytes
                ),
            ),
            other if other.to_string().contains("too many headers") => {
                too_many_headers(address, self.limits.max_headers)
            }
            ureq::Error::Http(_) | ureq::Error::BadUri(_) => FetchError::lasting(
                "config.url",
                format!("`{}` is no address that can be called", address.shown()),
            ),
            other => {
                let message = format!("what `{origin}` answered is not valid HTTP: {other}");
                FetchError::passing("net.protocol", message)
            }
        }
    }
}

/// Whether an answer has a body at all, whatever its headers say of one (RFC 9110 §6.4.1).
fn has_body(method: &Method, status: u16) -> bool {
    method != Method::HEAD && !matches!(status, 204 | 304)
}

/// A request without its client.
type Prepared = http::Request<Option<Vec<u8>>>;

fn prepare(request: &Request, address: &Address) -> Result<Prepared, FetchError> {
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
        FetchError::lasting("config.method", format!("`{}` is no HTTP method", request.method))
    })?;
    let mut builder = http::Request::builder().method(method).uri(address.text());
    for header in &request.headers {
        let (name, value) = checked(header)?;
        builder = builder.header(name, value);
    }
    builder
        .body(request.body.clone())
        .map_err(|_| FetchError::lasting("config.url", format!("`{}` cannot be called", address.shown())))
}

/// A header as the client takes it; the message names no value, it may be secret.
fn checked(header: &Header) -> Result<(HeaderName, HeaderValue), FetchError> {
    let refused = |what: &str| {
        let message = format!("header parameter `{}`: {what}", header.name);
        FetchError::lasting("config.parameter", message)
    };
    let name =
        HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| refused("the name is no header name"))?;
    if matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection" | "host") {
        return Err(refused("this header is set by the connection itself"));
    }
    let value = HeaderValue::from_str(&header.value)
        .map_err(|_| refused("the value has characters that cannot stand in a header"))?;
    Ok((name, value))
}

fn headers(map: &http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn io_failure(error: &io::Error, address: &Address) -> FetchError {
    use io::ErrorKind as Kind;
    let origin = address.origin();
    // The standard library has no kind of its own for names that cannot be resolved.
    if error.to_string().contains("failed to lookup address") {
        return no_host(address);
    }
    match error.kind() {
        Kind::InvalidData => tls(address, error),
        Kind::TimedOut | Kind::WouldBlock => {
            FetchError::passing("net.timeout", format!("`{origin}` gave no answer in time"))
        }
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            let message = format!("the connection to `{origin}` broke before the answer was complete");
            FetchError::passing("net.connect", message)
        }
        Kind::ConnectionRefused => {
            let message = format!("cannot connect to `{origin}`: nothing listens there (connection refused)");
            FetchError::passing("net.connect", message)
        }
        _ => FetchError::passing("net.connect", format!("cannot connect to `{origin}`: {error}")),
    }
}

fn no_host(address: &Address) -> FetchError {
    FetchError::passing("net.dns", format!("the host `{}` cannot be found", address.host()))
}

fn tls(address: &Address, error: &dyn std::fmt::Display) -> FetchError {
    let message = format!("no secure connection to `{}`: {error}", address.origin());
    FetchError::lasting("net.tls", message)
}

fn too_many_headers(address: &Address, max: usize) -> FetchError {
    let message = format!(
        "the answer of `{}` has more than {max} headers, the limit is `http.maxHeaders`",
        address.shown()
    );
    FetchError::lasting("limit.headers", message)
}

fn too_large(address: &Address, max: u64) -> FetchError {
    let message = format!(
        "the answer of `{}` is larger than {max} bytes; ask for smaller pages or raise `http.maxBody`",
        address.shown()
    );
    FetchError::lasting("limit.body", message)
}

/// The first header of a name in lower case.
pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
