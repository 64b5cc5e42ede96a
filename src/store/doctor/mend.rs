//! Repairs, each of which leaves a state that the machine allows: what cannot be known counts as interrupted.

use std::path::{Path, PathBuf};

use rusqlite::limits::Limit;
use rusqlite::params;

use super::questions::OF_SCOPES;
use super::{DAMAGE, Finding, Gravity, INDEX, SCHEMA, backup_path, examine};
use crate::store::error::{StoreError, translate};
use crate::store::open::{OpenOptions, log_path};
use crate::store::scope::refresh_details;
use crate::store::session::{Guarded, Trouble};
use crate::store::work::purge_works;
use crate::store::{Store, owner};

/// What a repair came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The database as it was; `None` when there was nothing to repair.
    pub backup: Option<PathBuf>,
    /// What is well again.
    pub mended: Vec<Finding>,
    /// What is still wrong.
    pub left: Vec<Finding>,
}

/// Makes a backup beside the file (`<file>.backup-<stamp>`) and repairs what can be repaired. `now` is the wall
/// clock in epoch milliseconds.
///
/// # Errors
/// As [`examine`]; when the backup cannot be made, and then nothing was changed; those of the database.
pub fn mend(path: &Path, stamp: &str, now: i64) -> Result<Mended, StoreError> {
    let before = examine(path)?;
    if before.iter().all(|finding| finding.gravity == Gravity::Note) {
        return Ok(Mended { backup: None, mended: Vec::new(), left: before });
    }
    let backup = backup_path(path, stamp);
    let is = |check: &str| before.iter().any(|finding| finding.check == check);
    if is(DAMAGE) || is(SCHEMA) {
        // Whoever writes into a damaged file can lose what is still there.
        copy(path, &backup)?;
        return Ok(Mended { backup: Some(backup), mended: Vec::new(), left: before });
    }
    let store = Store::open(path, &OpenOptions::default())?;
    store.back_up(&backup)?;
    store.recover(now)?;
    store.write(|guarded| repair(guarded, &before, now, path))?;
    drop(store);
    let left = examine(path)?;
    let mended = before.into_iter().filter(|finding| !left.contains(finding)).collect();
    Ok(Mended { backup: Some(backup), mended, left })
}

impl Store {
    /// A copy of one moment, the log included.
    fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            let reason = "it is there already".to_owned();
            return Err(StoreError::CannotOpen { path: to.to_path_buf(), reason });
        }
        let writer = self.inner.writer.as_ref().ok_or_else(|| self.read_only())?;
        let guarded = crate::store::lock(&writer.connection);
        let name = to.to_string_lossy();
        // The copy is attached while it is made, which is otherwise nobody's to do.
        let room = |most| guarded.conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, most).map(drop);
        let done = room(1).and_then(|()| guarded.conn.execute("VACUUM INTO ?1", [name.as_ref()]));
        done.and_then(|_| room(0)).map_err(|error| translate(&error, to))
    }
}

/// Byte for byte, for a file that SQLite cannot read.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let fail = |error: &std::io::Error| StoreError::Io { path: to.to_path_buf(), reason: error.to_string() };
    std::fs::copy(from, to).map_err(|error| fail(&error))?;
    match std::fs::copy(log_path(from), log_path(to)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(fail(&error)),
        _ => Ok(()),
    }
}

fn repair(guarded: &Guarded, found: &[Finding], now: i64, path: &Path) -> Result<(), Trouble> {
    if found.iter().any(|finding| finding.check == INDEX) {
        guarded.conn.execute_batch("REINDEX")?;
    }
    let work_less = "DELETE FROM _syncOperation WHERE work NOT IN (SELECT id FROM _syncWork)";
    for sql in [
        MEMBERS_OF_NO_RUN,
        EPOCHS,
        SEQUENCE,
        CURSORS,
        RESUMES,
        COMMANDS,
        PLACES,
        STATUSES,
        LOST_MEMBERS,
        work_less,
    ] {
        guarded.run(sql, [])?;
    }
    for scope in unsound(guarded, found)? {
        settle(guarded, &scope, now)?;
    }
    guarded.run(RUNS_OF_NO_SCOPE, [])?;
    drop_stages(guarded)?;
    purge_works(guarded)?;
    owner::sweep(guarded, path)
}

const MEMBERS_OF_NO_RUN: &str = "DELETE FROM _syncInstance WHERE NOT EXISTS (
    SELECT 1 FROM _syncScope s WHERE s.id = scopeId AND s.epoch = _syncInstance.epoch)";
const EPOCHS: &str = "INSERT INTO _syncEpoch (scopeId, lastEpoch)
    SELECT id, max(epoch) FROM (SELECT id, epoch FROM _syncScope UNION ALL SELECT scopeId, epoch FROM _syncRun)
    WHERE true GROUP BY id
    ON CONFLICT (scopeId) DO UPDATE SET lastEpoch = max(lastEpoch, excluded.lastEpoch)";
const SEQUENCE: &str = "UPDATE _syncSequence SET last = max(last, ifnull(
    (SELECT max(CAST(id AS INTEGER)) FROM _syncStatus), 0)) WHERE name = 'status'";
const CURSORS: &str = "DELETE FROM _syncCursor WHERE NOT EXISTS (
    SELECT 1 FROM sqlite_schema t WHERE t.name = entity COLLATE NOCASE AND t.type = 'table')";
const RESUMES: &str = "DELETE FROM _syncResume WHERE NOT EXISTS (
    SELECT 1 FROM sqlite_schema t WHERE t.name = staging AND t.type = 'table')";
const COMMANDS: &str = "UPDATE _commandQueue SET state = 'queued', owner = NULL
    WHERE state = 'processing' AND (owner IS NULL OR owner = '')";
const PLACES: &str = "UPDATE _syncSequence SET last = max(last, ifnull(
    (SELECT max(ordinal) FROM _commandQueue), 0)) WHERE name = 'command'";
const STATUSES: &str = "UPDATE _syncStatus
    SET state = 'interrupted', code = 'owner.lost', error = 'nobody worked on it any more'
    WHERE state = 'syncing' AND NOT EXISTS (SELECT 1 FROM _syncWork w WHERE w.id = work AND w.state = 'open')";
const LOST_MEMBERS: &str = "UPDATE _syncInstance
    SET state = 'interrupted', code = 'owner.lost', error = 'nobody worked on it any more',
        endedAt = ifnull(endedAt, startedAt)
    WHERE state = 'syncing' AND NOT EXISTS (SELECT 1 FROM _syncWork w WHERE w.id = work AND w.state = 'open')";
const RUNS_OF_NO_SCOPE: &str =
    "UPDATE _syncRun SET state = 'interrupted', endedAt = ifnull(endedAt, startedAt)
    WHERE state = 'syncing' AND NOT EXISTS (
      SELECT 1 FROM _syncScope s WHERE s.id = scopeId AND s.epoch = _syncRun.epoch AND s.state = 'syncing')";

/// The scopes that something was found at, and those whose members the repair has changed.
fn unsound(guarded: &Guarded, found: &[Finding]) -> Result<Vec<String>, Trouble> {
    let ids: Vec<String> = guarded.all("SELECT id FROM _syncScope ORDER BY id", [], |row| row.get(0))?;
    let lost: Vec<String> = guarded.all(
        "SELECT DISTINCT s.id FROM _syncScope s JOIN _syncInstance i ON i.scopeId = s.id AND i.epoch = s.epoch
         WHERE i.code = 'owner.lost' AND s.state = 'syncing'",
        [],
        |row| row.get(0),
    )?;
    let constraint = found.iter().any(|finding| finding.check == "constraint");
    let is_unsound = |id: &String| {
        let place = format!("scope `{id}`");
        let named = |finding: &Finding| finding.place == place && OF_SCOPES.contains(&finding.check);
        constraint || lost.contains(id) || found.iter().any(named)
    };
    Ok(ids.into_iter().filter(is_unsound).collect())
}

/// Makes a scope what its members are; members at work count as interrupted.
fn settle(guarded: &Guarded, id: &str, now: i64) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _syncInstance SET state = 'interrupted', code = 'interrupted', error = 'stopped by a repair',
                endedAt = ifnull(endedAt, startedAt)
         WHERE scopeId = ?1 AND state = 'syncing'",
        [id],
    )?;
    guarded.run(
        "UPDATE _syncScope SET (notStarted, syncing, failed, synced, interrupted, total, state) = (
           SELECT ifnull(sum(state = 'notStarted'), 0), 0, ifnull(sum(state = 'failed'), 0),
                  ifnull(sum(state = 'synced'), 0), ifnull(sum(state = 'interrupted'), 0), count(*),
                  CASE WHEN sum(state IN ('notStarted', 'interrupted')) > 0 THEN 'interrupted'
                       WHEN sum(state = 'failed') > 0 THEN 'failed' ELSE 'synced' END
           FROM _syncInstance i WHERE i.scopeId = ?1 AND i.epoch = _syncScope.epoch)
         WHERE id = ?1",
        [id],
    )?;
    guarded.run(
        "UPDATE _syncScope SET details = '{}',
           lastFailedAt = CASE WHEN state = 'failed' THEN max(ifnull(lastFailedAt, 0), ifnull(lastStartedAt, 0))
                               WHEN lastFailedAt > lastStartedAt THEN NULL ELSE lastFailedAt END,
           lastSyncedAt = CASE WHEN state = 'synced' THEN max(ifnull(lastSyncedAt, 0), ifnull(lastStartedAt, 0))
                               WHEN lastSyncedAt > lastStartedAt THEN NULL ELSE lastSyncedAt END
         WHERE id = ?1",
        [id],
    )?;
    guarded.run(
        "INSERT INTO _syncRun (scopeId, epoch, owner, state, startedAt, endedAt, total, notStarted, syncing, failed,
                               synced, interrupted, details)
         SELECT id, epoch, '', state, ifnull(lastStartedAt, ?2), ?2, total, notStarted, syncing, failed, synced,
                interrupted, '{}'
         FROM _syncScope WHERE id = ?1
         ON CONFLICT (scopeId, epoch) DO UPDATE SET
           state = excluded.state, endedAt = ifnull(endedAt, excluded.endedAt), total = excluded.total,
           notStarted = excluded.notStarted, syncing = excluded.syncing, failed = excluded.failed,
           synced = excluded.synced, interrupted = excluded.interrupted,
           reason = iif(excluded.state = 'interrupted', ifnull(reason, 'incomplete'), NULL)",
        params![id, now],
    )?;
    refresh_details(guarded, id)
}

fn drop_stages(guarded: &Guarded) -> Result<(), Trouble> {
    let stages: Vec<String> = guarded.all(
        "SELECT t.name FROM sqlite_schema t WHERE t.type = 'table' AND t.name GLOB '_syncStage_*' AND NOT EXISTS (
           SELECT 1 FROM _syncWork w WHERE w.state = 'open' AND t.name GLOB '_syncStage_' || w.id || '_*')
                AND t.name NOT IN (SELECT staging FROM _syncResume)",
        [],
        |row| row.get(0),
    )?;
    for stage in stages {
        guarded.conn.execute_batch(&format!("DROP TABLE {}", crate::store::entity::quote(&stage)))?;
    }
    Ok(())
}
