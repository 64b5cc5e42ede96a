//! What is asked of the tables: one statement each, which gives the places where something is wrong and the words
//! for it. The numbers are those of the invariants in sync-semantics.md §3.

use super::Finding;
use crate::store::session::{Guarded, Trouble};

/// A question; every row of its answer is a problem.
pub(super) struct Question {
    /// A stable word.
    pub(super) check: &'static str,
    /// Gives two columns: the place, and what is wrong there.
    sql: &'static str,
}

impl Question {
    pub(super) fn ask(&self, guarded: &Guarded) -> Result<Vec<Finding>, Trouble> {
        guarded.all(self.sql, [], |row| {
            Ok(Finding::problem(self.check, row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
    }
}

/// The checks whose place is a scope that can be settled anew from its members.
pub(super) const OF_SCOPES: [&str; 6] = ["counts", "state", "times", "epoch", "run", "details"];

pub(super) const QUESTIONS: &[Question] = &[
    // I1, I2
    Question {
        check: "counts",
        sql: "SELECT 'scope `' || id || '`', printf(
                'it counts %d not started, %d syncing, %d failed, %d synced, %d interrupted of %d, its members are %d, %d, %d, %d, %d of %d',
                notStarted, syncing, failed, synced, interrupted, total, c0, c1, c2, c3, c4, n)
              FROM (SELECT s.*, count(i.instanceId) AS n,
                      ifnull(sum(i.state = 'notStarted'), 0) AS c0, ifnull(sum(i.state = 'syncing'), 0) AS c1,
                      ifnull(sum(i.state = 'failed'), 0) AS c2, ifnull(sum(i.state = 'synced'), 0) AS c3,
                      ifnull(sum(i.state = 'interrupted'), 0) AS c4
                    FROM _syncScope s LEFT JOIN _syncInstance i ON i.scopeId = s.id AND i.epoch = s.epoch GROUP BY s.id)
              WHERE (c0, c1, c2, c3, c4, n) IS NOT (notStarted, syncing, failed, synced, interrupted, total)",
    },
    // I3, I4, I5, I6
    Question {
        check: "state",
        sql: "SELECT 'scope `' || id || '`', 'it is `' || state || '`, but ' || CASE
                WHEN state <> 'interrupted' AND interrupted > 0 THEN 'has interrupted members'
                WHEN state <> 'syncing' AND syncing > 0 THEN 'has members at work'
                WHEN state = 'syncing' THEN 'nothing is open'
                ELSE 'its members ended otherwise' END
              FROM _syncScope
              WHERE (state <> 'interrupted' AND interrupted > 0) OR (state <> 'syncing' AND syncing > 0)
                OR (state = 'syncing' AND notStarted + syncing = 0)
                OR (state = 'synced' AND synced <> total)
                OR (state = 'failed' AND (notStarted + syncing > 0 OR failed = 0))",
    },
    // I7, I8. An other end that lies behind the last one is from a clock that was ahead then.
    Question {
        check: "times",
        sql: "SELECT 'scope `' || id || '`', CASE
                WHEN state = 'synced' AND lastSyncedAt IS NULL OR state = 'failed' AND lastFailedAt IS NULL
                THEN 'it is `' || state || '` and does not say since when'
                WHEN state IN ('synced', 'failed') AND NOT (lastFailedAt > lastStartedAt AND lastSyncedAt > lastStartedAt)
                THEN 'it ended before it started'
                ELSE 'one run both failed and succeeded' END
              FROM _syncScope
              WHERE (state = 'synced' AND (lastSyncedAt IS NULL OR lastSyncedAt < lastStartedAt))
                OR (state = 'failed' AND (lastFailedAt IS NULL OR lastFailedAt < lastStartedAt))
                OR (lastFailedAt > lastStartedAt AND lastSyncedAt > lastStartedAt
                  AND NOT (state = 'synced' AND lastFailedAt > lastSyncedAt)
                  AND NOT (state = 'failed' AND lastSyncedAt > lastFailedAt))",
    },
    // I9
    Question {
        check: "epoch",
        sql: "SELECT 'scope `' || used.id || '`', printf(
                'its run %d is newer than the newest number given out, %d; a number could be used twice',
                used.epoch, ifnull(e.lastEpoch, 0))
              FROM (SELECT id, max(epoch) AS epoch FROM
                     (SELECT id, epoch FROM _syncScope UNION ALL SELECT scopeId, epoch FROM _syncRun) GROUP BY id) AS used
              LEFT JOIN _syncEpoch e ON e.scopeId = used.id WHERE ifnull(e.lastEpoch, 0) < used.epoch",
    },
    // I13: the run says who owns it
    Question {
        check: "run",
        sql: "SELECT 'scope `' || s.id || '`', CASE WHEN r.epoch IS NULL
                THEN 'its run ' || s.epoch || ' is not in the history, so nobody owns it'
                ELSE 'it is `' || s.state || '`, its run ' || s.epoch || ' in the history `' || r.state || '`' END
              FROM _syncScope s LEFT JOIN _syncRun r ON r.scopeId = s.id AND r.epoch = s.epoch
              WHERE r.epoch IS NULL OR r.state <> s.state",
    },
    Question {
        check: "details",
        sql: "SELECT 'scope `' || id || '`', 'its `details` are no JSON object' FROM _syncScope
              WHERE NOT json_valid(details) OR json_type(details) <> 'object'",
    },
    Question {
        check: "history",
        sql: "SELECT 'run ' || r.epoch || ' of `' || r.scopeId || '`', 'it says `syncing`, but the scope does not'
              FROM _syncRun r LEFT JOIN _syncScope s ON s.id = r.scopeId AND s.epoch = r.epoch
              WHERE r.state = 'syncing' AND s.id IS NULL",
    },
    Question {
        check: "members",
        sql: "SELECT 'member `' || i.instanceId || '` of `' || i.scopeId || '`',
                'it belongs to run ' || i.epoch || ', which is not the current one'
              FROM _syncInstance i LEFT JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch WHERE s.id IS NULL",
    },
    // L1, L2
    Question {
        check: "members",
        sql: "SELECT 'member `' || i.instanceId || '` of `' || i.scopeId || '`', 'it says `syncing`, but nobody works on it'
              FROM _syncInstance i JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch
              LEFT JOIN _syncWork w ON w.id = i.work WHERE i.state = 'syncing' AND w.state IS NOT 'open'",
    },
    Question {
        check: "status",
        sql: "SELECT 'status `' || t.id || '` of table `' || t.entity || '`', 'it says `syncing`, but nobody works on it'
              FROM _syncStatus t LEFT JOIN _syncWork w ON w.id = t.work WHERE t.state = 'syncing' AND w.state IS NOT 'open'",
    },
    Question {
        check: "sequence",
        sql: "SELECT 'status `' || id || '`', 'its id is higher than the highest given out; an id could be used twice'
              FROM _syncStatus WHERE CAST(id AS INTEGER) > (SELECT last FROM _syncSequence WHERE name = 'status')",
    },
    // I10, I11: rows that nobody has applied yet belong to somebody who may
    Question {
        check: "stage",
        sql: "SELECT 'table `' || t.name || '`', 'it holds rows of a fetch that nobody goes on with'
              FROM sqlite_schema t WHERE t.type = 'table' AND t.name GLOB '_syncStage_*' AND NOT EXISTS (
                SELECT 1 FROM _syncWork w WHERE w.state = 'open' AND t.name GLOB '_syncStage_' || w.id || '_*')
                AND t.name NOT IN (SELECT staging FROM _syncResume)",
    },
    Question {
        check: "work",
        sql: "SELECT 'work ' || w.id, 'it has ended, and nothing tells of it any more' FROM _syncWork w
              WHERE w.state = 'ended' AND NOT EXISTS (SELECT 1 FROM _syncInstance i WHERE i.work = w.id)",
    },
    Question {
        check: "work",
        sql: "SELECT 'operation ' || o.ordinal || ' of work ' || o.work, 'there is no such work' FROM _syncOperation o
              WHERE NOT EXISTS (SELECT 1 FROM _syncWork w WHERE w.id = o.work)",
    },
    Question {
        check: "resume",
        sql: "SELECT 'table `' || r.entity || '`', 'its interrupted fetch would go on, but the pages it had are gone'
              FROM _syncResume r WHERE NOT EXISTS (
                SELECT 1 FROM sqlite_schema t WHERE t.name = r.staging AND t.type = 'table')",
    },
    Question {
        check: "queue",
        sql: "SELECT 'command `' || id || '`', CASE WHEN state = 'processing'
                THEN 'it is being sent, but nobody sends it'
                ELSE 'its place is higher than the highest given out; a place could be used twice' END
              FROM _commandQueue
              WHERE (state = 'processing' AND (owner IS NULL OR owner = ''))
                OR ordinal > (SELECT last FROM _syncSequence WHERE name = 'command')",
    },
    // I12: what an incremental fetch goes on from must be there
    Question {
        check: "cursor",
        sql: "SELECT 'table `' || c.entity || '`', 'the next fetch would ask only for what is new, but the table is gone'
              FROM _syncCursor c WHERE NOT EXISTS (
                SELECT 1 FROM sqlite_schema t WHERE t.name = c.entity COLLATE NOCASE AND t.type = 'table')",
    },
];
