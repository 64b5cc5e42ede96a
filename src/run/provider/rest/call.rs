//! One fetch: request, page, continuation, until there is no next page.

mod home;
mod paging;
mod renewal;
mod turn;

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::convert::Converter;
use super::database::{self, Statement};
use super::fresh::Asked;
use super::guard;
use super::http::{Request, Response};
use super::lacking;
use super::operations::{self, Given};
use super::page::{self, Reader};
use super::parameters::{self, Values};
use super::queries::{self, Moment};
use super::redact::Redactor;
use super::resume;
use super::scope::{Roots, Scope};
use super::{Rest, RestOptions};
use crate::app::{Function, Parameter, Rows, Secret};
use crate::expr::is_truthy;
use crate::run::provider::{Fetch, FetchError, Fetched, Outgoing, Page, Part, Row, Sent, Sink};
use paging::{Next, Target};
pub(super) use renewal::is_about_credentials;
use turn::Turn;

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
    /// Where the page is that was asked for last.
    target: Option<Target>,
    /// The credentials that were sent with it, by name.
    used: Vec<(String, Secret)>,
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
            target: None,
            used: Vec::new(),
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
        if !self.opens(sink)? {
            return Ok(Fetched { skipped: true, ..Fetched::default() });
        }
        let reader = Reader::new(self.function);
        let mut begun = self.begun(Self::begin_somewhere, sink)?;
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

    /// Calls the function for what it does at the other side: rows are not kept, operations are.
    pub(super) fn send(&mut self, sink: &mut dyn Sink) -> Result<Sent, FetchError> {
        if !self.opens(sink)? {
            return Ok(Sent { skipped: true, output: None });
        }
        let (clock, reader) = (Arc::clone(&self.options.clock), Reader::whole(self.function));
        let mut output = None;
        let mut begun = Some(self.begun(Self::ask, sink)?);
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
            output.get_or_insert_with(|| read.roots.numbers.restored(read.roots.result));
        }
        Ok(Sent { skipped: false, output })
    }

    /// What the function gives to a caller that keeps no rows, whatever it is; of several pages, the first one's.
    /// `null` when its own `when` or guard says no.
    pub(super) fn output(&mut self) -> Result<Value, FetchError> {
        let sink = &mut NoRows;
        if !self.opens(sink)? {
            return Ok(Value::Null);
        }
        let begun = self.begun(Self::ask, sink)?;
        let Some(response) = self.answered(begun, sink)? else { return Ok(Value::Null) };
        let clock = Arc::clone(&self.options.clock);
        let reader = Reader::whole(self.function);
        let read = reader.read(&response, &mut self.scope, &self.values, &|| clock.uuid())?;
        let Some(output) = &self.function.output else {
            return Ok(read.roots.numbers.restored(read.roots.result));
        };
        Ok(self.scope.value_after("output", output, &read.roots)?.unwrap_or(Value::Null))
    }

    /// Steps 2 to 5 of functions.md §3: parameters, queries, `when`, guard; whether the call is made.
    fn opens(&mut self, sink: &mut dyn Sink) -> Result<bool, FetchError> {
        self.is_understood()?;
        self.values = parameters::first(self.function, self.fetch.parameters, &mut self.scope)?;
        queries::ask(self.function, self.fetch, &mut self.scope, &mut self.answers, Moment::Initial)?;
        Ok(self.is_wanted()? && guard::lets_through(self, Moment::Initial, sink)?)
    }

    fn is_understood(&self) -> Result<(), FetchError> {
        let Some(what) = self.function.unsupported.first() else { return Ok(()) };
        let message =
            format!("the function `{}` has {what}, which is not supported by this runtime", self.function.id);
        Err(FetchError::lasting("config.unsupported", message))
    }

    /// A statement that changes rows and gives none says nothing about those of the local table, and neither do
    /// headers alone.
    fn has_no_rows(&self, response: &Response) -> bool {
        let is_statement = database::is_one(self.function) && response.status == 204;
        let is_head = self.function.method == "HEAD" && !page::makes_rows(self.function);
        (is_statement || is_head) && self.function.operations.is_none()
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
            page: self.pages,
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
        let request = self.drafted(&target)?;
        self.count(&request)?;
        let request = self.fit(request, &target)?;
        self.target = Some(target);
        if self.options.answers.is_some() {
            return self.given(request);
        }
        Ok(Turn::Server(Box::new(self.options.http.begin(request, self.fetch.stop))))
    }

    fn drafted(&mut self, target: &Target) -> Result<Request, FetchError> {
        let secrets = self.secrets()?;
        self.draft(&secrets).request(target.address.clone(), target.query, &self.scope)
    }

    /// The request as it is sent there, with its conditions.
    fn fit(&mut self, request: Request, target: &Target) -> Result<Request, FetchError> {
        let mut request = self.kept_home(request, target)?;
        if self.pages == 0 {
            let known = self.fetch.known.validator;
            (request, self.asked) = Asked::of(request, self.function, known, &self.options.http);
        }
        Ok(request)
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
        let first_new = RefCell::new(None);
        let new_id = || {
            let id = clock.uuid();
            first_new.borrow_mut().get_or_insert_with(|| id.clone());
            id
        };
        let read = reader.read(response, &mut self.scope, &self.values, &new_id)?;
        self.fetch.stop.check()?;
        self.check_ids(&read.rows, first_new.into_inner())?;
        let mut page = self.page(read.rows, &read.roots, response)?;
        self.pages += 1;
        let next = self.next_page(&read.roots, response, sink);
        page.resume = self.place.take().filter(|_| matches!(next, Ok(Next::Page(_))));
        sink.page(&page)?;
        next
    }

    /// Rows that are merged need the ids that they were sent with (functions.md §6.1).
    fn check_ids(&self, rows: &[Row<'_>], first_new: Option<String>) -> Result<(), FetchError> {
        let merges = self.function.operations.is_none() && matches!(self.function.rows, Rows::Merge);
        let Some(new) = first_new.filter(|_| merges) else { return Ok(()) };
        let at = rows.iter().position(|row| row.id == new).unwrap_or_default();
        Err(lacking::no_id(self.function, "forRowsWithMatchingIds", self.pages, at))
    }

    fn page<'r>(
        &mut self,
        rows: Vec<Row<'r>>,
        roots: &Roots,
        response: &Response,
    ) -> Result<Page<'r>, FetchError> {
        let bytes = response.body.len() as u64;
        let Some(operations) = &self.function.operations else {
            // That of the first page counts; later ones may do without its parameters.
            let part = match self.pages {
                0 => operations::default_part(self.function, &self.scope, &self.values)?,
                _ => Part::default(),
            };
            let rows = self.redactor.clean_rows(self.converted(rows)?);
            return Ok(Page { rows, bytes, part, ..Page::default() });
        };
        let writes = self.with_given(roots, |function, scope, given| {
            operations::writes(function, operations, scope, given)
        })?;
        let writes = self.redactor.clean_written(writes);
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
}

/// Keeps nothing: for functions that are asked for their output.
struct NoRows;

impl Sink for NoRows {
    fn page(&mut self, _: &Page<'_>) -> Result<(), FetchError> {
        Ok(())
    }
}
