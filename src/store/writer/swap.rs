//! A replace: pages are staged in a table of their own, which then takes the place of the old one, or is
//! compared with it row by row where the old one has rows.

use super::{Buffer, Row, Tally};
use crate::store::change::{self, Part};
use crate::store::entity::{self, Table};
use crate::store::protect::Protection;
use crate::store::session::{Guarded, Trouble, number};

/// Adds rows to the staging table; of rows with one id the last stays.
pub(super) fn stage<'r>(
    guarded: &Guarded,
    staging: &str,
    rows: impl Iterator<Item = Row<'r>>,
    now: i64,
) -> Result<(), Trouble> {
    if !exists(guarded, staging)? {
        entity::create(&guarded.conn, "", staging)?;
    }
    insert(guarded, &entity::quote(staging), rows, now)
}

/// Removes rows from the staging table.
pub(super) fn unstage(guarded: &Guarded, staging: &str, ids: &[&str]) -> Result<(), Trouble> {
    let sql = format!("DELETE FROM {} WHERE id = ?1", entity::quote(staging));
    ids.iter().try_for_each(|id| guarded.run(&sql, [id]).map(drop))
}

fn insert<'r>(
    guarded: &Guarded,
    table: &str,
    rows: impl Iterator<Item = Row<'r>>,
    now: i64,
) -> Result<(), Trouble> {
    let mut insert = guarded.conn.prepare_cached(&format!(
        "INSERT INTO {table} (id, data, timestamp) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET data = excluded.data"
    ))?;
    insert.raw_bind_parameter(3, now)?;
    for row in rows {
        insert.raw_bind_parameter(1, row.id)?;
        insert.raw_bind_parameter(2, row.data)?;
        insert.raw_execute()?;
    }
    Ok(())
}

/// Rows that wait for their end: in a table, which need not exist, and in memory.
#[derive(Clone, Copy)]
pub(super) struct Staged<'s> {
    pub(super) name: &'s str,
    pub(super) held: &'s Buffer,
    pub(super) now: i64,
}

/// Makes the staged rows and those still held the rows of the table.
pub(super) fn replace(
    guarded: &Guarded,
    table: &Table,
    rows: &Staged<'_>,
    protection: Protection,
) -> Result<Tally, Trouble> {
    let Staged { name: staging, held, now } = *rows;
    let old_is_empty = !guarded.exists(&format!("SELECT 1 FROM {} LIMIT 1", table.quoted), [])?;
    if !exists(guarded, staging)? {
        return replace_by_held(guarded, table, rows, old_is_empty, protection);
    }
    stage(guarded, staging, held.rows(), now)?;
    let staged = count(guarded, &entity::quote(staging))?;
    if old_is_empty && table.is_plain {
        take_place(guarded, table, staging)?;
        return Ok(Tally { inserted: staged, ..Tally::default() });
    }
    check(guarded, table, protection, staged)?;
    let tally = apply_difference(guarded, table, &entity::quote(staging), staged)?;
    guarded.conn.execute_batch(&format!("DROP TABLE {}", entity::quote(staging)))?;
    Ok(tally)
}

/// Makes the staged rows and those still held the rows of a part of the table.
pub(super) fn replace_part(
    guarded: &Guarded,
    table: &Table,
    rows: &Staged<'_>,
    part: &Part,
    protection: Protection,
) -> Result<Tally, Trouble> {
    stage(guarded, rows.name, rows.held.rows(), rows.now)?;
    let quoted = entity::quote(rows.name);
    let staged = count(guarded, &quoted)?;
    if !protection.is_none() {
        protection.check(&table.name, change::count(guarded, table, part)?, staged)?;
    }
    let deleted = change::remove(guarded, table, part, &quoted)?;
    let kept = known(guarded, table, &quoted)?;
    let touched = upsert(guarded, &table.quoted, &quoted)?;
    guarded.conn.execute_batch(&format!("DROP TABLE {quoted}"))?;
    let inserted = staged - kept;
    Ok(Tally { inserted, updated: touched - inserted, unchanged: staged - touched, deleted })
}

/// The same when nothing was staged yet. It changes no schema, which all connections would have to read anew.
fn replace_by_held(
    guarded: &Guarded,
    table: &Table,
    rows: &Staged<'_>,
    old_is_empty: bool,
    protection: Protection,
) -> Result<Tally, Trouble> {
    let Staged { held, now, .. } = *rows;
    if old_is_empty {
        insert(guarded, &table.quoted, held.rows(), now)?;
        return Ok(Tally { inserted: count(guarded, &table.quoted)?, ..Tally::default() });
    }
    guarded.conn.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS _syncHeld (id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp)",
    )?;
    insert(guarded, HELD, held.rows(), now)?;
    let staged = count(guarded, HELD)?;
    check(guarded, table, protection, staged)?;
    let tally = apply_difference(guarded, table, HELD, staged)?;
    guarded.run("DELETE FROM temp._syncHeld", [])?;
    Ok(tally)
}

fn check(guarded: &Guarded, table: &Table, protection: Protection, new: i64) -> Result<(), Trouble> {
    if protection.is_none() {
        return Ok(());
    }
    let old = count(guarded, &table.quoted)?;
    Ok(protection.check(&table.name, old, new)?)
}

const HELD: &str = "temp._syncHeld";

/// The staging table becomes the table; indexes that the app made are made again.
fn take_place(guarded: &Guarded, table: &Table, staging: &str) -> Result<(), Trouble> {
    let indexes: Vec<String> = guarded.all(
        "SELECT sql FROM sqlite_schema
         WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE ORDER BY rowid",
        [&table.name],
        |row| row.get(0),
    )?;
    let (old, new) = (&table.quoted, entity::quote(staging));
    guarded.conn.execute_batch(&format!("DROP TABLE {old}; ALTER TABLE {new} RENAME TO {old}"))?;
    for sql in indexes {
        guarded.conn.execute_batch(&sql)?;
    }
    Ok(())
}

/// Deletes what vanished, inserts what is new, updates only what differs.
fn apply_difference(guarded: &Guarded, table: &Table, staging: &str, staged: i64) -> Result<Tally, Trouble> {
    let old = &table.quoted;
    let deleted =
        guarded.run(&format!("DELETE FROM {old} WHERE id NOT IN (SELECT id FROM {staging})"), [])?;
    let kept = count(guarded, old)?;
    let touched = upsert(guarded, old, staging)?;
    let inserted = staged - kept;
    Ok(Tally { inserted, updated: touched - inserted, unchanged: staged - touched, deleted: number(deleted) })
}

/// Inserts staged rows, updates those that differ; gives how many rows that were.
pub(super) fn upsert(guarded: &Guarded, table: &str, staging: &str) -> Result<i64, Trouble> {
    let touched = guarded.run(
        &format!(
            "INSERT INTO {table} (id, data, timestamp) SELECT id, data, timestamp FROM {staging} WHERE true
             ON CONFLICT (id) DO UPDATE SET data = excluded.data, timestamp = excluded.timestamp
             WHERE data IS NOT excluded.data"
        ),
        [],
    )?;
    Ok(number(touched))
}

/// How many staged rows have the id of a row of the table.
pub(super) fn known(guarded: &Guarded, table: &Table, staging: &str) -> Result<i64, Trouble> {
    let sql = format!(
        "SELECT count(*) FROM {staging} WHERE EXISTS (SELECT 1 FROM {0} WHERE {0}.id = {staging}.id)",
        table.quoted
    );
    Ok(guarded.first(&sql, [], |row| row.get(0))?.unwrap_or(0))
}

pub(super) fn count(guarded: &Guarded, quoted: &str) -> Result<i64, Trouble> {
    Ok(guarded.first(&format!("SELECT count(*) FROM {quoted}"), [], |row| row.get(0))?.unwrap_or(0))
}

pub(super) fn exists(guarded: &Guarded, table: &str) -> Result<bool, Trouble> {
    guarded.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [table])
}
