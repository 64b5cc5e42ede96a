//! What stays of the history of runs. Whoever ends a run prunes in the same transaction, so that `_syncRun` never
//! grows without bound and nobody ever sees it pruned by half.

use std::time::Duration;

use rusqlite::params;

use super::session::{Guarded, Trouble};

/// Looking at the runs of all scopes costs more than looking at those of one.
const BETWEEN_LOOKS_AT_ALL: i64 = 16;

/// Removes runs of the scope that its newest ones and the retention leave no room for, and now and then those of
/// other scopes, which may never run again.
pub(super) fn prune(guarded: &Guarded, id: &str, epoch: i64, at: i64) -> Result<(), Trouble> {
    let runs = i64::from(guarded.retention.runs.max(1));
    guarded.run(
        "DELETE FROM _syncRun WHERE scopeId = ?1 AND state <> 'syncing'
           AND epoch <= (SELECT lastEpoch FROM _syncEpoch WHERE scopeId = ?1) - ?2",
        params![id, runs],
    )?;
    let oldest = guarded.retention.age.map(|age| at.saturating_sub(millis(age)));
    if let Some(oldest) = oldest {
        guarded.run(
            "DELETE FROM _syncRun WHERE scopeId = ?1 AND endedAt < ?2
               AND epoch < (SELECT lastEpoch FROM _syncEpoch WHERE scopeId = ?1)",
            params![id, oldest],
        )?;
    }
    if epoch % BETWEEN_LOOKS_AT_ALL == 1 { prune_all(guarded, oldest) } else { Ok(()) }
}

/// New ids come with their first run, so this is when the number of all runs can grow.
fn prune_all(guarded: &Guarded, oldest: Option<i64>) -> Result<(), Trouble> {
    guarded.run(
        "DELETE FROM _syncRun WHERE endedAt < ?1
           AND epoch < (SELECT lastEpoch FROM _syncEpoch e WHERE e.scopeId = _syncRun.scopeId)",
        [oldest],
    )?;
    guarded.run(
        "DELETE FROM _syncRun WHERE (scopeId, epoch) IN (
           SELECT r.scopeId, r.epoch FROM _syncRun r LEFT JOIN _syncScope s ON s.id = r.scopeId AND s.epoch = r.epoch
           WHERE s.id IS NULL AND r.state <> 'syncing'
           ORDER BY r.endedAt DESC, r.scopeId, r.epoch LIMIT -1 OFFSET ?1)",
        [guarded.retention.most],
    )?;
    Ok(())
}

fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}
