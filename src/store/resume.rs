//! Fetches that were cut off: their staged pages are kept with the place where the paging goes on, both from
//! one transaction, so that the next fetch of the same thing need not begin anew.
//!
//! Only pages of a replace are kept: nobody has seen them. They count for an hour and for the same
//! definition, and they are taken over by one operation, under whose own token they become visible
//! (sync-semantics.md I10, I12). A run that was overtaken by a new one leaves nothing behind.

use rusqlite::params;

use super::Store;
use super::entity;
use super::error::StoreError;
use super::session::{Guarded, Trouble, number};
use super::work::{Operation, Work, admits_operation};
use super::writer::staging_name;

/// For how long what was staged counts, in milliseconds.
const FRESH: i64 = 3_600_000;

/// What a stopped work leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing that it staged.
    Nothing,
    /// Pages with which another may go on.
    Pages,
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    pub(super) rows: i64,
    pub(super) pages: i64,
    pub(super) bytes: i64,
}

struct Kept {
    work: i64,
    definition: String,
    staging: String,
    cursor: String,
    totals: Totals,
    at: i64,
}

impl Store {
    /// Takes over the pages that a fetch of the same thing has staged before it was cut off, and gives where
    /// its paging goes on. What cannot be gone on with is forgotten: without `definition`, everything.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database.
    pub fn resume(
        &self,
        work: &Work,
        ordinal: usize,
        operation: &Operation<'_>,
        definition: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, StoreError> {
        let nothing = self.read(|reader| {
            let any = reader.guarded().exists("SELECT 1 FROM _syncResume", []);
            any.map(|any| !any).map_err(|trouble| self.explain(trouble))
        })?;
        if nothing {
            return Ok(None);
        }
        self.write(|guarded| {
            if !admits_operation(guarded, work, ordinal)? {
                return Err(StoreError::Stale.into());
            }
            forget_old(guarded, now)?;
            let Some(kept) = kept(guarded, operation)? else { return Ok(None) };
            if kept.work != work.id && is_open(guarded, kept.work)? {
                return Ok(None);
            }
            let fits = Some(kept.definition.as_str()) == definition && (0..FRESH).contains(&(now - kept.at));
            if !fits || !exists(guarded, &kept.staging)? {
                forget(guarded, &kept.staging)?;
                guarded.run(
                    "UPDATE _syncOperation SET rows = 0, pages = 0, bytes = 0, note = NULL
                     WHERE work = ?1 AND ordinal = ?2",
                    params![work.id, number(ordinal)],
                )?;
                return Ok(None);
            }
            take_over(guarded, work.id, ordinal, &kept)?;
            Ok(Some(kept.cursor))
        })
    }
}

/// Notes where the paging of an operation goes on after what it has staged; without a cursor it cannot.
pub(super) fn note(
    guarded: &Guarded,
    (work, ordinal): (i64, usize),
    definition: &str,
    cursor: Option<&str>,
    totals: Totals,
    now: i64,
) -> Result<(), Trouble> {
    let staging = staging_name(work, ordinal);
    let Some(cursor) = cursor else {
        guarded.run("DELETE FROM _syncResume WHERE staging = ?1", [staging])?;
        return Ok(());
    };
    guarded.run(
        "INSERT INTO _syncResume
           (entity, provider, functionId, arguments, definition, work, staging, cursor, rows, pages, bytes, at)
         SELECT entity, provider, ifnull(functionId, ''), arguments, ?3, ?1, ?4, ?5, ?6, ?7, ?8, ?9
         FROM _syncOperation WHERE work = ?1 AND ordinal = ?2
         ON CONFLICT DO UPDATE SET definition = excluded.definition, work = excluded.work,
           staging = excluded.staging, cursor = excluded.cursor, rows = excluded.rows,
           pages = excluded.pages, bytes = excluded.bytes, at = excluded.at
         WHERE staging = excluded.staging
           OR work NOT IN (SELECT id FROM _syncWork WHERE state = 'open')",
        params![
            work,
            number(ordinal),
            definition,
            staging,
            cursor,
            totals.rows,
            totals.pages,
            totals.bytes,
            now
        ],
    )?;
    Ok(())
}

/// Whether a staging table is kept for another to go on with.
pub(super) fn is_kept(guarded: &Guarded, staging: &str) -> Result<bool, Trouble> {
    guarded.exists("SELECT 1 FROM _syncResume WHERE staging = ?1", [staging])
}

/// Drops a staging table with what is known of it.
pub(super) fn forget(guarded: &Guarded, staging: &str) -> Result<(), Trouble> {
    guarded.run("DELETE FROM _syncResume WHERE staging = ?1", [staging])?;
    guarded.conn.execute_batch(&format!("DROP TABLE IF EXISTS {}", entity::quote(staging)))?;
    Ok(())
}

fn forget_old(guarded: &Guarded, now: i64) -> Result<(), Trouble> {
    let old: Vec<String> = guarded.all(
        "SELECT staging FROM _syncResume
         WHERE abs(?1 - at) >= ?2 AND work NOT IN (SELECT id FROM _syncWork WHERE state = 'open')",
        [now, FRESH],
        |row| row.get(0),
    )?;
    old.iter().try_for_each(|staging| forget(guarded, staging))
}

fn kept(guarded: &Guarded, operation: &Operation<'_>) -> Result<Option<Kept>, Trouble> {
    guarded.first(
        "SELECT work, definition, staging, cursor, rows, pages, bytes, at FROM _syncResume
         WHERE entity = ?1 AND provider = ?2 AND functionId = ?3 AND arguments = ?4",
        params![operation.entity, operation.provider, operation.function.unwrap_or(""), operation.arguments],
        |row| {
            Ok(Kept {
                work: row.get(0)?,
                definition: row.get(1)?,
                staging: row.get(2)?,
                cursor: row.get(3)?,
                totals: Totals { rows: row.get(4)?, pages: row.get(5)?, bytes: row.get(6)? },
                at: row.get(7)?,
            })
        },
    )
}

fn take_over(guarded: &Guarded, work: i64, ordinal: usize, kept: &Kept) -> Result<(), Trouble> {
    let staging = staging_name(work, ordinal);
    if staging != kept.staging {
        let (old, new) = (entity::quote(&kept.staging), entity::quote(&staging));
        guarded.conn.execute_batch(&format!("ALTER TABLE {old} RENAME TO {new}"))?;
        guarded.run(
            "UPDATE _syncResume SET work = ?2, staging = ?3 WHERE staging = ?1",
            params![kept.staging, work, staging],
        )?;
    }
    let Totals { rows, pages, bytes } = kept.totals;
    let note = format!("went on after page {pages}");
    guarded.run(
        "UPDATE _syncOperation SET rows = ?3, pages = ?4, bytes = ?5, note = ?6
         WHERE work = ?1 AND ordinal = ?2",
        params![work, number(ordinal), rows, pages, bytes, note],
    )?;
    Ok(())
}

fn is_open(guarded: &Guarded, work: i64) -> Result<bool, Trouble> {
    guarded.exists("SELECT 1 FROM _syncWork WHERE id = ?1 AND state = 'open'", [work])
}

fn exists(guarded: &Guarded, table: &str) -> Result<bool, Trouble> {
    guarded.exists("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [table])
}
