//! Writes on their way to back ends: `_commandQueue` (actions.md §5.4).
//!
//! A command comes into being in the transaction that writes the local row, and goes in the one that
//! writes what its answer means. One command is sent at a time, oldest first, whichever process does
//! it: whoever sends one has claimed it before, and a claim of a process that died is given back. So
//! a command is sent at least once, and never by two at the same time.

mod claim;
mod diff;
mod ids;
mod put;

use serde::Serialize;
use serde_json::Value;

use super::Store;
use super::entity::{self, LocalRow, Method, WriteReport};
use super::error::StoreError;
use super::rows::{Changes, Touched};
use super::session::{Guarded, Trouble};

pub use claim::{Claim, Claimed, Ending, Settled};
pub(super) use diff::around;
pub use diff::{RowChange, Tracked};
pub use ids::{is_temp_id, temp_id};
pub use put::{Enqueue, NewCommand};

pub(super) use claim::{being_sent, release};
pub(super) use ids::replace_in_queue;

/// Where a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CommandState {
    /// To be sent as soon as its turn comes.
    Queued,
    /// Being sent.
    Processing,
    /// It cannot be sent now: offline, or something before it has to succeed first.
    Waiting,
    /// Sent without success; it stays until it is retried or dropped.
    Failed,
}

impl CommandState {
    const ALL: [(Self, &str); 4] = [
        (Self::Queued, "queued"),
        (Self::Processing, "processing"),
        (Self::Waiting, "waiting"),
        (Self::Failed, "failed"),
    ];

    /// The word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// A word that is none of ours is a foreign hand's doing and reads as failed.
    pub(super) fn from_word(word: &str) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == word).map_or(Self::Failed, |(state, _)| *state)
    }
}

/// A row of `_commandQueue`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandRow {
    /// The command's id.
    pub id: String,
    /// The provider constant.
    pub queue: String,
    /// The method: `create`, `update`, `save`, `delete` or `functionCall`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is sent, parsed.
    pub payload: Value,
    /// Where it stands.
    pub state: CommandState,
    /// Why it failed or waits.
    pub error: Option<String>,
    /// The stable code of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The table.
    pub entity: String,
    /// The record, where it is about one.
    pub record_id: Option<String>,
    /// How often it was sent.
    pub attempts: i64,
    /// When it was queued, epoch milliseconds.
    pub created_at: i64,
    /// The last change, epoch milliseconds.
    pub timestamp: i64,
}

/// A command that is not in the queue any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GoneCommand {
    /// The command's id.
    pub id: String,
    /// The method.
    #[serde(rename = "type")]
    pub kind: String,
    /// The table.
    pub entity: String,
    /// The record, where it is about one.
    pub record_id: Option<String>,
    /// Why it is gone.
    pub reason: Gone,
}

/// Why a command is not in the queue any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Gone {
    /// It was sent, and the back end said yes.
    Done,
    /// It was dropped by an action.
    Dropped,
    /// A later one took its place.
    Replaced,
}

/// Rows that are written, and the commands that carry them to a back end.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The local part; nothing for a call that only the back end hears.
    pub local: Option<LocalWrite<'a>>,
    /// The commands, in order.
    pub commands: &'a [NewCommand],
    /// Wall clock, epoch milliseconds.
    pub now: i64,
}

/// Rows of one table.
#[derive(Debug, Clone, Copy)]
pub struct LocalWrite<'a> {
    /// The table.
    pub entity: &'a str,
    /// What is done with them.
    pub method: Method,
    /// The rows.
    pub rows: &'a [LocalRow<'a>],
}

impl Store {
    /// Writes rows and queues their commands, in one transaction: after a crash there are both or
    /// none. Temporary ids whose record has a real id by now are taken for that.
    ///
    /// # Errors
    /// As [`Store::write_rows`]. Nothing was changed then.
    pub fn submit(&self, submission: &Submission<'_>) -> Result<WriteReport, StoreError> {
        self.write(|guarded| {
            let mut report = match &submission.local {
                Some(local) => self::local(guarded, local, submission.now)?,
                None => WriteReport::default(),
            };
            let mut touched = Touched::default();
            for command in submission.commands {
                put::enqueue(guarded, command, submission.now, &mut touched)?;
            }
            report.changes.merge(touched.read_back(guarded)?);
            Ok(report)
        })
    }

    /// Puts failed and waiting commands in line again; unknown ids change nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn retry_commands(&self, ids: &[String], now: i64) -> Result<Changes, StoreError> {
        self.queue_change(|guarded, touched| {
            for id in ids {
                let changed = guarded.run(
                    "UPDATE _commandQueue SET state = 'queued', error = NULL, code = NULL, timestamp = ?2
                     WHERE id = ?1 AND state IN ('failed', 'waiting')",
                    (id, now),
                )?;
                if changed > 0 {
                    touched.commands.insert(id.clone());
                }
            }
            Ok(())
        })
    }

    /// Drops one command; the local row stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_command(&self, id: &str) -> Result<Changes, StoreError> {
        self.queue_change(|guarded, touched| put::remove(guarded, "id = ?1", &[id], Gone::Dropped, touched))
    }

    /// Drops the commands of a record but for one that is being sent; the local row stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clear_commands(&self, record: &str) -> Result<Changes, StoreError> {
        let of_record = "recordId = ?1 AND state <> 'processing'";
        self.queue_change(|guarded, touched| {
            put::remove(guarded, of_record, &[record], Gone::Dropped, touched)
        })
    }

    /// All commands in the order in which they are sent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn commands(&self) -> Result<Vec<CommandRow>, StoreError> {
        self.read(|reader: &super::Reader<'_>| reader.commands())
    }

    /// Whether there is a command that could be sent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_commands(&self) -> Result<bool, StoreError> {
        self.read(|reader: &super::Reader<'_>| {
            let open = "SELECT 1 FROM _commandQueue WHERE state IN ('queued', 'waiting') LIMIT 1";
            reader.guarded().exists(open, []).map_err(|trouble| self.explain(trouble))
        })
    }

    /// Lets all commands of a queue wait that were to be sent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn hold_queue(&self, queue: &str, why: &Ending<'_>, now: i64) -> Result<Changes, StoreError> {
        self.queue_change(|guarded, touched| claim::hold_all(guarded, queue, why, now, touched))
    }

    /// The real id behind a temporary one, when there is one by now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn known_id(&self, id: &str) -> Result<String, StoreError> {
        self.read(|reader: &super::Reader<'_>| {
            let known = ids::known(reader.guarded(), id).map(std::borrow::Cow::into_owned);
            known.map_err(|trouble| self.explain(trouble))
        })
    }

    fn queue_change(
        &self,
        change: impl FnOnce(&Guarded, &mut Touched) -> Result<(), Trouble>,
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let mut touched = Touched::default();
            change(guarded, &mut touched)?;
            touched.read_back(guarded)
        })
    }
}

fn local(guarded: &Guarded, local: &LocalWrite<'_>, now: i64) -> Result<WriteReport, Trouble> {
    let mut known = Vec::with_capacity(local.rows.len());
    for row in local.rows {
        known.push(ids::known_row(guarded, row)?);
    }
    let rows: Vec<LocalRow<'_>> = local
        .rows
        .iter()
        .zip(&known)
        .map(|(row, known)| known.as_ref().map_or(*row, |(id, data)| LocalRow { id, data }))
        .collect();
    entity::write_within(guarded, local.entity, local.method, &rows, now)
}
