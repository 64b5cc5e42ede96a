//! Where the pages of a fetch are: the first, the next, and the one that another fetch was cut off at.

use serde_json::Value;

use super::Call;
use super::home::names_host;
use super::turn::Turn;
use crate::app::Continuation;
use crate::expr::is_truthy;
use crate::run::provider::rest::database;
use crate::run::provider::rest::guard;
use crate::run::provider::rest::http::{Address, Response};
use crate::run::provider::rest::parameters::{self, Secrets};
use crate::run::provider::rest::queries::{self, Moment};
use crate::run::provider::rest::request::{Draft, Query};
use crate::run::provider::rest::resume::Place;
use crate::run::provider::rest::scope::Roots;
use crate::run::provider::{FetchError, Sink};

/// Where a page is.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) address: Address,
    pub(super) query: Query,
    pub(super) chosen_by: ChosenBy,
}

/// What follows a page.
pub(super) enum Next {
    /// The next one, asked for already.
    Page(Turn),
    /// Nothing: that was all.
    End,
    /// More, but the guard does not let it through.
    Refused,
}

/// Who chose an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChosenBy {
    Author,
    Server,
}

impl<'c> Call<'c> {
    /// Begins with the first page, or where an earlier fetch was cut off.
    pub(super) fn begin_somewhere(&mut self) -> Result<Turn, FetchError> {
        self.first_values.clone_from(&self.values);
        match (self.fetch.known.resume, &self.function.continuation) {
            (Some(place), Some(block)) => {
                self.first()?;
                let target = self.resumed(block, &Place::parse(place)?)?;
                self.begin(target)
            }
            _ => self.ask(),
        }
    }

    fn resumed(&mut self, block: &'c Continuation, place: &Place) -> Result<Target, FetchError> {
        let definitions = block.parameters.as_deref().unwrap_or(self.definitions);
        let first = std::mem::take(&mut self.values);
        self.values =
            parameters::resumed(self.function, definitions, &first, &place.values, &mut self.scope)?;
        self.definitions = definitions;
        self.pages = 1;
        let address = place.address(&self.options.http)?;
        Ok(Target { address, query: Query::of(block), chosen_by: ChosenBy::Server })
    }

    pub(super) fn next_page(
        &mut self,
        roots: &Roots,
        response: &Response,
        sink: &mut dyn Sink,
    ) -> Result<Next, FetchError> {
        let Some(continuation) = &self.function.continuation else { return Ok(Next::End) };
        let answers = self.options.answers.as_ref();
        let is_last = answers.is_some_and(|answers| self.pages >= answers.pages(&self.function.id) as u64);
        if database::is_one(self.function) || is_last {
            return Ok(Next::End);
        }
        let Some(target) = self.next(continuation, roots, response)? else { return Ok(Next::End) };
        queries::ask(self.function, self.fetch, &mut self.scope, &mut self.answers, Moment::Continuation)?;
        if !self.is_wanted()? {
            return Ok(Next::End);
        }
        if !guard::lets_through(self, Moment::Continuation, sink)? {
            return Ok(Next::Refused);
        }
        let values = (&self.first_values, &self.values);
        self.place = Place::text(continuation, &target.address, values, &self.options.http, &self.redactor);
        self.begin(target).map(Next::Page)
    }

    pub(super) fn draft<'d>(&'d self, secrets: &'d Secrets) -> Draft<'d> {
        Draft {
            function: self.function,
            definitions: self.definitions,
            values: &self.values,
            secrets,
            files: &*self.options.files,
        }
    }

    pub(super) fn first(&mut self) -> Result<Target, FetchError> {
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
        let secrets = self.secrets()?;
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
            Some(text) => self.target(block, &text, response).map(Some),
            None if block.when.is_none() => Ok(None),
            None => Err(self.no_next()),
        }
    }

    fn target(&self, block: &Continuation, text: &str, response: &Response) -> Result<Target, FetchError> {
        let written = block.url.as_ref().or(self.function.url.as_ref()).is_some_and(names_host);
        let chosen_by = if written { ChosenBy::Author } else { ChosenBy::Server };
        Ok(Target { address: response.address.join(text)?, query: Query::of(block), chosen_by })
    }

    fn no_next(&self) -> FetchError {
        let message = format!(
            "`continuation.when` of the function `{}` says that there is another page, but \
             `continuation.url` gives no address",
            self.function.id
        );
        FetchError::lasting("decode.transform", message)
    }
}
