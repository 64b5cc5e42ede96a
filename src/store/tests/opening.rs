//! Opening what is there, what is not, and what is none of ours.

use std::fs;
use std::time::Duration;

use super::*;

fn impatient() -> OpenOptions {
    OpenOptions { busy_timeout: Duration::from_millis(20), ..quick() }
}

#[test]
fn the_linked_sqlite_is_new_enough() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

#[test]
fn folders_and_file_are_made_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/app.db");
    start(&Store::open(&path, &quick()).unwrap(), "load", &["a"], 10);
    let store = Store::open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(store.scopes().unwrap().len(), 1);
    assert_eq!(store.path(), path);
}

#[test]
fn a_store_in_memory_works_alike() {
    let store = Store::open_in_memory().unwrap();
    let other = Store::open_in_memory().unwrap();
    start(&store, "load", &["a"], 10);
    let work = begin(&store, "a", &["t"], 11);
    fill(&store, &work, 0, Mode::Replace, &[("1", "{}")], 12);
    store.finish_instance(&work, &Outcome::Ok, 13).unwrap();
    assert_eq!((state_of(&store, "load"), rows_of(&store, "t").len()), (Some(ScopeState::Synced), 1));
    assert_eq!(other.scopes().unwrap(), []);
}

#[test]
fn stores_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Store>();
    fn sent<T: Send>() {}
    sent::<Writer>();
}

#[test]
fn what_is_no_database_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    fs::write(&path, "this is a text file of some length, and no database at all\n".repeat(40)).unwrap();
    let error = Store::open(&path, &quick()).unwrap_err();
    assert!(matches!(error, StoreError::NotADatabase { .. }), "{error:?}");
    assert_eq!(
        (error.fault(), error.can_retry(), error.code()),
        (Fault::Environment, false, "database.foreign")
    );
    assert!(matches!(Store::open_read_only(&path, &quick()), Err(StoreError::NotADatabase { .. })));
    assert!(fs::read_to_string(&path).unwrap().starts_with("this is"), "it is left alone");
}

#[test]
fn a_damaged_database_is_named_as_such() {
    let bench = Bench::new();
    let rows: Vec<_> = (0..2000).map(|n| (format!("{n}"), "{}".repeat(40))).collect();
    let rows: Vec<_> = rows.iter().map(|(id, data)| (id.as_str(), data.as_str())).collect();
    let work = begin(&bench.store, "a", &["t"], 10);
    fill(&bench.store, &work, 0, Mode::Replace, &rows, 11);
    bench.store.finish_instance(&work, &Outcome::Ok, 12).unwrap();
    let path = bench.path();
    let Bench { folder, store } = bench;
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[8192..length].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let outcome = Store::open(&path, &quick()).and_then(|store| {
        store.scopes()?;
        store.query(&Query::new("SELECT count(*), max(data) FROM t", &Dialect::default()), &Parameters::new())
    });
    let error = outcome.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    assert_eq!((error.fault(), error.code()), (Fault::Environment, "database.corrupt"));
    drop(folder);
}

#[test]
fn databases_of_other_programs_are_left_alone() {
    let foreign = [
        "PRAGMA application_id = 77; CREATE TABLE x (id)",
        "PRAGMA user_version = 5; CREATE TABLE x (id)",
        "CREATE TABLE _syncScope (mine)",
        "CREATE TABLE people (id TEXT PRIMARY KEY, data TEXT, timestamp, file)",
    ];
    for sql in foreign {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let error = Store::open(&path, &quick()).unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{sql}: {error:?}");
        let conn = rusqlite::Connection::open(&path).unwrap();
        let tables: i64 = conn
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
    }
}

#[test]
fn a_database_without_our_mark_can_be_looked_at_and_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let sql = "CREATE TABLE [default/t] (id TEXT PRIMARY KEY, data TEXT); INSERT INTO [default/t] VALUES ('1', '{}')";
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let reader = Store::open_read_only(&path, &quick()).unwrap();
    assert_eq!(
        (reader.scopes().unwrap(), reader.statuses().unwrap(), reader.history(None).unwrap()),
        (vec![], vec![], vec![])
    );
    assert_eq!(rows_of(&reader, "default/t").len(), 1);
    let error = Store::open(&path, &quick()).unwrap_err();
    assert!(matches!(error, StoreError::Foreign { .. }), "{error:?}");
}

#[test]
fn a_newer_schema_is_refused() {
    let bench = Bench::new();
    rusqlite::Connection::open(bench.path()).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let error = Store::open(&bench.path(), &quick()).unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 99, .. }), "{error:?}");
    assert!(error.to_string().ends_with("use a newer syncscope"));
}

#[test]
fn a_missing_database_is_no_surprise_for_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    assert!(matches!(Store::open_read_only(&path, &quick()), Err(StoreError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn a_reader_cannot_write() {
    let bench = Bench::new();
    start(&bench.store, "load", &["a"], 10);
    let reader = Store::open_read_only(&bench.path(), &quick()).unwrap();
    assert_eq!(reader.scopes().unwrap().len(), 1);
    assert!(matches!(reader.delete_scope("load", 11), Err(StoreError::ReadOnly { .. })));
    assert!(reader.recover(12).unwrap().is_empty());
    let mut query = Query::new("SELECT id FROM later", &Dialect::default());
    query.tables = ids(&["later"]);
    assert_eq!(reader.query(&query, &Parameters::new()).unwrap().rows.len(), 0);
}

#[test]
fn places_that_cannot_be_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = Store::open(&file.join("app.db"), &quick()).unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    let error = Store::open(folder.path(), &quick()).unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    assert_eq!(error.fault(), Fault::Environment);
}

#[cfg(unix)]
#[test]
fn a_folder_or_file_that_may_only_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let path = bench.path();
    let Bench { folder, store } = bench;
    drop(store);
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        return; // The superuser may write everywhere.
    }
    let error = Store::open(&locked.join("app.db"), &quick()).unwrap_err();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error:?}");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    let inside = locked.join("a?b#c%20.db");
    start(&Store::open(&inside, &quick()).unwrap(), "load", &[], 10);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    let reader = Store::open_read_only(&inside, &quick()).unwrap();
    assert_eq!(state_of(&reader, "load"), Some(ScopeState::Synced));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let error = Store::open(&path, &quick()).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn a_lock_by_another_program_is_waited_for_and_then_named() {
    let bench = Bench::new();
    let store = Store::open(&bench.path(), &impatient()).unwrap();
    let conn = rusqlite::Connection::open(bench.path()).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.ensure_tables(&ids(&["t"])).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    assert_eq!(
        (error.can_retry(), error.fault(), error.code()),
        (true, Fault::Environment, "database.locked")
    );
    assert_eq!(store.scopes().unwrap(), [], "readers are not kept waiting");
    assert!(Store::open(&bench.path(), &impatient()).is_ok(), "nor is an opening");
    conn.execute_batch("ROLLBACK").unwrap();
    store.ensure_tables(&ids(&["t"])).unwrap();
}

#[test]
fn a_full_disk_changes_nothing() {
    let bench = Bench::new();
    let work = begin(&bench.store, "a", &["t"], 10);
    fill(&bench.store, &work, 0, Mode::Upsert, &[("1", "{}")], 11);
    let before = bench.store.statuses().unwrap();
    // SQLite's own page limit fails exactly as a full disk does.
    let writer = &bench.store.inner.writer.as_ref().unwrap().connection;
    let limit = lock(writer).conn.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).unwrap();
    lock(writer).conn.pragma_update(None, "max_page_count", limit).unwrap();
    let big = "x".repeat(100_000);
    let work = begin(&bench.store, "a", &["t"], 12);
    let mut rows = bench.store.rows_writer(&work, 0, Mode::Upsert).unwrap();
    let error =
        rows.page(&Page { rows: &[Row { id: "2", data: &big }], now: 13, ..Page::default() }).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!((error.can_retry(), error.code()), (true, "database.full"));
    assert_eq!((rows_of(&bench.store, "t").len(), before.len()), (1, bench.store.statuses().unwrap().len()));
}

#[test]
fn a_panic_inside_a_guard_leaves_the_store_usable() {
    let bench = Bench::new();
    let members = ids(&["a"]);
    let try_start = |guard: &mut dyn FnMut(&Reader<'_>) -> Result<bool, StoreError>| {
        let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 1 };
        bench.store.start_scope(&start, guard)
    };
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        try_start(&mut |_| std::panic::resume_unwind(Box::new("guard")))
    }));
    assert!(panicked.is_err());
    assert!(matches!(try_start(&mut always).unwrap().outcome, Start::Begun { epoch: 1, .. }));
}
