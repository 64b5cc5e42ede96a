//! Scopes as rows: loaded into a snapshot, and what an event changed written back.

use rusqlite::params;

use crate::store::session::{Guarded, Trouble, number};
use crate::store::sync::{
    self, Counts, Failure, Member, MemberState, Reason, RunEnd, RunOutcome, Scope, Snapshot,
};
use crate::store::{rows, work};

/// All that the database knows of a scope id.
pub(in crate::store) fn load(guarded: &Guarded, id: &str) -> Result<Snapshot, Trouble> {
    let last_epoch = guarded
        .first("SELECT lastEpoch FROM _syncEpoch WHERE scopeId = ?1", [id], |row| row.get(0))?
        .unwrap_or(0);
    let scope = guarded.first(
        "SELECT s.epoch, r.owner, s.state, s.lastStartedAt, s.lastFailedAt, s.lastSyncedAt, s.timestamp, r.reason
         FROM _syncScope s JOIN _syncRun r ON r.scopeId = s.id AND r.epoch = s.epoch WHERE s.id = ?1",
        [id],
        |row| {
            Ok(Scope {
                epoch: row.get(0)?,
                owner: row.get(1)?,
                state: rows::state(row, 2)?,
                members: Vec::new(),
                last_started_at: row.get(3)?,
                last_failed_at: row.get(4)?,
                last_synced_at: row.get(5)?,
                timestamp: row.get(6)?,
                reason: row.get::<_, Option<String>>(7)?.as_deref().and_then(Reason::from_code),
            })
        },
    )?;
    let mut snapshot = Snapshot { id: id.to_owned(), last_epoch, scope };
    if let Some(scope) = &mut snapshot.scope {
        scope.members = members(guarded, id, scope.epoch)?;
    }
    Ok(snapshot)
}

fn members(guarded: &Guarded, id: &str, epoch: i64) -> Result<Vec<Member>, Trouble> {
    guarded.all(
        "SELECT instanceId, state, attempt, startedAt, endedAt, code, error
         FROM _syncInstance WHERE scopeId = ?1 AND epoch = ?2 ORDER BY ordinal",
        params![id, epoch],
        |row| {
            let word = row.get_ref(1)?.as_str()?;
            let code: Option<String> = row.get(5)?;
            let message: Option<String> = row.get(6)?;
            Ok(Member {
                id: row.get(0)?,
                state: MemberState::from_word(word).unwrap_or(MemberState::Interrupted),
                attempt: row.get(2)?,
                started_at: row.get(3)?,
                ended_at: row.get(4)?,
                failure: code.map(|code| Failure::new(code, message.unwrap_or_default())),
            })
        },
    )
}

pub(super) fn remove(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    guarded.run("DELETE FROM _syncScope WHERE id = ?1", [id])?;
    guarded.run("DELETE FROM _syncInstance WHERE scopeId = ?1", [id])?;
    Ok(())
}

pub(super) fn insert_run(guarded: &Guarded, id: &str, scope: &Scope) -> Result<(), Trouble> {
    guarded.run(
        "INSERT INTO _syncEpoch (scopeId, lastEpoch) VALUES (?1, ?2)
         ON CONFLICT (scopeId) DO UPDATE SET lastEpoch = excluded.lastEpoch",
        params![id, scope.epoch],
    )?;
    guarded.run("DELETE FROM _syncInstance WHERE scopeId = ?1", [id])?;
    for (ordinal, member) in scope.members.iter().enumerate() {
        guarded.run(
            "INSERT INTO _syncInstance (scopeId, epoch, instanceId, ordinal, state) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, scope.epoch, member.id, number(ordinal), member.state.word()],
        )?;
    }
    guarded.run(
        "INSERT INTO _syncRun (scopeId, epoch, owner, state, startedAt, endedAt, total, notStarted, syncing,
                               failed, synced, interrupted, details)
         VALUES (?1, ?2, ?3, ?4, ?5, iif(?4 = 'syncing', NULL, ?5), 0, 0, 0, 0, 0, 0, '{}')",
        params![id, scope.epoch, scope.owner, scope.state.word(), scope.last_started_at],
    )?;
    Ok(())
}

pub(super) fn update_members(
    guarded: &Guarded,
    id: &str,
    old: &Scope,
    new: &Scope,
    work: Option<i64>,
) -> Result<(), Trouble> {
    for (_, member) in old.members.iter().zip(&new.members).filter(|(before, after)| before != after) {
        let failure = member.failure.as_ref();
        guarded.run(
            "UPDATE _syncInstance SET state = ?4, attempt = ?5, startedAt = ?6, endedAt = ?7, code = ?8, error = ?9
             WHERE scopeId = ?1 AND epoch = ?2 AND instanceId = ?3",
            params![
                id,
                new.epoch,
                member.id,
                member.state.word(),
                member.attempt,
                member.started_at,
                member.ended_at,
                failure.map(|f| &f.code),
                failure.map(|f| &f.message)
            ],
        )?;
        if work.is_some() && member.state == MemberState::Syncing {
            guarded.run(
                "UPDATE _syncInstance SET work = ?4, rows = 0, pages = 0, bytes = 0, cursor = NULL
                 WHERE scopeId = ?1 AND epoch = ?2 AND instanceId = ?3",
                params![id, new.epoch, member.id, work],
            )?;
        }
    }
    Ok(())
}

/// Writes the row with counts that are recounted here and compared with the machine's own (I2).
pub(super) fn write_row(guarded: &Guarded, id: &str, scope: &Scope) -> Result<(), Trouble> {
    guarded.run(
        "INSERT INTO _syncScope (id, state, notStarted, syncing, failed, synced, interrupted, total, epoch,
                                 lastStartedAt, lastFailedAt, lastSyncedAt, details, timestamp)
         SELECT ?1, ?3,
                count(*) FILTER (WHERE state = 'notStarted'), count(*) FILTER (WHERE state = 'syncing'),
                count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'synced'),
                count(*) FILTER (WHERE state = 'interrupted'), count(*), ?2, ?4, ?5, ?6, '{}', ?7
         FROM _syncInstance WHERE scopeId = ?1 AND epoch = ?2
         ON CONFLICT (id) DO UPDATE SET
           state = excluded.state, notStarted = excluded.notStarted, syncing = excluded.syncing,
           failed = excluded.failed, synced = excluded.synced, interrupted = excluded.interrupted,
           total = excluded.total, epoch = excluded.epoch, lastStartedAt = excluded.lastStartedAt,
           lastFailedAt = excluded.lastFailedAt, lastSyncedAt = excluded.lastSyncedAt,
           timestamp = excluded.timestamp",
        params![
            id,
            scope.epoch,
            scope.state.word(),
            scope.last_started_at,
            scope.last_failed_at,
            scope.last_synced_at,
            scope.timestamp
        ],
    )?;
    let reason = scope.reason.map(Reason::code);
    let counted = guarded.first(
        "UPDATE _syncRun SET reason = ?3, (notStarted, syncing, failed, synced, interrupted, total) =
           (SELECT notStarted, syncing, failed, synced, interrupted, total FROM _syncScope WHERE id = ?1)
         WHERE scopeId = ?1 AND epoch = ?2
         RETURNING notStarted, syncing, failed, synced, interrupted",
        params![id, scope.epoch, reason],
        |row| {
            Ok(Counts {
                not_started: row.get(0)?,
                syncing: row.get(1)?,
                failed: row.get(2)?,
                synced: row.get(3)?,
                interrupted: row.get(4)?,
            })
        },
    )?;
    if counted == Some(scope.counts()) {
        return Ok(());
    }
    Err(super::internal("I2: the counts of a scope differ from its members").into())
}

/// Writes who stands where; a run that ended keeps it in its history.
pub(super) fn write_details(guarded: &Guarded, snapshot: &Snapshot, ended: bool) -> Result<(), Trouble> {
    let Some(scope) = &snapshot.scope else { return Ok(()) };
    let operations = work::entity_details(guarded, &snapshot.id, scope.epoch)?;
    let of = |member: &str| operations.get(member).map_or(&[][..], Vec::as_slice);
    let text = sync::details(scope, of).to_string();
    guarded.run("UPDATE _syncScope SET details = ?2 WHERE id = ?1", params![snapshot.id, text])?;
    if ended || scope.state != sync::ScopeState::Syncing {
        guarded.run(
            "UPDATE _syncRun SET details = ?3 WHERE scopeId = ?1 AND epoch = ?2",
            params![snapshot.id, scope.epoch, text],
        )?;
    }
    Ok(())
}

/// Writes the details of a scope anew after something of its works changed.
pub(in crate::store) fn refresh_details(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    let snapshot = load(guarded, id)?;
    write_details(guarded, &snapshot, false)
}

pub(super) fn close_run(
    guarded: &Guarded,
    id: &str,
    end: &RunEnd,
    old: Option<&Scope>,
) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _syncRun SET state = ?3, endedAt = ?4 WHERE scopeId = ?1 AND epoch = ?2",
        params![id, end.epoch, end.how.word(), end.at],
    )?;
    if old.is_some() && matches!(end.how, RunOutcome::Restarted | RunOutcome::Deleted) {
        guarded.run(
            "UPDATE _syncRun SET details = (SELECT details FROM _syncScope WHERE id = ?1)
             WHERE scopeId = ?1 AND epoch = ?2",
            params![id, end.epoch],
        )?;
    }
    Ok(())
}
