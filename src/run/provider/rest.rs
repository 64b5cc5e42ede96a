//! Functions: calls the one of a table page by page, on a server (REST) or in a database (SQL)
//! (functions.md).
//!
//! Where a function only names the place of its rows (`$`, `$.value`), the rows go from the
//! answer to the sink as they are, byte for byte; every other transform is evaluated.

mod answers;
mod beside;
mod call;
mod charset;
mod convert;
mod database;
mod errors;
mod exact;
mod fresh;
mod guard;
mod http;
mod lacking;
mod operations;
mod page;
mod parameters;
mod plain;
mod project;
mod queries;
mod redact;
mod renew;
mod request;
mod resume;
mod rows;
mod scope;
mod surrogates;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Connections, Fetch, FetchError, Fetched, Outgoing, Provider, Sent, Sink};
use crate::expr::{Evaluator, Host, Limits, SharedExpressions};
use crate::run::{Clock, Credentials};

pub use answers::{Answers, GivenAnswer, NO_ANSWER};
use call::Call;
pub use convert::{LocalFiles, NoFiles};
pub(super) use http::{Address, Header, Request, Response, Tried};
pub use http::{Http, HttpOptions, NoPace, Pace, RealPace, Tape, TapeError, TapeHead};
pub(super) use redact::Redactor;
use renew::Renewed;
pub(super) use request::encoded;
pub(super) use rows::{Id, id, quoted, with_id};

/// How functions are called.
#[derive(Clone)]
pub struct RestOptions {
    /// The way to servers.
    pub http: Http,
    /// The secrets that functions name.
    pub credentials: Arc<dyn Credentials>,
    /// The time for expressions, and ids for rows that come without.
    pub clock: Arc<dyn Clock>,
    /// The app's shared expressions.
    pub shared: SharedExpressions,
    /// The most pages of one fetch.
    pub max_pages: u64,
    /// Files that functions convert.
    pub files: Arc<dyn LocalFiles>,
    /// Databases that functions query in place of servers.
    pub connections: Connections,
    /// Answers for functions, in place of those of all servers and databases.
    pub answers: Option<Arc<Answers>>,
}

impl RestOptions {
    /// The usual limits.
    #[must_use]
    pub fn new(http: Http, credentials: Arc<dyn Credentials>, clock: Arc<dyn Clock>) -> Self {
        Self {
            http,
            credentials,
            clock,
            shared: SharedExpressions::new(),
            max_pages: 10_000,
            files: Arc::new(NoFiles),
            connections: Connections::new(),
            answers: None,
        }
    }
}

/// Calls functions, those of the SQL provider too.
pub struct Rest {
    options: RestOptions,
    renewed: Renewed,
}

impl Rest {
    /// A provider with these options.
    #[must_use]
    pub fn new(options: RestOptions) -> Self {
        Self { options, renewed: Renewed::default() }
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator::new(Arc::new(ClockHost(Arc::clone(&self.options.clock))), Limits::default())
    }
}

impl Provider for Rest {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let function = request.function.ok_or_else(|| {
            let message = format!("the table `{}` names no `function` to fetch it", request.entity);
            FetchError::lasting("config.function", message)
        })?;
        let mut call = Call::new(self, function, request);
        let fetched = call.perform(sink);
        fetched.map_err(|error| FetchError { message: call.redactor().clean(&error.message), ..error })
    }

    fn send(&self, outgoing: &Outgoing<'_>, sink: &mut dyn Sink) -> Result<Sent, FetchError> {
        let function = outgoing.call.function.ok_or_else(|| {
            let message = format!("the table `{}` names no `function` to write it", outgoing.call.entity);
            FetchError::lasting("config.function", message)
        })?;
        let mut call = Call::sending(self, function, outgoing);
        let sent = call.send(sink);
        sent.map_err(|error| FetchError { message: call.redactor().clean(&error.message), ..error })
    }
}

struct ClockHost(Arc<dyn Clock>);

impl Host for ClockHost {
    fn now_ms(&self) -> i64 {
        self.0.now()
    }

    fn uuid(&self) -> String {
        self.0.uuid()
    }
}
