//! Scopes: starts, their guards inside the transaction, members, ends.

use std::sync::Mutex;

use super::stage::{App, Seen, Stage, lines, page, two_rows};
use crate::run::provider::{FetchError, Fetched};
use crate::run::{Engine, Event, Observer, Outcome, Record, Trigger};
use crate::store::sync::IfRunning;
use crate::store::{StartScope, Store, StoreError};

const FUNCTIONS: [(&str, &str); 2] = [
    ("functions/get-a.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com/a\n"),
    ("functions/get-b.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com/b\n"),
];

fn app(index: &str) -> App {
    let index = format!("title: T\n{index}");
    App::new(&[("index.jigx", &index), FUNCTIONS[0], FUNCTIONS[1]])
}

/// A start and two members in a sequential list.
fn list(guard: &str, start: &str) -> String {
    format!(
        "onLoad:
  type: action.action-list
{guard}
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: load
{start}
        options: {{ instanceIds: [a, b] }}
      - type: action.sync-entities
        instanceId: a
        options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: a, function: get-a }}] }}
      - type: action.sync-entities
        instanceId: b
        options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: b, function: get-b }}] }}
"
    )
}

const NOT_SYNCING: &str = "  condition: { scope: { id: load, isNot: syncing } }";

/// Somebody else starts the scope.
pub(super) fn start_elsewhere(store: &Store) {
    let members = ["a".to_owned(), "b".to_owned()];
    let start =
        StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 1_000_001 };
    store.start_scope::<StoreError>(&start, &mut |_| Ok(true)).unwrap();
}

#[test]
fn a_scope_follows_its_members_from_start_to_end() {
    let app = app(&list("", ""));
    let stage = Stage::new(&app).rest(two_rows);
    let summary = stage.on("onLoad");
    let expected = [
        "started action-list",
        "started start-sync-scope load",
        "scope load syncing 2/0/0/0",
        "finished start-sync-scope load ok",
        "started sync-entities a",
        "scope load syncing 1/1/0/0",
        "status a syncing",
        "progress a 2",
        "scope load syncing 1/1/0/0",
        "status a synced",
        "scope load syncing 1/0/0/1",
        "finished sync-entities a ok",
        "started sync-entities b",
        "scope load syncing 0/1/0/1",
        "status b syncing",
        "progress b 2",
        "scope load syncing 0/1/0/1",
        "status b synced",
        "scope load synced 0/0/0/2",
        "finished sync-entities b ok",
        "finished action-list ok",
        "run ok",
    ];
    assert_eq!(stage.lines(), expected);
    assert_eq!((summary.outcome, summary.counts.ok), (Outcome::Ok, 4));
}

#[test]
fn a_failed_member_fails_the_scope_and_the_list_goes_on() {
    let app = app(&list("", ""));
    let stage = Stage::new(&app).rest(|request, sink| match request.entity {
        "a" => Err(FetchError::lasting("http.500", "the server has a problem")),
        _ => two_rows(request, sink),
    });
    let summary = stage.on("onLoad");
    let lines = stage.lines_of(&["finished", "run"]);
    assert_eq!(lines[1], "finished sync-entities a failed http.500: the server has a problem");
    assert_eq!(lines[2..], ["finished sync-entities b ok", "finished action-list failed", "run failed"]);
    assert_eq!(stage.scope("load"), "failed 0/0/1/1");
    assert_eq!((summary.counts.ok, summary.counts.failed), (2, 2));
}

#[test]
fn a_member_that_never_begins_leaves_the_scope_interrupted_at_the_end_of_the_run() {
    let app =
        app("onLoad: { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [a] } }
onFocus:
  type: action.sync-entities
  instanceId: a
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get-a }] }
");
    let stage = Stage::new(&app).rest(two_rows);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert_eq!(stage.lines_of(&["scope"]), ["scope load syncing 1/0/0/0", "scope load interrupted 1/0/0/0"]);
    stage.on("onFocus");
    assert_eq!(stage.scope("load"), "interrupted 1/0/0/0", "a later sync is not part of that run");
}

#[test]
fn a_guard_is_asked_again_inside_the_start_and_the_rest_of_its_list_is_skipped() {
    let app = app(&list(NOT_SYNCING, ""));
    let stage = Stage::new(&app).rest(two_rows);
    let observer = StartsBetween { seen: Seen::default(), store: Mutex::new(Some(stage.store.clone())) };
    let engine = Engine { observer: &observer, ..stage.engine() };
    let summary = engine.trigger(&Trigger::Event { name: "onLoad".to_owned(), jig: None }).unwrap();
    let lines: Vec<String> =
        lines(&observer.seen.take()).into_iter().filter(|line| line.starts_with("skipped")).collect();
    let detail = "`condition` does not hold: scope load state = \"syncing\"";
    let skipped: Vec<String> = ["start-sync-scope load", "sync-entities a", "sync-entities b"]
        .map(|name| format!("skipped {name} by condition: {detail}"))
        .into();
    assert_eq!(lines, skipped);
    assert_eq!((summary.counts.skipped, summary.counts.ok), (3, 1));
    assert_eq!(stage.count("a"), 0, "nothing was fetched");
}

#[test]
fn a_guard_of_the_start_alone_skips_the_start_alone() {
    let app = app(&list("", "        condition: { scope: { id: load, isNot: syncing } }"));
    let stage = Stage::new(&app).rest(two_rows);
    start_elsewhere(&stage.store);
    stage.on("onLoad");
    let lines = stage.lines_of(&["skipped", "finished sync"]);
    assert!(lines[0].starts_with("skipped start-sync-scope load by condition"), "{lines:?}");
    assert_eq!(lines[1..], ["finished sync-entities a ok", "finished sync-entities b ok"]);
}

#[test]
fn a_list_that_has_begun_is_not_turned_back_by_its_own_starts() {
    let app = app("onLoad:
  type: action.action-list
  condition: { scope: { id: first, isNot: syncing } }
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: first, options: { instanceIds: [a] } }
      - { type: action.start-sync-scope, instanceId: second, options: { instanceIds: [a] } }
      - type: action.sync-entities
        instanceId: a
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get-a }] }
");
    let stage = Stage::new(&app).rest(two_rows);
    stage.on("onLoad");
    assert_eq!(stage.lines_of(&["skipped"]), [""; 0]);
    assert_eq!(
        (stage.scope("first"), stage.scope("second")),
        ("synced 0/0/0/1".into(), "synced 0/0/0/1".into())
    );
}

#[test]
fn what_a_start_does_to_a_running_scope_is_the_authors_choice() {
    let with = |choice: &str| {
        let text = format!(
            "onLoad: {{ type: action.start-sync-scope, instanceId: load, options: {{ instanceIds: [a], {choice} }} }}
onFocus:
  type: action.sync-entities
  instanceId: a
  options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: a, function: get-a }}] }}
"
        );
        let app = app(&text);
        let stage = Stage::new(&app);
        start_elsewhere(&stage.store);
        stage.on("onLoad");
        stage.lines_of(&["started", "skipped", "finished"])
    };
    let ok = ["started start-sync-scope load", "finished start-sync-scope load ok"];
    assert_eq!(with("title: x"), ok);
    assert_eq!(with("ifRunning: restart"), ok);
    assert_eq!(
        with("ifRunning: skip"),
        ["skipped start-sync-scope load by condition: the scope `load` is syncing already"]
    );
    let failed = "finished start-sync-scope load failed scope.busy: the scope `load` is syncing already";
    assert_eq!(with("ifRunning: error"), [ok[0], failed]);
}

#[test]
fn a_scope_started_anew_while_a_member_is_in_flight_ends_that_work_quietly() {
    let app = app(&format!(
        "{}onRefresh: {{ type: action.start-sync-scope, instanceId: load, options: {{ instanceIds: [a, b] }} }}\n",
        list("", "")
    ));
    let mut stage = Stage::new(&app);
    let store = stage.store.clone();
    stage = stage.rest(move |request, sink| {
        page(sink, &["1"])?;
        if request.entity == "a" {
            start_elsewhere(&store);
        }
        page(sink, &["2"])?;
        Ok(Fetched::default())
    });
    let summary = stage.on("onLoad");
    let finished = stage.lines_of(&["finished sync"]);
    let stale = "the work is no longer current; its data was not applied";
    let interrupted = format!("finished sync-entities a interrupted stale: {stale}");
    assert_eq!(finished, [interrupted.as_str(), "finished sync-entities b ok"]);
    assert_eq!((summary.outcome, summary.counts.interrupted), (Outcome::Ok, 1));
    assert_eq!(stage.count("a"), 0, "the rows of the old run are not applied");
    // The new run counts only what began in it.
    assert_eq!(stage.scope("load"), "interrupted 1/0/0/1");
    assert_eq!(stage.store.history(Some("load")).unwrap()[0].stale_completions, 1);
}

#[test]
fn an_instance_in_two_scopes_counts_in_both() {
    let app = app("onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: one, options: { instanceIds: [a] } }
      - { type: action.start-sync-scope, instanceId: two, options: { instanceIds: [a, b] } }
      - type: action.sync-entities
        instanceId: a
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get-a }] }
      - type: action.sync-entities
        instanceId: b
        when: false
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: b, function: get-b }] }
");
    let stage = Stage::new(&app).rest(two_rows);
    stage.on("onLoad");
    assert_eq!(
        (stage.scope("one"), stage.scope("two")),
        ("synced 0/0/0/1".into(), "interrupted 1/0/0/1".into())
    );
}

#[test]
fn ids_may_be_expressions() {
    let app = App::new(&[
        (
            "index.jigx",
            "title: T
onLoad: { type: action.execute-action, options: { action: load, parameters: { region: north } } }
",
        ),
        (
            "actions/load.jigx",
            "action:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: =\"load-\" & @ctx.action.parameters.region
        options: { instanceIds: '=[\"pull-\" & @ctx.action.parameters.region]' }
      - type: action.sync-entities
        instanceId: =\"pull-\" & @ctx.action.parameters.region
        options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get-a }] }
      - { type: action.start-sync-scope, instanceId: =@ctx.nothing, options: { instanceIds: [x] } }
",
        ),
        FUNCTIONS[0],
    ]);
    let stage = Stage::new(&app).rest(two_rows);
    stage.on("onLoad");
    assert_eq!(stage.scope("load-north"), "synced 0/0/0/1");
    let lines = stage.lines_of(&["started start", "finished start"]);
    assert_eq!(
        lines[..2],
        ["started start-sync-scope load-north", "finished start-sync-scope load-north ok"]
    );
    let last = lines.last().unwrap();
    assert!(last.ends_with("failed config.option: a scope needs an `instanceId`"), "{last}");
}

#[test]
fn deleting_a_scope_in_the_middle_ends_its_tracking_and_its_work() {
    let app = app(&list("", ""));
    let mut stage = Stage::new(&app);
    let store = stage.store.clone();
    stage = stage.rest(move |request, sink| {
        if request.entity == "a" {
            store.delete_scope("load", 1_000_001).unwrap();
        }
        two_rows(request, sink)
    });
    let summary = stage.on("onLoad");
    assert_eq!(stage.scope("load"), "none", "later ends do not bring the row back");
    let finished = stage.lines_of(&["finished sync"]);
    assert!(finished[0].starts_with("finished sync-entities a interrupted stale"), "{finished:?}");
    assert_eq!(finished[1], "finished sync-entities b ok");
    assert_eq!((summary.outcome, stage.count("a"), stage.count("b")), (Outcome::Ok, 0, 2));
}

#[test]
fn a_start_without_members_is_synced_at_once() {
    let app = App::with_mistakes(&[(
        "index.jigx",
        "title: T\nonLoad: { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [] } }\n",
    )]);
    let stage = Stage::new(&app);
    stage.on("onLoad");
    assert_eq!(stage.scope("load"), "synced 0/0/0/0");
}

#[test]
fn members_that_are_no_texts_are_refused() {
    let app = app(
        "onLoad: { type: action.start-sync-scope, instanceId: load, options: { instanceIds: '=[1, 2]' } }\n",
    );
    let stage = Stage::new(&app);
    stage.on("onLoad");
    let finished = stage.lines_of(&["finished"]);
    let expected = "failed config.option: option `instanceIds` must be a list of texts, found `1`";
    assert!(finished[0].ends_with(expected), "{finished:?}");
    assert_eq!(stage.scope("load"), "none");
}

/// Starts the scope by other hands between the guard of a list and the start in it.
struct StartsBetween {
    seen: Seen,
    store: Mutex<Option<Store>>,
}

impl Observer for StartsBetween {
    fn observe(&self, record: &Record) {
        self.seen.observe(record);
        let store = self.store.lock().unwrap().take();
        if let (Event::ActionStarted { .. }, Some(store)) = (&record.event, &store) {
            start_elsewhere(store);
        } else {
            *self.store.lock().unwrap() = store;
        }
    }
}
