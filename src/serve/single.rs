//! One row over REST: read, create, write whole, merge, delete.

use super::backend::{Cx, bad_row, read_only};
use super::http::{Answer, Method};
use super::list::State;
use super::load::message_of;
use super::row::{self, Columns, Members};
use super::table::Stored;

pub(super) fn answer(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    cx.allow(&[Method::Get, Method::Head, Method::Put, Method::Patch, Method::Delete])?;
    match cx.request.method {
        Method::Put => put(cx, name, key),
        Method::Patch => patch(cx, name, key),
        Method::Delete => delete(cx, name, key),
        _ => get(cx, name, key),
    }
}

/// `POST /{table}`: a row without `id` gets the next one.
pub(super) fn create(cx: &Cx<'_>, name: &str) -> Result<Answer, Answer> {
    let body = object(cx)?;
    let now = cx.catalog.now();
    edit(cx, name, |rows| {
        let key = key_in(cx.body()?)?.unwrap_or_else(|| rows.fresh_key());
        let text = with_id(rows, &body, &key);
        rows.create(&key, &text, &now).map_err(|_| conflict(name, &key))?;
        let segments: Vec<&str> = name.split('/').chain([key.as_str()]).collect();
        Ok(Answer::json(201, text.as_bytes()).with("Location", &cx.url(&segments)))
    })
}

/// The body as an object.
///
/// # Errors
/// 400 with what is wrong and where.
pub(super) fn object<'a>(cx: &'a Cx<'_>) -> Result<Members<'a>, Answer> {
    Members::parse(cx.body()?).map_err(|error| not_an_object(&error))
}

/// Changes a table's rows.
///
/// # Errors
/// 404 for an unknown table, 405 for one that is generated, and what `change` answers.
pub(super) fn edit(
    cx: &Cx<'_>,
    name: &str,
    change: impl FnOnce(&mut Stored) -> Result<Answer, Answer>,
) -> Result<Answer, Answer> {
    let mut table = cx.catalog.write(name).ok_or_else(|| cx.unknown_table(name))?;
    change(table.editable().ok_or_else(|| read_only(name))?)
}

pub(super) fn unknown_row(name: &str, key: &str) -> Answer {
    Answer::error(404, "unknownRow", &format!("the table `{name}` has no row `{key}`"))
}

pub(super) fn conflict(name: &str, key: &str) -> Answer {
    Answer::error(409, "duplicateId", &format!("the table `{name}` has a row `{key}` already"))
}

fn get(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    let table = cx.catalog.read(name).ok_or_else(|| cx.unknown_table(name))?;
    let body = table.with(key, |row| row.text.to_owned()).ok_or_else(|| unknown_row(name, key))?;
    let state = State::of(cx, &table);
    let answer = if state.is_known(cx) { Answer::empty(304) } else { Answer::json(200, body) };
    Ok(state.told(answer))
}

fn put(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    let body = object(cx)?;
    same_key(cx.body()?, key)?;
    let now = cx.catalog.now();
    edit(cx, name, |rows| {
        let text = with_id(rows, &body, key);
        let status = if rows.put(key, &text, &now) { 201 } else { 200 };
        Ok(Answer::json(status, text.as_bytes()))
    })
}

fn patch(cx: &Cx<'_>, name: &str, key: &str) -> Result<Answer, Answer> {
    let body = object(cx)?;
    same_key(cx.body()?, key)?;
    let now = cx.catalog.now();
    edit(cx, name, |rows| {
        if !rows.patch(key, &body, &now) {
            return Err(unknown_row(name, key));
        }
        rows.get(key).map(|row| Answer::json(200, row.text)).ok_or_else(|| unknown_row(name, key))
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

/// The row with its `id`, put in front where the body has none.
fn with_id(rows: &Stored, body: &Members<'_>, key: &str) -> Box<str> {
    let has_id = body.get("id").is_some_and(|id| id.get() != "null");
    if has_id { body.merged(&Members::none()) } else { body.with_first("id", &rows.id_of(key)) }
}

fn key_in(body: &str) -> Result<Option<String>, Answer> {
    let key = row::inspect(body, &mut Columns::new()).map_err(|error| not_an_object(&error))?;
    Ok(key.map(|key| key.text))
}

fn same_key(body: &str, key: &str) -> Result<(), Answer> {
    match key_in(body)? {
        Some(other) if other != key => {
            let message = format!("the `id` of the body is `{other}`, but the row is `{key}`");
            Err(bad_row(&message))
        }
        _ => Ok(()),
    }
}

fn not_an_object(error: &serde_json::Error) -> Answer {
    let (line, column) = (error.line(), error.column());
    bad_row(&format!("the body is no row: {} (line {line}, column {column})", message_of(error)))
}
