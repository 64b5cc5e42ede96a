//! Where data come from: the provider trait and the providers of this runtime.
//!
//! A provider fetches pages of rows and hands each to a [`Sink`]; it knows nothing of scopes,
//! statuses or tables. Each provider is one file below this one.

mod dynamic;
mod local;
mod rest;
mod sql;
#[cfg(test)]
pub(in crate::run) mod testing;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use crate::action::{Method, ProviderKind};
use crate::app::{Function, Ordered};

pub use dynamic::{Dynamic, DynamicOptions};
pub use local::Local;
pub use rest::{Answers, GivenAnswer, NO_ANSWER};
pub use rest::{
    Http, HttpOptions, LocalFiles, NoFiles, NoPace, Pace, RealPace, Rest, RestOptions, Tape, TapeError,
    TapeHead,
};
pub use sql::{Connections, SqlAnswer, SqlCall, SqlDriver, SqlKind};

/// Fetches rows from one kind of back end.
pub trait Provider: Send + Sync {
    /// Fetches the rows that the request asks for and gives every page to `sink`, in order.
    ///
    /// # Errors
    /// When the back end cannot be reached, answers with an error, or answers what cannot be
    /// read; or when the sink refuses a page.
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError>;

    /// Carries a write to the back end. Of its pages only the operations count ([`Page::writes`]):
    /// the row was written before.
    ///
    /// A provider that calls functions does it by fetching, unless it knows better.
    ///
    /// # Errors
    /// As [`Provider::fetch`]; the back end may have done what it was asked all the same.
    fn send(&self, outgoing: &Outgoing<'_>, sink: &mut dyn Sink) -> Result<Sent, FetchError> {
        if outgoing.call.function.is_none() {
            let message = format!("writes of `{}` are not supported by this runtime", outgoing.call.entity);
            return Err(FetchError::lasting("config.unsupported", message));
        }
        let fetched = self.fetch(&outgoing.call, sink)?;
        Ok(Sent { skipped: fetched.skipped, output: None })
    }
}

/// A write on its way to a back end.
pub struct Outgoing<'a> {
    /// What is called; its `@ctx.commandId` is the command.
    pub call: Fetch<'a>,
    /// What becomes of the record.
    pub method: Method,
    /// The record, where the write is about one.
    pub record: Option<&'a str>,
    /// Its properties; of an update those that change. Empty where a function carries the write.
    pub data: &'a Map<String, Value>,
    /// Whether it was sent before, so that it may have arrived already.
    pub is_repeated: bool,
}

/// How a write ended well.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sent {
    /// Whether a function's `when` or guard kept it back; that counts as done.
    pub skipped: bool,
    /// What the back end says of the record.
    pub output: Option<Value>,
}

/// What is to be fetched.
pub struct Fetch<'a> {
    /// The local table that is filled.
    pub entity: &'a str,
    /// The function that describes the call, for providers that need one.
    pub function: Option<&'a Function>,
    /// Arguments of the call, evaluated.
    pub parameters: &'a Map<String, Value>,
    /// What expressions in the function see as `@ctx`: solution, user, organization, system
    /// (functions.md §2); the provider adds `parameters`, `response` and `output`.
    pub world: &'a Value,
    /// Where the last fetch of this table ended; `None` fetches all.
    pub cursor: Option<&'a str>,
    /// What else is known of earlier fetches.
    pub known: Known<'a>,
    /// Tells that the work is to stop, and when it must have ended.
    pub stop: &'a Stop,
    /// The app's functions by id: one may ask another first ([`crate::app::Guard`]).
    pub functions: &'a Ordered<String, Arc<Function>>,
    /// The local tables, for the queries of functions.
    pub tables: &'a dyn LocalTables,
}

/// What is known of earlier fetches of the same thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// What the server said of its last answer, all of whose rows the table holds unchanged. The provider
    /// may ask whether it still holds, and end with [`Fetched::unchanged`].
    pub validator: Option<&'a Validator>,
    /// Where an earlier fetch was cut off ([`Page::resume`]): all pages before it are kept already. A fetch
    /// that cannot go on there ends with [`CURSOR_EXPIRED`] before it gives a page.
    pub resume: Option<&'a str>,
}

/// What a server said of an answer (RFC 9110 §8.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validator {
    /// A digest of the request.
    pub request: String,
    /// `ETag`, as it came.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub last_modified: Option<String>,
}

/// Local tables as functions read them.
pub trait LocalTables: Sync {
    /// The rows of a SELECT, each an object of its columns.
    ///
    /// # Errors
    /// When the statement cannot be answered.
    fn ask(&self, question: &Question<'_>) -> Result<Vec<Map<String, Value>>, FetchError>;
}

/// A SELECT with everything that belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The statement in the app format's dialect.
    pub statement: &'a str,
    /// Its parameters, without `@`.
    pub parameters: &'a Map<String, Value>,
    /// Tables that count as empty when they do not exist.
    pub tables: &'a [String],
    /// Columns whose JSON text becomes a value.
    pub json_columns: &'a [String],
}

/// No local tables: every question is refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTables;

impl LocalTables for NoTables {
    fn ask(&self, question: &Question<'_>) -> Result<Vec<Map<String, Value>>, FetchError> {
        let message = format!("there are no local tables here to answer `{}`", question.statement);
        Err(FetchError::lasting("config.query", message))
    }
}

/// Takes the pages of a fetch.
pub trait Sink {
    /// Takes one page; when it returns, the page is safe on disk.
    ///
    /// # Errors
    /// When the page cannot be kept; the fetch must end with this error.
    fn page(&mut self, page: &Page<'_>) -> Result<(), FetchError>;

    /// Does something to local rows at once, whatever becomes of the fetch: what guards and error
    /// rules ask for (functions.md §7, §9). All of it happens, or nothing.
    ///
    /// # Errors
    /// When it cannot be done.
    fn aside(&mut self, writes: &[Write<'_>]) -> Result<(), FetchError> {
        if writes.is_empty() {
            return Ok(());
        }
        let message = "this sink performs no operations beside the rows of a fetch";
        Err(FetchError::lasting("config.unsupported", message))
    }

    /// Tells people something: what error rules show (functions.md §9). Where there are no people, nothing happens.
    fn tell(&mut self, _: &Told) {}
}

/// What a phone would show, without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// `alert` or `notification`.
    pub kind: &'static str,
    /// What it says.
    pub options: Value,
}

/// Rows that arrived together.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// Ids with the row's JSON object as text. Of rows with the same id, on one page or on
    /// several, the last one counts.
    pub rows: Vec<Row<'a>>,
    /// Ids of rows that are gone.
    pub deleted: Vec<String>,
    /// Size of the response's body.
    pub bytes: u64,
    /// Where another fetch can go on after this page, if this one is cut off and the paging allows it;
    /// without secrets.
    pub resume: Option<String>,
    /// The part of the table whose rows these take the place of, where the function names one
    /// (functions.md §6.1); that of the first page counts.
    pub part: Part,
    /// What is done to local rows in place of keeping [`Self::rows`], in order; `None` without
    /// `operations` (functions.md §6.2).
    pub writes: Option<Vec<Write<'a>>>,
}

/// A part of a table: rows for which all of it holds; everything when it is empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Part {
    /// Properties with the value that they have.
    pub values: Vec<(String, Value)>,
    /// Properties with the values between which they lie, both included.
    pub ranges: Vec<(String, Value, Value)>,
}

impl Part {
    /// Whether it is the whole table.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.values.is_empty() && self.ranges.is_empty()
    }
}

/// One thing done to local rows (functions.md §6.2).
#[derive(Debug, Clone)]
pub enum Write<'a> {
    /// Rows for a table.
    Rows {
        /// The table.
        table: String,
        /// What they do to the rows that are there.
        mode: WriteMode,
        /// The rows.
        rows: Vec<Row<'a>>,
        /// What stands in their `timestamp`; the time of writing without it.
        timestamp: Option<Value>,
    },
    /// A statement on local tables.
    Sql {
        /// The statement in the app format's dialect.
        statement: String,
        /// Its parameters, without `@`.
        parameters: Map<String, Value>,
        /// Tables that are made when they do not exist, and count as changed.
        tables: Vec<String>,
    },
    /// A text in the place of another, wherever it stands in ids and data.
    FindReplace {
        /// The text.
        find: String,
        /// The text in its place.
        replace: String,
        /// The tables.
        tables: Vec<String>,
        /// Whether commands that wait to be sent are changed too.
        queue: bool,
    },
}

/// What rows do to the rows that are there.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteMode {
    /// They take the place of a part of the table; of several pages, the first one removes.
    Replace(Part),
    /// Each takes the place of the one with its id.
    Upsert,
    /// Each one's top-level properties are merged into the one with its id.
    Merge,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Its id; a new one for rows that came without.
    pub id: std::borrow::Cow<'a, str>,
    /// The JSON object as text.
    pub data: std::borrow::Cow<'a, str>,
}

/// Code of a fetch that failed because its cursor is too old or not known any more; it goes well
/// without the cursor, and then all rows are replaced. No page was given to the sink.
pub const CURSOR_EXPIRED: &str = "cursor.expired";

/// Code of an error: the settings name no address for the back end.
pub const NO_ADDRESS: &str = "config.provider";

/// How a fetch ended well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Where the next fetch may start.
    pub cursor: Option<String>,
    /// Whether the call was skipped, by a function's `when` for example; nothing is written then.
    pub skipped: bool,
    /// Whether the pages hold only what changed since the cursor.
    pub incremental: bool,
    /// Whether the server says that the answer of [`Known::validator`] still holds; no page was given then.
    pub unchanged: bool,
    /// What the server said of its answer, where all rows came in one.
    pub validator: Option<Validator>,
}

/// Why a fetch failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// A stable word: `net.connect`, `http.503`, `decode.json`, … (sync-semantics.md §4).
    pub code: String,
    /// What went wrong, lower case, no full stop, without secrets.
    pub message: String,
    /// Whether trying again can help.
    pub retry: Retry,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same will happen again.
    Never,
    /// It may go better.
    MayHelp,
    /// The server said when.
    After(Duration),
}

impl FetchError {
    /// An error that trying again does not mend.
    pub fn lasting(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry: Retry::Never }
    }

    /// An error that may be gone next time.
    pub fn passing(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry: Retry::MayHelp }
    }
}

/// Tells workers to stop; cheap to clone and to ask.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Stop {
    /// A stop that nobody has asked for, with an optional end in time.
    #[must_use]
    pub fn new(deadline: Option<Instant>) -> Self {
        Self { asked: Arc::new(AtomicBool::new(false)), deadline }
    }

    /// The same stop with an end in time of its own, if that is sooner.
    #[must_use]
    pub fn within(&self, deadline: Option<Instant>) -> Self {
        let sooner = match (self.deadline, deadline) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { asked: Arc::clone(&self.asked), deadline: sooner }
    }

    /// Asks all who share it to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// The time that is left; `None` without a deadline.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.deadline.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// The error to end with when it is time to stop: `interrupted` or `net.timeout`.
    ///
    /// # Errors
    /// When somebody asked, or the deadline has passed.
    pub fn check(&self) -> Result<(), FetchError> {
        if self.is_asked() {
            return Err(FetchError::lasting("interrupted", "the run was stopped"));
        }
        if self.left().is_some_and(|left| left.is_zero()) {
            return Err(FetchError::lasting("net.timeout", "the time for this sync is over"));
        }
        Ok(())
    }
}

/// The providers by kind.
#[derive(Clone, Default)]
pub struct Providers {
    by_kind: std::collections::BTreeMap<ProviderKind, Arc<dyn Provider>>,
}

impl Providers {
    /// No providers; every sync fails with `config.unsupported`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a provider for `kind`, in place of one that was there.
    #[must_use]
    pub fn with(mut self, kind: ProviderKind, provider: Arc<dyn Provider>) -> Self {
        self.by_kind.insert(kind, provider);
        self
    }

    /// The provider for `kind`.
    #[must_use]
    pub fn get(&self, kind: ProviderKind) -> Option<&Arc<dyn Provider>> {
        self.by_kind.get(&kind)
    }
}

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_kind.keys()).finish()
    }
}
