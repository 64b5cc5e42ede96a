//! One exchange that is under way: on a server, in a database or with an answer that is known; judged by
//! the function's error rules, and tried again where that helps.

use std::sync::Arc;

use super::{Call, Repeated};
use crate::run::provider::rest::answers::Given as GivenAnswer;
use crate::run::provider::rest::charset;
use crate::run::provider::rest::database::Statement;
use crate::run::provider::rest::errors::{self, Came, Ruled};
use crate::run::provider::rest::guard;
use crate::run::provider::rest::http::{Begun, Request, Response, Tried, may_repeat};
use crate::run::provider::rest::queries::Moment;
use crate::run::provider::rest::scope::Roots;
use crate::run::provider::{FetchError, Retry, Sink};

/// How often a request is sent again with another token (functions.md §9).
const RENEWALS: u32 = 2;

/// A call that is under way.
pub(super) enum Turn {
    /// On a server.
    Server(Box<Begun>),
    /// In a database.
    Database(Arc<Statement>),
    /// Nowhere: the answer is known.
    Given(Box<GivenAnswer>),
}

impl Turn {
    fn request(&self) -> &Request {
        match self {
            Self::Server(begun) => begun.request(),
            Self::Database(statement) => statement.request(),
            Self::Given(given) => given.request(),
        }
    }

    /// The same again; nothing when it has to be sent anew.
    fn again(&self) -> Option<Self> {
        match self {
            Self::Server(_) => None,
            Self::Database(statement) => Some(Self::Database(Arc::clone(statement))),
            Self::Given(given) => Some(Self::Given(given.clone())),
        }
    }
}

impl Call<'_> {
    /// The answer to a request, judged by the function's error rules; tried again where that helps.
    /// Nothing when the guard does not let a further try through.
    pub(super) fn answered(
        &mut self,
        turn: Turn,
        sink: &mut dyn Sink,
    ) -> Result<Option<Response>, FetchError> {
        let guards_retries = self.function.guard.as_ref().is_some_and(|guard| guard.on_retry);
        let has_rules = self.function.errors.is_some() || self.function.error_transform.is_some();
        let turn = match turn {
            Turn::Server(begun)
                if !has_rules && !guards_retries && self.write.is_none() && !self.is_renewable() =>
            {
                let response = self.options.http.finish(*begun, &self.redactor, self.fetch.stop)?;
                return Ok(Some(charset::readable(response, self.function.format)));
            }
            turn => turn,
        };
        let (mut request, again) = (turn.request().clone(), turn.again());
        let (mut turn, mut failures, mut renewals) = (Some(turn), 0, 0);
        loop {
            let mut tried = match turn.take() {
                Some(turn) => self.once(turn),
                None => self.once(again.as_ref().and_then(Turn::again).unwrap_or_else(|| {
                    Turn::Server(Box::new(self.options.http.begin(request.clone(), self.fetch.stop)))
                })),
            };
            // What the server said yes to has happened, however late it is.
            if !matches!(tried, Ok(Tried { refusal: None, .. })) {
                self.fetch.stop.check()?;
            }
            if let Ok(Tried { refusal: Some(error), .. }) = &tried
                && self.is_unchanged(error)
            {
                return Err(error.clone());
            }
            if renewals < RENEWALS && matches!(&tried, Ok(Tried { response, .. }) if response.status == 401) {
                renewals += 1;
                match self.renewed() {
                    Ok(Some(renewed)) => {
                        request = renewed;
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => tried = Err(error),
                }
            }
            let Some(Ruled { error, retries, writes, told }) = self.judged(Some(&request), &tried)? else {
                return Ok(tried.ok().map(|tried| tried.response));
            };
            if self.is_gone(&request, &error, failures) {
                return Ok(None);
            }
            if !self.options.http.waits_for_retry(&error, failures, retries, self.fetch.stop)? {
                // What a server says of an error may repeat what it was sent.
                sink.aside(&self.redactor.clean_writes(writes))?;
                self.redactor.clean_told(told).iter().for_each(|told| sink.tell(told));
                return Err(error);
            }
            if !guard::lets_through(self, Moment::Retry, sink)? {
                return Ok(None);
            }
            failures += 1;
        }
    }

    /// Whether a record that cannot be found was deleted by an earlier try, whose answer was lost.
    fn is_gone(&self, request: &Request, error: &FetchError, failures: u32) -> bool {
        let may_have_arrived = self.write == Some(Repeated::Yes) || (self.write.is_some() && failures > 0);
        may_have_arrived
            && request.method == "DELETE"
            && matches!(error.code.as_str(), "http.404" | "http.410")
    }

    /// An answer that is known beforehand.
    pub(super) fn given(&self, request: Request) -> Result<Turn, FetchError> {
        let answers = self.options.answers.as_deref().cloned().unwrap_or_default();
        answers.give(&self.function.id, self.pages, request).map(Box::new).map(Turn::Given)
    }

    fn once(&self, turn: Turn) -> Result<Tried, FetchError> {
        match turn {
            Turn::Server(begun) => {
                let Tried { response, refusal } =
                    self.options.http.once(*begun, &self.redactor, self.fetch.stop)?;
                Ok(Tried { response: charset::readable(response, self.function.format), refusal })
            }
            Turn::Database(statement) => {
                let (stop, request) = (self.fetch.stop, statement.recorded());
                self.options.http.beside(&request, stop, || statement.perform(stop))
            }
            Turn::Given(given) => Ok(given.tried()),
        }
    }

    /// What one try comes to: by the error rules, else by what its status means.
    pub(super) fn judged(
        &mut self,
        request: Option<&Request>,
        tried: &Result<Tried, FetchError>,
    ) -> Result<Option<Ruled>, FetchError> {
        let came = match tried {
            Ok(Tried { response, refusal: None }) => Came::Well(response),
            Ok(Tried { response, refusal: Some(error) }) => Came::Badly(response, error),
            Err(error) => Came::Not(error),
        };
        let rules = self.function.errors.as_deref().unwrap_or_default();
        let roots = Roots { result: errors::focus(self.function, &came), ..Roots::default() };
        let ruled = self.with_given(&roots, |function, scope, given| {
            errors::judge(function, rules, &came, scope, given)
        })?;
        let Some(error) = came.error().filter(|_| ruled.is_none()) else { return Ok(ruled) };
        let retry = if request.is_some_and(|request| may_repeat(request, error)) {
            error.retry
        } else {
            Retry::Never
        };
        let error = FetchError { retry, ..error.clone() };
        let writes = self.with_given(&roots, |function, scope, given| {
            errors::transformed(function, &came, scope, given)
        })?;
        Ok(Some(Ruled { error, retries: None, writes, told: Vec::new() }))
    }

    pub(super) fn is_unchanged(&self, error: &FetchError) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.is_unchanged(error))
    }
}
