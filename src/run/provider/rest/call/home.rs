//! What keeps a fetch in bounds: credentials stay at their origin, and no page is fetched twice.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Call;
use super::paging::{ChosenBy, Target};
use crate::expr::Template;
use crate::run::provider::FetchError;
use crate::run::provider::rest::http::Request;
use crate::run::provider::rest::redact::Redactor;

impl Call<'_> {
    /// Ends fetches that would never end: a request that was sent before brings the same page.
    pub(super) fn count(&mut self, request: &Request) -> Result<(), FetchError> {
        let shown = request.address.shown();
        if self.sent.len() as u64 >= self.options.max_pages {
            let message = format!("more than {} pages, the last at `{shown}`", self.options.max_pages);
            return Err(FetchError::lasting("limit.pages", message));
        }
        if !self.sent.insert(identity(request)) {
            let message = format!("the next page of `{shown}` is a page that was fetched before");
            return Err(FetchError::lasting("limit.pages", message));
        }
        Ok(())
    }

    /// The request as it may be sent: to an origin that an answer has chosen goes only what says which kind
    /// of answer is wanted, and nothing at all in place of a request with secrets or a body.
    pub(super) fn kept_home(&self, request: Request, target: &Target) -> Result<Request, FetchError> {
        let there = request.address.origin();
        let is_home = self.origin.as_ref().is_none_or(|origin| *origin == there);
        if is_home || target.chosen_by == ChosenBy::Author {
            return Ok(request);
        }
        if request.body.is_none() && !carries_secret(&request, &self.redactor) {
            let mut headers = request.headers;
            headers.retain(|header| header.name.to_ascii_lowercase().starts_with("accept"));
            return Ok(Request { address: target.address.clone(), headers, ..request });
        }
        let home = self.origin.as_deref().unwrap_or_default();
        let message = format!(
            "the next page is at `{there}`, but the credentials and the body of the function `{}` are for \
             `{home}`; they are not sent elsewhere",
            self.function.id
        );
        Err(FetchError::lasting("config.host", message))
    }
}

/// Whether an author wrote the host of an address down, so that no answer can choose it.
pub(super) fn names_host(url: &Template) -> bool {
    let Template::Literal(Value::String(text)) = url else { return false };
    let authority =
        text.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
    authority.is_some_and(|authority| !authority.contains('{'))
}

fn carries_secret(request: &Request, redactor: &Redactor) -> bool {
    let holds = |text: &str| redactor.clean(text) != text;
    holds(&request.address.text())
        || request.headers.iter().any(|header| holds(&header.value))
        || request.body.as_ref().is_some_and(|body| holds(&String::from_utf8_lossy(body)))
}

fn identity(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.method, request.address.text(), &request.body).hash(&mut hasher);
    request.headers.iter().for_each(|header| (&header.name, &header.value).hash(&mut hasher));
    hasher.finish()
}
