//! The rows of the documented tables as apps and scripts see them, and what a change touched.

use std::collections::BTreeSet;

use rusqlite::{Row, params};
use serde::Serialize;
use serde_json::Value;

use super::queue::{CommandRow, CommandState, GoneCommand};
use super::session::{Guarded, Trouble};
use super::sync::ScopeState;

/// A row of `_syncScope`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeRow {
    /// The scope's id.
    pub id: String,
    /// Where it stands.
    pub state: ScopeState,
    /// Members that have not begun.
    pub not_started: i64,
    /// Members at work.
    pub syncing: i64,
    /// Members that failed.
    pub failed: i64,
    /// Members that succeeded.
    pub synced: i64,
    /// Epoch milliseconds.
    pub last_started_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_failed_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_synced_at: Option<i64>,
    /// Who stands where, parsed.
    pub details: Value,
    /// The last change, epoch milliseconds.
    pub timestamp: i64,
    /// Members that were at work when the run was interrupted.
    pub interrupted: i64,
    /// Members in all.
    pub total: i64,
    /// The run, counted from 1 for the id.
    pub epoch: i64,
}

/// A row of `_syncStatus`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusRow {
    /// A decimal number as text, never used twice.
    pub id: String,
    /// The provider constant.
    pub provider: String,
    /// The table.
    pub entity: String,
    /// The function, where the provider needs one.
    pub function_id: Option<String>,
    /// Where it stands.
    pub state: ScopeState,
    /// The last change, epoch milliseconds.
    pub timestamp: i64,
    /// Why the last run ended badly.
    pub error: Option<String>,
    /// The stable code of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The instance that ran it, where it has an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
}

/// One run of a scope in its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRow {
    /// The scope's id; it may be deleted by now.
    pub scope_id: String,
    /// Which run.
    pub epoch: i64,
    /// `syncing`, `synced`, `failed`, `interrupted`, `restarted` or `deleted`.
    pub state: String,
    /// Why it was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Epoch milliseconds.
    pub started_at: i64,
    /// Epoch milliseconds.
    pub ended_at: Option<i64>,
    /// Members in all.
    pub total: i64,
    /// Members that never began.
    pub not_started: i64,
    /// Members at work (at its end, when it was cut off by a new run).
    pub syncing: i64,
    /// Members that failed.
    pub failed: i64,
    /// Members that succeeded.
    pub synced: i64,
    /// Members that were interrupted.
    pub interrupted: i64,
    /// Ends of work that came too late and changed nothing.
    pub stale_completions: i64,
    /// Who stood where at the end, parsed.
    pub details: Value,
}

/// The parts of a scope's row that conditions read; cheap to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeBrief {
    /// Where it stands.
    pub state: ScopeState,
    /// Members that have not begun.
    pub not_started: i64,
    /// Members at work.
    pub syncing: i64,
    /// Members that failed.
    pub failed: i64,
    /// Members that succeeded.
    pub synced: i64,
    /// Epoch milliseconds.
    pub last_started_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_failed_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_synced_at: Option<i64>,
}

/// What a committed change touched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Scopes as they are now, in order of id.
    pub scopes: Vec<ScopeRow>,
    /// Scopes that have no row any more.
    pub deleted_scopes: Vec<String>,
    /// Statuses as they are now, in order of their number.
    pub statuses: Vec<StatusRow>,
    /// Statuses that have no row any more.
    pub deleted_statuses: Vec<String>,
    /// Commands as they are now, in their order.
    pub commands: Vec<CommandRow>,
    /// Commands that have no row any more.
    pub gone_commands: Vec<GoneCommand>,
    /// Every table that changed, those of the system included.
    pub tables: BTreeSet<String>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Adds a later change; where both speak of one row, the later one stays.
    pub fn merge(&mut self, later: Self) {
        let gone = &later.deleted_scopes;
        self.scopes.retain(|row| !gone.contains(&row.id) && !later.scopes.iter().any(|l| l.id == row.id));
        self.scopes.extend(later.scopes);
        self.scopes.sort_by(|a, b| a.id.cmp(&b.id));
        let gone = &later.deleted_statuses;
        self.statuses.retain(|row| !gone.contains(&row.id) && !later.statuses.iter().any(|l| l.id == row.id));
        self.statuses.extend(later.statuses);
        self.statuses.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        let gone = &later.gone_commands;
        self.commands.retain(|row| {
            !gone.iter().any(|gone| gone.id == row.id) && !later.commands.iter().any(|l| l.id == row.id)
        });
        self.commands.extend(later.commands);
        self.gone_commands.extend(later.gone_commands);
        self.deleted_scopes.extend(later.deleted_scopes);
        self.deleted_statuses.extend(later.deleted_statuses);
        self.tables.extend(later.tables);
    }
}

/// What a transaction touched so far; read back as rows before its commit.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) scopes: BTreeSet<String>,
    pub(super) statuses: BTreeSet<String>,
    pub(super) commands: BTreeSet<String>,
    pub(super) gone_commands: Vec<GoneCommand>,
    pub(super) tables: BTreeSet<String>,
}

impl Touched {
    /// Adds what else was touched.
    pub(super) fn add(&mut self, other: Self) {
        self.scopes.extend(other.scopes);
        self.statuses.extend(other.statuses);
        self.commands.extend(other.commands);
        self.gone_commands.extend(other.gone_commands);
        self.tables.extend(other.tables);
    }

    /// The rows as they are now.
    pub(super) fn read_back(self, guarded: &Guarded) -> Result<Changes, Trouble> {
        let mut changes = Changes { tables: self.tables, ..Changes::default() };
        for id in self.scopes {
            changes.tables.insert(SCOPES.to_owned());
            match scope(guarded, &id)? {
                Some(row) => changes.scopes.push(row),
                None => changes.deleted_scopes.push(id),
            }
        }
        for id in self.statuses {
            changes.tables.insert(STATUSES.to_owned());
            match status(guarded, &id)? {
                Some(row) => changes.statuses.push(row),
                None => changes.deleted_statuses.push(id),
            }
        }
        changes.statuses.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
        if !self.commands.is_empty() || !self.gone_commands.is_empty() {
            changes.tables.insert(COMMANDS.to_owned());
            changes.commands = commands(guarded)?;
            changes.commands.retain(|row| self.commands.contains(&row.id));
            changes.gone_commands = self.gone_commands;
        }
        Ok(changes)
    }
}

const SCOPES: &str = "_syncScope";
const STATUSES: &str = "_syncStatus";
const COMMANDS: &str = "_commandQueue";

macro_rules! scope_columns {
    () => {
        "SELECT id, state, notStarted, syncing, failed, synced, lastStartedAt, lastFailedAt, lastSyncedAt,
                details, timestamp, interrupted, total, epoch FROM _syncScope"
    };
}

macro_rules! status_columns {
    () => {
        "SELECT id, provider, entity, functionId, state, timestamp, error, code, instance FROM _syncStatus"
    };
}

pub(super) fn scope(guarded: &Guarded, id: &str) -> Result<Option<ScopeRow>, Trouble> {
    guarded.first(concat!(scope_columns!(), " WHERE id = ?1"), [id], scope_row)
}

pub(super) fn scopes(guarded: &Guarded) -> Result<Vec<ScopeRow>, Trouble> {
    guarded.all(concat!(scope_columns!(), " ORDER BY id"), [], scope_row)
}

pub(super) fn scope_brief(guarded: &Guarded, id: &str) -> Result<Option<ScopeBrief>, Trouble> {
    guarded.first(
        "SELECT state, notStarted, syncing, failed, synced, lastStartedAt, lastFailedAt, lastSyncedAt
         FROM _syncScope WHERE id = ?1",
        [id],
        |row| {
            Ok(ScopeBrief {
                state: state(row, 0)?,
                not_started: row.get(1)?,
                syncing: row.get(2)?,
                failed: row.get(3)?,
                synced: row.get(4)?,
                last_started_at: row.get(5)?,
                last_failed_at: row.get(6)?,
                last_synced_at: row.get(7)?,
            })
        },
    )
}

pub(super) fn status(guarded: &Guarded, id: &str) -> Result<Option<StatusRow>, Trouble> {
    guarded.first(concat!(status_columns!(), " WHERE id = ?1"), [id], status_row)
}

pub(super) fn statuses(guarded: &Guarded) -> Result<Vec<StatusRow>, Trouble> {
    guarded.all(concat!(status_columns!(), " ORDER BY length(id), id"), [], status_row)
}

/// The status of a table's newest work, whatever the clock said; provider and function narrow it where given.
pub(super) fn newest_status(
    guarded: &Guarded,
    provider: Option<&str>,
    entity: &str,
    function: Option<&str>,
) -> Result<Option<StatusRow>, Trouble> {
    guarded.first(
        concat!(
            status_columns!(),
            " WHERE entity = ?1 AND (?2 IS NULL OR provider = ?2) AND (?3 IS NULL OR functionId = ?3)
              ORDER BY work DESC, timestamp DESC LIMIT 1"
        ),
        params![entity, provider, function],
        status_row,
    )
}

/// The commands in the order in which they are sent.
pub(super) fn commands(guarded: &Guarded) -> Result<Vec<CommandRow>, Trouble> {
    guarded.all(
        "SELECT id, queue, type, payload, state, error, code, entity, recordId, attempts, createdAt, timestamp
         FROM _commandQueue ORDER BY ordinal",
        [],
        |row| {
            Ok(CommandRow {
                id: row.get(0)?,
                queue: row.get(1)?,
                kind: row.get(2)?,
                payload: json(row, 3)?,
                state: CommandState::from_word(row.get_ref(4)?.as_str()?),
                error: row.get(5)?,
                code: row.get(6)?,
                entity: row.get(7)?,
                record_id: row.get(8)?,
                attempts: row.get(9)?,
                created_at: row.get(10)?,
                timestamp: row.get(11)?,
            })
        },
    )
}

pub(super) fn runs(guarded: &Guarded, scope: Option<&str>) -> Result<Vec<RunRow>, Trouble> {
    guarded.all(
        "SELECT r.scopeId, r.epoch, r.state, r.reason, r.startedAt, r.endedAt, r.total, r.notStarted, r.syncing,
                r.failed, r.synced, r.interrupted, r.staleCompletions,
                CASE WHEN r.state = 'syncing' THEN ifnull(s.details, r.details) ELSE r.details END
         FROM _syncRun r LEFT JOIN _syncScope s ON s.id = r.scopeId AND s.epoch = r.epoch
         WHERE ?1 IS NULL OR r.scopeId = ?1 ORDER BY r.scopeId, r.epoch",
        [scope],
        run_row,
    )
}

fn scope_row(row: &Row<'_>) -> rusqlite::Result<ScopeRow> {
    Ok(ScopeRow {
        id: row.get(0)?,
        state: state(row, 1)?,
        not_started: row.get(2)?,
        syncing: row.get(3)?,
        failed: row.get(4)?,
        synced: row.get(5)?,
        last_started_at: row.get(6)?,
        last_failed_at: row.get(7)?,
        last_synced_at: row.get(8)?,
        details: json(row, 9)?,
        timestamp: row.get(10)?,
        interrupted: row.get(11)?,
        total: row.get(12)?,
        epoch: row.get(13)?,
    })
}

fn status_row(row: &Row<'_>) -> rusqlite::Result<StatusRow> {
    Ok(StatusRow {
        id: row.get(0)?,
        provider: row.get(1)?,
        entity: row.get(2)?,
        function_id: row.get(3)?,
        state: state(row, 4)?,
        timestamp: row.get(5)?,
        error: row.get(6)?,
        code: row.get(7)?,
        instance_id: Some(row.get::<_, String>(8)?).filter(|id| !id.is_empty()),
    })
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        scope_id: row.get(0)?,
        epoch: row.get(1)?,
        state: row.get(2)?,
        reason: row.get(3)?,
        started_at: row.get(4)?,
        ended_at: row.get(5)?,
        total: row.get(6)?,
        not_started: row.get(7)?,
        syncing: row.get(8)?,
        failed: row.get(9)?,
        synced: row.get(10)?,
        interrupted: row.get(11)?,
        stale_completions: row.get(12)?,
        details: json(row, 13)?,
    })
}

/// A state column; a word that is none of ours is a foreign hand's doing and reads as interrupted.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<ScopeState> {
    let word = row.get_ref(column)?.as_str()?;
    Ok(ScopeState::from_word(word).unwrap_or(ScopeState::Interrupted))
}

fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    let text = row.get_ref(column)?.as_str()?;
    Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
}
