//! The Dynamic Data row API: pages by token, changes since a watermark, and changes of rows.

use std::io::Write as _;

use serde_json::to_writer;

use super::backend::{Cx, bad_row};
use super::http::{Answer, Method};
use super::list::{DEFAULT_LIMIT, MAX_LIMIT, invalid, positive};
use super::row::{Filter, Members, quoted};
use super::single::{conflict, edit, object, unknown_row};
use super::table::{Changed, Name, Stored, Table, View};

/// Who is said to have written the rows.
const AUTHOR: &str = "serve";

/// Members of an item beside its content.
const ENVELOPE: [&str; 6] = ["content", "rid", "createdAt", "updatedAt", "createdBy", "updatedBy"];

/// `…/databases/{database}/tables/{table}/rows`
pub(super) fn list(cx: &Cx<'_>, database: &str, table: &str) -> Result<Answer, Answer> {
    cx.allow(&[Method::Get, Method::Head, Method::Post])?;
    let name = table_name(cx, database, table)?;
    if cx.request.method == Method::Post {
        return create(cx, &name);
    }
    let table = cx.catalog.read(&name).ok_or_else(|| cx.unknown_table(&name))?;
    let asked = Asked::read(cx, &table)?;
    Ok(asked.answer(cx, &table))
}

/// `…/databases/{database}/tables/{table}/rows/{key}`
pub(super) fn single(cx: &Cx<'_>, database: &str, table: &str, key: &str) -> Result<Answer, Answer> {
    cx.allow(&[Method::Get, Method::Head, Method::Put, Method::Patch, Method::Delete])?;
    let name = table_name(cx, database, table)?;
    match cx.request.method {
        Method::Put | Method::Patch => write(cx, &name, key),
        Method::Delete => delete(cx, &name, key),
        _ => {
            let table = cx.catalog.read(&name).ok_or_else(|| cx.unknown_table(&name))?;
            table.with(key, |row| item(cx, row, 200)).ok_or_else(|| unknown_row(&name, key))
        }
    }
}

fn table_name(cx: &Cx<'_>, database: &str, table: &str) -> Result<String, Answer> {
    let full = format!("{database}/{table}");
    if cx.catalog.read(&full).is_some() {
        return Ok(full);
    }
    let in_top_folder = database == "default" && cx.catalog.read(table).is_some();
    if in_top_folder { Ok(table.to_owned()) } else { Err(cx.unknown_table(&full)) }
}

/// Where a page begins, and the version that its watermark stands for: the one at the first page, so
/// that a change made while the pages are fetched is part of the next sync.
struct Asked {
    limit: usize,
    start: Start,
    version: u64,
}

#[derive(Clone, Copy)]
enum Start {
    Place(usize),
    /// After a version.
    Change(u64),
}

impl Asked {
    fn read(cx: &Cx<'_>, table: &Table) -> Result<Self, Answer> {
        let value = |wanted: &str| {
            let found = cx.request.query.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        let limit = value("limit").map(|limit| positive("limit", limit)).transpose()?;
        let most = cx.page_size.unwrap_or(MAX_LIMIT).min(MAX_LIMIT);
        let limit = limit.or(cx.page_size).unwrap_or(DEFAULT_LIMIT).min(most);
        let (start, version) = match (value("continuationToken"), value("syncToken")) {
            (Some(token), _) => continued(cx, table, token)?,
            (None, Some(token)) => {
                let since = cx.catalog.version_of(table, token).ok_or_else(expired)?;
                (Start::Change(since), table.version())
            }
            (None, None) => (Start::Place(0), table.version()),
        };
        Ok(Self { limit, start, version })
    }

    fn answer(&self, cx: &Cx<'_>, table: &Table) -> Answer {
        let mut items = Items::new(cx, self.limit.min(table.len()));
        let next = match self.start {
            Start::Place(place) => table
                .scan(place, self.limit, &Filter::default(), &mut |row| items.row(row))
                .map(|next| format!("p{next}")),
            Start::Change(since) => table
                .changes(since, self.limit, &mut |change| items.change(change))
                .map(|next| format!("v{next}")),
        };
        let watermark = cx.catalog.watermark(table, self.version);
        items.finish(next.map(|next| format!("{next}-{watermark}")).as_deref(), &watermark)
    }
}

/// A token is where to go on, a hyphen, and the watermark of the first page.
fn continued(cx: &Cx<'_>, table: &Table, token: &str) -> Result<(Start, u64), Answer> {
    let bad = || invalid("continuationToken", token, "what an earlier page gave");
    let (start, watermark) = token.split_once('-').ok_or_else(bad)?;
    let start = match start.split_at_checked(1).ok_or_else(bad)? {
        ("p", place) => Start::Place(place.parse().map_err(|_| bad())?),
        ("v", version) => Start::Change(version.parse().map_err(|_| bad())?),
        _ => return Err(bad()),
    };
    Ok((start, cx.catalog.version_of(table, watermark).ok_or_else(expired)?))
}

fn expired() -> Answer {
    let message = "the token does not fit the table as it is now; fetch all rows again without a token";
    Answer::error(410, "syncTokenExpired", message)
}

/// Writes the items of a page.
struct Items<'a> {
    body: Vec<u8>,
    count: usize,
    started: &'a str,
}

impl<'a> Items<'a> {
    fn new(cx: &'a Cx<'_>, rows: usize) -> Self {
        let mut body = Vec::with_capacity(rows.saturating_mul(384));
        body.extend_from_slice(b"{\"items\":[");
        Self { body, count: 0, started: cx.catalog.started() }
    }

    fn row(&mut self, row: View<'_>) {
        self.begin();
        write_item(&mut self.body, row, self.started);
    }

    fn change(&mut self, change: Changed<'_>) {
        match change {
            Changed::Row(row) => self.row(row),
            Changed::Deleted { key, at } => {
                self.begin();
                let item = format!("{{\"rid\":{},\"deleted\":true,\"updatedAt\":\"{at}\"}}", quoted(key));
                self.body.extend_from_slice(item.as_bytes());
            }
        }
    }

    fn begin(&mut self) {
        if self.count > 0 {
            self.body.push(b',');
        }
        self.count += 1;
    }

    fn finish(mut self, continuation: Option<&str>, watermark: &str) -> Answer {
        let next =
            continuation.map(|token| format!("\"continuationToken\":\"{token}\",")).unwrap_or_default();
        let end = format!("],{next}\"watermark\":\"{watermark}\",\"count\":{}}}", self.count);
        self.body.extend_from_slice(end.as_bytes());
        Answer::json(200, self.body)
    }
}

fn write_item(body: &mut Vec<u8>, row: View<'_>, started: &str) {
    let (created, updated) = (row.created.unwrap_or(started), row.updated.unwrap_or(started));
    body.extend_from_slice(b"{\"rid\":");
    // Writing to a Vec cannot fail.
    let _ = match row.key {
        Name::Text(key) => to_writer(&mut *body, key).map_err(std::io::Error::from),
        Name::Number(number) => write!(body, "\"{number}\""),
    };
    for part in [",\"content\":", row.text, ",\"createdAt\":\"", created, "\",\"updatedAt\":\"", updated] {
        body.extend_from_slice(part.as_bytes());
    }
    for part in ["\",\"createdBy\":\"", AUTHOR, "\",\"updatedBy\":\"", AUTHOR, "\"}"] {
        body.extend_from_slice(part.as_bytes());
    }
}

fn item(cx: &Cx<'_>, row: View<'_>, status: u16) -> Answer {
    let mut body = Vec::new();
    write_item(&mut body, row, cx.catalog.started());
    Answer::json(status, body)
}

fn create(cx: &Cx<'_>, name: &str) -> Result<Answer, Answer> {
    let body = object(cx)?;
    let given = body.get("rid").and_then(|rid| serde_json::from_str::<String>(rid.get()).ok());
    let content = content_of(&body)?;
    let now = cx.catalog.now();
    edit(cx, name, |rows| {
        let key = given.or_else(|| key_in(&content)).unwrap_or_else(|| rows.fresh_key());
        rows.create(&key, &content, &now).map_err(|_| conflict(name, &key))?;
        written(cx, rows, name, &key, 201)
    })
}

fn write(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    let content = content_of(&object(cx)?)?;
    let now = cx.catalog.now();
    edit(cx, name, |rows| {
        if cx.request.method == Method::Put {
            let status = if rows.put(key, &content, &now) { 201 } else { 200 };
            return written(cx, rows, name, key, status);
        }
        let changes = Members::parse(&content).map_err(|error| bad_row(&error.to_string()))?;
        if !rows.patch(key, &changes, &now) {
            return Err(unknown_row(name, key));
        }
        written(cx, rows, name, key, 200)
    })
}

fn delete(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    let now = cx.catalog.now();
    edit(
        cx,
        name,
        |rows| {
            if rows.delete(key, &now) { Ok(Answer::empty(204)) } else { Err(unknown_row(name, key)) }
        },
    )
}

fn written(cx: &Cx<'_>, rows: &Stored, name: &str, key: &str, status: u16) -> Result<Answer, Answer> {
    rows.get(key).map(|row| item(cx, row, status)).ok_or_else(|| unknown_row(name, key))
}

/// The content of a body that is an item, or the body itself.
fn content_of(body: &Members<'_>) -> Result<Box<str>, Answer> {
    let is_item = body.names().all(|name| ENVELOPE.contains(&name));
    let content = match body.get("content") {
        Some(content) if is_item => Members::parse(content.get()),
        _ => return Ok(body.merged(&Members::none())),
    };
    let content = content.map_err(|_| bad_row("the `content` of the body is no object"))?;
    Ok(content.merged(&Members::none()))
}

fn key_in(content: &str) -> Option<String> {
    super::row::inspect(content, &mut super::row::Columns::new()).ok().flatten().map(|key| key.text)
}
