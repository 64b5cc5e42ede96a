//! The development back end: a folder of tables, served over HTTP on loopback.
//!
//! It exists so that an app can be run for real without an account, a network or a server of one's
//! own: files become tables, tables become a REST service that pages in the three usual ways, and a
//! Dynamic Data row API with sync tokens. Bad days can be rehearsed: latency, failing answers, a rate
//! limit, and some forty ways in which an answer can be wrong ([`Mishap`]).
//!
//! # Tables
//! `NAME.json` (an array of objects, or an object with exactly one array), `NAME.ndjson` (one object a
//! line) and `NAME.csv` (with a header) become the table `NAME`; a sub-folder is a database, so
//! `default/tasks.json` is the table `default/tasks`. Other files and names that begin with a dot are
//! ignored. A row is known by its `id` (text or number); a row without one is called `row-<n>`, counted
//! from 1. The texts of numbers are kept as they are written. In a CSV file a column of which every
//! cell is a number (or `true`/`false`) becomes numbers (booleans), and an empty cell becomes `null`.
//! Changes live in memory only and are gone when the server stops: the files are never written.
//!
//! # Routes
//! | route | answers |
//! | --- | --- |
//! | `GET /` | `{"tables": [{"name", "rows", "url"}]}` |
//! | `GET /{table}` | the rows as an array. With `limit`, `page` (from 1), `offset`, `cursor` or a set page size: one page, the next in `Link: <…>; rel="next"`; the number of all rows in `X-Total-Count` |
//! | `GET /odata/{table}` | `{"value": […], "@odata.nextLink"?}`; `$top` rows a page, `$skip`, `$count=true` adds `@odata.count` |
//! | `GET /cursor/{table}` | `{"items": […], "next": cursor or null}`; pass it on as `cursor` |
//! | `GET`, `PUT`, `PATCH`, `DELETE /{table}/{id}`, `POST /{table}` | one row: read, write whole, merge top-level members, delete, create |
//! | `GET …/databases/{db}/tables/{table}/rows` | Dynamic Data, see below |
//!
//! Every other query parameter of a list is a filter, `?column=value`. `{table}` may be `{db}/{table}`.
//! HEAD works wherever GET does; lists and rows carry an `ETag` and a
//! `Last-Modified`, and answer `If-None-Match` and `If-Modified-Since` with 304 when nothing is new.
//! Errors are `{"error": {"code", "message"}}`.
//!
//! # The row API
//! Any prefix (such as `/organizations/acme/solutions/field-sales`) may stand before `databases`. The
//! table is `{db}/{table}`; in the database `default` a table of the top folder will do as well.
//! `limit`, `continuationToken` and `syncToken` answer
//! `{"count", "items": [{"rid", "content", "createdAt", "updatedAt", "createdBy", "updatedBy"}],
//! "continuationToken"?, "watermark"}`, where `count` is the number of items on this page. The
//! watermark of the first page is the `syncToken` of the next sync: with it come only the rows changed
//! since, in the order of change, and a deleted row is `{"rid", "deleted": true, "updatedAt"}`. A token
//! that this server cannot continue from (the files changed, or it was restarted after changes) gets
//! `410 Gone` with the code `syncTokenExpired`: fetch everything again without it. `POST` on `rows`,
//! and `PUT`, `PATCH` and `DELETE` on `rows/{rid}` change rows; the body is the content itself or
//! `{"content": {…}}`.

mod backend;
mod catalog;
mod fault;
mod http;
mod list;
mod listen;
mod load;
mod mishap;
mod row;
mod rows;
mod scenario;
mod single;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

pub use mishap::Mishap;
pub use scenario::Planned;
pub use table::Table;

/// Where the server reads the time of day for `createdAt`, `updatedAt` and the rate limit.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Is told of every answered request; called from the thread that answered it.
pub type Log = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// What to serve and how badly; `Options::default()` serves nothing, on any free port of loopback.
#[derive(Clone)]
pub struct Options {
    /// The folder of tables; read once, when the server starts.
    pub dir: Option<PathBuf>,
    /// Tables that come from a program instead of a file.
    pub tables: Vec<Table>,
    /// The address to listen on; loopback unless the caller insists.
    pub address: IpAddr,
    /// The port; 0 takes any free one, see [`Server::url`].
    pub port: u16,
    /// How long every answer is held back.
    pub latency: Duration,
    /// The share of requests that are answered with 503, from 0 to 1. Which ones depends on nothing
    /// but `seed` and the number of the request.
    pub fail: f64,
    /// How many requests a second are answered; the others get 429 with `Retry-After`.
    pub rate_limit: Option<NonZeroU32>,
    /// Rows a page where the request names no number, and the most it may ask for.
    pub page_size: Option<NonZeroUsize>,
    /// Chooses the requests that fail.
    pub seed: u64,
    /// What goes wrong with which requests.
    pub planned: Vec<Planned>,
    /// A file with more of the same, read once, when the server starts; its entries come first.
    pub scenario: Option<PathBuf>,
    /// The time of day; injected by tests.
    pub clock: Clock,
    /// The sink for one line per request.
    pub log: Option<Log>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: None,
            tables: Vec::new(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            latency: Duration::ZERO,
            fail: 0.0,
            rate_limit: None,
            page_size: None,
            seed: 0,
            planned: Vec::new(),
            scenario: None,
            clock: Arc::new(SystemTime::now),
            log: None,
        }
    }
}

/// A running back end; it stops when dropped, after the answers under way are finished.
pub struct Server {
    listener: listen::Listener,
    /// Answers well on a second port, for redirects to another origin.
    _twin: Option<listen::Listener>,
}

impl Server {
    /// Reads the tables and starts to serve them in threads of its own.
    ///
    /// # Errors
    /// A folder or table that cannot be read (with file, line and column), a setting out of range, or
    /// an address that cannot be listened on.
    pub fn start(options: &Options) -> Result<Self, ServeError> {
        let backend = backend(options)?;
        let plan = scenario::Plan::new(&scenario::planned(options)?);
        let listen = |port, plan, twin: &str| {
            let address = SocketAddr::new(options.address, port);
            let site = listen::Site { backend: RwLock::new(backend.clone()), plan, twin: twin.to_owned() };
            listen::Listener::start(address, site).map_err(|source| ServeError::Listen { address, source })
        };
        let twin = plan.needs_twin().then(|| listen(0, scenario::Plan::new(&[]), "")).transpose()?;
        let twin_url = twin.as_ref().map(|twin| format!("http://{}", twin.address())).unwrap_or_default();
        let listener = listen(options.port, plan, &twin_url)?;
        Ok(Self { listener, _twin: twin })
    }

    /// Reads the tables anew and serves them at the address that there is, from the next request on;
    /// whether they are other ones. Rows written meanwhile go with the tables that they were written to.
    ///
    /// # Errors
    /// As [`Server::start`]; then all stays as it is.
    pub fn renew(&self, options: &Options) -> Result<bool, ServeError> {
        let backend = backend(options)?;
        let differs = backend.fingerprint() != self.fingerprint();
        if differs {
            self.listener.exchange(backend);
        }
        Ok(differs)
    }

    /// The base of all routes, such as `http://127.0.0.1:40123`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The address that is really listened on, with the port that was chosen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// A number that is another one, most likely, when other rows are served at the start.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.listener.backend().fingerprint()
    }

    /// The names of the tables that are served, sorted, those of a database as `database/table`.
    #[must_use]
    pub fn tables(&self) -> Vec<String> {
        self.listener.backend().tables()
    }
}

fn backend(options: &Options) -> Result<Arc<backend::Backend>, ServeError> {
    let catalog = catalog::Catalog::open(options)?;
    let faults = fault::Faults::new(options)?;
    Ok(Arc::new(backend::Backend::new(catalog, faults, options)))
}

/// One answered request; its `Display` is the line for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
    /// Size of the answer's body.
    pub bytes: usize,
    /// From the request being read to the answer being ready, injected latency included.
    pub took: Duration,
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, status, bytes, took } = self;
        write!(f, "{method} {target} {status} {bytes} B {} ms", took.as_millis())
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder of tables cannot be listed: the author named a wrong one, or may not read it.
    #[error("cannot read the folder of tables `{}`: {source}", path.display())]
    Folder {
        /// The folder as it was named.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A table's file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A table's text is not what its file name promises.
    #[error("{origin}:{line}:{column}: {message}")]
    Table {
        /// The file, or the name of a table that came from a program.
        origin: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What is wrong and what was expected.
        message: String,
    },
    /// A scenario file that cannot be followed.
    #[error("{}: {message}", path.display())]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column where they are known.
        message: String,
    },
    /// Two tables want the same name, or a table the name of a route.
    #[error("{0}")]
    Name(String),
    /// A setting that no server can follow.
    #[error("{0}")]
    Setting(String),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; choose another port, or port 0 for any free one")]
    Listen {
        /// What was to be listened on.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
}
