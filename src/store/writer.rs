//! Rows from outside: pages are applied or staged under the token of their work, each in one transaction with
//! the progress that it means. A replace becomes visible as a whole, in the transaction that also ends its
//! operation.

mod buffer;
mod plan;
mod swap;

use rusqlite::params;

use super::Store;
use super::change::{Change, Part};
use super::claim;
use super::entity::{self, Table, Texts, Touch};
use super::error::StoreError;
use super::resume::{self, Left, Totals};
use super::rows::{Changes, Touched};
use super::session::{Guarded, Trouble, number};
use super::unchanged::{self, Validator};
use buffer::Buffer;

use super::work::{Outcome, Work, admits_operation, end_operation, touch_scopes};

/// What rows do to the table they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// All pages together take the place of all rows that were there (the app format's default).
    Replace,
    /// Each row takes the place of the one with its id; the others stay.
    Upsert,
    /// Each row's top-level properties are merged into the one with its id; the others stay.
    Merge,
    /// All pages together take the place of a part of the rows that were there ([`Page::part`]).
    Part,
    /// Pages bring changes ([`Page::changes`]), which are done together at the end.
    Changes,
}

/// One row from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The row's key.
    pub id: &'a str,
    /// The record as JSON text; kept byte for byte.
    pub data: &'a str,
}

/// One page of rows from outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page<'a> {
    /// Rows that are there.
    pub rows: &'a [Row<'a>],
    /// Ids of rows that are gone.
    pub deleted: &'a [&'a str],
    /// Bytes received for it.
    pub bytes: u64,
    /// Where the paging goes on, kept for people and for resuming.
    pub cursor: Option<&'a str>,
    /// Wall clock, epoch milliseconds.
    pub now: i64,
    /// For [`Mode::Part`]: the part; that of the first page counts.
    pub part: Option<&'a Part>,
    /// For [`Mode::Changes`]: what is to be done.
    pub changes: &'a [Change<'a>],
}

/// How many rows were touched how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// New rows.
    pub inserted: i64,
    /// Rows whose data changed.
    pub updated: i64,
    /// Rows that were there with the same data.
    pub unchanged: i64,
    /// Rows that are gone.
    pub deleted: i64,
}

impl Tally {
    /// Whether a table differs afterwards.
    #[must_use]
    pub fn has_changes(self) -> bool {
        self.touched() > 0
    }

    pub(super) fn touched(self) -> i64 {
        self.inserted + self.updated + self.deleted
    }

    pub(super) fn add(&mut self, touch: Touch) {
        match touch {
            Touch::Inserted => self.inserted += 1,
            Touch::Updated => self.updated += 1,
            Touch::Unchanged => self.unchanged += 1,
        }
    }
}

/// How far an operation has come after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageReport {
    /// Rows received so far.
    pub rows: i64,
    /// Pages received so far.
    pub pages: i64,
    /// Bytes received so far.
    pub bytes: i64,
    /// The table, if the page changed it already (a replace changes it at its end).
    pub changed: Option<String>,
}

/// What is kept with the rows when an operation ends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finish<'a> {
    /// Where the next incremental fetch goes on; without one the known one stays.
    pub sync_token: Option<&'a str>,
    /// What the server said of the answer with the rows; without one, what it said before is forgotten.
    pub validator: Option<&'a Validator>,
    /// Wall clock, epoch milliseconds.
    pub now: i64,
}

/// The end of an operation that wrote rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// How many rows were touched how, over all pages.
    pub tally: Tally,
    /// Rows and tables that changed.
    pub changes: Changes,
}

/// Writes the rows of one operation, page by page. Dropping it unfinished leaves the table as the pages of a
/// merge left it, and untouched by those of a replace.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    work: Work,
    operation: usize,
    mode: Mode,
    entity: String,
    tally: Tally,
    held: Buffer,
    part: Option<Part>,
    /// The digest under which others may go on with what is staged.
    definition: Option<String>,
}

impl Store {
    /// A writer for an operation of a work.
    ///
    /// # Errors
    /// [`StoreError::Target`] for a table that may not be written, or an operation that the work does not have.
    pub fn rows_writer(&self, work: &Work, operation: usize, mode: Mode) -> Result<Writer, StoreError> {
        let registered = work.operations.get(operation).ok_or_else(|| StoreError::Internal {
            detail: format!("the work has no operation {operation}"),
        })?;
        entity::check_name(&registered.entity)?;
        Ok(Writer {
            store: self.clone(),
            work: work.clone(),
            operation,
            mode,
            entity: registered.entity.clone(),
            tally: Tally::default(),
            held: Buffer::default(),
            part: None,
            definition: None,
        })
    }
}

impl Writer {
    /// Applies or stages one page (event 3). Small pages of a replace are held back and staged together.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database. The whole page is rolled
    /// back then.
    pub fn page(&mut self, page: &Page<'_>) -> Result<PageReport, StoreError> {
        let mut tally = self.tally;
        let before = tally;
        let (rows, pages, bytes) = self.store.write(|guarded| {
            if !admits_operation(guarded, &self.work, self.operation)? {
                return Err(StoreError::Stale.into());
            }
            match self.mode {
                Mode::Replace | Mode::Part => self.stage_if_due(guarded, page)?,
                Mode::Changes => plan::stage(guarded, &self.staging(), page.changes)?,
                Mode::Upsert | Mode::Merge => self.apply(guarded, page, &mut tally)?,
            }
            let totals = self.record(guarded, page)?;
            self.note_resume(guarded, page, totals)?;
            Ok((totals.rows, totals.pages, totals.bytes))
        })?;
        if matches!(self.mode, Mode::Replace | Mode::Part) {
            self.hold(page);
        }
        if self.part.is_none() {
            self.part = page.part.cloned();
        }
        let visible = tally.touched() > before.touched();
        self.tally = tally;
        Ok(PageReport { rows, pages, bytes, changed: visible.then(|| self.entity.clone()) })
    }

    /// The same, with pages that are kept when the fetch is cut off, for others with this definition
    /// ([`Store::resume`]).
    #[must_use]
    pub fn resumable(self, definition: &str) -> Self {
        Self { definition: (self.mode == Mode::Replace).then(|| definition.to_owned()), ..self }
    }

    /// Ends the operation: a replace becomes visible now, in the same transaction as the status that says so.
    /// `sync_token` tells where the next incremental fetch goes on; without one the known one stays.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database. The table is as before.
    pub fn finish(self, sync_token: Option<&str>, now: i64) -> Result<Finished, StoreError> {
        let finish = Finish { sync_token, validator: None, now };
        self.store.write(|guarded| self.end(guarded, &finish))
    }

    /// The same, with more that is kept; `None` and nothing done while another operation writes the table
    /// ([`Store::claim_table`]).
    ///
    /// # Errors
    /// As for [`Writer::finish`].
    pub fn try_finish(&self, finish: &Finish<'_>) -> Result<Option<Finished>, StoreError> {
        self.store.write(|guarded| {
            if claim::is_taken(guarded, &self.entity, self.work.id, self.operation)? {
                return Ok(None);
            }
            self.end(guarded, finish).map(Some)
        })
    }

    fn end(&self, guarded: &Guarded, finish: &Finish<'_>) -> Result<Finished, Trouble> {
        let now = finish.now;
        if !admits_operation(guarded, &self.work, self.operation)? {
            return Err(StoreError::Stale.into());
        }
        let mut tally = self.tally;
        let mut touched = Touched::default();
        let table = entity::ensure(guarded, &self.entity)?;
        match self.mode {
            Mode::Replace => tally = swap::replace(guarded, &table, &self.staging(), &self.held, now)?,
            Mode::Part => {
                let part = self.part.clone().unwrap_or_default();
                tally = swap::replace_part(guarded, &table, &self.staging(), &self.held, &part, now)?;
            }
            Mode::Changes => {
                let done = plan::perform(guarded, &self.staging(), now)?;
                tally = done.tally;
                touched.add(done.touched);
            }
            Mode::Upsert | Mode::Merge => {}
        }
        resume::forget(guarded, &self.staging())?;
        if let Some(token) = finish.sync_token {
            self.keep_sync_token(guarded, token)?;
        }
        unchanged::keep(guarded, self.work.id, self.operation, &self.entity, finish.validator)?;
        end_operation(guarded, &self.work, self.operation, &Outcome::Ok, Some(tally), now, &mut touched)?;
        touch_scopes(guarded, &self.work, &mut touched)?;
        if tally.has_changes() && self.mode != Mode::Changes {
            touched.tables.insert(self.entity.clone());
        }
        Ok(Finished { tally, changes: touched.read_back(guarded)? })
    }

    fn staging(&self) -> String {
        staging_name(self.work.id, self.operation)
    }

    /// Stages what is held and the page, when together they are large; pages that also delete are never held.
    fn stage_if_due(&self, guarded: &Guarded, page: &Page<'_>) -> Result<(), Trouble> {
        if self.may_hold(page) {
            return Ok(());
        }
        swap::stage(guarded, &self.staging(), self.held.rows(), page.now)?;
        swap::stage(guarded, &self.staging(), page.rows.iter().copied(), page.now)?;
        swap::unstage(guarded, &self.staging(), page.deleted)
    }

    /// Keeps the page for later, or forgets what was just committed.
    fn hold(&mut self, page: &Page<'_>) {
        if self.may_hold(page) {
            self.held.extend(page.rows);
        } else {
            self.held = Buffer::default();
        }
    }

    fn may_hold(&self, page: &Page<'_>) -> bool {
        page.deleted.is_empty()
            && self.held.size() + buffer::size_of(page.rows) <= self.store.inner.options.staging_buffer
    }

    fn apply(&self, guarded: &Guarded, page: &Page<'_>, tally: &mut Tally) -> Result<(), Trouble> {
        let table = entity::ensure(guarded, &self.entity)?;
        let mut texts = Texts::new(guarded, &table, page.now)?;
        for row in page.rows {
            let merges = self.mode == Mode::Merge;
            let touch = if merges { texts.merge(row.id, row.data) } else { texts.save(row.id, row.data) };
            tally.add(touch?);
        }
        tally.deleted += delete(guarded, &table, page.deleted)?;
        Ok(())
    }

    /// Others may go on after this page when all so far are staged.
    fn note_resume(&self, guarded: &Guarded, page: &Page<'_>, totals: Totals) -> Result<(), Trouble> {
        let Some(definition) = self.definition.as_deref().filter(|_| !self.may_hold(page)) else {
            return Ok(());
        };
        resume::note(guarded, (self.work.id, self.operation), definition, page.cursor, totals, page.now)
    }

    fn record(&self, guarded: &Guarded, page: &Page<'_>) -> Result<Totals, Trouble> {
        let rows = number(page.rows.len());
        let bytes = i64::try_from(page.bytes).unwrap_or(i64::MAX);
        guarded.run(
            "UPDATE _syncInstance SET rows = rows + ?2, pages = pages + 1, bytes = bytes + ?3, cursor = ?4
             WHERE work = ?1 AND state = 'syncing'",
            params![self.work.id, rows, bytes, page.cursor],
        )?;
        guarded.run(
            "UPDATE _syncScope SET timestamp = max(?2, lastStartedAt) WHERE state = 'syncing' AND id IN (
               SELECT scopeId FROM _syncInstance WHERE work = ?1 AND state = 'syncing')",
            params![self.work.id, page.now],
        )?;
        let totals = guarded.first(
            "UPDATE _syncOperation SET rows = rows + ?3, pages = pages + 1, bytes = bytes + ?4
             WHERE work = ?1 AND ordinal = ?2 RETURNING rows, pages, bytes",
            params![self.work.id, number(self.operation), rows, bytes],
            |row| Ok(Totals { rows: row.get(0)?, pages: row.get(1)?, bytes: row.get(2)? }),
        )?;
        Ok(totals.unwrap_or(Totals { rows: 0, pages: 0, bytes: 0 }))
    }

    fn keep_sync_token(&self, guarded: &Guarded, token: &str) -> Result<(), Trouble> {
        guarded.run(
            "INSERT INTO _syncCursor (entity, provider, functionId, arguments, cursor)
             SELECT entity, provider, ifnull(functionId, ''), arguments, ?3 FROM _syncOperation
             WHERE work = ?1 AND ordinal = ?2
             ON CONFLICT DO UPDATE SET cursor = excluded.cursor",
            params![self.work.id, number(self.operation), token],
        )?;
        Ok(())
    }
}

fn delete(guarded: &Guarded, table: &Table, ids: &[&str]) -> Result<i64, Trouble> {
    let sql = format!("DELETE FROM {} WHERE id = ?1", table.quoted);
    let mut gone = 0;
    for id in ids {
        gone += guarded.run(&sql, [id])?;
    }
    Ok(number(gone))
}

pub(super) fn staging_name(work: i64, operation: usize) -> String {
    format!("_syncStage_{work}_{operation}")
}

/// Drops what a work staged, of one operation or of all.
pub(super) fn drop_staging(
    guarded: &Guarded,
    work: i64,
    operation: Option<usize>,
    left: Left,
) -> Result<(), Trouble> {
    let pattern = match operation {
        Some(operation) => staging_name(work, operation),
        None => format!("_syncStage_{work}_*"),
    };
    let tables: Vec<String> = guarded.all(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?1",
        [pattern],
        |row| row.get(0),
    )?;
    for table in tables {
        if left == Left::Nothing || !resume::is_kept(guarded, &table)? {
            resume::forget(guarded, &table)?;
        }
    }
    Ok(())
}
