//! The operations of works, and the rows of `_syncStatus` that tell of them.

use rusqlite::params;

use super::{BeginInstance, Operation, Outcome, Registered, Work};
use crate::store::resume::Left;
use crate::store::rows::Touched;
use crate::store::session::{Guarded, Trouble, number};
use crate::store::sync::{Failure, ScopeState};
use crate::store::writer::{Tally, drop_staging};

pub(super) fn insert_work(guarded: &Guarded, owner: &str, begin: &BeginInstance<'_>) -> Result<i64, Trouble> {
    guarded.run(
        "INSERT INTO _syncWork (owner, instanceId, state, startedAt) VALUES (?1, ?2, 'open', ?3)",
        params![owner, begin.instance_id, begin.now],
    )?;
    Ok(guarded.conn.last_insert_rowid())
}

pub(super) fn insert_operation(
    guarded: &Guarded,
    work: i64,
    ordinal: usize,
    operation: &Operation<'_>,
    begin: &BeginInstance<'_>,
) -> Result<Registered, Trouble> {
    let status = upsert_status(guarded, work, operation, begin)?;
    guarded.run(
        "INSERT INTO _syncOperation (work, ordinal, statusId, provider, entity, functionId, arguments, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'syncing')",
        params![
            work,
            number(ordinal),
            status,
            operation.provider,
            operation.entity,
            operation.function,
            operation.arguments
        ],
    )?;
    Ok(Registered { status, entity: operation.entity.to_owned() })
}

fn upsert_status(
    guarded: &Guarded,
    work: i64,
    operation: &Operation<'_>,
    begin: &BeginInstance<'_>,
) -> Result<String, Trouble> {
    let instance = begin.instance_id.unwrap_or("");
    let known: Option<String> = guarded.first(
        "UPDATE _syncStatus SET state = 'syncing', timestamp = ?6, error = NULL, code = NULL, work = ?7
         WHERE entity = ?1 AND provider = ?2 AND ifnull(functionId, '') = ?3 AND instance = ?4 AND arguments = ?5
         RETURNING id",
        params![
            operation.entity,
            operation.provider,
            operation.function.unwrap_or(""),
            instance,
            operation.arguments,
            begin.now,
            work
        ],
        |row| row.get(0),
    )?;
    if let Some(id) = known {
        return Ok(id);
    }
    let id: Option<i64> = guarded.first(
        "UPDATE _syncSequence SET last = last + 1 WHERE name = 'status' RETURNING last",
        [],
        |row| row.get(0),
    )?;
    let id = id.unwrap_or(1).to_string();
    guarded.run(
        "INSERT INTO _syncStatus (id, provider, entity, functionId, state, timestamp, instance, arguments, work)
         VALUES (?1, ?2, ?3, ?4, 'syncing', ?5, ?6, ?7, ?8)",
        params![
            id,
            operation.provider,
            operation.entity,
            operation.function,
            begin.now,
            instance,
            operation.arguments,
            work
        ],
    )?;
    Ok(id)
}

/// Ends one operation and its status row.
pub(in crate::store) fn end_operation(
    guarded: &Guarded,
    work: &Work,
    operation: usize,
    outcome: &Outcome,
    tally: Option<Tally>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let (state, failure) = match outcome {
        Outcome::Ok => (ScopeState::Synced, None),
        Outcome::Failed(failure) => (ScopeState::Failed, Some(failure)),
    };
    let changed = guarded.run(
        "UPDATE _syncOperation SET state = ?3, code = ?4, error = ?5,
                inserted = ?6, updated = ?7, unchanged = ?8, deleted = ?9,
                rows = ifnull(?6 + ?7 + ?8, rows)
         WHERE work = ?1 AND ordinal = ?2 AND state = 'syncing'",
        params![
            work.id,
            number(operation),
            state.word(),
            failure.map(|f| &f.code),
            failure.map(|f| &f.message),
            tally.map(|t| t.inserted),
            tally.map(|t| t.updated),
            tally.map(|t| t.unchanged),
            tally.map(|t| t.deleted)
        ],
    )?;
    if let (Some(registered), true) = (work.operations.get(operation), changed > 0) {
        roll_up_status(guarded, work.id, &registered.status, now, touched)?;
    }
    Ok(())
}

/// Operations that are alike share a row, which ends with the last of them and is failed if one failed.
fn roll_up_status(
    guarded: &Guarded,
    work: i64,
    status: &str,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let changed = guarded.run(
        "UPDATE _syncStatus SET (state, code, error) = (
           SELECT CASE WHEN sum(state = 'syncing') > 0 THEN 'syncing'
                       WHEN sum(state = 'failed') > 0 THEN 'failed' ELSE 'synced' END,
                  max(code) FILTER (WHERE state = 'failed'), max(error) FILTER (WHERE state = 'failed')
           FROM _syncOperation o WHERE o.work = ?1 AND o.statusId = ?2), timestamp = ?3
         WHERE id = ?2 AND work = ?1 AND state = 'syncing'",
        params![work, status, now],
    )?;
    if changed > 0 {
        touched.statuses.insert(status.to_owned());
    }
    Ok(())
}

pub(super) fn end_open_operations(
    guarded: &Guarded,
    work: &Work,
    outcome: &Outcome,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    drop_staging(guarded, work.id, None, Left::Nothing)?;
    for operation in 0..work.operations.len() {
        end_operation(guarded, work, operation, outcome, None, now, touched)?;
    }
    Ok(())
}

pub(super) fn first_failure(guarded: &Guarded, work: i64) -> Result<Option<Failure>, Trouble> {
    guarded.first(
        "SELECT code, error FROM _syncOperation WHERE work = ?1 AND state = 'failed' ORDER BY ordinal LIMIT 1",
        [work],
        |row| Ok(Failure::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
    )
}
