//! A process that dies in the middle of a run leaves nothing half done.

use serde_json::{Value, json};

use super::small::{self, Guard, PAGES, ROWS, Source};
use super::stage::{Running, Stage};
use super::stub::Gate;
use crate::promises::executed;

/// Where a run is killed: while it waits for this page.
const PLACES: [&[&str]; 6] = [
    &["/first?page=1"],
    &["/first?page=2"],
    &["/first?page=4"],
    &["/second?page=1"],
    &["/second?page=3"],
    &["/second?page=4"],
];

/// The versions of the rows of a table, each once.
fn versions(stage: &Stage, table: &str) -> Vec<Value> {
    let sql = format!("SELECT DISTINCT json_extract(data, '$.version') FROM [{table}]");
    stage.database("app/app.db").rows(&sql).into_iter().map(|mut row| row.remove(0)).collect()
}

fn waits_for(running: &mut Running, source: &Source, page: &str) {
    let asked = format!("GET {page} ");
    super::stage::until(|| {
        assert!(!running.has_ended(), "ended before it asked for {page}");
        source.stub.requests().iter().filter(|head| head.starts_with(&asked)).count() > 0
    });
}

#[test]
fn killed_in_any_page_every_table_is_old_or_new() {
    for held in PLACES {
        let stage = Stage::empty();
        let open = Gate::closed();
        open.open();
        let first = Source::start(&open, &[]);
        small::write(&stage, first.stub.url(), &Guard::When);
        stage.run("run app").code(0);
        assert_eq!(versions(&stage, "first"), [json!(1)]);

        let gate = Gate::closed();
        let second = Source::start(&gate, held);
        let new = second.change();
        small::settings(&stage, second.stub.url(), "");
        let mut running = stage.start("run app --format json");
        waits_for(&mut running, &second, held[0]);
        running.kill();

        let status = stage.run("status app --format json").code(0).json();
        assert_eq!(status["scopes"][0]["state"], "interrupted", "{held:?}: {status}");
        assert_eq!(status["scopes"][0]["syncing"], 0, "{status}");
        for table in ["first", "second"] {
            let versions = versions(&stage, table);
            assert_eq!(versions.len(), 1, "{held:?}: {table} is torn: {versions:?}");
            assert_eq!(stage.database("app/app.db").count(table), PAGES * ROWS);
        }
        let first_is_done = held[0].starts_with("/second");
        assert_eq!(versions(&stage, "first"), [json!(if first_is_done { new } else { 1 })], "{held:?}");
        assert_eq!(versions(&stage, "second"), [json!(1)], "{held:?}");

        gate.open();
        stage.run("run app").code(0);
        let status = stage.run("status app --format json").code(0).json();
        assert_eq!(status["scopes"][0]["state"], "synced", "{status}");
        for table in ["first", "second"] {
            assert_eq!(versions(&stage, table), [json!(new)], "{held:?}");
        }
    }
    let test = "killed_in_any_page_every_table_is_old_or_new";
    executed(test, "places where a run is killed", PLACES.len());
}

#[test]
fn killed_on_the_first_run_shows_interrupted_and_lets_the_next_run_through() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=3"]);
    small::write(&stage, source.stub.url(), &Guard::When);
    let mut running = stage.start("run app --format json");
    let progress = running.wait_for_event(|event| event["event"] == "entity.progress" && event["pages"] == 2);
    assert_eq!(progress["entity"], "first");
    running.kill();

    let shown = stage.run("status app").code(0);
    assert!(shown.out.contains("interrupted"), "{shown}");
    let status = stage.run("status app --format json").code(0).json();
    let scope = &status["scopes"][0];
    assert_eq!(scope["state"], "interrupted", "{status}");
    assert!(scope["details"].get("reason").is_some(), "{scope}");
    let tables = stage.database("app/app.db").rows("SELECT name FROM sqlite_schema WHERE name = 'first'");
    assert!(tables.is_empty(), "nothing of a table that is not complete");

    gate.open();
    stage.run("run app").code(0);
    assert_eq!(stage.database("app/app.db").value("SELECT state FROM _syncScope"), "synced");
    assert_eq!(stage.database("app/app.db").count("second"), PAGES * ROWS);
}

#[test]
fn killed_again_and_again_it_still_gets_there() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    gate.open();
    let source = Source::start(&gate, &[]);
    small::write(&stage, source.stub.url(), &Guard::Condition);
    stage.run("run app").code(0);
    let total = 2 * PAGES;
    for after in 0..total {
        source.change();
        let mut running = stage.start("run app --format json");
        let mut pages = 0;
        while pages < after {
            running.wait_for_event(|event| event["event"] == "entity.progress");
            pages += 1;
        }
        running.kill();
        for table in ["first", "second"] {
            assert_eq!(versions(&stage, table).len(), 1, "{table} is torn after {after} pages");
        }
    }
    let new = source.change();
    stage.run("run app").code(0);
    for table in ["first", "second"] {
        assert_eq!(versions(&stage, table), [json!(new)]);
    }
    let history = stage.run("status app --history --format json").code(0);
    history.json();
}
