#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::promises::executed;
use crate::store::sync::{IfRunning, ScopeState};
use crate::store::{
    BeginInstance, Durability, Mode, Operation, Outcome, Page, Row, Start, StartScope, Store,
};

const STAMP: &str = "20250615-120000Z";

fn options() -> OpenOptions {
    OpenOptions { durability: Durability::Off, ..OpenOptions::default() }
}

/// A database after some runs, closed: one scope synced, one failed, one interrupted, and many rows.
fn patient() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let store = Store::open(&path, &options()).unwrap();
    for scope in ["good", "bad", "cut"] {
        let instance_ids = [format!("pull-{scope}"), format!("more-{scope}")];
        let start =
            StartScope { id: scope, instance_ids: &instance_ids, if_running: IfRunning::Restart, now: 100 };
        let begun = store.start_scope(&start, &mut |_| Ok::<_, StoreError>(true)).unwrap().outcome;
        assert!(matches!(begun, Start::Begun { .. }));
        for instance in &instance_ids {
            sync(&store, instance, scope);
            if scope == "cut" {
                break;
            }
        }
    }
    store.quiesce(200).unwrap();
    let states: Vec<_> = store.scopes().unwrap().iter().map(|row| row.state).collect();
    assert_eq!(states, [ScopeState::Failed, ScopeState::Interrupted, ScopeState::Synced]);
    drop(store);
    (folder, path)
}

fn sync(store: &Store, instance: &str, scope: &str) {
    let operations =
        [Operation { provider: "DATA_PROVIDER_REST", entity: instance, function: None, arguments: "" }];
    let begin = BeginInstance { instance_id: Some(instance), operations: &operations, now: 110 };
    let work = store.begin_instance(&begin).unwrap().work;
    let mut writer = store.rows_writer(&work, 0, Mode::Replace).unwrap();
    let ids: Vec<String> = (0..300).map(|id| format!("r{id}")).collect();
    let data = format!("{{\"text\":\"{}\"}}", "x".repeat(100));
    let rows: Vec<_> = ids.iter().map(|id| Row { id, data: &data }).collect();
    writer.page(&Page { rows: &rows, now: 120, ..Page::default() }).unwrap();
    writer.finish(Some("cursor"), 130).unwrap();
    let failure = crate::store::sync::Failure::new("http.503", "the server answered 503");
    let outcome = if scope == "bad" { Outcome::Failed(failure) } else { Outcome::Ok };
    store.finish_instance(&work, &outcome, 140).unwrap();
}

fn raw(path: &Path) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF").unwrap();
    conn
}

fn problems(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.gravity == Gravity::Problem).collect()
}

#[test]
fn a_healthy_database_has_no_findings_and_is_not_changed() {
    let (_folder, path) = patient();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(examine(&path).unwrap(), []);
    let mended = mend(&path, STAMP, 300).unwrap();
    assert_eq!(mended, Mended { backup: None, mended: Vec::new(), left: Vec::new() });
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!backup_path(&path, STAMP).exists());
}

/// What is done to the tables, and the check that must see it.
const WOUNDS: [(&str, &str); 27] = [
    ("UPDATE _syncScope SET synced = synced + 1 WHERE id = 'good'", "counts"),
    ("UPDATE _syncScope SET synced = 1, failed = 1 WHERE id = 'good'", "counts"),
    ("UPDATE _syncScope SET total = 9 WHERE id = 'bad'", "counts"),
    ("DELETE FROM _syncInstance WHERE instanceId = 'pull-good'", "counts"),
    ("UPDATE _syncInstance SET state = 'failed' WHERE instanceId = 'pull-good'", "counts"),
    ("UPDATE _syncScope SET state = 'syncing' WHERE id = 'good'", "state"),
    ("UPDATE _syncScope SET state = 'synced' WHERE id = 'bad'", "state"),
    ("UPDATE _syncScope SET state = 'failed' WHERE id = 'good'", "state"),
    ("UPDATE _syncScope SET state = 'synced' WHERE id = 'cut'", "state"),
    ("UPDATE _syncScope SET lastSyncedAt = 1 WHERE id = 'good'", "times"),
    ("UPDATE _syncScope SET lastSyncedAt = NULL WHERE id = 'good'", "times"),
    ("UPDATE _syncScope SET lastFailedAt = 900, lastSyncedAt = 900 WHERE id = 'good'", "times"),
    ("UPDATE _syncEpoch SET lastEpoch = 0 WHERE scopeId = 'good'", "epoch"),
    ("DELETE FROM _syncEpoch", "epoch"),
    ("DELETE FROM _syncRun WHERE scopeId = 'good'", "run"),
    ("UPDATE _syncRun SET state = 'failed' WHERE scopeId = 'good'", "run"),
    ("UPDATE _syncScope SET details = 'nothing' WHERE id = 'good'", "details"),
    (
        "UPDATE _syncRun SET state = 'syncing' WHERE scopeId = 'cut'; DELETE FROM _syncScope WHERE id = 'cut'",
        "history",
    ),
    ("UPDATE _syncScope SET epoch = 7 WHERE id = 'cut'", "members"),
    ("UPDATE _syncStatus SET state = 'syncing' WHERE id = '1'", "status"),
    ("UPDATE _syncSequence SET last = 1", "sequence"),
    ("CREATE TABLE _syncStage_99_0 (id TEXT)", "stage"),
    (
        "INSERT INTO _syncOperation (work, ordinal, statusId, provider, entity, arguments, state)
      VALUES (77, 0, '1', 'p', 't', '', 'synced')",
        "work",
    ),
    ("DROP TABLE \"pull-good\"", "cursor"),
    (
        "INSERT INTO _syncResume VALUES ('t', 'p', 'f', '', 'd', 3, '_syncStage_3_0', 'c', 1, 1, 1, 1)",
        "resume",
    ),
    (
        "UPDATE _syncSequence SET last = 9 WHERE name = 'command';
      INSERT INTO _commandQueue (id, queue, type, payload, state, entity, createdAt, timestamp, ordinal)
      VALUES ('1', 'q', 't', '{}', 'processing', 't', 1, 1, 1)",
        "queue",
    ),
    (
        "INSERT INTO _commandQueue (id, queue, type, payload, state, entity, createdAt, timestamp, ordinal)
      VALUES ('1', 'q', 't', '{}', 'queued', 't', 1, 1, 99)",
        "queue",
    ),
];

#[test]
fn every_broken_invariant_is_told_and_mended_after_a_backup() {
    for (wound, check) in WOUNDS {
        let (_folder, path) = patient();
        raw(&path).execute_batch(wound).unwrap();
        let found = examine(&path).unwrap();
        assert!(problems(&found).iter().any(|finding| finding.check == check), "{wound}: {found:?}");
        assert_eq!(examine(&path).unwrap(), found, "looking changes nothing");
        let mended = mend(&path, STAMP, 300).unwrap();
        assert_eq!(problems(&mended.left), Vec::<&Finding>::new(), "{wound}");
        assert!(mended.mended.iter().any(|finding| finding.check == check), "{wound}: {mended:?}");
        let kept = examine(&mended.backup.unwrap()).unwrap();
        assert_eq!(
            problems(&kept).len(),
            problems(&found).len(),
            "{wound}: the backup is as it was: {kept:?}"
        );
        let store = Store::open(&path, &options()).unwrap();
        let start = StartScope { id: "good", instance_ids: &[], if_running: IfRunning::Error, now: 400 };
        let begun = store.start_scope(&start, &mut |_| Ok::<_, StoreError>(true)).unwrap().outcome;
        assert!(matches!(begun, Start::Begun { .. }), "{wound}: it can be used again");
    }
    executed(
        "every_broken_invariant_is_told_and_mended_after_a_backup",
        "wounds in the tables",
        WOUNDS.len(),
    );
}

#[test]
fn a_backup_is_never_written_over() {
    let (_folder, path) = patient();
    raw(&path).execute_batch(WOUNDS[0].0).unwrap();
    std::fs::write(backup_path(&path, STAMP), "precious").unwrap();
    assert!(mend(&path, STAMP, 300).is_err());
    assert_eq!(std::fs::read(backup_path(&path, STAMP)).unwrap(), b"precious");
    assert!(!problems(&examine(&path).unwrap()).is_empty(), "nothing was changed");
}

#[test]
fn what_a_dead_process_left_is_told_and_mended() {
    let (folder, path) = patient();
    let dead = Store::open(&path, &options()).unwrap();
    let members = ["a".to_owned()];
    let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 300 };
    dead.start_scope(&start, &mut |_| Ok::<_, StoreError>(true)).unwrap();
    assert_eq!(examine(&path).unwrap().iter().filter(|f| f.check == "owner").count(), 0, "it lives");
    crate::store::lock(&dead.inner.owner).die();
    drop(dead);
    let found = examine(&path).unwrap();
    assert!(problems(&found).iter().any(|finding| finding.check == "owner"), "{found:?}");
    let mended = mend(&path, STAMP, 400).unwrap();
    assert_eq!(mended.left, []);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("-owner-")), "{left:?}");
}

#[test]
fn other_tables_and_other_files_are_told() {
    let (folder, path) = patient();
    raw(&path).execute_batch("ALTER TABLE _syncScope ADD COLUMN mine TEXT").unwrap();
    let found = examine(&path).unwrap();
    assert_eq!((found.len(), found[0].check), (1, SCHEMA), "{found:?}");
    let mended = mend(&path, STAMP, 300).unwrap();
    assert_eq!((mended.left, mended.backup.is_some()), (found, true));

    let (_other, path) = patient();
    raw(&path).execute_batch("DROP TABLE _syncRun").unwrap();
    assert_eq!(examine(&path).unwrap()[0].message, "it is missing");

    let place = folder.path().join("text.db");
    std::fs::write(&place, "this is no database, and long enough to be read as one".repeat(40)).unwrap();
    assert!(matches!(examine(&place), Err(StoreError::NotADatabase { .. })));
    assert!(matches!(mend(&place, STAMP, 1), Err(StoreError::NotADatabase { .. })));
    let place = folder.path().join("foreign.db");
    raw(&place).execute_batch("CREATE TABLE theirs (id); PRAGMA application_id = 5").unwrap();
    assert!(matches!(examine(&place), Err(StoreError::Foreign { .. })));
    let place = folder.path().join("nothing.db");
    assert!(matches!(examine(&place), Err(StoreError::Missing { .. })));
    std::fs::write(&place, "").unwrap();
    assert_eq!(problems(&examine(&place).unwrap()), Vec::<&Finding>::new());
}

#[test]
fn an_index_that_does_not_fit_is_made_anew() {
    let (_folder, path) = patient();
    let conn = raw(&path);
    let sql = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = sql || ' WHERE work < 0' WHERE name = '_syncStatusWork';
        PRAGMA writable_schema = RESET;
        UPDATE _syncSequence SET last = 50;
        INSERT INTO _syncStatus (id, provider, entity, state, timestamp, instance, arguments, work)
        VALUES ('50', 'p', 't', 'synced', 1, 'i', '', 9);
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, ' WHERE work < 0', '') WHERE name = '_syncStatusWork';
        PRAGMA writable_schema = RESET";
    conn.execute_batch(sql).unwrap();
    drop(conn);
    let found = examine(&path).unwrap();
    assert!(problems(&found).iter().any(|finding| finding.check == INDEX), "{found:?}");
    let mended = mend(&path, STAMP, 300).unwrap();
    assert_eq!(problems(&mended.left), Vec::<&Finding>::new());
}

/// A generator that repeats (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % sides.max(1)
    }
}

#[test]
fn damaged_files_are_told_in_words() {
    let (_folder, path) = patient();
    let whole = std::fs::read(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rounds = if std::env::var_os("SYNCSCOPE_LONG").is_some() { 5000 } else { 300 };
    let (mut told, mut unseen) = (0, 0);
    for round in 0..rounds {
        let mut dice = Dice(round);
        let mut bytes = whole.clone();
        if dice.below(3) == 0 {
            bytes.truncate(dice.below(whole.len()));
        } else {
            for _ in 0..=dice.below(4) {
                let at = dice.below(bytes.len());
                let end = (at + 1 + dice.below(600)).min(bytes.len());
                bytes[at..end].iter_mut().for_each(|byte| *byte = u8::try_from(dice.below(256)).unwrap());
            }
        }
        let path = folder.path().join(format!("{round}.db"));
        std::fs::write(&path, &bytes).unwrap();
        match examine(&path) {
            Ok(found) if problems(&found).is_empty() => unseen += 1,
            Ok(_) | Err(_) => told += 1,
        }
        let is_same = || std::fs::read(&path).unwrap() == bytes;
        assert!(is_same(), "looking changes nothing, round {round}");
        if let Ok(mended) = mend(&path, STAMP, 300) {
            let backup = mended.backup.map(|backup| examine(&backup));
            assert!(backup.is_none_or(|backup| backup.is_ok()), "round {round}");
        }
        std::fs::remove_file(&path).unwrap();
    }
    // Bytes of free pages and of texts mean nothing to anybody.
    assert!(told > unseen, "{told} told, {unseen} not");
    let test = "damaged_files_are_told_in_words";
    executed(test, "damaged database files", usize::try_from(rounds).unwrap());
}
