//! Operations that wait for the end of their fetch: kept in a table of their own, done in order then.

use crate::store::change::{self, Change, Done, Head};
use crate::store::entity;
use crate::store::error::StoreError;
use crate::store::protect::Protection;
use crate::store::session::{Guarded, Trouble};
use crate::store::writer::{Row, swap};

/// Adds the changes of a page.
pub(super) fn stage(guarded: &Guarded, staging: &str, changes: &[Change<'_>]) -> Result<(), Trouble> {
    let table = entity::quote(staging);
    guarded.conn.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {table} (seq INTEGER PRIMARY KEY, head TEXT, id TEXT, data TEXT)"
    ))?;
    let mut insert =
        guarded.conn.prepare_cached(&format!("INSERT INTO {table} (head, id, data) VALUES (?1, ?2, ?3)"))?;
    for change in changes {
        change.head.check()?;
        let head = serde_json::to_string(change.head).map_err(|error| internal(&error))?;
        insert.execute((Some(head), None::<&str>, None::<&str>))?;
        for row in change.rows {
            insert.execute((None::<&str>, Some(row.id), Some(row.data)))?;
        }
    }
    Ok(())
}

/// The tables that are written when all that was staged is done.
pub(super) fn tables(guarded: &Guarded, staging: &str) -> Result<Vec<String>, Trouble> {
    if !guarded.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [staging])? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT DISTINCT head FROM {} WHERE head IS NOT NULL", entity::quote(staging));
    let heads: Vec<String> = guarded.all(&sql, [], |row| row.get(0))?;
    let mut tables = Vec::new();
    for head in heads {
        match serde_json::from_str(&head).map_err(|error| internal(&error))? {
            Head::Rows { table, .. } => tables.push(table),
            Head::Sql { tables: named, .. } | Head::FindReplace { tables: named, .. } => tables.extend(named),
        }
    }
    Ok(tables)
}

/// The table that a fetch is for, and what it may lose.
pub(super) struct Held<'h> {
    pub(super) entity: &'h str,
    pub(super) protection: Protection,
}

impl Held<'_> {
    /// Rows that the table has.
    fn count(&self, guarded: &Guarded) -> Result<i64, Trouble> {
        match entity::known(guarded, self.entity)? {
            Some(table) => swap::count(guarded, &table.quoted),
            None => Ok(0),
        }
    }
}

/// Does all that was staged, unless it takes too many rows from the table that the fetch is for.
pub(super) fn perform(guarded: &Guarded, staging: &str, held: &Held<'_>, now: i64) -> Result<Done, Trouble> {
    if held.protection.is_none() {
        return perform_all(guarded, staging, now);
    }
    let old = held.count(guarded)?;
    let done = perform_all(guarded, staging, now)?;
    held.protection.check(held.entity, old, held.count(guarded)?)?;
    Ok(done)
}

fn perform_all(guarded: &Guarded, staging: &str, now: i64) -> Result<Done, Trouble> {
    let mut done = Done::default();
    let is_staged =
        guarded.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [staging])?;
    if !is_staged {
        return Ok(done);
    }
    let table = entity::quote(staging);
    let heads: Vec<(i64, String)> = guarded.all(
        &format!("SELECT seq, head FROM {table} WHERE head IS NOT NULL ORDER BY seq"),
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (at, (seq, head)) in heads.iter().enumerate() {
        let head: Head = serde_json::from_str(head).map_err(|error| internal(&error))?;
        let end = heads.get(at + 1).map_or(i64::MAX, |(next, _)| *next);
        let rows: Vec<(String, String)> = guarded.all(
            &format!("SELECT id, data FROM {table} WHERE seq > ?1 AND seq < ?2 ORDER BY seq"),
            [*seq, end],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let rows = rows.iter().map(|(id, data)| Row { id, data });
        change::apply(guarded, &head, rows, now, &mut done)?;
    }
    guarded.conn.execute_batch(&format!("DROP TABLE {table}"))?;
    Ok(done)
}

fn internal(error: &serde_json::Error) -> StoreError {
    StoreError::Internal { detail: format!("an operation that was staged cannot be read: {error}") }
}
