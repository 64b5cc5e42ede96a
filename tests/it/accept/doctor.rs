//! `doctor` on an app: words, exit codes, and nothing changed unless asked.

use std::fs;

use rusqlite::Connection;

use super::small::{self, Guard, Source};
use super::stage::Stage;
use super::stub::Gate;

const DB: &str = "app/app.db";

fn synced() -> (Stage, Source) {
    let stage = Stage::empty();
    let gate = Gate::closed();
    gate.open();
    let source = Source::start(&gate, &[]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    stage.run("run app").code(0);
    (stage, source)
}

fn wound(stage: &Stage, sql: &str) {
    let conn = Connection::open(stage.path(DB)).unwrap();
    conn.execute_batch(&format!("PRAGMA ignore_check_constraints = ON; {sql}")).unwrap();
}

#[test]
fn a_healthy_database_is_called_so() {
    let (stage, _source) = synced();
    let before = fs::read(stage.path(DB)).unwrap();
    let told = stage.run("doctor app").code(0);
    assert!(told.out.starts_with("nothing is wrong with `app/app.db`"), "{told}");
    let report = stage.run("doctor app --format json").code(0).json();
    assert_eq!((&report["problems"], &report["findings"]), (&0.into(), &serde_json::json!([])), "{report}");
    stage.run("doctor app --repair").code(0);
    assert_eq!(fs::read(stage.path(DB)).unwrap(), before);
    assert_eq!(fs::read_dir(stage.path("app")).unwrap().flatten().filter(is_backup).count(), 0);
}

fn is_backup(entry: &fs::DirEntry) -> bool {
    entry.file_name().to_string_lossy().contains(".backup-")
}

#[test]
fn before_the_first_run_there_is_nothing_wrong() {
    let stage = Stage::example("quickstart");
    let told = stage.run("doctor app").code(0);
    assert!(told.err.contains("there is no database"), "{told}");
    stage.run("doctor app --db nowhere.db").code(0);
    stage.run("doctor app --db nowhere/nowhere.db").code(3);
    assert!(!stage.path("app/.syncscope").exists());
}

#[test]
fn what_is_wrong_is_told_and_mended_only_when_asked() {
    let (stage, _source) = synced();
    wound(&stage, "UPDATE _syncScope SET state = 'syncing', synced = 1 WHERE id = 'all'");
    let told = stage.run("doctor app").code(1);
    let words = "scope `all`: it counts 0 not started, 0 syncing, 0 failed, 1 synced, 0 interrupted of 2";
    assert!(told.out.contains(words) && told.out.contains("nothing is open"), "{told}");
    assert!(told.out.contains("--repair"), "{told}");
    stage.run("doctor app --format json").code(1).json();
    assert_eq!(stage.database(DB).value("SELECT state FROM _syncScope"), "syncing", "nothing was changed");

    let told = stage.run("doctor app --repair").code(0);
    assert!(
        told.out.contains("mended: scope `all`") && told.out.contains("is kept in `app/app.db.backup-"),
        "{told}"
    );
    assert_eq!(stage.database(DB).value("SELECT state FROM _syncScope"), "synced");
    let backup = fs::read_dir(stage.path("app")).unwrap().flatten().find(is_backup).unwrap().path();
    let backup = backup.strip_prefix(stage.path("")).unwrap().to_str().unwrap().to_owned();
    assert_eq!(stage.database(&backup).value("SELECT state FROM _syncScope"), "syncing", "as it was");
    stage.run("doctor app").code(0);
    stage.run("run app").code(0);
}

#[test]
fn a_damaged_file_says_what_would_be_lost_and_comes_anew_once_deleted() {
    let (stage, _source) = synced();
    wound(
        &stage,
        "INSERT INTO _commandQueue (id, queue, type, payload, state, entity, createdAt, timestamp, ordinal)
         VALUES ('c', 'DATA_PROVIDER_REST', 'create', '{}', 'waiting', 'first', 1, 1, 1);
         UPDATE _syncSequence SET last = 1 WHERE name = 'command'",
    );
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'first'";
    let root = usize::try_from(stage.database(DB).value(root).as_u64().unwrap()).unwrap();
    let mut bytes = fs::read(stage.path(DB)).unwrap();
    let size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    bytes[(root - 1) * size..root * size].fill(0xA5);
    stage.write(DB, &bytes);
    let told = stage.run("doctor app").code(1);
    assert!(told.out.contains("writes that have not been sent: 1"), "{told}");
    let waits = stage.run("status app --format json").code(0).json();
    assert_eq!(waits["commands"][0]["id"], "c", "{waits}");
    for name in ["app.db", "app.db-wal", "app.db-shm"] {
        let _ = fs::remove_file(stage.path("app").join(name));
    }
    stage.run("run app").code(0);
    stage.run("doctor app").code(0);
}

#[test]
fn files_that_cannot_be_read_are_told_in_words() {
    let (stage, _source) = synced();
    let whole = fs::read(stage.path(DB)).unwrap();
    let cases: &[(&str, Vec<u8>, i32, &str)] = &[
        ("text.db", b"not a database at all, but a long text ".repeat(100), 3, "is not a SQLite database"),
        ("half.db", whole[..whole.len() / 2].to_vec(), 1, "it is damaged"),
        ("stub.db", whole[..300].to_vec(), 1, "it is damaged"),
        ("torn.db", [&whole[..4096], &[0xA5; 8192][..], &whole[12288..]].concat(), 1, "damaged"),
    ];
    for (name, bytes, code, words) in cases {
        stage.write(name, bytes);
        let told = stage.run(&format!("doctor app --db {name}")).code(*code);
        assert!(told.all().contains(words), "{name}: {told}");
        assert_eq!(fs::read(stage.path(name)).unwrap(), *bytes, "{name}");
    }
    let told = stage.run("doctor app --db half.db --repair").code(1);
    let advice = ["delete the file", "fetches all tables anew", "have not been sent"];
    assert!(advice.iter().all(|words| told.out.contains(words)), "{told}");
    assert!(
        told.out.contains("cannot be repaired") && told.out.contains("is kept in `half.db.backup-"),
        "{told}"
    );
}
