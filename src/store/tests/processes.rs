//! Several handles on one file, as several processes have them; dead and suspended owners.

use std::sync::Barrier;
use std::time::Duration;

use super::*;
use crate::promises::executed;

/// Ends a handle as `kill -9` does: its locks go, its rows stay.
fn kill(store: Store) {
    lock(&store.inner.owner).die();
    drop(store);
}

fn owner_files(bench: &Bench) -> usize {
    let names = std::fs::read_dir(bench.folder.path()).unwrap().flatten();
    names.filter(|entry| entry.file_name().to_string_lossy().contains("-owner-")).count()
}

#[test]
fn eight_handles_start_a_guarded_scope_exactly_once() {
    for round in 0..10 {
        let bench = Bench::new();
        let stores: Vec<_> = (0..8).map(|_| bench.other()).collect();
        let gate = Barrier::new(8);
        let members = ids(&["a"]);
        let one_start = |store: &Store| {
            let start =
                StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: round };
            gate.wait();
            let mut guard = |reader: &Reader<'_>| -> Result<bool, StoreError> {
                Ok(reader.scope_brief("load")?.is_none_or(|brief| brief.state != ScopeState::Syncing))
            };
            store.start_scope(&start, &mut guard).unwrap().outcome
        };
        let outcomes: Vec<_> = std::thread::scope(|threads| {
            let running: Vec<_> = stores.iter().map(|store| threads.spawn(|| one_start(store))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let begun = outcomes.iter().filter(|outcome| matches!(outcome, Start::Begun { .. })).count();
        let skipped = outcomes.iter().filter(|outcome| **outcome == Start::SkippedByGuard).count();
        assert_eq!((begun, skipped), (1, 7));
        assert_eq!(bench.store.history(None).unwrap().len(), 1);
    }
    executed("eight_handles_start_a_guarded_scope_exactly_once", "rounds of eight starts at once", 10);
}

#[test]
fn eight_handles_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    let gate = Barrier::new(8);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                gate.wait();
                let store = Store::open(&path, &quick()).unwrap();
                begin(&store, "a", &["t"], 1);
            });
        }
    });
    assert_eq!(Store::open(&path, &quick()).unwrap().statuses().unwrap().len(), 1);
}

#[test]
fn a_dead_owner_is_noticed_by_the_next() {
    let bench = Bench::new();
    let dead = bench.other();
    start(&dead, "load", &["a", "b"], 100);
    let work = begin(&dead, "a", &["t"], 110);
    let alone = begin(&dead, "z", &["u"], 111);
    let mut writer = dead.rows_writer(&work, 0, Mode::Replace).unwrap();
    writer.page(&Page { rows: &[Row { id: "1", data: "{}" }], now: 112, ..Page::default() }).unwrap();
    assert!(bench.store.recover(115).unwrap().is_empty(), "it lives");
    drop(writer);
    kill(dead);
    let changes = bench.store.recover(120).unwrap();
    let row = &changes.scopes[0];
    assert_eq!((row.state, counts(row)), (ScopeState::Interrupted, (1, 0, 0, 0, 1)));
    assert_eq!(row.details["reason"], "owner.lost");
    assert_eq!(row.details["a"]["entities"][0]["error"]["code"], "owner.lost");
    let codes: Vec<_> = changes.statuses.iter().map(|status| status.code.as_deref()).collect();
    assert_eq!(codes, [Some("owner.lost"); 2]);
    assert_eq!(rows_of(&bench.store, "t"), []);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"), json!([[0]]));
    assert_eq!(bench.sql("SELECT count(*) FROM _syncOwner"), json!([[0]]));
    assert_eq!(owner_files(&bench), 0);
    assert!(bench.store.recover(130).unwrap().is_empty());
    assert_eq!(bench.store.history(None).unwrap()[0].reason.as_deref(), Some("owner.lost"));
    assert!(!bench.store.is_current(&work).unwrap() && !bench.store.is_current(&alone).unwrap());
}

#[test]
fn a_start_mends_before_it_asks_its_guard() {
    let bench = Bench::new();
    let dead = bench.other();
    start(&dead, "load", &["a"], 100);
    kill(dead);
    let members = ids(&["a"]);
    let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Skip, now: 200 };
    let mut seen = None;
    let started = bench
        .store
        .start_scope(&start, &mut |reader| -> Result<bool, StoreError> {
            seen = reader.scope_brief("load")?.map(|brief| brief.state);
            Ok(true)
        })
        .unwrap();
    assert_eq!(seen, Some(ScopeState::Interrupted));
    assert!(matches!(started.outcome, Start::Begun { epoch: 2, .. }));
}

#[test]
fn a_suspended_owner_loses_its_runs_and_comes_back_as_another() {
    let bench = Bench::new();
    start(&bench.store, "load", &["a"], 100);
    let work = begin(&bench.store, "a", &["t"], 110);
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Upsert).unwrap();
    // As if its threads had not run for an hour.
    let conn = rusqlite::Connection::open(bench.path()).unwrap();
    let age = "UPDATE _syncOwner SET leaseAt = leaseAt - 3600000, leaseUptime = leaseUptime - 3600000";
    conn.execute_batch(age).unwrap();
    let other = bench.other();
    let changes = other.recover(120).unwrap();
    assert_eq!(changes.scopes[0].details["reason"], "owner.stalled");
    assert_eq!(state_of(&other, "load"), Some(ScopeState::Interrupted));
    let page = Page { rows: &[Row { id: "1", data: "{}" }], now: 130, ..Page::default() };
    assert!(matches!(writer.page(&page), Err(StoreError::Stale)), "a zombie writes nothing");
    assert!(bench.store.finish_instance(&work, &Outcome::Ok, 131).unwrap().is_empty());
    assert_eq!(bench.store.history(None).unwrap()[0].stale_completions, 1);
    start(&bench.store, "load", &["a"], 140);
    assert!(bench.other().recover(141).unwrap().is_empty(), "it holds a new lease");
    let again = begin(&bench.store, "a", &["t"], 150);
    assert_eq!((again.tokens()[0].epoch, again.tokens()[0].attempt), (2, 1));
    assert_eq!(owner_files(&bench), 1);
}

#[test]
fn one_clock_that_jumps_expires_no_lease() {
    for age in [
        "UPDATE _syncOwner SET leaseAt = leaseAt - 86400000",
        "UPDATE _syncOwner SET leaseAt = leaseAt + 86400000",
        "UPDATE _syncOwner SET leaseUptime = leaseUptime - 86400000",
    ] {
        let bench = Bench::new();
        start(&bench.store, "load", &["a"], 100);
        rusqlite::Connection::open(bench.path()).unwrap().execute_batch(age).unwrap();
        let told: Option<i64> = rusqlite::Connection::open(bench.path())
            .unwrap()
            .query_row("SELECT leaseUptime FROM _syncOwner", [], |r| r.get(0))
            .unwrap();
        if told.is_some() {
            assert!(bench.other().recover(120).unwrap().is_empty(), "{age}");
        }
    }
}

#[test]
fn leases_are_renewed_by_their_thread() {
    let bench = Bench::new();
    let options = OpenOptions { lease: Duration::from_millis(50), ..quick() };
    let store = Store::open(&bench.path(), &options).unwrap();
    start(&store, "load", &["a"], 100);
    rusqlite::Connection::open(bench.path())
        .unwrap()
        .execute_batch("UPDATE _syncOwner SET leaseAt = 0")
        .unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while bench.sql("SELECT leaseAt FROM _syncOwner") == json!([[0]]) {
        assert!(std::time::Instant::now() < deadline, "the lease was never renewed");
        std::thread::yield_now();
    }
}

#[test]
fn an_owner_that_leaves_in_order_leaves_nothing() {
    let bench = Bench::new();
    let store = bench.other();
    start(&store, "load", &["a"], 100);
    assert_eq!(owner_files(&bench), 1);
    let work = begin(&store, "a", &["t"], 110);
    store.finish_instance(&work, &Outcome::Ok, 120).unwrap();
    drop(store);
    assert_eq!((owner_files(&bench), bench.sql("SELECT count(*) FROM _syncOwner")), (0, json!([[0]])));

    let hasty = bench.other();
    start(&hasty, "load", &["a"], 200);
    drop(hasty);
    assert_eq!(owner_files(&bench), 1, "its run is for others to mend");
    assert_eq!(bench.store.recover(210).unwrap().scopes[0].details["reason"], "owner.lost");
    assert_eq!(owner_files(&bench), 0);
}

#[test]
fn files_without_a_row_are_swept_and_locked_ones_are_not() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("app.db-owner-orphan"), "").unwrap();
    let held = std::fs::File::create(bench.folder.path().join("app.db-owner-held")).unwrap();
    held.try_lock().unwrap();
    start(&bench.store, "load", &["a"], 100);
    assert!(!bench.folder.path().join("app.db-owner-orphan").exists());
    assert!(bench.folder.path().join("app.db-owner-held").exists());
}

#[test]
fn a_run_is_taken_over_by_a_restart_of_another_process() {
    let bench = Bench::new();
    let other = bench.other();
    start(&bench.store, "load", &["a"], 100);
    let old = begin(&bench.store, "a", &["t"], 110);
    start(&other, "load", &["a"], 120);
    assert!(!bench.store.is_current(&old).unwrap());
    assert!(begin(&bench.store, "a", &["t"], 130).tokens().is_empty(), "the run is not its own");
    let new = begin(&other, "a", &["t"], 140);
    fill(&other, &new, 0, Mode::Replace, &[("1", "{}")], 150);
    other.finish_instance(&new, &Outcome::Ok, 160).unwrap();
    assert_eq!(state_of(&bench.store, "load"), Some(ScopeState::Synced));
    bench.store.interrupt_own(170).unwrap();
    assert_eq!(state_of(&bench.store, "load"), Some(ScopeState::Synced));
}

fn begin_member(store: &Store, instance: &str, run: (&str, i64), now: i64) -> Option<Work> {
    let operations = [rest("t")];
    let begin = BeginInstance { instance_id: Some(instance), operations: &operations, now };
    store.begin_member(&begin, &[(run.0.to_owned(), run.1)]).unwrap().map(|begun| begun.work)
}

#[test]
fn a_run_that_was_taken_over_begins_no_further_member() {
    let bench = Bench::new();
    let other = bench.other();
    start(&bench.store, "load", &["a", "b"], 100);
    let first = begin_member(&bench.store, "a", ("load", 1), 110);
    assert_eq!(first.map(|work| work.tokens().len()), Some(1));
    start(&other, "load", &["a", "b"], 120);
    assert_eq!(begin_member(&bench.store, "b", ("load", 1), 130), None);
    assert!(begin_member(&other, "b", ("load", 2), 140).is_some());
    start(&bench.store, "load", &["a", "b"], 150);
    assert!(begin_member(&bench.store, "b", ("load", 3), 160).is_some(), "it took the scope back");
}

#[test]
fn a_run_that_was_taken_over_and_pruned_begins_no_further_member() {
    let bench = Bench::new();
    let retention = Retention { runs: 1, ..Retention::default() };
    let other = Store::open(&bench.path(), &OpenOptions { retention, ..quick() }).unwrap();
    start(&bench.store, "load", &["a"], 100);
    start(&other, "load", &["a"], 120);
    other.interrupt_own(130).unwrap();
    assert_eq!(bench.store.history(Some("load")).unwrap().len(), 1, "the run is not in the history any more");
    assert_eq!(begin_member(&bench.store, "a", ("load", 1), 140), None);
}

#[test]
fn many_threads_write_at_once_and_the_counts_add_up() {
    let bench = Bench::new();
    let names: Vec<String> = (0..8).map(|n| format!("i{n}")).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).collect();
    start(&bench.store, "load", &members, 1);
    std::thread::scope(|threads| {
        for name in &members {
            let store = bench.store.clone();
            threads.spawn(move || {
                let work = begin(&store, name, &[name], 2);
                fill(&store, &work, 0, Mode::Replace, &[("1", "{}"), ("2", "{}")], 3);
                store.finish_instance(&work, &Outcome::Ok, 4).unwrap();
            });
        }
    });
    let row = bench.store.scope("load").unwrap().unwrap();
    assert_eq!((row.state, counts(&row)), (ScopeState::Synced, (0, 0, 0, 8, 0)));
}
