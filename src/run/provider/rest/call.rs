//! One fetch: request, page, continuation, until there is no next page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::answers::Given as GivenAnswer;
use super::convert::Converter;
use super::database::{self, Statement};
use super::errors::{self, Came, Ruled};
use super::fresh::Asked;
use super::guard;
use super::http::{Address, Begun, Request, Response, Tried, may_repeat};
use super::operations::{self, Given};
use super::page::Reader;
use super::parameters::{self, Secrets, Values};
use super::queries::{self, Moment};
use super::redact::Redactor;
use super::request::{Draft, Query};
use super::resume::{self, Place};
use super::scope::{Roots, Scope};
use super::{Rest, RestOptions};
use crate::app::{Continuation, Function, Parameter};
use crate::expr::{Template, is_truthy};
use crate::run::provider::{Fetch, FetchError, Fetched, Outgoing, Page, Retry, Row, Sent, Sink};

/// The state of one fetch.
pub(super) struct Call<'c> {
    pub(super) rest: &'c Rest,
    options: &'c RestOptions,
    pub(super) function: &'c Function,
    pub(super) fetch: &'c Fetch<'c>,
    pub(super) scope: Scope<'c>,
    /// The functions that this one is asked for as a guard, outermost first.
    pub(super) chain: Vec<&'c str>,
    /// What its queries were answered.
    answers: Map<String, Value>,
    pages: u64,
    redactor: Redactor,
    definitions: &'c [Parameter],
    values: Values,
    /// Those of the first page.
    first_values: Values,
    /// The first request, when its answer alone makes the rows.
    asked: Option<Asked>,
    /// Where another fetch can go on after the page that is read now.
    place: Option<String>,
    /// Where the first request went; credentials belong there.
    origin: Option<String>,
    /// Requests that were sent, as hashes.
    sent: HashSet<u64>,
    /// Of a write: whether it was sent before, so that it may have arrived already.
    write: Option<Repeated>,
}

/// Whether a write was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeated {
    No,
    Yes,
}

/// A call that is under way.
enum Turn {
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

/// Where a page is.
struct Target {
    address: Address,
    query: Query,
    chosen_by: ChosenBy,
}

/// What follows a page.
enum Next {
    /// The next one, asked for already.
    Page(Turn),
    /// Nothing: that was all.
    End,
    /// More, but the guard does not let it through.
    Refused,
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
            rest,
            options,
            function,
            fetch,
            scope,
            chain: Vec::new(),
            answers: Map::new(),
            pages: 0,
            redactor: options.http.redactor(),
            definitions: &function.parameters,
            values: Values::new(),
            first_values: Values::new(),
            asked: None,
            place: None,
            origin: None,
            sent: HashSet::new(),
            write: None,
        }
    }

    /// The same for a write.
    pub(super) fn sending(rest: &'c Rest, function: &'c Function, outgoing: &'c Outgoing<'c>) -> Self {
        let repeated = if outgoing.is_repeated { Repeated::Yes } else { Repeated::No };
        Self { write: Some(repeated), ..Self::new(rest, function, &outgoing.call) }
    }

    /// Knows the secrets of this fetch.
    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(super) fn perform(&mut self, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        self.values = parameters::first(self.function, self.fetch.parameters, &mut self.scope)?;
        if !self.is_ready(sink)? {
            return Ok(Fetched { skipped: true, ..Fetched::default() });
        }
        let reader = Reader::new(self.function);
        let mut begun = self.begin_somewhere()?;
        // Some pages are not the table: what a guard breaks off is skipped as a whole.
        let skipped = || Ok(Fetched { skipped: true, ..Fetched::default() });
        loop {
            let response = match self.answered(begun, sink) {
                Ok(Some(response)) => response,
                Ok(None) => return skipped(),
                Err(error) if self.is_unchanged(&error) => {
                    return Ok(Fetched { unchanged: true, ..Fetched::default() });
                }
                Err(error) if self.sent.len() == 1 && self.fetch.known.resume.is_some() => {
                    return Err(resume::explained(error));
                }
                Err(error) => return Err(error),
            };
            let asked = self.asked.take();
            let validator = asked.and_then(|asked| asked.validator(&response, &self.redactor));
            if self.has_no_rows(&response) {
                return skipped();
            }
            begun = match self.take(&reader, &response, sink)? {
                Next::Page(page) => page,
                Next::Refused => return skipped(),
                Next::End => {
                    let validator = validator.filter(|_| self.pages == 1);
                    return Ok(Fetched { validator, ..Fetched::default() });
                }
            };
        }
    }

    /// Begins with the first page, or where an earlier fetch was cut off.
    fn begin_somewhere(&mut self) -> Result<Turn, FetchError> {
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

    fn is_unchanged(&self, error: &FetchError) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.is_unchanged(error))
    }

    /// Calls the function for what it does at the other side: rows are not kept, operations are.
    pub(super) fn send(&mut self, sink: &mut dyn Sink) -> Result<Sent, FetchError> {
        self.values = parameters::first(self.function, self.fetch.parameters, &mut self.scope)?;
        if !self.is_ready(sink)? {
            return Ok(Sent { skipped: true, output: None });
        }
        let (clock, reader) = (Arc::clone(&self.options.clock), Reader::whole(self.function));
        let mut output = None;
        let mut begun = Some(self.ask()?);
        while let Some(page) = begun {
            let Some(response) = self.answered(page, sink)? else {
                return Ok(Sent { skipped: self.pages == 0, output });
            };
            let read = reader.read(&response, &mut self.scope, &self.values, &|| clock.uuid())?;
            if self.function.operations.is_some() {
                let page = self.page(read.rows, &read.roots, &response)?;
                sink.page(&page)?;
            }
            self.pages += 1;
            begun = match self.next_page(&read.roots, &response, sink)? {
                Next::Page(page) => Some(page),
                Next::End | Next::Refused => None,
            };
            output.get_or_insert(read.roots.result);
        }
        Ok(Sent { skipped: false, output })
    }

    /// What the function gives to a caller that keeps no rows; of several pages, the first one's.
    /// `null` when its own `when` or guard says no.
    pub(super) fn output(&mut self) -> Result<Value, FetchError> {
        let sink = &mut NoRows;
        self.values = parameters::first(self.function, self.fetch.parameters, &mut self.scope)?;
        if !self.is_ready(sink)? {
            return Ok(Value::Null);
        }
        let begun = self.ask()?;
        let Some(response) = self.answered(begun, sink)? else { return Ok(Value::Null) };
        let clock = Arc::clone(&self.options.clock);
        let reader = Reader::new(self.function);
        let read = reader.read(&response, &mut self.scope, &self.values, &|| clock.uuid())?;
        let Some(output) = &self.function.output else { return Ok(read.roots.result) };
        Ok(self.scope.value_after("output", output, &read.roots)?.unwrap_or(Value::Null))
    }

    /// Steps 3 to 5 of functions.md §3: queries, `when`, guard.
    fn is_ready(&mut self, sink: &mut dyn Sink) -> Result<bool, FetchError> {
        queries::ask(self.function, self.fetch, &mut self.scope, &mut self.answers, Moment::Initial)?;
        Ok(self.is_wanted()? && guard::lets_through(self, Moment::Initial, sink)?)
    }

    /// A statement that changes rows and gives none says nothing about those of the local table.
    fn has_no_rows(&self, response: &Response) -> bool {
        database::is_one(self.function) && response.status == 204 && self.function.operations.is_none()
    }

    /// Begins the call for the first page.
    fn ask(&mut self) -> Result<Turn, FetchError> {
        if !database::is_one(self.function) {
            let first = self.first()?;
            return self.begin(first);
        }
        let connections = &self.options.connections;
        let statement = Statement::of(self.function, &self.scope, &self.values, connections)?;
        self.count(statement.request())?;
        if self.options.answers.is_some() {
            return self.given(statement.request().clone());
        }
        Ok(Turn::Database(Arc::new(statement)))
    }

    /// The answer to a request, judged by the function's error rules; tried again where that helps.
    /// Nothing when the guard does not let a further try through.
    fn answered(&mut self, turn: Turn, sink: &mut dyn Sink) -> Result<Option<Response>, FetchError> {
        let guards_retries = self.function.guard.as_ref().is_some_and(|guard| guard.on_retry);
        let has_rules = self.function.errors.is_some() || self.function.error_transform.is_some();
        let turn = match turn {
            Turn::Server(begun) if !has_rules && !guards_retries && self.write.is_none() => {
                return self.options.http.finish(*begun, &self.redactor, self.fetch.stop).map(Some);
            }
            turn => turn,
        };
        let (request, again) = (turn.request().clone(), turn.again());
        let mut turn = Some(turn);
        for failures in 0.. {
            let tried = match turn.take() {
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
            let (error, retries, writes) = match self.judged(&request, &tried)? {
                None => return Ok(tried.ok().map(|tried| tried.response)),
                Some(Ruled { error, retries, writes }) => (error, retries, writes),
            };
            if self.is_gone(&request, &error, failures) {
                return Ok(None);
            }
            if !self.options.http.waits_for_retry(&error, failures, retries, self.fetch.stop)? {
                // What a server says of an error may repeat what it was sent.
                sink.aside(&self.redactor.clean_writes(writes))?;
                return Err(error);
            }
            if !guard::lets_through(self, Moment::Retry, sink)? {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Whether a record that cannot be found was deleted by an earlier try, whose answer was lost.
    fn is_gone(&self, request: &Request, error: &FetchError, failures: u32) -> bool {
        let may_have_arrived = self.write == Some(Repeated::Yes) || (self.write.is_some() && failures > 0);
        may_have_arrived
            && request.method == "DELETE"
            && matches!(error.code.as_str(), "http.404" | "http.410")
    }

    /// An answer that is known beforehand.
    fn given(&self, request: Request) -> Result<Turn, FetchError> {
        let answers = self.options.answers.as_deref().cloned().unwrap_or_default();
        answers.give(&self.function.id, self.pages, request).map(Box::new).map(Turn::Given)
    }

    fn once(&self, turn: Turn) -> Result<Tried, FetchError> {
        match turn {
            Turn::Server(begun) => self.options.http.once(*begun, &self.redactor, self.fetch.stop),
            Turn::Database(statement) => statement.perform(self.fetch.stop),
            Turn::Given(given) => Ok(given.tried()),
        }
    }

    /// What one try comes to: by the error rules, else by what its status means.
    fn judged(
        &mut self,
        request: &Request,
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
        let retry = if may_repeat(request, error) { error.retry } else { Retry::Never };
        let error = FetchError { retry, ..error.clone() };
        let writes = self.with_given(&roots, |function, scope, given| {
            errors::transformed(function, &came, scope, given)
        })?;
        Ok(Some(Ruled { error, retries: None, writes }))
    }

    /// Does something with what operations are given.
    pub(super) fn with_given<T>(
        &mut self,
        roots: &Roots,
        act: impl FnOnce(&'c Function, &mut Scope<'c>, &Given<'_>) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let clock = Arc::clone(&self.options.clock);
        let converter = Converter { function: &self.function.id, files: &*self.options.files };
        let given = Given {
            roots,
            values: &self.values,
            table: self.fetch.entity,
            is_first: self.pages == 0,
            new_id: &|| clock.uuid(),
            converter: &converter,
        };
        act(self.function, &mut self.scope, &given)
    }

    fn is_wanted(&self) -> Result<bool, FetchError> {
        let Some(when) = &self.function.when else { return Ok(true) };
        Ok(self.scope.value("when", when)?.as_ref().is_some_and(is_truthy))
    }

    fn begin(&mut self, target: Target) -> Result<Turn, FetchError> {
        let credentials = self.options.credentials.as_ref();
        let secrets = Secrets::find(self.definitions, &self.values, credentials, &mut self.redactor)?;
        let Target { address, query, chosen_by } = target;
        let request = self.draft(&secrets).request(address.clone(), query, &self.scope)?;
        self.count(&request)?;
        let mut request = self.kept_home(request, address, chosen_by)?;
        if self.pages == 0 {
            let known = self.fetch.known.validator;
            (request, self.asked) = Asked::of(request, self.function, known, &self.options.http);
        }
        if self.options.answers.is_some() {
            return self.given(request);
        }
        Ok(Turn::Server(Box::new(self.options.http.begin(request, self.fetch.stop))))
    }

    /// Gives the rows of an answer to the sink, after the next page has been asked for: the server
    /// works on that one while this one is written.
    fn take(
        &mut self,
        reader: &Reader<'_>,
        response: &Response,
        sink: &mut dyn Sink,
    ) -> Result<Next, FetchError> {
        let clock = Arc::clone(&self.options.clock);
        let read = reader.read(response, &mut self.scope, &self.values, &|| clock.uuid())?;
        self.fetch.stop.check()?;
        let mut page = self.page(read.rows, &read.roots, response)?;
        self.pages += 1;
        let next = self.next_page(&read.roots, response, sink);
        page.resume = self.place.take().filter(|_| matches!(next, Ok(Next::Page(_))));
        sink.page(&page)?;
        next
    }

    fn page<'r>(
        &mut self,
        rows: Vec<Row<'r>>,
        roots: &Roots,
        response: &Response,
    ) -> Result<Page<'r>, FetchError> {
        let bytes = response.body.len() as u64;
        let Some(operations) = &self.function.operations else {
            let part = operations::default_part(self.function, &self.scope, &self.values)?;
            let rows = self.converted(rows)?;
            return Ok(Page { rows, bytes, part, ..Page::default() });
        };
        let writes = self.with_given(roots, |function, scope, given| {
            operations::writes(function, operations, scope, given)
        })?;
        Ok(Page { bytes, writes: Some(writes), ..Page::default() })
    }

    /// Rows with the properties converted that the function names.
    fn converted<'r>(&self, rows: Vec<Row<'r>>) -> Result<Vec<Row<'r>>, FetchError> {
        if self.function.conversions.is_empty()
            || !matches!(self.function.method.as_str(), "" | "GET" | "QUERY" | "EXECUTE")
        {
            return Ok(rows);
        }
        let converter = Converter { function: &self.function.id, files: &*self.options.files };
        let convert = |row: Row<'r>| {
            let Ok(mut value) = serde_json::from_str(&row.data) else { return Ok(row) };
            converter.incoming(&self.function.conversions, &mut value)?;
            Ok(Row { data: value.to_string().into(), ..row })
        };
        rows.into_iter().map(convert).collect()
    }

    fn next_page(
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

    fn draft<'d>(&'d self, secrets: &'d Secrets) -> Draft<'d> {
        Draft {
            function: self.function,
            definitions: self.definitions,
            values: &self.values,
            secrets,
            files: &*self.options.files,
        }
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

    /// The request as it may be sent: to an origin that an answer has chosen goes only what says which kind
    /// of answer is wanted, and nothing at all in place of a request with secrets or a body.
    fn kept_home(
        &self,
        request: Request,
        address: Address,
        chosen_by: ChosenBy,
    ) -> Result<Request, FetchError> {
        let there = request.address.origin();
        let is_home = self.origin.as_ref().is_none_or(|origin| *origin == there);
        if is_home || chosen_by == ChosenBy::Author {
            return Ok(request);
        }
        if request.body.is_none() && !carries_secret(&request, &self.redactor) {
            let mut headers = request.headers;
            headers.retain(|header| header.name.to_ascii_lowercase().starts_with("accept"));
            return Ok(Request { address, headers, ..request });
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

/// Keeps nothing: for functions that are asked for their output.
struct NoRows;

impl Sink for NoRows {
    fn page(&mut self, _: &Page<'_>) -> Result<(), FetchError> {
        Ok(())
    }
}

/// Whether an author wrote the host of an address down, so that no answer can choose it.
fn names_host(url: &Template) -> bool {
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
