//! Runs that are stopped, and runs whose database fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::mpsc::{channel, sync_channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::stage::{App, Stage, page, two_rows};
use super::targets::event;
use crate::run::provider::{FetchError, Fetched, Stop};
use crate::run::{Outcome, RunError};
use crate::store::sync::IfRunning;
use crate::store::{OpenOptions, StartScope, Store, StoreError};

const LIST: &str = "onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [a, b] } }
      - { type: action.sync-entities, instanceId: a, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get }] } }
      - { type: action.sync-entities, instanceId: b, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: b, function: get }] } }
onTableChanged:
  - { table: a, action: { type: action.go-back } }
";

fn app() -> App {
    App::new(&[
        ("index.jigx", &format!("title: T\n{LIST}")),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
    ])
}

#[test]
fn a_stop_in_the_middle_of_a_fetch_interrupts_the_scope_and_skips_the_rest() {
    let app = app();
    let mut stage = Stage::new(&app);
    let stop = stage.stop.clone();
    stage = stage.rest(move |request, sink| {
        page(sink, &["1"])?;
        stop.ask();
        request.stop.check()?;
        Ok(Fetched::default())
    });
    let summary = stage.on("onLoad");
    let lines = stage.lines_of(&["finished", "skipped", "run"]);
    let expected = [
        "finished start-sync-scope load ok",
        "finished sync-entities a interrupted interrupted: the run was stopped",
        "skipped sync-entities b by interrupted",
        "finished action-list interrupted",
        "run interrupted",
    ];
    assert_eq!(lines, expected);
    assert_eq!(summary.outcome, Outcome::Interrupted);
    assert_eq!((summary.counts.interrupted, summary.counts.skipped), (2, 1));
    let row = stage.store.scope("load").unwrap().unwrap();
    assert_eq!((row.state.word(), row.interrupted, row.not_started), ("interrupted", 1, 1));
    assert_eq!(stage.count("a"), 0, "a replace that was not finished leaves nothing");
    assert_eq!(stage.store.statuses().unwrap()[0].state.word(), "interrupted");
}

/// `dev` fences a run; what the run had begun must not stand in the way of the next one.
#[test]
fn a_provider_that_breaks_off_leaves_a_scope_that_can_run_again() {
    let app = app();
    let luck = Mutex::new(false);
    let stage = Stage::new(&app).rest(move |request, sink| {
        let had_luck = std::mem::replace(&mut *luck.lock().unwrap(), true);
        assert!(had_luck, "our own mistake");
        two_rows(request, sink)
    });
    let broke = catch_unwind(AssertUnwindSafe(|| stage.on("onLoad")));
    assert!(broke.is_err(), "nobody hides it");
    assert_eq!(stage.count("a"), 0, "nothing of the replace that broke off");
    let summary = stage.on("onLoad");
    assert_eq!(summary.outcome, Outcome::Ok, "{:?}", stage.lines());
    assert_eq!(stage.store.scope("load").unwrap().unwrap().state.word(), "synced");
    assert_eq!((stage.count("a"), stage.count("b")), (2, 2));
}

#[test]
fn a_table_that_had_arrived_before_the_stop_stays() {
    let app = app();
    let mut stage = Stage::new(&app);
    let stop = stage.stop.clone();
    stage = stage.rest(move |request, sink| {
        if request.entity == "b" {
            stop.ask();
            request.stop.check()?;
        }
        two_rows(request, sink)
    });
    stage.on("onLoad");
    assert_eq!((stage.count("a"), stage.count("b")), (2, 0));
    assert_eq!(stage.scope("load"), "interrupted 0/0/0/1");
    assert_eq!(
        stage.lines_of(&["skipped"]),
        ["skipped go-back by interrupted"],
        "handlers of changed tables too"
    );
}

#[test]
fn a_stop_before_the_run_skips_everything() {
    let app = app();
    let stage = Stage::new(&app).rest(two_rows);
    stage.stop.ask();
    assert_eq!(stage.on("onLoad").outcome, Outcome::Interrupted);
    assert_eq!(stage.lines(), ["skipped action-list by interrupted", "run interrupted"]);
}

#[test]
fn a_sync_that_takes_too_long_fails_with_a_timeout_and_the_others_go_on() {
    let app = app();
    let mut stage = Stage::new(&app).rest(|request, sink| {
        if request.entity == "a" {
            // The time is over when somebody looks.
            while request.stop.left().is_some_and(|left| !left.is_zero()) {
                std::thread::yield_now();
            }
            request.stop.check()?;
        }
        two_rows(request, sink)
    });
    stage.options.instance_timeout = Some(Duration::from_millis(5));
    let begun = Instant::now();
    stage.on("onLoad");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let finished = stage.lines_of(&["finished sync"]);
    assert_eq!(finished[0], "finished sync-entities a failed net.timeout: the time for this sync is over");
}

#[test]
fn a_deadline_of_the_whole_run_counts_for_every_sync() {
    let app = app();
    let mut stage = Stage::new(&app).rest(two_rows);
    stage.stop = Stop::new(Some(Instant::now()));
    assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
    assert_eq!(stage.scope("load"), "failed 0/0/2/0");
}

#[test]
fn a_locked_database_ends_the_run_with_its_error() {
    let app = app();
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("app.db");
    let options = OpenOptions { busy_timeout: Duration::from_millis(20), ..OpenOptions::default() };
    let mut stage = Stage::new(&app);
    stage.store = Store::open(&path, &options).unwrap();
    let other = Store::open(&path, &options).unwrap();
    let (locks, locked) = channel();
    let (lock, ask) = sync_channel(0);
    let ask_once = Mutex::new(Some((lock, locked)));
    stage = stage.rest(move |request, sink| {
        if let Some((lock, locked)) = ask_once.lock().unwrap().take() {
            lock.send(()).unwrap();
            locked.recv().unwrap();
        }
        two_rows(request, sink)
    });
    let (end, ended) = channel();
    let error = std::thread::scope(|scope| {
        scope.spawn(move || {
            ask.recv().unwrap();
            let start = StartScope { id: "x", instance_ids: &[], if_running: IfRunning::Skip, now: 0 };
            // The guard is asked while the transaction is open, and waits in it.
            other.start_scope::<StoreError>(&start, &mut |_| {
                locks.send(()).unwrap();
                ended.recv().unwrap();
                Ok(false)
            })
        });
        let error = stage.trigger(&event("onLoad")).unwrap_err();
        end.send(()).unwrap();
        error
    });
    assert!(matches!(&error, RunError::Store(error) if error.code() == "database.locked"), "{error:?}");
    let lines = stage.lines_of(&["finished sync", "skipped", "run"]);
    assert!(lines[0].contains("database.locked"), "{lines:?}");
    assert_eq!(lines[1..], ["skipped sync-entities b by interrupted", "run failed"]);
}

#[test]
fn an_error_of_the_sink_ends_the_fetch_and_is_told_by_its_code() {
    let app = app();
    let stage = Stage::new(&app).rest(|_, sink| {
        let row = |id: &str| crate::run::Row { id: id.to_owned().into(), data: "no JSON".into() };
        sink.page(&crate::run::Page { rows: vec![row("1")], ..crate::run::Page::default() })?;
        Err(FetchError::lasting("unreachable", "the sink should have refused"))
    });
    stage.on("onLoad");
    let finished = stage.lines_of(&["finished sync"]);
    assert!(
        finished[0].contains("failed apply.constraint") || finished[0].contains("failed unreachable"),
        "{finished:?}"
    );
}
