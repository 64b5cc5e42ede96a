//! From request to answer: faults first, then the route.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::catalog::Catalog;
use super::fault::{Fault, Faults};
use super::http::{Answer, Method, Request};
use super::list::{self, Style};
use super::row::quoted;
use super::{Log, Options, rows, single};

pub(super) struct Backend {
    catalog: Catalog,
    faults: Faults,
    page_size: Option<usize>,
    pub log: Option<Log>,
}

/// What the routes need.
pub(super) struct Cx<'a> {
    pub catalog: &'a Catalog,
    pub request: &'a Request,
    /// Rows a page where the request names no number, and the most it may ask for.
    pub page_size: Option<usize>,
}

impl Backend {
    pub(super) fn new(catalog: Catalog, faults: Faults, options: &Options) -> Self {
        let page_size = options.page_size.map(std::num::NonZeroUsize::get);
        Self { catalog, faults, page_size, log: options.log.clone() }
    }

    pub(super) fn tables(&self) -> Vec<String> {
        self.catalog.names().map(str::to_owned).collect()
    }

    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for name in self.catalog.names() {
            (name, self.catalog.read(name).map(|table| table.origin())).hash(&mut hasher);
        }
        hasher.finish()
    }

    pub(super) fn latency(&self) -> Duration {
        self.faults.latency
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
        match self.faults.next() {
            Some(Fault::Fail) => Answer::error(503, "injectedFailure", "this request was chosen to fail"),
            Some(Fault::Limited { retry_after }) => {
                Answer::error(429, "tooManyRequests", "the rate limit is reached")
                    .with("Retry-After", &retry_after.to_string())
            }
            None => self.route(request),
        }
    }

    fn route(&self, request: &Request) -> Answer {
        let cx = Cx { catalog: &self.catalog, request, page_size: self.page_size };
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let answer = match path.as_slice() {
            [] => self.index(&cx),
            [.., "databases", database, "tables", table, "rows"] => rows::list(&cx, database, table),
            [.., "databases", database, "tables", table, "rows", key] => {
                rows::single(&cx, database, table, key)
            }
            ["odata", table @ ..] => list::answer(&cx, Style::OData, &table.join("/")),
            ["cursor", table @ ..] => list::answer(&cx, Style::Cursor, &table.join("/")),
            [database, table, rest @ ..] if self.catalog.is_database(database) => {
                table_route(&cx, &format!("{database}/{table}"), rest)
            }
            [table, rest @ ..] => table_route(&cx, table, rest),
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn index(&self, cx: &Cx<'_>) -> Result<Answer, Answer> {
        cx.allow(&[Method::Get, Method::Head])?;
        let tables: Vec<String> = self
            .catalog
            .names()
            .map(|name| {
                let rows = self.catalog.read(name).map_or(0, |table| table.len());
                let url = cx.url(&name.split('/').collect::<Vec<_>>());
                format!("{{\"name\":{},\"rows\":{rows},\"url\":{}}}", quoted(name), quoted(&url))
            })
            .collect();
        Ok(Answer::json(200, format!("{{\"tables\":[{}]}}", tables.join(","))))
    }
}

fn table_route(cx: &Cx<'_>, table: &str, rest: &[&str]) -> Result<Answer, Answer> {
    match (rest, cx.request.method) {
        ([], Method::Post) => single::create(cx, table),
        ([], _) => list::answer(cx, Style::Plain, table),
        ([key], _) => single::answer(cx, table, key),
        _ => Err(Answer::error(404, "unknownRoute", "there is nothing below a row")),
    }
}

impl Cx<'_> {
    /// # Errors
    /// 405 with the methods that are allowed.
    pub(super) fn allow(&self, methods: &[Method]) -> Result<(), Answer> {
        if methods.contains(&self.request.method) {
            return Ok(());
        }
        let allowed = methods.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ");
        let message = format!("this route answers {allowed} only");
        Err(Answer::error(405, "methodNotAllowed", &message).with("Allow", &allowed))
    }

    /// The answer to a table that is not there, naming those that are.
    pub(super) fn unknown_table(&self, name: &str) -> Answer {
        let names: Vec<&str> = self.catalog.names().take(20).collect();
        let known = if names.is_empty() { "none".to_owned() } else { format!("`{}`", names.join("`, `")) };
        let message = format!("there is no table `{name}`; the tables are {known}");
        Answer::error(404, "unknownTable", &message)
    }

    /// The absolute address of a route, or the path alone for a client that does not say how it calls us.
    pub(super) fn url(&self, segments: &[&str]) -> String {
        let host = self.request.host.as_deref().filter(|host| is_authority(host));
        let mut url = host.map(|host| format!("http://{host}")).unwrap_or_default();
        for segment in segments {
            url.push('/');
            url.extend(list::encoded(segment));
        }
        url
    }

    /// The body as text.
    ///
    /// # Errors
    /// 400 when it is not UTF-8.
    pub(super) fn body(&self) -> Result<&str, Answer> {
        std::str::from_utf8(&self.request.body).map_err(|_| bad_row("the body is not valid UTF-8"))
    }
}

/// The answer to a body that is no row.
pub(super) fn bad_row(message: &str) -> Answer {
    Answer::error(400, "invalidRow", message)
}

/// The answer to a change of a table that a program generates.
pub(super) fn read_only(name: &str) -> Answer {
    let message = format!("the table `{name}` is generated and cannot be changed");
    Answer::error(405, "readOnlyTable", &message).with("Allow", "GET, HEAD")
}

fn is_authority(host: &str) -> bool {
    !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
}
