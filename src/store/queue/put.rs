//! Commands come in, and go without being sent.

use rusqlite::{params, params_from_iter};
use serde_json::Value;

use super::{CommandState, Gone, GoneCommand, ids};
use crate::store::rows::Touched;
use crate::store::session::{Guarded, Trouble};

/// A command to be queued.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommand {
    /// Its id, which no other command has or had.
    pub id: String,
    /// The provider constant.
    pub queue: String,
    /// The method.
    pub kind: String,
    /// The table.
    pub entity: String,
    /// The record, where it is about one.
    pub record: Option<String>,
    /// What is sent; it must not hold secrets.
    pub payload: Value,
    /// Where it stands at first.
    pub state: CommandState,
    /// What becomes of those that are in the queue.
    pub enqueue: Enqueue,
}

/// What becomes of the commands that are in the queue already (actions.md §5.4). One that is being
/// sent is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Enqueue {
    /// They stay.
    Add,
    /// Those of the same record and method go.
    Replace,
    /// All of the same record go, and nothing comes in their place.
    DropAll,
}

pub(super) fn enqueue(
    guarded: &Guarded,
    command: &NewCommand,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let record = command.record.as_deref().map(|record| ids::known(guarded, record)).transpose()?;
    let record = record.as_deref();
    let of_record = "entity = ?1 AND recordId = ?2 AND state <> 'processing'";
    match (command.enqueue, record) {
        (Enqueue::Add, _) | (_, None) => {}
        (Enqueue::Replace, Some(record)) => {
            let same = format!("{of_record} AND type = ?3");
            remove(guarded, &same, &[&command.entity, record, &command.kind], Gone::Replaced, touched)?;
        }
        (Enqueue::DropAll, Some(record)) => {
            remove(guarded, of_record, &[&command.entity, record], Gone::Replaced, touched)?;
        }
    }
    if command.enqueue == Enqueue::DropAll && record.is_some() {
        return Ok(());
    }
    let payload = ids::known_json(guarded, &command.payload.to_string())?.into_owned();
    guarded.run("UPDATE _syncSequence SET last = last + 1 WHERE name = 'command'", [])?;
    guarded.run(
        "INSERT INTO _commandQueue
           (id, queue, type, payload, state, entity, recordId, createdAt, timestamp, ordinal)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, last FROM _syncSequence WHERE name = 'command'",
        params![
            command.id,
            command.queue,
            command.kind,
            payload,
            command.state.word(),
            command.entity,
            record,
            now
        ],
    )?;
    touched.commands.insert(command.id.clone());
    Ok(())
}

/// Removes the commands for which a condition holds.
pub(super) fn remove(
    guarded: &Guarded,
    condition: &str,
    values: &[&str],
    reason: Gone,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let sql = format!("DELETE FROM _commandQueue WHERE {condition} RETURNING id, type, entity, recordId");
    let gone = guarded.all(&sql, params_from_iter(values), |row| {
        Ok(GoneCommand {
            id: row.get(0)?,
            kind: row.get(1)?,
            entity: row.get(2)?,
            record_id: row.get(3)?,
            reason,
        })
    })?;
    for command in &gone {
        touched.commands.remove(&command.id);
    }
    touched.gone_commands.extend(gone);
    Ok(())
}
