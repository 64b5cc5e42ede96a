//! `onTableChanged`: which handlers run, and when that ends.

use super::stage::{App, Stage, two_rows};
use crate::run::Outcome;

const WRITE: &str = "{ type: action.execute-entity, options: { provider: DATA_PROVIDER_LOCAL, entity: TABLE, method: create, data: { x: 1 } } }";

fn write(table: &str) -> String {
    WRITE.replace("TABLE", table)
}

fn app(load: &str, handlers: &[(&str, &str)]) -> App {
    let handlers: String = handlers
        .iter()
        .map(|(table, action)| format!("  - table: {table}\n    action: {action}\n"))
        .collect();
    App::with_mistakes(&[
        ("index.jigx", &format!("title: T\nonLoad: {load}\nonTableChanged:\n{handlers}")),
        ("databases/default.jigx", "tables: { tasks: null }\n"),
        ("databases/crm.jigx", "tables: { people: null }\n"),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
    ])
}

fn toast(text: &str) -> String {
    format!("{{ type: action.show-alert, options: {{ title: {text}, presentAs: toast }} }}")
}

#[test]
fn handlers_run_after_the_event_for_tables_that_changed_with_and_without_their_database() {
    let cases = [
        ("default/tasks", "default/tasks", true),
        ("default/tasks", "tasks", true),
        ("crm/people", "people", true),
        ("other/tasks", "tasks", false),
        ("tasks", "tasks", true),
        ("tasks", "default/tasks", false),
        ("tasks2", "tasks", false),
    ];
    for (changed, watched, runs) in cases {
        let app = app(&write(changed), &[(watched, &toast("changed"))]);
        let stage = Stage::new(&app);
        stage.on("onLoad");
        assert_eq!(stage.lines_of(&["effect"]).len(), usize::from(runs), "{changed} watched as {watched}");
    }
}

#[test]
fn a_handler_runs_once_for_all_changes_of_an_event() {
    let load =
        format!("{{ type: action.action-list, options: {{ actions: [{}, {}] }} }}", write("a"), write("a"));
    let app = app(&load, &[("a", &toast("one")), ("b", &toast("two"))]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["effect"]).len(), 1);
}

#[test]
fn a_sync_that_changes_nothing_triggers_nothing() {
    let sync = "{ type: action.sync-entities, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get }] } }";
    let app = app(sync, &[("a", &toast("changed"))]);
    let stage = Stage::new(&app).rest(two_rows);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["effect"]).len(), 1);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["effect"]).len(), 0, "the same rows came again");
}

#[test]
fn handlers_may_change_tables_that_others_watch() {
    let app = app(&write("a"), &[("b", &toast("end")), ("a", &write("b"))]);
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert_eq!(stage.lines_of(&["effect"]).len(), 1);
}

#[test]
fn a_handler_that_feeds_itself_is_stopped_and_that_is_told() {
    let app = app(&write("a"), &[("a", &write("a"))]);
    let stage = Stage::new(&app);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Failed);
    assert_eq!(stage.count("a"), 9, "the event and eight rounds");
    let last = stage.lines_of(&["finished"]).pop().unwrap();
    let expected = "finished execute-entity failed limit.rounds: handlers of changed tables keep changing tables; after 8 rounds the one of `a` is not run again";
    assert_eq!(last, expected);
}

#[test]
fn our_own_tables_trigger_nothing() {
    let start = "{ type: action.start-sync-scope, instanceId: load, options: { instanceIds: [x] } }";
    let app = app(start, &[("_syncScope", &toast("changed"))]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["effect"]), [""; 0]);
}

#[test]
fn the_handlers_guard_counts() {
    let guarded = "{ type: action.show-alert, when: false, options: { title: x } }";
    let app = app(&write("a"), &[("a", guarded)]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["skipped"]), ["skipped show-alert by when: `when` is false"]);
}
