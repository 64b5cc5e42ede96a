//! Rows from outside: pages are applied or staged under the token of their work, each in one transaction with
//! the progress that it means. A replace becomes visible as a whole, in the transaction that also ends its
//! operation.

mod buffer;
mod compare;
mod plan;
mod seen;
mod spared;
mod swap;

use rusqlite::params;

use super::Store;
use super::change::{Change, Part};
use super::claim;
use super::entity::{self, Table, Texts, Touch};
use super::error::StoreError;
use super::protect::Protection;
use super::queue::{Tracked, around};
use super::resume::{self, Left, Totals};
use super::rows::{Changes, Touched};
use super::session::{Guarded, Trouble, number};
use super::unchanged::{self, Validator};
use super::work::{Outcome, Work, admits_operation, end_operation, touch_scopes};
use buffer::Buffer;
use compare::{Comparison, Plan};
use plan::Held;
pub use spared::Survivors;

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
    /// The tables in which [`Page::changes`] go to a back end.
    pub tracked: Option<&'a Tracked<'a>>,
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
    target: Target,
    tally: Tally,
    held: Buffer,
    way: Way,
    part: Option<Part>,
    protection: Protection,
    survivors: Survivors,
    /// The digest under which others may go on with what is staged.
    definition: Option<String>,
}

/// Whose rows a writer takes, and where they go.
#[derive(Debug)]
struct Target {
    work: Work,
    operation: usize,
    mode: Mode,
    entity: String,
}

/// How a replace goes on when its rows are too many to be held.
#[derive(Debug)]
enum Way {
    /// They are not yet.
    Held,
    /// Those that differ are staged.
    Compared(Comparison),
    /// All are staged.
    Staged,
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
        let entity = registered.entity.clone();
        Ok(Writer {
            store: self.clone(),
            target: Target { work: work.clone(), operation, mode, entity },
            tally: Tally::default(),
            held: Buffer::default(),
            way: Way::Held,
            part: None,
            protection: Protection::default(),
            survivors: Survivors::None,
            definition: None,
        })
    }

    /// Forgets what an operation has received, so that it can be fetched once more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn restart_operation(&self, work: &Work, operation: usize) -> Result<(), StoreError> {
        self.write(|guarded| {
            drop_staging(guarded, work.id, Some(operation), Left::Nothing)?;
            guarded.run(
                "UPDATE _syncOperation SET rows = 0, pages = 0, bytes = 0, note = NULL
                 WHERE work = ?1 AND ordinal = ?2",
                params![work.id, number(operation)],
            )?;
            Ok(())
        })
    }
}

impl Writer {
    /// The same, refusing at its end to make a table emptier than it may become.
    #[must_use]
    pub fn protected(self, protection: Protection) -> Self {
        Self { protection, ..self }
    }

    /// The same, leaving some rows of the table alone.
    #[must_use]
    pub fn sparing(self, survivors: Survivors) -> Self {
        Self { survivors, ..self }
    }

    /// The same, which minds no other writer of the table ([`StoreError::Overlapped`]) but takes longer.
    #[must_use]
    pub fn staging_all(self) -> Self {
        Self { way: Way::Staged, ..self }
    }

    /// Applies or stages one page (event 3). Small pages of a replace are held back and staged together.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current, [`StoreError::Overlapped`] when somebody else
    /// writes to a table that is being replaced; those of the database. The whole page is rolled back then.
    pub fn page(&mut self, page: &Page<'_>) -> Result<PageReport, StoreError> {
        let mut tally = self.tally;
        let holds = self.may_hold(page);
        let mut noted = Vec::new();
        let differing = self.compare(page, &mut noted)?;
        let Self { target, way, held, definition, .. } = self;
        let staged = self.store.write(|guarded| {
            if !admits_operation(guarded, &target.work, target.operation)? {
                return Err(StoreError::Stale.into());
            }
            match target.mode {
                Mode::Replace if !holds => {
                    target.replace(guarded, way, held, page, differing.as_deref(), &mut noted)?;
                }
                Mode::Part if !holds => target.stage(guarded, held, page)?,
                Mode::Replace | Mode::Part => {}
                Mode::Changes => plan::stage(guarded, &target.staging(), page.changes)?,
                Mode::Upsert | Mode::Merge => target.apply(guarded, page, &mut tally)?,
            }
            let totals = target.record(guarded, page)?;
            // What is compared is no good for another: which rows have come is known here only.
            if let (false, Way::Staged, Some(definition)) = (holds, &*way, definition) {
                let operation = (target.work.id, target.operation);
                resume::note(guarded, operation, definition, page.cursor, totals, page.now)?;
            }
            Ok((totals.rows, totals.pages, totals.bytes))
        });
        if let (Err(_), Way::Compared(comparison)) = (&staged, &mut *way) {
            comparison.forget(&noted);
        }
        let (rows, pages, bytes) = staged?;
        if self.target.is_replaced() {
            self.hold(page, holds);
        }
        if self.part.is_none() {
            self.part = page.part.cloned();
        }
        let visible = tally.touched() > self.tally.touched();
        self.tally = tally;
        Ok(PageReport { rows, pages, bytes, changed: visible.then(|| self.target.entity.clone()) })
    }

    /// The same, with pages that are kept when the fetch is cut off, for others with this definition
    /// ([`Store::resume`]).
    #[must_use]
    pub fn resumable(self, definition: &str) -> Self {
        Self { definition: (self.target.mode == Mode::Replace).then(|| definition.to_owned()), ..self }
    }

    /// Ends the operation: a replace becomes visible now, in the same transaction as the status that says so.
    /// `sync_token` tells where the next incremental fetch goes on; without one the known one stays.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current, [`StoreError::Overlapped`] as above,
    /// [`StoreError::Emptied`] and [`StoreError::Shrunk`] as the protection has it; those of the database. The
    /// table is as before.
    pub fn finish(self, sync_token: Option<&str>, now: i64) -> Result<Finished, StoreError> {
        let finish = Finish { sync_token, now, ..Finish::default() };
        let plan = self.plan()?;
        self.store.write(|guarded| self.end(guarded, plan.as_ref(), &finish))
    }

    /// The same, with more that is kept; `None` and nothing done while another operation writes the table
    /// ([`Store::claim_table`]).
    ///
    /// # Errors
    /// As for [`Writer::finish`].
    pub fn try_finish(&self, finish: &Finish<'_>) -> Result<Option<Finished>, StoreError> {
        let plan = self.plan()?;
        self.store.write(|guarded| {
            if self.target.is_kept_waiting(guarded)? {
                return Ok(None);
            }
            self.end(guarded, plan.as_ref(), finish).map(Some)
        })
    }

    fn end(&self, guarded: &Guarded, plan: Option<&Plan>, finish: &Finish<'_>) -> Result<Finished, Trouble> {
        let (now, target) = (finish.now, &self.target);
        let Target { work, operation, entity, mode } = target;
        if !admits_operation(guarded, work, *operation)? {
            return Err(StoreError::Stale.into());
        }
        let mut touched = Touched::default();
        let spared = self.survivors.of(guarded, entity)?;
        let mut tally = match mode {
            Mode::Replace => self.replace(guarded, plan, now)?,
            Mode::Part => {
                let (table, part) = (entity::ensure(guarded, entity)?, self.part.clone());
                let staged = swap::Staged { name: &target.staging(), held: &self.held, now };
                swap::replace_part(guarded, &table, &staged, &part.unwrap_or_default(), self.protection)?
            }
            Mode::Changes => {
                let held = Held { entity, protection: self.protection };
                let mut tally = Tally::default();
                touched.add(around(guarded, finish.tracked, now, || {
                    let done = plan::perform(guarded, &target.staging(), &held, now)?;
                    tally = done.tally;
                    Ok(done.touched)
                })?);
                tally
            }
            Mode::Upsert | Mode::Merge => {
                entity::made(guarded, entity)?;
                self.tally
            }
        };
        spared.put_back(guarded, entity, &mut tally)?;
        resume::forget(guarded, &target.staging())?;
        if let Some(token) = finish.sync_token {
            target.keep_sync_token(guarded, token)?;
        }
        unchanged::keep(guarded, work.id, *operation, entity, finish.validator)?;
        end_operation(guarded, work, *operation, &Outcome::Ok, Some(tally), now, &mut touched)?;
        touch_scopes(guarded, work, &mut touched)?;
        if tally.has_changes() && *mode != Mode::Changes {
            touched.tables.insert(entity.clone());
        }
        Ok(Finished { tally, changes: touched.read_back(guarded)? })
    }

    /// The rows of a page that differ from those of the table, found out while others may write; `None` when
    /// nothing is compared yet.
    fn compare<'p>(
        &mut self,
        page: &Page<'p>,
        noted: &mut Vec<i64>,
    ) -> Result<Option<Vec<Row<'p>>>, StoreError> {
        let Self { store, target, way: Way::Compared(comparison), .. } = self else { return Ok(None) };
        let compared = store.read(|reader| {
            let guarded = reader.guarded();
            let compared = entity::known(guarded, &target.entity).and_then(|table| match table {
                Some(table) => comparison.compare(guarded, &table, page.rows.iter().copied(), noted),
                None => Err(StoreError::Overlapped { table: target.entity.clone() }.into()),
            });
            compared.map_err(|trouble| store.explain(trouble))
        });
        if compared.is_err() {
            comparison.forget(noted);
        }
        compared.map(Some)
    }

    /// What a comparison comes to, found out while others may write.
    fn plan(&self) -> Result<Option<Plan>, StoreError> {
        let Way::Compared(comparison) = &self.way else { return Ok(None) };
        let Target { entity, .. } = &self.target;
        self.store.read(|reader| {
            let guarded = reader.guarded();
            let planned = entity::known(guarded, entity).and_then(|table| match table {
                Some(table) => comparison.plan(guarded, &table, &self.target.staging()).map(Some),
                None => Err(StoreError::Overlapped { table: entity.clone() }.into()),
            });
            planned.map_err(|trouble| self.store.explain(trouble))
        })
    }

    fn replace(&self, guarded: &Guarded, plan: Option<&Plan>, now: i64) -> Result<Tally, Trouble> {
        let (target, staging) = (&self.target, self.target.staging());
        if let (Way::Compared(comparison), Some(plan)) = (&self.way, plan) {
            let table = entity::made(guarded, &target.entity)?;
            let (old, new) = comparison.counts(plan);
            self.protection.check(&table.name, old, new)?;
            let tally = comparison.apply(guarded, &table, &staging, plan)?;
            entity::note_write(guarded, &table.name)?;
            return Ok(tally);
        }
        let table = entity::ensure(guarded, &target.entity)?;
        let staged = swap::Staged { name: &staging, held: &self.held, now };
        swap::replace(guarded, &table, &staged, self.protection)
    }

    /// Keeps the page for later, or forgets what was just committed.
    fn hold(&mut self, page: &Page<'_>, holds: bool) {
        if holds {
            self.held.extend(page.rows);
        } else {
            self.held = Buffer::default();
        }
    }

    /// Whether the page waits for others. Pages that also delete never do, and those that are compared need not.
    fn may_hold(&self, page: &Page<'_>) -> bool {
        page.deleted.is_empty()
            && !matches!(self.way, Way::Compared(_))
            && self.held.size() + buffer::size_of(page.rows) <= self.store.inner.options.staging_buffer
    }
}

impl Target {
    fn staging(&self) -> String {
        staging_name(self.work.id, self.operation)
    }

    /// Whether another operation writes a table that this one is about to write.
    fn is_kept_waiting(&self, guarded: &Guarded) -> Result<bool, Trouble> {
        let mut tables = vec![self.entity.clone()];
        if self.mode == Mode::Changes {
            tables.extend(plan::tables(guarded, &self.staging())?);
        }
        for table in tables {
            if claim::is_taken(guarded, &table, self.work.id, self.operation)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_replaced(&self) -> bool {
        matches!(self.mode, Mode::Replace | Mode::Part)
    }

    /// Takes what is held and a page, when together they are large.
    fn replace(
        &self,
        guarded: &Guarded,
        way: &mut Way,
        held: &Buffer,
        page: &Page<'_>,
        differing: Option<&[Row<'_>]>,
        noted: &mut Vec<i64>,
    ) -> Result<(), Trouble> {
        let table = entity::made(guarded, &self.entity)?;
        if matches!(way, Way::Held) && swap::exists(guarded, &self.staging())? {
            // What an earlier fetch has staged is gone on with.
            *way = Way::Staged;
        }
        if matches!(way, Way::Held) {
            *way = Comparison::begin(guarded, &table)?.map_or(Way::Staged, Way::Compared);
        }
        let Way::Compared(comparison) = way else { return self.stage(guarded, held, page) };
        let staging = self.staging();
        if let Some(differing) = differing {
            comparison.settle(guarded, &table, &staging, differing, page.now)?;
        } else {
            let rows = held.rows().chain(page.rows.iter().copied());
            let differing = comparison.compare(guarded, &table, rows, noted)?;
            comparison.settle(guarded, &table, &staging, &differing, page.now)?;
        }
        comparison.take_out(guarded, &table, &self.staging(), page.deleted)
    }

    fn stage(&self, guarded: &Guarded, held: &Buffer, page: &Page<'_>) -> Result<(), Trouble> {
        let staging = self.staging();
        swap::stage(guarded, &staging, held.rows(), page.now)?;
        swap::stage(guarded, &staging, page.rows.iter().copied(), page.now)?;
        swap::unstage(guarded, &staging, page.deleted)
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

    fn record(&self, guarded: &Guarded, page: &Page<'_>) -> Result<Totals, Trouble> {
        let of_changes = page.changes.iter().map(|change| change.rows.len()).sum::<usize>();
        let rows = number(page.rows.len() + of_changes);
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
