//! A replace of a table that has rows: what arrives is compared with them as it comes, and only what differs
//! is staged. So a fetch that brings nothing new reads the table and writes nothing.
//!
//! A row that was found equal is not looked at again. Hence the end must know that nobody has written to the
//! table meanwhile ([`Marks`]); otherwise all is fetched anew and staged as a whole.

use std::iter::Peekable;

use rusqlite::CachedStatement;
use rusqlite::types::ValueRef;

use super::seen::Seen;
use super::{Row, Tally, swap};
use crate::store::entity::{self, Table};
use crate::store::error::StoreError;
use crate::store::session::{Guarded, Trouble, number};

/// Row numbers that lie farther apart than this would need too many bits.
const MOST_APART: i64 = 100_000_000;
/// After so many rows in a row that do not follow their neighbours, neighbours are no longer tried...
const MOST_MISSES: u32 = 16;
/// ...until the next page, which may try a few times.
const MISSES_OF_A_PAGE: u32 = 12;

/// What is known of a comparison.
#[derive(Debug)]
pub(super) struct Comparison {
    marks: Marks,
    /// Rows that the table has.
    old: i64,
    seen: Seen,
    /// The row of the table after which the next one is expected.
    cursor: i64,
    misses: u32,
}

/// What tells whether a table was written to.
#[derive(Debug, PartialEq, Eq)]
struct Marks {
    /// Counted up by every write of ours, in whatever process ([`entity::note_write`]).
    writes: i64,
    /// Changes with every commit of another connection; says nothing while other processes of ours keep the
    /// database busy.
    commits: Option<i64>,
}

/// What is to be done at the end; found out before other writers have to wait.
#[derive(Debug)]
pub(super) struct Plan {
    /// Rows of the table that did not come again.
    gone: Vec<i64>,
    /// Rows that are staged, and how many of them are in the table already.
    staged: i64,
    known: i64,
}

impl Comparison {
    /// Begins to compare with a table; `None` when its rows cannot be told apart by their numbers, or when it
    /// has none.
    pub(super) fn begin(guarded: &Guarded, table: &Table) -> Result<Option<Self>, Trouble> {
        let has_numbers = guarded.exists(
            "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1 AND type = 'table' AND wr = 0",
            [&table.name],
        )?;
        if !has_numbers || !table.is_plain {
            return Ok(None);
        }
        let ends: Option<(Option<i64>, Option<i64>)> = guarded.first(
            &format!("SELECT min(rowid), (SELECT max(rowid) FROM {0}) FROM {0}", table.quoted),
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let Some((Some(first), Some(last))) = ends else { return Ok(None) };
        if last.saturating_sub(first) > MOST_APART {
            return Ok(None);
        }
        Ok(Some(Self {
            marks: Marks::read(guarded, table)?,
            old: swap::count(guarded, &table.quoted)?,
            seen: Seen::default(),
            cursor: first - 1,
            misses: 0,
        }))
    }

    /// Compares rows with those of the table, and gives the ones that differ. This needs no right to write, as
    /// [`Self::settle`] looks again whether the table is still the same. `noted` gets the rows of the table that
    /// were seen, so that they can be [forgotten](Self::forget) when that fails.
    pub(super) fn compare<'r>(
        &mut self,
        guarded: &Guarded,
        table: &Table,
        rows: impl Iterator<Item = Row<'r>>,
        noted: &mut Vec<i64>,
    ) -> Result<Vec<Row<'r>>, Trouble> {
        self.misses = self.misses.min(MISSES_OF_A_PAGE);
        let mut walk = Walk::new(guarded, table)?;
        let mut differing = Vec::new();
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            if self.misses < MOST_MISSES {
                self.in_step(&mut walk, &mut rows, &mut differing, noted)?;
            }
            self.by_id(&mut walk, &mut rows, &mut differing, noted)?;
        }
        Ok(differing)
    }

    /// Stages rows that differ.
    pub(super) fn settle(
        &self,
        guarded: &Guarded,
        table: &Table,
        staging: &str,
        differing: &[Row<'_>],
        now: i64,
    ) -> Result<(), Trouble> {
        self.check(guarded, table)?;
        if differing.is_empty() {
            return Ok(());
        }
        swap::stage(guarded, staging, differing.iter().copied(), now)
    }

    /// Takes rows as long as they come in the order of the table.
    fn in_step<'r>(
        &mut self,
        walk: &mut Walk<'_>,
        rows: &mut Peekable<impl Iterator<Item = Row<'r>>>,
        differing: &mut Vec<Row<'r>>,
        noted: &mut Vec<i64>,
    ) -> Result<(), Trouble> {
        let mut held = walk.after.query([self.cursor])?;
        let mut misses = self.misses + 1;
        while let Some(row) = rows.peek().copied() {
            let Some(known) = held.next()? else { break };
            if !is_text(known.get_ref(1)?, row.id) {
                break;
            }
            let equal = is_text(known.get_ref(2)?, row.data);
            self.see(known.get(0)?, equal, row, differing, noted);
            rows.next();
            misses = 0;
        }
        self.misses = misses;
        Ok(())
    }

    /// Looks rows up until one is found from which the order of the table may go on.
    fn by_id<'r>(
        &mut self,
        walk: &mut Walk<'_>,
        rows: &mut Peekable<impl Iterator<Item = Row<'r>>>,
        differing: &mut Vec<Row<'r>>,
        noted: &mut Vec<i64>,
    ) -> Result<(), Trouble> {
        for row in rows.by_ref() {
            let mut found = walk.by_id.query([row.id])?;
            let Some(known) = found.next()? else {
                differing.push(row);
                continue;
            };
            let equal = is_text(known.get_ref(1)?, row.data);
            self.see(known.get(0)?, equal, row, differing, noted);
            if self.misses < MOST_MISSES {
                break;
            }
        }
        Ok(())
    }

    /// Of rows with one id the last counts, so that one which comes again is staged in any case.
    fn see<'r>(
        &mut self,
        place: i64,
        equal: bool,
        row: Row<'r>,
        differing: &mut Vec<Row<'r>>,
        noted: &mut Vec<i64>,
    ) {
        self.cursor = place;
        let first_time = self.seen.insert(place);
        if first_time {
            noted.push(place);
        }
        if !(first_time && equal) {
            differing.push(row);
        }
    }

    /// Takes back what a transaction noted that was rolled back.
    pub(super) fn forget(&mut self, noted: &[i64]) {
        for place in noted {
            self.seen.remove(*place);
        }
    }

    /// Takes out rows that came and are told to be gone.
    pub(super) fn take_out(
        &mut self,
        guarded: &Guarded,
        table: &Table,
        staging: &str,
        ids: &[&str],
    ) -> Result<(), Trouble> {
        let sql = format!("SELECT rowid FROM {} WHERE id = ?1", table.quoted);
        for id in ids {
            if let Some(place) = guarded.first(&sql, [id], |row| row.get(0))? {
                self.seen.remove(place);
            }
        }
        if swap::exists(guarded, staging)? { swap::unstage(guarded, staging, ids) } else { Ok(()) }
    }

    /// Finds out what is to be done at the end, on a view of the database.
    pub(super) fn plan(&self, guarded: &Guarded, table: &Table, staging: &str) -> Result<Plan, Trouble> {
        let mut plan = Plan { gone: Vec::new(), staged: 0, known: 0 };
        if swap::exists(guarded, staging)? {
            let quoted = entity::quote(staging);
            plan.staged = swap::count(guarded, &quoted)?;
            plan.known = swap::known(guarded, table, &quoted)?;
        }
        if self.seen.count() < self.old {
            // Without an order the numbers come from the index, which is a tenth of the table.
            let mut all = guarded.conn.prepare_cached(&format!("SELECT rowid FROM {}", table.quoted))?;
            let mut all = all.query([])?;
            while let Some(row) = all.next()? {
                plan.gone.extend(Some(row.get(0)?).filter(|place| !self.seen.contains(*place)));
            }
        }
        Ok(plan)
    }

    /// Rows before and after.
    pub(super) fn counts(&self, plan: &Plan) -> (i64, i64) {
        (self.old, self.seen.count() + plan.staged - plan.known)
    }

    /// Does what was planned, if the table is still the one that was compared.
    pub(super) fn apply(
        &self,
        guarded: &Guarded,
        table: &Table,
        staging: &str,
        plan: &Plan,
    ) -> Result<Tally, Trouble> {
        self.check(guarded, table)?;
        let mut delete =
            guarded.conn.prepare_cached(&format!("DELETE FROM {} WHERE rowid = ?1", table.quoted))?;
        for place in &plan.gone {
            delete.execute([place])?;
        }
        let inserted = plan.staged - plan.known;
        let mut updated = 0;
        if swap::exists(guarded, staging)? {
            let quoted = entity::quote(staging);
            updated = swap::upsert(guarded, &table.quoted, &quoted)? - inserted;
            guarded.conn.execute_batch(&format!("DROP TABLE {quoted}"))?;
        }
        let unchanged = self.seen.count() - updated;
        Ok(Tally { inserted, updated, unchanged, deleted: number(plan.gone.len()) })
    }

    fn check(&self, guarded: &Guarded, table: &Table) -> Result<(), Trouble> {
        if self.marks.still_hold(&Marks::read(guarded, table)?) {
            return Ok(());
        }
        Err(StoreError::Overlapped { table: table.name.clone() }.into())
    }
}

impl Marks {
    fn read(guarded: &Guarded, table: &Table) -> Result<Self, Trouble> {
        let lone = guarded.first("SELECT count(*) FROM _syncOwner", [], |row| row.get(0))?.unwrap_or(0) <= 1;
        let commits = guarded.first("SELECT data_version FROM pragma_data_version", [], |row| row.get(0))?;
        Ok(Self { writes: entity::writes(guarded, &table.name)?, commits: commits.filter(|_| lone) })
    }

    fn still_hold(&self, now: &Self) -> bool {
        let undisturbed = match (self.commits, now.commits) {
            (Some(before), Some(now)) => before == now,
            _ => true,
        };
        self.writes == now.writes && undisturbed
    }
}

/// Ways to the rows of a table.
struct Walk<'g> {
    after: CachedStatement<'g>,
    by_id: CachedStatement<'g>,
}

impl<'g> Walk<'g> {
    fn new(guarded: &'g Guarded, table: &Table) -> Result<Self, Trouble> {
        let name = &table.quoted;
        let after = format!("SELECT rowid, id, data FROM {name} WHERE rowid > ?1 ORDER BY rowid");
        let by_id = format!("SELECT rowid, data FROM {name} WHERE id = ?1");
        Ok(Self { after: guarded.conn.prepare_cached(&after)?, by_id: guarded.conn.prepare_cached(&by_id)? })
    }
}

fn is_text(value: ValueRef<'_>, text: &str) -> bool {
    matches!(value, ValueRef::Text(bytes) if bytes == text.as_bytes())
}
