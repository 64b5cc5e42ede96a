//! The invariants I1 to I13 (sync-semantics.md §3), read from the tables themselves: nothing here asks
//! the code that is under test.

use rusqlite::Connection;

/// What must never be, as queries that give the names of the guilty.
const NEVER: &[(&str, &str)] = &[
    (
        "I1 the counts add up",
        "SELECT id FROM _syncScope WHERE notStarted + syncing + failed + synced + interrupted <> total
            OR (state <> 'interrupted' AND notStarted + syncing + failed + synced <> total)",
    ),
    (
        "I2 the counts are those of the members",
        "SELECT id FROM _syncScope s
         WHERE (notStarted, syncing, failed, synced, interrupted, total) IS NOT (
           SELECT count(*) FILTER (WHERE state = 'notStarted'), count(*) FILTER (WHERE state = 'syncing'),
                  count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'synced'),
                  count(*) FILTER (WHERE state = 'interrupted'), count(*)
           FROM _syncInstance i WHERE i.scopeId = s.id AND i.epoch = s.epoch)",
    ),
    ("I3 interrupted", "SELECT id FROM _syncScope WHERE interrupted > 0 AND state <> 'interrupted'"),
    (
        "I4 syncing, something is open",
        "SELECT id FROM _syncScope WHERE state = 'syncing' AND notStarted + syncing = 0",
    ),
    (
        "I5 the final state fits the counts",
        "SELECT id FROM _syncScope
         WHERE (state = 'failed' AND (notStarted + syncing > 0 OR failed = 0))
            OR (state = 'synced') <> (synced = total)",
    ),
    ("I6 at work only while syncing", "SELECT id FROM _syncScope WHERE syncing > 0 AND state <> 'syncing'"),
    (
        "I7 the end is not before the start",
        "SELECT id FROM _syncScope WHERE (state = 'synced' AND ifnull(lastSyncedAt, -1e18) < lastStartedAt)
            OR (state = 'failed' AND ifnull(lastFailedAt, -1e18) < lastStartedAt)
         UNION SELECT scopeId FROM _syncRun WHERE endedAt < startedAt
         UNION SELECT instanceId FROM _syncInstance WHERE endedAt < startedAt",
    ),
    (
        "I8 a run ends once",
        "SELECT scopeId FROM _syncRun WHERE (endedAt IS NULL) <> (state = 'syncing')
         UNION SELECT id FROM _syncScope s JOIN _syncRun r ON r.scopeId = s.id AND r.epoch = s.epoch
         WHERE (s.state, s.notStarted, s.syncing, s.failed, s.synced, s.interrupted)
               IS NOT (r.state, r.notStarted, r.syncing, r.failed, r.synced, r.interrupted)",
    ),
    (
        "I9 the epoch only grows",
        "SELECT scopeId FROM _syncRun r GROUP BY scopeId
         HAVING count(*) <> max(epoch)
             OR max(epoch) IS NOT (SELECT lastEpoch FROM _syncEpoch e WHERE e.scopeId = r.scopeId)
         UNION SELECT id FROM _syncScope s
         WHERE epoch IS NOT (SELECT lastEpoch FROM _syncEpoch e WHERE e.scopeId = s.id)",
    ),
    (
        "I13 one owner",
        "SELECT scopeId FROM _syncRun WHERE state = 'syncing' GROUP BY scopeId HAVING count(*) > 1
         UNION SELECT scopeId FROM _syncRun r WHERE state = 'syncing'
           AND NOT EXISTS (SELECT 1 FROM _syncScope s WHERE s.id = r.scopeId AND s.epoch = r.epoch)",
    ),
    (
        "what is at work has an owner",
        "SELECT scopeId FROM _syncRun WHERE state = 'syncing' AND owner NOT IN (SELECT id FROM _syncOwner)
         UNION SELECT id FROM _syncWork WHERE state = 'open' AND owner NOT IN (SELECT id FROM _syncOwner)",
    ),
    (
        "a status that is syncing is at work",
        "SELECT id FROM _syncStatus
         WHERE state = 'syncing' AND work NOT IN (SELECT id FROM _syncWork WHERE state = 'open')",
    ),
    (
        "members and operations belong to something",
        "SELECT instanceId FROM _syncInstance i
         WHERE NOT EXISTS (SELECT 1 FROM _syncScope s WHERE s.id = i.scopeId AND s.epoch = i.epoch)
         UNION SELECT entity FROM _syncOperation WHERE work NOT IN (SELECT id FROM _syncWork)",
    ),
    (
        "rows wait only for work that goes on",
        "SELECT name FROM sqlite_schema WHERE name GLOB '_syncStage_*' AND NOT EXISTS (
           SELECT 1 FROM _syncWork w WHERE w.state = 'open' AND name GLOB '_syncStage_' || w.id || '_*')
           AND name NOT IN (SELECT staging FROM _syncResume)",
    ),
    (
        "the ids of statuses are given out once",
        "SELECT id FROM _syncStatus WHERE CAST(id AS INTEGER) > (SELECT last FROM _syncSequence WHERE name = 'status')",
    ),
];

/// What must not be when nobody is at work.
const WHEN_QUIET: &[(&str, &str)] = &[
    ("L1 nothing is syncing", "SELECT id FROM _syncScope WHERE state = 'syncing'"),
    ("L1 no status is syncing", "SELECT entity FROM _syncStatus WHERE state = 'syncing'"),
    ("L1 no work is open", "SELECT id FROM _syncWork WHERE state = 'open'"),
    ("no rows wait", "SELECT name FROM sqlite_schema WHERE name GLOB '_syncStage_*'"),
];

/// What is wrong in a database; nothing in one that nobody has written to yet.
pub(super) fn broken(connection: &Connection) -> Vec<String> {
    let damage = texts(connection, "PRAGMA integrity_check");
    if damage != ["ok"] {
        return damage.into_iter().map(|damage| format!("integrity: {damage}")).collect();
    }
    if !is_made(connection) {
        let tables = texts(connection, "SELECT name FROM sqlite_schema");
        return tables.into_iter().map(|table| format!("half made: {table}")).collect();
    }
    guilty(connection, NEVER)
}

/// The same, and what is wrong when nobody is at work.
pub(super) fn broken_or_unfinished(connection: &Connection) -> Vec<String> {
    let mut found = broken(connection);
    if found.is_empty() && is_made(connection) {
        found = guilty(connection, WHEN_QUIET);
    }
    found
}

/// Whether our tables are there: all of them, or none.
pub(super) fn is_made(connection: &Connection) -> bool {
    texts(connection, "SELECT user_version > 0 FROM pragma_user_version") == ["1"]
}

fn guilty(connection: &Connection, laws: &[(&str, &str)]) -> Vec<String> {
    let name = |(law, sql): &(&str, &str)| {
        let broken = texts(connection, sql);
        (!broken.is_empty()).then(|| format!("{law}: {}", broken.join(", ")))
    };
    laws.iter().filter_map(name).collect()
}

/// The first column of a query, as texts; an error as its words.
pub(super) fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let read = || {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                other => format!("{other:?}"),
            })
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().unwrap_or_else(|error: rusqlite::Error| vec![format!("{error} in {sql}")])
}

#[test]
fn a_broken_ledger_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    drop(syncscope::store::Store::open(&path, &syncscope::store::OpenOptions::default()).unwrap());
    let connection = Connection::open(&path).unwrap();
    assert_eq!(broken_or_unfinished(&connection), Vec::<String>::new());
    connection
        .execute_batch(
            "INSERT INTO _syncScope VALUES ('s', 'syncing', 0, 1, 0, 0, 5, NULL, NULL, '{}', 5, 0, 1, 2);
             INSERT INTO _syncRun VALUES ('s', 2, 'me', 'syncing', NULL, 5, 4, 1, 0, 1, 0, 0, 0, 0, '{}');
             INSERT INTO _syncStatus VALUES ('7', 'P', 'e', NULL, 'syncing', 5, NULL, NULL, '', '', 3);
             CREATE TABLE _syncStage_3_0 (id)",
        )
        .unwrap();
    let found = broken_or_unfinished(&connection).join("\n");
    for law in
        ["I2", "I7", "I8", "I9", "has an owner", "status that is syncing", "rows wait", "given out once"]
    {
        assert!(found.contains(law), "{law}: {found}");
    }
}
