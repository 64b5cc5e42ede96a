//! One fetch: request, page, continuation, until there is no next page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::http::{Address, Begun, Request, Response};
use super::page::{self, Reader};
use super::parameters::{self, Secrets, Values};
use super::redact::Redactor;
use super::request::{Draft, Query};
use super::scope::{Roots, Scope};
use super::{Rest, RestOptions};
use crate::app::{Continuation, Function, Parameter};
use crate::expr::{Template, is_truthy};
use crate::run::provider::{Fetch, FetchError, Fetched, Page, Sink};

/// The state of one fetch.
pub(super) struct Call<'c> {
    options: &'c RestOptions,
    function: &'c Function,
    fetch: &'c Fetch<'c>,
    scope: Scope<'c>,
    redactor: Redactor,
    definitions: &'c [Parameter],
    values: Values,
    /// Where the first request went; credentials belong there.
    origin: Option<String>,
    /// Requests that were sent, as hashes.
    sent: HashSet<u64>,
}

/// Where a page is.
struct Target {
    address: Address,
    query: Query,
    chosen_by: ChosenBy,
}

/// Who chose an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChosenBy {
    Author,
    Server,
}

impl<'c> Call<'c> {
    pub(super) fn new(rest: &'c Rest, function: &'c Function, fetch: &'c Fetch<'c>) -> Self {
        let options = &rest.options;
        let mut scope = Scope::new(function, rest.evaluator(), &options.shared, fetch.world);
        scope.put("entity", Value::from(fetch.entity));
        Self {
            options,
            function,
            fetch,
            scope,
            redactor: options.http.redactor(),
            definitions: &function.parameters,
            values: Values::new(),
            origin: None,
            sent: HashSet::new(),
        }
    }

    /// Knows the secrets of this fetch.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(super) fn perform(&mut self, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        self.values = parameters::first(self.function, self.fetch.parameters, &mut self.scope)?;
        if !self.is_wanted()? {
            return Ok(Fetched { skipped: true, ..Fetched::default() });
        }
        let reader = Reader::new(self.function);
        let first = self.first()?;
        let mut begun = Some(self.begin(first)?);
        while let Some(page) = begun {
            let response = self.options.http.finish(page, &self.redactor, self.fetch.stop)?;
            begun = self.take(&reader, &response, sink)?;
        }
        Ok(Fetched::default())
    }

    fn is_wanted(&self) -> Result<bool, FetchError> {
        let Some(when) = &self.function.when else { return Ok(true) };
        Ok(self.scope.value("when", when)?.as_ref().is_some_and(is_truthy))
    }

    fn begin(&mut self, target: Target) -> Result<Begun, FetchError> {
        let credentials = self.options.credentials.as_ref();
        let secrets = Secrets::find(self.definitions, &self.values, credentials, &mut self.redactor)?;
        let chosen_by = target.chosen_by;
        let request = self.draft(&secrets).request(target.address, target.query, &self.scope)?;
        self.count(&request)?;
        self.keep_secrets_home(&request, chosen_by)?;
        Ok(self.options.http.begin(request, self.fetch.stop))
    }

    /// Gives the rows of an answer to the sink, after the next page has been asked for: the server
    /// works on that one while this one is written.
    fn take(
        &mut self,
        reader: &Reader<'_>,
        response: &Response,
        sink: &mut dyn Sink,
    ) -> Result<Option<Begun>, FetchError> {
        let body = page::text(response)?;
        let clock = &self.options.clock;
        let read = reader.read(response, body, &mut self.scope, &self.values, &|| clock.uuid())?;
        self.fetch.stop.check()?;
        let next = self.next_page(&read.roots, response);
        sink.page(&Page { rows: read.rows, deleted: Vec::new(), bytes: response.body.len() as u64 })?;
        next
    }

    fn next_page(&mut self, roots: &Roots, response: &Response) -> Result<Option<Begun>, FetchError> {
        let Some(continuation) = &self.function.continuation else { return Ok(None) };
        let target = self.next(continuation, roots, response)?;
        target.map(|target| self.begin(target)).transpose()
    }

    fn draft<'d>(&'d self, secrets: &'d Secrets) -> Draft<'d> {
        Draft { function: self.function, definitions: self.definitions, values: &self.values, secrets }
    }

    fn first(&mut self) -> Result<Target, FetchError> {
        let url = self.function.url.as_ref().ok_or_else(|| self.no_url("has no `url`"))?;
        let value = self.scope.value("url", url)?;
        let text =
            self.address_text(value)?.ok_or_else(|| self.no_url("has a `url` that gives no address"))?;
        let address = Address::parse(&text)?;
        self.origin = Some(address.origin());
        Ok(Target { address, query: Query::Parameters, chosen_by: ChosenBy::Author })
    }

    /// The text of an address with its tokens filled in; nothing for an empty or missing one.
    fn address_text(&mut self, value: Option<Value>) -> Result<Option<String>, FetchError> {
        let text = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text,
            Some(_) => return Err(self.no_url("has a `url` that is no text")),
        };
        let credentials = self.options.credentials.as_ref();
        let secrets = Secrets::find(self.definitions, &self.values, credentials, &mut self.redactor)?;
        self.draft(&secrets).fill(text.trim()).map(Some)
    }

    fn no_url(&self, what: &str) -> FetchError {
        FetchError::lasting("config.url", format!("the function `{}` {what}", self.function.id))
    }

    /// The next page, if there is one (functions.md §5).
    fn next(
        &mut self,
        block: &'c Continuation,
        roots: &Roots,
        response: &Response,
    ) -> Result<Option<Target>, FetchError> {
        if let Some(when) = &block.when
            && !self.scope.value_after("continuation.when", when, roots)?.as_ref().is_some_and(is_truthy)
        {
            return Ok(None);
        }
        let url = match &block.url {
            Some(url) => self.scope.value_after("continuation.url", url, roots)?,
            None => match &self.function.url {
                Some(url) => self.scope.value("url", url)?,
                None => None,
            },
        };
        if let Some(definitions) = &block.parameters {
            self.values = parameters::next(self.function, definitions, &self.values, &mut self.scope, roots)?;
            self.definitions = definitions;
        }
        match self.address_text(url)? {
            Some(text) => Self::target(block, &text, response).map(Some),
            None if block.when.is_none() => Ok(None),
            None => Err(self.no_next()),
        }
    }

    fn target(block: &Continuation, text: &str, response: &Response) -> Result<Target, FetchError> {
        let chosen = matches!(block.url, Some(Template::Expression(_)));
        let query = match (chosen, &block.parameters) {
            (false, _) => Query::Parameters,
            (true, Some(_)) => Query::ParametersFirst,
            (true, None) => Query::AddressFirst,
        };
        let chosen_by = if chosen { ChosenBy::Server } else { ChosenBy::Author };
        Ok(Target { address: response.address.join(text)?, query, chosen_by })
    }

    fn no_next(&self) -> FetchError {
        let message = format!(
            "`continuation.when` of the function `{}` says that there is another page, but \
             `continuation.url` gives no address",
            self.function.id
        );
        FetchError::lasting("decode.transform", message)
    }

    /// Ends fetches that would never end: a request that was sent before brings the same page.
    fn count(&mut self, request: &Request) -> Result<(), FetchError> {
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

    /// Refuses to carry secrets to another origin because an answer says so.
    fn keep_secrets_home(&self, request: &Request, chosen_by: ChosenBy) -> Result<(), FetchError> {
        let there = request.address.origin();
        let is_home = self.origin.as_ref().is_none_or(|origin| *origin == there);
        if is_home || chosen_by == ChosenBy::Author || !carries_secret(request, &self.redactor) {
            return Ok(());
        }
        let home = self.origin.as_deref().unwrap_or_default();
        let message = format!(
            "the next page is at `{there}`, but the credentials of the function `{}` are for `{home}`; \
             they are not sent elsewhere",
            self.function.id
        );
        Err(FetchError::lasting("config.host", message))
    }
}

fn carries_secret(request: &Request, redactor: &Redactor) -> bool {
    let holds = |text: &str| redactor.clean(text) != text;
    request.headers.iter().any(|header| holds(&header.value))
        || request.body.as_ref().is_some_and(|body| holds(&String::from_utf8_lossy(body)))
}

fn identity(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.method, request.address.text(), &request.body).hash(&mut hasher);
    request.headers.iter().for_each(|header| (&header.name, &header.value).hash(&mut hasher));
    hasher.finish()
}
