//! Several processes at one database.

use super::small::{self, Guard, PAGES, ROWS, Source};
use super::stage::{Running, Stage, until};
use super::stub::Gate;

const PROCESSES: usize = 8;

fn all_at_once(guard: &Guard) {
    let stage = Stage::empty();
    let gate = Gate::closed();
    // Whoever starts the scope is kept at work until all others have made up their minds.
    let source = Source::start(&gate, &["/first?page=1"]);
    small::write(&stage, source.stub.url(), guard);
    let mut running: Vec<Running> = (0..PROCESSES).map(|_| stage.start("run app --format json")).collect();
    until(|| running.iter_mut().filter_map(|one| one.has_ended().then_some(())).count() >= PROCESSES - 1);
    gate.open();

    let finished: Vec<_> = running.into_iter().map(|one| one.finish().code(0)).collect();
    let mut performed = 0;
    for one in &finished {
        let events = one.events();
        let has = |name: &str| events.iter().any(|event| event["event"] == name);
        if has("entity.progress") {
            performed += 1;
        } else {
            let skips = events.iter().filter(|event| event["event"] == "action.skipped").count();
            assert!(skips >= 1, "does nothing and does not say why: {one}");
        }
        assert!(!one.all().contains("locked"), "{one}");
    }
    assert_eq!(performed, 1, "the scope is performed exactly once");
    assert_eq!(source.stub.requests().len() as u64, 2 * PAGES, "every page is asked for once");
    let db = stage.database("app/app.db");
    assert_eq!(db.value("SELECT state FROM _syncScope"), "synced");
    assert_eq!(db.value("SELECT max(lastEpoch) FROM _syncEpoch"), 1);
    assert_eq!((db.count("first"), db.count("second")), (PAGES * ROWS, PAGES * ROWS));
}

#[test]
fn eight_processes_start_a_scope_guarded_by_when_once() {
    all_at_once(&Guard::When);
}

#[test]
fn eight_processes_start_a_scope_guarded_by_a_condition_once() {
    all_at_once(&Guard::Condition);
}

#[test]
fn eight_processes_without_a_guard_all_end_and_none_complains_of_locks() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    gate.open();
    let source = Source::start(&gate, &[]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let running: Vec<Running> = (0..PROCESSES).map(|_| stage.start("run app --format json")).collect();
    for one in running {
        let one = one.finish();
        assert!(!one.all().contains("locked"), "{one}");
    }
    let db = stage.database("app/app.db");
    assert_eq!((db.count("first"), db.count("second")), (PAGES * ROWS, PAGES * ROWS));
    stage.run("run app").code(0);
    assert_eq!(stage.database("app/app.db").value("SELECT state FROM _syncScope"), "synced");
}

#[test]
fn others_can_read_while_a_run_goes_on() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/second?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::When);
    let mut running = stage.start("run app --format json");
    running.wait_for_event(|event| event["event"] == "entity.progress" && event["entity"] == "second");
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "syncing", "{status}");
    assert_eq!(
        (&status["scopes"][0]["synced"], &status["scopes"][0]["syncing"]),
        (&1.into(), &1.into()),
        "{status}"
    );
    assert_eq!(stage.database("app/app.db").value("SELECT state FROM _syncScope"), "syncing");
    let rows = stage.run("query app sync-scopes --format json").code(0).json();
    assert_eq!(rows[0]["state"], "syncing");
    gate.open();
    running.finish().code(0);
}

#[test]
fn whoever_loses_its_scope_to_another_process_says_so() {
    for format in ["", " --format json"] {
        let stage = Stage::empty();
        let gate = Gate::closed();
        let source = Source::start(&gate, &["/first?page=2"]);
        small::write(&stage, source.stub.url(), &Guard::Nothing);
        let asked = || source.stub.requests().iter().filter(|head| head.contains("/first?page=2")).count();
        let loser = stage.start(&format!("run app{format}"));
        until(|| asked() == 1);
        let winner = stage.start("run app --format json");
        until(|| asked() == 2);
        gate.open();
        let winner = winner.finish().code(0);
        assert!(winner.events().pop().unwrap().get("takenOver").is_none(), "{winner}");
        let loser = loser.finish().code(1);
        if format.is_empty() {
            let words = "another process took the scope `all` over before this run had ended";
            assert!(loser.out.contains(words), "{loser}");
        } else {
            let last = loser.events().pop().unwrap();
            assert_eq!(
                (&last["outcome"], &last["takenOver"]),
                (&"interrupted".into(), &serde_json::json!(["all"]))
            );
        }
        assert_eq!(stage.database("app/app.db").value("SELECT state FROM _syncScope"), "synced");
    }
}
