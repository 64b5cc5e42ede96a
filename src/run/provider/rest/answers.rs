//! Answers that are known beforehand, so that nobody has to be asked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::http::{Request, Response, Tried};
use crate::run::provider::FetchError;

/// Code of an error: there is no answer for a function. It is one of those that a guard does not
/// take for a no.
pub const NO_ANSWER: &str = "config.stub";

/// What functions are answered: for each its pages, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    by_function: BTreeMap<String, Vec<GivenAnswer>>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenAnswer {
    /// Its status; `200` mostly.
    pub status: u16,
    /// Its body.
    pub body: Value,
}

impl Answers {
    /// The same with the pages of a function, in place of those that it had.
    #[must_use]
    pub fn with(mut self, function: &str, pages: Vec<GivenAnswer>) -> Self {
        self.by_function.insert(function.to_owned(), pages);
        self
    }

    /// The functions that have answers.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.by_function.keys().map(String::as_str)
    }

    /// How many pages a function has.
    pub(super) fn pages(&self, function: &str) -> usize {
        self.by_function.get(function).map_or(0, Vec::len)
    }

    /// A page of a function as the answer to a request.
    ///
    /// # Errors
    /// [`NO_ANSWER`].
    pub(super) fn give(&self, function: &str, page: u64, request: Request) -> Result<Given, FetchError> {
        let page = usize::try_from(page).ok();
        let answer = self.by_function.get(function).zip(page).and_then(|(pages, page)| pages.get(page));
        let answer = answer.ok_or_else(|| {
            let message = format!("there is no answer given for the function `{function}`");
            FetchError::lasting(NO_ANSWER, message)
        })?;
        Ok(Given { request, answer: answer.clone() })
    }
}

/// An answer to a request that is not sent.
#[derive(Debug, Clone)]
pub(super) struct Given {
    request: Request,
    answer: GivenAnswer,
}

impl Given {
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn tried(&self) -> Tried {
        let GivenAnswer { status, body } = &self.answer;
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let refusal = (*status >= 300).then(|| {
            let shown = self.request.address.shown();
            let message = format!("`{} {shown}` was answered with {status}", self.request.method);
            FetchError::lasting(format!("http.{status}"), message)
        });
        let address = self.request.address.clone();
        let response = Response { status: *status, reason: "", headers: Vec::new(), body, address };
        Tried { response, refusal }
    }
}
