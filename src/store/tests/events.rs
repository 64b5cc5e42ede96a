//! The event table against the database: rows, details, history and notifications.

use super::*;

#[test]
fn a_whole_run_from_start_to_synced() {
    let bench = Bench::new();
    let store = &bench.store;
    let started = start(store, "load", &["a", "b", "a"], 100);
    let Start::Begun { epoch, row } = &started.outcome else { panic!("{:?}", started.outcome) };
    assert_eq!((*epoch, row.state, counts(row), row.total), (1, ScopeState::Syncing, (2, 0, 0, 0, 0), 2));
    assert_eq!(started.changes.scopes, [(**row).clone()]);
    assert!(started.changes.tables.contains("_syncScope"));

    let a = begin(store, "a", &["t1", "t2"], 110);
    assert_eq!((a.status_id(0), a.status_id(1), a.tokens().len()), (Some("1"), Some("2"), 1));
    let finished = fill(store, &a, 0, Mode::Replace, &[("1", "{}")], 120);
    assert_eq!(finished.changes.statuses[0].state, ScopeState::Synced);
    assert!(finished.changes.tables.contains("t1"));
    store.finish_operation(&a, 1, &Outcome::Ok, 121).unwrap();
    let changes = store.finish_instance(&a, &Outcome::Ok, 122).unwrap();
    assert_eq!((changes.scopes[0].state, counts(&changes.scopes[0])), (ScopeState::Syncing, (1, 0, 0, 1, 0)));

    let b = begin(store, "b", &["t3"], 130);
    let changes = store.finish_instance(&b, &Outcome::Ok, 140).unwrap();
    let row = &changes.scopes[0];
    assert_eq!(
        (row.state, counts(row), row.last_synced_at),
        (ScopeState::Synced, (0, 0, 0, 2, 0), Some(140))
    );
    assert_eq!(row.details["a"]["entities"][0]["rows"], 1);
    assert_eq!(row.details["a"]["entities"][0]["inserted"], 1);
    assert_eq!(row.details["b"]["endedAt"], 140);
    let history = store.history(Some("load")).unwrap();
    assert_eq!((history.len(), history[0].state.as_str(), history[0].ended_at), (1, "synced", Some(140)));
    assert_eq!(history[0].details, row.details);
}

#[test]
fn the_tables_have_the_documented_columns_first() {
    let bench = Bench::new();
    let columns = |table: &str| {
        let sql =
            format!("SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_info('{table}'))");
        text(&bench.sql(&sql)[0][0])
    };
    let scope =
        "id state notStarted syncing failed synced lastStartedAt lastFailedAt lastSyncedAt details timestamp";
    assert!(columns("_syncScope").starts_with(scope));
    assert!(columns("_syncStatus").starts_with("id provider entity functionId state timestamp error"));
}

#[test]
fn one_failed_operation_fails_the_instance_and_the_rest_stays() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let a = begin(store, "a", &["t1", "t2"], 110);
    fill(store, &a, 0, Mode::Replace, &[("1", "{}")], 115);
    store.finish_operation(&a, 1, &failed(), 120).unwrap();
    let changes = store.finish_instance(&a, &Outcome::Ok, 130).unwrap();
    let row = &changes.scopes[0];
    assert_eq!((row.state, row.last_failed_at, row.last_synced_at), (ScopeState::Failed, Some(130), None));
    assert_eq!(row.details["a"]["error"]["code"], "http.503");
    let statuses = store.statuses().unwrap();
    assert_eq!((statuses[0].state, statuses[1].state), (ScopeState::Synced, ScopeState::Failed));
    assert_eq!(statuses[1].error.as_deref(), Some("the server answered 503"));
    assert_eq!(rows_of(store, "t1").len(), 1);
}

#[test]
fn if_running_decides_what_a_second_start_does() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let members = ids(&["a"]);
    let try_start = |if_running| {
        let start = StartScope { id: "load", instance_ids: &members, if_running, now: 200 };
        store.start_scope(&start, &mut always).unwrap().outcome
    };
    assert_eq!(try_start(IfRunning::Skip), Start::SkippedBusy);
    assert_eq!(try_start(IfRunning::Error), Start::Busy);
    assert_eq!(store.scope("load").unwrap().unwrap().last_started_at, Some(100));
    assert!(matches!(try_start(IfRunning::Restart), Start::Begun { epoch: 2, .. }));
}

#[test]
fn a_restart_makes_older_work_stale_and_counts_its_end() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let old = begin(store, "a", &["t"], 110);
    let mut writer = store.rows_writer(&old, 0, Mode::Replace).unwrap();
    writer.page(&Page { rows: &[Row { id: "1", data: "{}" }], now: 111, ..Page::default() }).unwrap();
    assert!(store.is_current(&old).unwrap());
    let changes = start(store, "load", &["a"], 120).changes;
    assert_eq!(changes.statuses[0].state, ScopeState::Interrupted);
    assert!(!store.is_current(&old).unwrap());
    assert!(matches!(writer.page(&Page { now: 121, ..Page::default() }), Err(StoreError::Stale)));
    assert!(matches!(writer.finish(None, 122), Err(StoreError::Stale)));
    assert!(matches!(store.finish_operation(&old, 0, &Outcome::Ok, 122), Err(StoreError::Stale)));
    let before = store.scope("load").unwrap();
    assert!(store.finish_instance(&old, &Outcome::Ok, 123).unwrap().is_empty());
    assert_eq!(store.scope("load").unwrap(), before);
    let history = store.history(Some("load")).unwrap();
    assert_eq!((history[0].state.as_str(), history[0].stale_completions), ("restarted", 1));
    assert_eq!(rows_of(store, "t"), []);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"), json!([[0]]));
}

#[test]
fn an_instance_may_serve_several_scopes_or_none() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "one", &["a", "b"], 100);
    start(store, "two", &["a"], 101);
    let work = begin(store, "a", &["t"], 110);
    assert_eq!(work.tokens().len(), 2);
    store.delete_scope("two", 111).unwrap();
    assert!(store.is_current(&work).unwrap(), "the other scope still wants it");
    let changes = store.finish_instance(&work, &Outcome::Ok, 120).unwrap();
    assert_eq!(changes.scopes.len(), 1);
    assert_eq!(counts(&changes.scopes[0]), (1, 0, 0, 1, 0));
    assert_eq!(store.scope("two").unwrap(), None, "a late end does not bring the row back");
    assert_eq!(store.history(Some("two")).unwrap()[0].stale_completions, 1);

    let alone = begin(store, "c", &["t"], 130);
    assert!(alone.tokens().is_empty());
    let changes = store.finish_instance(&alone, &failed(), 140).unwrap();
    assert_eq!((changes.scopes.len(), changes.statuses[0].state), (0, ScopeState::Failed));
}

#[test]
fn a_run_that_began_before_the_start_does_not_satisfy_it() {
    let bench = Bench::new();
    let store = &bench.store;
    let early = begin(store, "a", &["t"], 90);
    start(store, "load", &["a"], 100);
    store.finish_instance(&early, &Outcome::Ok, 110).unwrap();
    assert_eq!(counts(&store.scope("load").unwrap().unwrap()), (1, 0, 0, 0, 0));
}

#[test]
fn stop_interrupts_everything_of_this_process() {
    let bench = Bench::new();
    let (store, other) = (&bench.store, bench.other());
    start(store, "load", &["a", "b"], 100);
    start(&other, "theirs", &["a"], 100);
    let work = begin(store, "a", &["t"], 110);
    let alone = begin(store, "z", &["u"], 111);
    let changes = store.interrupt_own(120).unwrap();
    assert_eq!(changes.scopes.len(), 1);
    let row = &changes.scopes[0];
    assert_eq!((row.state, counts(row)), (ScopeState::Interrupted, (1, 0, 0, 0, 1)));
    assert_eq!(row.details["reason"], "interrupted");
    assert_eq!(row.details["a"]["entities"][0]["state"], "interrupted");
    assert!(changes.statuses.iter().all(|status| status.state == ScopeState::Interrupted));
    assert_eq!(changes.statuses.len(), 2);
    assert!(!store.is_current(&work).unwrap() && !store.is_current(&alone).unwrap());
    assert_eq!(state_of(store, "theirs"), Some(ScopeState::Syncing));
    assert!(store.interrupt_own(130).unwrap().is_empty());
}

#[test]
fn a_stop_breaks_off_what_is_being_written() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   INSERT INTO [default/t] (id) SELECT i FROM n";
    std::thread::scope(|threads| {
        let writing = threads.spawn(|| {
            let statement = Statement { sql: endless, parameters: &Parameters::new() };
            store.execute_sql(&[statement], &ids(&["default/t"]))
        });
        let writer = &store.inner.writer.as_ref().unwrap().connection;
        while writer.try_lock().is_ok() && !writing.is_finished() {
            std::thread::yield_now();
        }
        let changes = store.interrupt_own(120).unwrap();
        assert_eq!(changes.scopes[0].state, ScopeState::Interrupted);
        assert!(matches!(writing.join().unwrap(), Err(StoreError::Stale)));
    });
    assert_eq!(rows_of(store, "default/t"), []);
}

#[test]
fn quiesce_names_the_members_that_never_began() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a", "b"], 100);
    start(store, "rest", &["c"], 100);
    let work = begin(store, "a", &["t"], 110);
    store.finish_instance(&work, &Outcome::Ok, 115).unwrap();
    let changes = store.quiesce_scopes(&ids(&["load"]), 120).unwrap();
    let row = &changes.scopes[0];
    assert_eq!((row.state, counts(row)), (ScopeState::Interrupted, (1, 0, 0, 1, 0)));
    assert_eq!(row.details["b"]["state"], "notStarted");
    assert_eq!(state_of(store, "rest"), Some(ScopeState::Syncing));
    store.quiesce(130).unwrap();
    assert_eq!(state_of(store, "rest"), Some(ScopeState::Interrupted));
}

#[test]
fn a_deleted_scope_keeps_epoch_and_history() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let work = begin(store, "a", &["t"], 110);
    let changes = store.delete_scope("load", 120).unwrap();
    assert_eq!(changes.deleted_scopes, ["load"]);
    assert!(!store.is_current(&work).unwrap());
    assert!(store.delete_scope("load", 121).unwrap().is_empty());
    assert!(store.delete_scope("unheard-of", 122).unwrap().is_empty());
    let again = start(store, "load", &["a"], 130);
    assert!(matches!(again.outcome, Start::Begun { epoch: 2, .. }));
    let states: Vec<_> = store.history(None).unwrap().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["deleted", "syncing"]);
}

#[test]
fn a_deleted_status_is_gone_alone_and_its_number_is_not_used_again() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let work = begin(store, "a", &["t"], 110);
    let before = store.scope("load").unwrap();
    let changes = store.delete_status(work.status_id(0).unwrap()).unwrap();
    assert_eq!((changes.deleted_statuses.as_slice(), changes.scopes.len()), (&["1".to_owned()][..], 0));
    assert_eq!(store.scope("load").unwrap(), before);
    assert!(store.delete_status("7").unwrap().is_empty());
    store.finish_instance(&work, &Outcome::Ok, 120).unwrap();
    assert_eq!((state_of(store, "load"), store.statuses().unwrap()), (Some(ScopeState::Synced), vec![]));
    assert_eq!(begin(store, "a", &["t"], 130).status_id(0), Some("2"));
}

#[test]
fn statuses_are_upserted_by_their_natural_key() {
    let bench = Bench::new();
    let store = &bench.store;
    let plain =
        Operation { provider: "DATA_PROVIDER_DYNAMIC", entity: "default/t", function: None, arguments: "" };
    let with = |arguments| Operation { arguments, ..plain };
    let run = |instance, operations: &[Operation<'_>], now| {
        let work =
            store.begin_instance(&BeginInstance { instance_id: instance, operations, now }).unwrap().work;
        store.finish_instance(&work, &Outcome::Ok, now + 1).unwrap();
        (0..operations.len()).map(|at| text(&json!(work.status_id(at)))).collect::<Vec<_>>()
    };
    assert_eq!(run(Some("a"), &[plain, with("x"), with("y")], 10), ["1", "2", "3"]);
    assert_eq!(run(Some("a"), &[with("y"), plain], 20), ["3", "1"]);
    assert_eq!(run(None, &[plain], 30), ["4"]);
    let rows = store.statuses().unwrap();
    assert_eq!((rows.len(), rows[0].timestamp, rows[1].timestamp), (4, 21, 11));
    assert_eq!((rows[0].instance_id.as_deref(), rows[3].instance_id.as_deref()), (Some("a"), None));
}

#[test]
fn alike_operations_share_a_status_that_fails_if_one_fails() {
    let bench = Bench::new();
    let work = begin(&bench.store, "a", &["t", "t"], 10);
    assert_eq!(work.status_id(0), work.status_id(1));
    bench.store.finish_operation(&work, 0, &failed(), 11).unwrap();
    assert_eq!(bench.store.statuses().unwrap()[0].state, ScopeState::Syncing);
    let changes = bench.store.finish_operation(&work, 1, &Outcome::Ok, 12).unwrap();
    assert_eq!(changes.statuses[0].state, ScopeState::Failed);
}

#[test]
fn a_guard_is_asked_inside_the_start() {
    let bench = Bench::new();
    let store = &bench.store;
    let members = ids(&["a"]);
    let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 5 };
    let mut not_syncing = |reader: &Reader<'_>| -> Result<bool, StoreError> {
        Ok(reader.scope_brief("load")?.is_none_or(|brief| brief.state != ScopeState::Syncing))
    };
    assert!(matches!(store.start_scope(&start, &mut not_syncing).unwrap().outcome, Start::Begun { .. }));
    assert_eq!(store.start_scope(&start, &mut not_syncing).unwrap().outcome, Start::SkippedByGuard);

    let mut query = Query::new("SELECT state FROM [_syncScope] WHERE id = @id", &Dialect::default());
    query.tables = ids(&["_syncScope", "not-yet-there"]);
    let parameters = json!({"id": "load"}).as_object().unwrap().clone();
    let mut by_query = |reader: &Reader<'_>| -> Result<bool, StoreError> {
        Ok(reader.query(&query, &parameters)?.rows[0]["state"] != "syncing")
    };
    assert_eq!(store.start_scope(&start, &mut by_query).unwrap().outcome, Start::SkippedByGuard);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'not-yet-there'"), json!([[0]]));
}

#[test]
fn a_failing_guard_changes_nothing_and_is_handed_back() {
    #[derive(Debug)]
    enum Mine {
        Guard,
        Store,
    }
    impl From<StoreError> for Mine {
        fn from(_: StoreError) -> Self {
            Self::Store
        }
    }
    let bench = Bench::new();
    let members = ids(&["a"]);
    let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 5 };
    let result = bench.store.start_scope(&start, &mut |_| Err(Mine::Guard));
    assert!(matches!(result, Err(Mine::Guard)), "not {:?}", Mine::Store);
    assert_eq!(bench.store.scopes().unwrap(), []);
}

#[test]
fn progress_counts_rows_pages_and_bytes_per_member() {
    let bench = Bench::new();
    let store = &bench.store;
    start(store, "load", &["a"], 100);
    let work = begin(store, "a", &["t", "u"], 110);
    let rows = [Row { id: "1", data: "{}" }, Row { id: "2", data: "{}" }];
    let mut first = store.rows_writer(&work, 0, Mode::Upsert).unwrap();
    let page = Page { rows: &rows, bytes: 40, cursor: Some("p2"), now: 115, ..Page::default() };
    let report = first.page(&page).unwrap();
    assert_eq!((report.rows, report.pages, report.bytes, report.changed.as_deref()), (2, 1, 40, Some("t")));
    let mut second = store.rows_writer(&work, 1, Mode::Upsert).unwrap();
    second.page(&page).unwrap();
    let progress = store.read(|reader| reader.progress("load")).unwrap();
    assert_eq!((progress[0].rows, progress[0].pages, progress[0].bytes), (4, 2, 80));
    assert_eq!(progress[0].cursor.as_deref(), Some("p2"));
    assert_eq!(store.scope("load").unwrap().unwrap().timestamp, 115);
}

/// Runs a scope of one member to its end.
fn one_run(store: &Store, id: &str, now: i64) {
    start(store, id, &["a"], now);
    let work = begin(store, "a", &[], now);
    store.finish_instance(&work, &Outcome::Ok, now).unwrap();
}

fn kept(store: &Store, id: &str) -> Vec<i64> {
    store.history(Some(id)).unwrap().iter().map(|run| run.epoch).collect()
}

#[test]
fn the_history_keeps_the_newest_runs() {
    let bench = Bench::new();
    let retention = Retention { runs: 3, ..Retention::default() };
    let store = Store::open(&bench.path(), &OpenOptions { retention, ..quick() }).unwrap();
    for now in 1..=10 {
        one_run(&store, "load", now);
        one_run(&store, "other", now);
    }
    assert_eq!((kept(&store, "load"), kept(&store, "other")), (vec![8, 9, 10], vec![8, 9, 10]));
    start(&store, "load", &["a"], 11);
    assert_eq!(kept(&store, "load"), [8, 9, 10, 11], "nothing has ended");
    store.delete_scope("load", 12).unwrap();
    assert_eq!(kept(&store, "load"), [9, 10, 11]);
    assert_eq!(store.history(Some("load")).unwrap()[2].state, "deleted");
    one_run(&store, "load", 13);
    assert_eq!(kept(&store, "load"), [10, 11, 12], "an epoch is not used twice");
}

#[test]
fn the_history_forgets_what_is_old_but_not_the_newest_run() {
    let bench = Bench::new();
    let retention = Retention { age: Some(std::time::Duration::from_millis(100)), ..Retention::default() };
    let store = Store::open(&bench.path(), &OpenOptions { retention, ..quick() }).unwrap();
    for now in [1, 50, 149, 150] {
        one_run(&store, "load", now);
    }
    assert_eq!(kept(&store, "load"), [2, 3, 4]);
    one_run(&store, "load", 5000);
    assert_eq!(kept(&store, "load"), [5]);
    one_run(&store, "new", 90_000);
    assert_eq!(kept(&store, "load"), [5], "it is the newest of its scope");
    // The clock goes back: nothing is older than now, and nothing is lost.
    one_run(&store, "load", 10);
    assert_eq!(kept(&store, "load"), [5, 6]);
}

#[test]
fn ids_that_never_come_again_do_not_fill_the_history() {
    let bench = Bench::new();
    let retention = Retention { most: 20, ..Retention::default() };
    let store = Store::open(&bench.path(), &OpenOptions { retention, ..quick() }).unwrap();
    for now in 1..=100 {
        let id = format!("visit-{now}");
        one_run(&store, &id, now);
        store.delete_scope(&id, now).unwrap();
    }
    let runs = store.history(None).unwrap();
    assert!((20..=21).contains(&runs.len()), "{}", runs.len());
    assert!(runs.iter().all(|run| run.started_at >= 79), "the oldest went first");
}

#[test]
fn the_newest_status_is_the_newest_one_after_the_clock_was_set_back() {
    let bench = Bench::new();
    let store = &bench.store;
    for (instance, outcome, now) in [("a", Outcome::Ok, 1_000_000), ("b", failed(), 1000)] {
        let work = begin(store, instance, &["t"], now);
        store.finish_operation(&work, 0, &outcome, now).unwrap();
        store.finish_instance(&work, &outcome, now).unwrap();
    }
    let newest = store.read(|reader| reader.newest_status(None, "t", None)).unwrap();
    assert_eq!(newest.map(|row| row.state), Some(ScopeState::Failed));
}
