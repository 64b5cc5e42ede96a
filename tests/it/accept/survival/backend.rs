//! What the back end of writes and of Dynamic Data holds: rows with a log of their changes, into which the tokens
//! of the row API point, and notes that know the keys by which they were made.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::ledger::texts;
use crate::accept::stub::{Answer, Asked};

/// Rows of an answer of the row API.
const PAGE: usize = 8;
const ROWS: &str = "/databases/default/tables/tasks/rows";

/// All that it holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Backend {
    /// Every change: the row, and what it became; `None` when it was deleted.
    log: Vec<(String, Option<Value>)>,
    /// The key that made a note, and its title.
    notes: Vec<(String, String)>,
    /// Whether writes are refused.
    pub(super) refuses: bool,
}

impl Backend {
    /// Some rows are new, some change and some go with a version.
    pub(super) fn serve_version(&mut self, version: u64) {
        let row = |n: u64| (format!("t{n:02}"), Some(json!({ "title": "task", "version": version })));
        if version == 1 {
            self.log.extend((0..30).map(row));
        } else {
            self.log.extend((0..10).chain(30..35).map(row));
            self.log.extend((10..15).map(|n| (format!("t{n:02}"), None)));
        }
    }

    /// The answer, when it is about rows or notes.
    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Option<Answer> {
        if asked.path.starts_with("/notes") {
            return Some(if self.refuses { Answer::status(400, "{}") } else { self.make_note(asked) });
        }
        let (_, below) = asked.path.split_once(ROWS)?;
        let id = below.trim_start_matches('/');
        Some(match asked.method {
            "GET" if !below.starts_with('/') => self.page(below),
            "GET" => self.row(id),
            _ if self.refuses => Answer::status(400, "{}"),
            method => self.write(method, id, asked.body),
        })
    }

    /// A key that is known makes nothing anew.
    fn make_note(&mut self, asked: &Asked<'_>) -> Answer {
        let key = asked.header("idempotency-key").unwrap_or_default();
        let body: Value = serde_json::from_str(asked.body).unwrap_or_default();
        let known = self.notes.iter().position(|(known, _)| known == key);
        let at = known.unwrap_or(self.notes.len());
        if known.is_none() {
            self.notes.push((key.to_owned(), body["title"].as_str().unwrap_or_default().to_owned()));
        }
        Answer::ok(json!({ "id": format!("srv-{at}") }).to_string())
    }

    fn row(&self, id: &str) -> Answer {
        match self.rows(self.log.len()).get(id) {
            Some(content) => Answer::ok(json!({ "rid": id, "content": content }).to_string()),
            None => Answer::status(404, "{}"),
        }
    }

    fn write(&mut self, method: &str, id: &str, body: &str) -> Answer {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let id = if method == "POST" { body["rid"].as_str().unwrap_or_default() } else { id };
        let known = self.rows(self.log.len()).remove(id).cloned();
        let content = match (method, known) {
            ("POST", Some(_)) => return Answer::status(409, "{}"),
            ("PATCH" | "DELETE", None) => return Answer::status(404, "{}"),
            ("DELETE", Some(_)) => None,
            ("PATCH", Some(mut known)) => {
                for (name, value) in body["content"].as_object().into_iter().flatten() {
                    known[name] = value.clone();
                }
                Some(known)
            }
            _ => Some(body["content"].clone()),
        };
        self.log.push((id.to_owned(), content));
        Answer::ok("{}")
    }

    /// The rows after so many changes.
    fn rows(&self, changes: usize) -> BTreeMap<&str, &Value> {
        let mut rows = BTreeMap::new();
        for (id, content) in &self.log[..changes.min(self.log.len())] {
            match content {
                Some(content) => _ = rows.insert(id.as_str(), content),
                None => _ = rows.remove(id.as_str()),
            }
        }
        rows
    }

    /// A page: all rows, or what changed since the token. The token of the next page says of which moment it is.
    fn page(&self, query: &str) -> Answer {
        let parameter = |name: &str| {
            let mut parameters =
                query.trim_start_matches('?').split('&').filter_map(|one| one.split_once('='));
            parameters.find(|(known, _)| *known == name).map(|(_, value)| value)
        };
        let since: Option<usize> = parameter("syncToken").and_then(|token| token.parse().ok());
        let place = parameter("continuationToken").and_then(|token| token.split_once('-'));
        let (moment, from) = place.map_or((self.log.len(), 0), |(moment, from)| {
            (moment.parse().unwrap_or(0), from.parse().unwrap_or(0))
        });
        let items = self.items(since, moment);
        let to = (from + PAGE).min(items.len());
        let token = (to < items.len()).then(|| format!("{moment}-{to}"));
        let page = &items[from.min(to)..to];
        let answer = json!({ "count": page.len(), "items": page, "continuationToken": token, "watermark": moment.to_string() });
        Answer::ok(answer.to_string())
    }

    fn items(&self, since: Option<usize>, moment: usize) -> Vec<Value> {
        let rows = self.rows(moment);
        let Some(since) = since else {
            return rows.into_iter().map(|(id, content)| json!({ "rid": id, "content": content })).collect();
        };
        let changed = self.log[since.min(moment)..moment].iter().map(|(id, _)| id.as_str());
        let item = |id: &str| match rows.get(id) {
            Some(content) => json!({ "rid": id, "content": content }),
            None => json!({ "rid": id, "deleted": true }),
        };
        changed.map(item).collect()
    }

    fn has_title(&self, title: &str) -> bool {
        let is_it = |known: &Value| known["title"] == title;
        self.notes.iter().any(|(_, known)| known == title)
            || self.log.iter().filter_map(|(_, content)| content.as_ref()).any(is_it)
    }

    fn has_deleted(&self, id: &str) -> bool {
        self.log.iter().any(|(known, content)| known == id && content.is_none())
    }
}

/// The writes of the app: how many rows show here that it was made, and how many commands wait.
pub(super) const WRITES: [(&str, &str, &str); 4] = [
    (
        "one",
        "SELECT count(*) FROM [default/tasks] WHERE json_extract(data, '$.title') = 'one'",
        "SELECT count(*) FROM _commandQueue WHERE payload LIKE '%one%'",
    ),
    (
        "two",
        "SELECT count(*) FROM [default/tasks] WHERE id = 't20' AND json_extract(data, '$.title') = 'two'",
        "SELECT count(*) FROM _commandQueue WHERE payload LIKE '%two%'",
    ),
    (
        "t21",
        "SELECT 1 - count(*) FROM [default/tasks] WHERE id = 't21'",
        "SELECT count(*) FROM _commandQueue WHERE recordId = 't21'",
    ),
    (
        "four",
        "SELECT count(*) FROM notes WHERE json_extract(data, '$.title') = 'four'",
        "SELECT count(*) FROM _commandQueue WHERE payload LIKE '%four%'",
    ),
];

/// A write is here if and only if it waits or has arrived, and nothing is here or waits twice.
pub(super) fn writes_are_whole(connection: &Connection, backend: &Backend) -> Vec<String> {
    let judge = |(what, here, waits): &(&str, &str, &str)| {
        let (here, waits) = (number(connection, here), number(connection, waits));
        let arrived = backend.has_title(what) || backend.has_deleted(what);
        let is_whole = here <= 1 && waits <= 1 && (here == 1) == (waits == 1 || arrived);
        (!is_whole).then(|| format!("write `{what}`: here {here}, waits {waits}, arrived {arrived}"))
    };
    WRITES.iter().filter_map(judge).collect()
}

/// How many of the app's writes show here.
pub(super) fn number_of_writes(connection: &Connection) -> usize {
    WRITES.iter().map(|(_, here, _)| number(connection, here)).sum()
}

fn number(connection: &Connection, sql: &str) -> usize {
    match texts(connection, sql).remove(0) {
        none if none.contains("no such table") => 0,
        count => count.parse().unwrap_or(usize::MAX),
    }
}

/// One command is dropped, or it is not; the rows stay.
pub(super) fn a_command_is_dropped_or_not(connection: &Connection, backend: &Backend) -> Vec<String> {
    let mut broken = writes_are_whole(connection, backend);
    let row_stays = texts(connection, WRITES[1].1) == ["1"];
    broken.retain(|broken| !(broken.starts_with("write `two`: here 1, waits 0") && row_stays));
    broken
}

/// In the end nothing waits, and here and there is the same.
pub(super) fn nothing_waits(connection: &Connection, backend: &Backend) -> Vec<String> {
    let mut broken = texts(
        connection,
        "SELECT 'waits: ' || type || ' ' || state || ' ' || ifnull(error, '') FROM _commandQueue",
    );
    let sql = "SELECT id || ' ' || json_extract(data, '$.title') FROM [default/tasks] ORDER BY id";
    let there = backend.rows(backend.log.len()).into_iter();
    let there: Vec<String> =
        there.map(|(id, content)| format!("{id} {}", content["title"].as_str().unwrap_or("?"))).collect();
    if texts(connection, sql) != there {
        broken.push(format!("here {:?}, there {there:?}", texts(connection, sql)));
    }
    let mut titles: Vec<&String> = backend.notes.iter().map(|(_, title)| title).collect();
    titles.dedup();
    if titles.len() != backend.notes.len() {
        broken.push(format!("a note was made twice: {:?}", backend.notes));
    }
    let temporary = "SELECT 'temporary: ' || id FROM notes WHERE id GLOB '_tmp_*'";
    broken.extend(texts(connection, temporary).into_iter().filter(|line| !line.contains("no such table")));
    broken
}

#[test]
fn pages_of_a_moment_and_changes_since() {
    let mut backend = Backend::default();
    backend.serve_version(1);
    assert_eq!(backend.items(None, 30).len(), 30);
    backend.serve_version(2);
    let all = backend.log.len();
    assert_eq!(backend.items(None, all).len(), 30);
    let changed = backend.items(Some(30), all);
    assert_eq!(changed.iter().filter(|item| item["deleted"] == true).count(), 5);
    assert_eq!(changed.len(), 20);
    assert_eq!(backend.items(None, 30).len(), 30, "a moment stays as it was");
}
