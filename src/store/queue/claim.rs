//! Whose turn it is, and what came of it.

use rusqlite::{Row, params};
use serde_json::Value;

use super::{CommandState, Gone, Tracked, around, ids, put};
use crate::store::Store;
use crate::store::change::{self, Change};
use crate::store::entity::{self, Texts, WriteReport};
use crate::store::error::StoreError;
use crate::store::rows::{Changes, Touched};
use crate::store::session::{Guarded, Trouble};

/// What asking for the next command gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// It is ours to send.
    Taken(Box<Claimed>),
    /// Another process is sending one.
    Busy,
    /// There is none that could be sent.
    Empty,
}

/// A command that this process sends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The command's id.
    pub id: String,
    /// Its place in the order.
    pub ordinal: i64,
    /// The provider constant.
    pub queue: String,
    /// The method.
    pub kind: String,
    /// The table.
    pub entity: String,
    /// The record, where it is about one.
    pub record: Option<String>,
    /// What is sent.
    pub payload: Value,
    /// How often it was sent, this time included.
    pub attempts: i64,
    owner: String,
}

/// What a command came to that the back end did not say yes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Where it stands now.
    pub state: CommandState,
    /// A stable word; empty for none.
    pub code: &'a str,
    /// In words, without secrets; empty for none.
    pub message: &'a str,
}

/// What a yes of the back end means for local rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settled<'a> {
    /// The id that the back end gave to a record that had a temporary one.
    pub id: Option<&'a str>,
    /// A JSON object whose top-level properties are merged into the record's row.
    pub merge: Option<&'a str>,
    /// What else is done, in order.
    pub changes: &'a [Change<'a>],
    /// The tables in which these changes go to a back end.
    pub tracked: Option<&'a Tracked<'a>>,
}

macro_rules! columns {
    () => {
        "id, ordinal, queue, type, entity, recordId, payload, attempts"
    };
}

impl Store {
    /// Takes the oldest command behind `after` that may be sent; one whose record does not exist at
    /// the back end yet, because the command that makes it has not succeeded, waits instead. Those of
    /// `closed` queues are passed over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claim_command(
        &self,
        after: i64,
        closed: &[String],
        now: i64,
    ) -> Result<(Claim, Changes), StoreError> {
        self.write(|guarded| {
            if guarded.exists("SELECT 1 FROM _commandQueue WHERE state = 'processing'", [])? {
                return Ok((Claim::Busy, Changes::default()));
            }
            let mut touched = Touched::default();
            let mut after = after;
            while let Some(found) = next(guarded, after)? {
                if closed.contains(&found.queue) {
                    after = found.ordinal;
                    continue;
                }
                if let Some(first) = blocker(guarded, &found)? {
                    hold(guarded, &found, &first, now, &mut touched)?;
                    after = found.ordinal;
                    continue;
                }
                let owner = self.own_id(guarded, now)?;
                let claimed = Claimed { attempts: found.attempts + 1, owner, ..found };
                take(guarded, &claimed, now, &mut touched)?;
                return Ok((Claim::Taken(Box::new(claimed)), touched.read_back(guarded)?));
            }
            Ok((Claim::Empty, touched.read_back(guarded)?))
        })
    }

    /// The back end said yes: the command goes, and what the answer means is written, in one
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the command is not ours any more; as [`Store::change`]. Nothing
    /// was changed then.
    pub fn finish_command(
        &self,
        claimed: &Claimed,
        settled: &Settled<'_>,
        now: i64,
    ) -> Result<WriteReport, StoreError> {
        self.write(|guarded| {
            check_current(guarded, claimed)?;
            let mut done = change::Done::default();
            let mut touched = around(guarded, settled.tracked, now, || {
                for change in settled.changes {
                    change.head.check()?;
                    change::apply(guarded, change.head, change.rows.iter().copied(), now, &mut done)?;
                }
                Ok(std::mem::take(&mut done.touched))
            })?;
            settle(guarded, claimed, settled, now, &mut touched)?;
            put::remove(guarded, "id = ?1", &[&claimed.id], Gone::Done, &mut touched)?;
            let changes = touched.read_back(guarded)?;
            Ok(WriteReport { tally: done.tally, changes, ..WriteReport::default() })
        })
    }

    /// The back end did not say yes, or could not be asked.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the command is not ours any more; those of the database.
    pub fn end_command(
        &self,
        claimed: &Claimed,
        ending: &Ending<'_>,
        now: i64,
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            check_current(guarded, claimed)?;
            let mut touched = Touched::default();
            set(guarded, &claimed.id, ending, now, &mut touched)?;
            touched.read_back(guarded)
        })
    }
}

/// Gives back what an owner was sending; whether the back end got it, nobody knows.
pub(in crate::store) fn release(
    guarded: &Guarded,
    owner: &str,
    reason: &str,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    for id in being_sent(guarded, owner)? {
        let ending = Ending {
            state: CommandState::Queued,
            code: reason,
            message: "it was cut off while it was being sent, and is sent again",
        };
        set(guarded, &id, &ending, now, touched)?;
    }
    Ok(())
}

/// Lets all commands of a queue wait that were to be sent.
pub(super) fn hold_all(
    guarded: &Guarded,
    queue: &str,
    why: &Ending<'_>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let ids: Vec<String> = guarded.all(
        "SELECT id FROM _commandQueue WHERE state = 'queued' AND queue = ?1",
        [queue],
        |row| row.get(0),
    )?;
    ids.iter().try_for_each(|id| set(guarded, id, why, now, touched))
}

/// What an owner is sending; an owner without a name is nobody.
pub(in crate::store) fn being_sent(guarded: &Guarded, owner: &str) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT id FROM _commandQueue WHERE state = 'processing' AND ifnull(owner, '') = ?1 ORDER BY ordinal",
        [owner],
        |row| row.get(0),
    )
}

fn next(guarded: &Guarded, after: i64) -> Result<Option<Claimed>, Trouble> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM _commandQueue WHERE state IN ('queued', 'waiting') AND ordinal > ?1 ORDER BY ordinal LIMIT 1"
    );
    guarded.first(sql, [after], claimed)
}

fn claimed(row: &Row<'_>) -> rusqlite::Result<Claimed> {
    let payload: String = row.get(6)?;
    Ok(Claimed {
        id: row.get(0)?,
        ordinal: row.get(1)?,
        queue: row.get(2)?,
        kind: row.get(3)?,
        entity: row.get(4)?,
        record: row.get(5)?,
        payload: serde_json::from_str(&payload).unwrap_or(Value::Null),
        attempts: row.get(7)?,
        owner: String::new(),
    })
}

/// The earlier command that has yet to give an id that this one names.
fn blocker(guarded: &Guarded, command: &Claimed) -> Result<Option<String>, Trouble> {
    let payload = command.payload.to_string();
    for giver in ids::givers(&payload).filter(|giver| *giver != command.id) {
        let earlier = "SELECT 1 FROM _commandQueue WHERE id = ?1 AND ordinal < ?2";
        if guarded.exists(earlier, params![giver, command.ordinal])? {
            return Ok(Some(giver.to_owned()));
        }
    }
    Ok(None)
}

fn hold(
    guarded: &Guarded,
    command: &Claimed,
    first: &str,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let message = format!("it waits for the command `{first}`, which gives an id that it names");
    let told = "SELECT 1 FROM _commandQueue WHERE id = ?1 AND state = 'waiting' AND error = ?2";
    if guarded.exists(told, (&command.id, &message))? {
        return Ok(());
    }
    let ending = Ending { state: CommandState::Waiting, code: "queue.waits", message: &message };
    set(guarded, &command.id, &ending, now, touched)
}

fn take(guarded: &Guarded, claimed: &Claimed, now: i64, touched: &mut Touched) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _commandQueue SET state = 'processing', error = NULL, code = NULL, owner = ?2, attempts = ?3,
           timestamp = ?4 WHERE id = ?1",
        params![claimed.id, claimed.owner, claimed.attempts, now],
    )?;
    touched.commands.insert(claimed.id.clone());
    Ok(())
}

fn set(
    guarded: &Guarded,
    id: &str,
    ending: &Ending<'_>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _commandQueue SET state = ?2, code = nullif(?3, ''), error = nullif(?4, ''), owner = NULL,
           timestamp = ?5 WHERE id = ?1",
        params![id, ending.state.word(), ending.code, ending.message, now],
    )?;
    touched.commands.insert(id.to_owned());
    Ok(())
}

fn check_current(guarded: &Guarded, claimed: &Claimed) -> Result<(), Trouble> {
    let current = guarded.exists(
        "SELECT 1 FROM _commandQueue WHERE id = ?1 AND state = 'processing' AND owner = ?2 AND attempts = ?3",
        params![claimed.id, claimed.owner, claimed.attempts],
    )?;
    if current { Ok(()) } else { Err(StoreError::Stale.into()) }
}

/// Writes what the answer says of the record. Properties are left alone while a later command about
/// the record is still to be sent: the row is newer than the answer.
fn settle(
    guarded: &Guarded,
    claimed: &Claimed,
    settled: &Settled<'_>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let Some(record) = &claimed.record else { return Ok(()) };
    if settled.id.is_none() && settled.merge.is_none() {
        return Ok(());
    }
    let table = entity::ensure(guarded, &claimed.entity)?;
    if let Some(id) = settled.id {
        ids::settle(guarded, &table, record, id, touched)?;
        touched.tables.insert(claimed.entity.clone());
    }
    let record = settled.id.unwrap_or(record);
    let later = "SELECT 1 FROM _commandQueue WHERE entity = ?1 AND recordId = ?2 AND id <> ?3";
    let Some(data) = settled.merge.filter(|data| !data.is_empty()) else { return Ok(()) };
    if guarded.exists(later, (&claimed.entity, record, &claimed.id))? {
        return Ok(());
    }
    if Texts::new(guarded, &table, now)?.merge_into(record, data)? == Some(entity::Touch::Updated) {
        touched.tables.insert(claimed.entity.clone());
    }
    Ok(())
}
