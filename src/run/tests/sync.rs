//! `sync-entities`: entries, functions, cursors, failures.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::stage::{App, Stage, page, two_rows};
use crate::run::provider::{FetchError, Fetched};
use crate::run::{Network, Outcome};

/// An app that syncs these entries of a provider on load.
fn app(provider: &str, entities: &str) -> App {
    let index = format!(
        "title: T
state: {{ region: {{ initialValue: north }} }}
datasources:
  depots: {{ type: datasource.static, options: {{ data: [{{ id: 1 }}, {{ id: 2 }}] }} }}
onLoad:
  type: action.sync-entities
  instanceId: pull
  options:
    provider: DATA_PROVIDER_{provider}
    entities: {entities}
"
    );
    App::with_mistakes(&[
        ("index.jigx", &index),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
        (
            "functions/merge.jigx",
            "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\nforRowsWithMatchingIds: true\n",
        ),
        ("databases/default.jigx", "tables: { tasks: null }\n"),
    ])
}

/// What a back end was asked for: table, function, arguments, cursor.
fn asked(provider: &str, entities: &str) -> Vec<String> {
    let app = app(provider, entities);
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let notes = Arc::clone(&asked);
    let stage = Stage::new(&app).rest(move |request, sink| {
        let function = request.function.map_or("-", |function| &function.id);
        let parameters = Value::Object(request.parameters.clone());
        notes.lock().unwrap().push(format!("{} {function} {parameters}", request.entity));
        page(sink, &["1"])?;
        Ok(Fetched::default())
    });
    let summary = stage.on("onLoad");
    assert_eq!(summary.outcome, Outcome::Ok, "{:?}", stage.lines());
    asked.lock().unwrap().clone()
}

#[test]
fn entries_are_fetched_in_order_with_their_arguments_evaluated() {
    let entities = "
      - { entity: a, function: get, parameters: { region: =@ctx.solution.state.region, none: =@ctx.none } }
      - { entity: b, function: get, functionParameters: { x: 1, y: 1 }, parameters: { y: 2 } }
";
    assert_eq!(asked("REST", entities), [r#"a get {"region":"north"}"#, r#"b get {"x":1,"y":2}"#]);
}

#[test]
fn entries_may_come_from_an_expression_as_a_list_one_map_or_nothing() {
    let map = "=$map(@ctx.datasources.depots, function($d) { {'entity': 'stock', 'function': 'get', 'parameters': {'depot': $d.id}} })[]";
    assert_eq!(
        asked("REST", &format!("\"{map}\"")),
        [r#"stock get {"depot":1}"#, r#"stock get {"depot":2}"#]
    );
    assert_eq!(asked("REST", "\"={'entity': 'one', 'function': 'get'}\""), ["one get {}"]);
    assert_eq!(asked("REST", "=null"), [""; 0]);
    assert_eq!(asked("REST", "=@ctx.nothing"), [""; 0]);
    assert_eq!(asked("REST", "=[]"), [""; 0]);
}

/// How `pull` ended.
fn ended(provider: &str, entities: &str, prepare: impl Fn(&mut Stage<'_>)) -> String {
    let app = app(provider, entities);
    let mut stage = Stage::new(&app).rest(two_rows);
    prepare(&mut stage);
    stage.on("onLoad");
    let finished = stage.lines_of(&["finished"]);
    finished[0].trim_start_matches("finished sync-entities pull ").to_owned()
}

fn nothing(_: &mut Stage<'_>) {}

#[test]
fn what_cannot_be_fetched_says_why() {
    let cases = [
        (
            "REST",
            "[{ function: get }]",
            "failed config.option: option `entities` must be a list of tables or of `{entity, function, parameters}`, found `{\"function\":\"get\"}`",
        ),
        ("REST", "[{ entity: a }]", "failed config.function: the table `a` names no `function` to fetch it"),
        ("REST", "[{ entity: a, function: gett }]", "failed config.function: there is no function `gett`"),
        (
            "SOAP",
            "[{ entity: a, function: get }]",
            "failed config.unsupported: `DATA_PROVIDER_SOAP` is not supported by this runtime",
        ),
        (
            "NONE",
            "[a]",
            "failed config.option: option `provider` must be a `DATA_PROVIDER_…` constant, found `\"DATA_PROVIDER_NONE\"`",
        ),
        (
            "REST",
            "[{ entity: _syncScope, function: get }]",
            "failed apply.target: `_syncScope` cannot be written",
        ),
        (
            "REST",
            "[{ entity: a, function: get, parameters: { x: =$number('x') } }]",
            "failed expression.D3030: ",
        ),
    ];
    for (provider, entities, expected) in cases {
        let found = ended(provider, entities, nothing);
        assert!(
            found.starts_with(expected),
            "{provider} {entities}\n  expected {expected}\n  found    {found}"
        );
    }
}

#[test]
fn offline_every_fetch_fails_at_once() {
    let found =
        ended("REST", "[{ entity: a, function: get }]", |stage| stage.options.network = Network::Offline);
    assert_eq!(found, "failed net.offline: the run is offline");
}

#[test]
fn a_failed_entry_does_not_keep_the_others_from_being_fetched() {
    let app = app("REST", "[{ entity: a, function: get }, { entity: b, function: get }]");
    let stage = Stage::new(&app).rest(|request, sink| {
        page(sink, &["1"])?;
        if request.entity == "a" {
            Err(FetchError::passing("net.timeout", "too slow"))
        } else {
            Ok(Fetched::default())
        }
    });
    stage.on("onLoad");
    assert_eq!(
        (stage.count("a"), stage.count("b")),
        (0, 1),
        "a failed replace leaves nothing, the other stays"
    );
    let lines = stage.lines_of(&["status", "finished"]);
    let last = lines.last().unwrap();
    assert_eq!(last, "finished sync-entities pull failed net.timeout: too slow");
    assert!(lines.contains(&"status a failed".to_owned()) && lines.contains(&"status b synced".to_owned()));
    let status = &stage.store.statuses().unwrap()[0];
    assert_eq!((status.code.as_deref(), status.error.as_deref()), (Some("net.timeout"), Some("too slow")));
}

#[test]
fn a_replace_takes_away_what_did_not_come_and_a_merge_does_not() {
    for (function, left) in [("get", 1), ("merge", 2)] {
        let app = app("REST", &format!("[{{ entity: a, function: {function} }}]"));
        let calls = AtomicUsize::new(0);
        let stage = Stage::new(&app).rest(move |_, sink| {
            let ids: &[&str] = if calls.fetch_add(1, Ordering::SeqCst) == 0 { &["1", "2"] } else { &["2"] };
            page(sink, ids)?;
            Ok(Fetched::default())
        });
        stage.on("onLoad");
        stage.on("onLoad");
        assert_eq!(stage.count("a"), left, "{function}");
    }
}

#[test]
fn a_call_that_is_skipped_counts_as_success_and_changes_nothing() {
    let app = app("REST", "[{ entity: a, function: get }]");
    let calls = AtomicUsize::new(0);
    let stage = Stage::new(&app).rest(move |request, sink| {
        if calls.fetch_add(1, Ordering::SeqCst) > 0 {
            return Ok(Fetched { skipped: true, ..Fetched::default() });
        }
        two_rows(request, sink)
    });
    stage.on("onLoad");
    assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    assert_eq!(stage.count("a"), 2);
    assert!(stage.lines().contains(&"status a synced".to_owned()));
}

/// Syncs twice with a back end that knows cursors; gives the cursors it was asked with.
fn cursors(force: &str, heeds: bool) -> (Vec<Option<String>>, u64) {
    let index = format!(
        "title: T
onLoad:
  type: action.sync-entities
  options: {{ provider: DATA_PROVIDER_DYNAMIC, entities: [default/tasks]{force} }}
"
    );
    let app = App::new(&[("index.jigx", &index), ("databases/default.jigx", "tables: { tasks: null }\n")]);
    let asked: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let notes = Arc::clone(&asked);
    let stage = Stage::new(&app).dynamic(move |request, sink| {
        let call = {
            let mut notes = notes.lock().unwrap();
            notes.push(request.cursor.map(str::to_owned));
            notes.len()
        };
        let ids: &[&str] = if call == 1 { &["1", "2"] } else { &["3"] };
        page(sink, ids)?;
        let incremental = heeds && request.cursor.is_some();
        Ok(Fetched { cursor: Some(format!("c{call}")), incremental, ..Fetched::default() })
    });
    stage.on("onLoad");
    stage.on("onLoad");
    let asked = asked.lock().unwrap().clone();
    (asked, stage.count("default/tasks"))
}

#[test]
fn the_next_fetch_goes_on_where_the_last_one_ended() {
    assert_eq!(cursors("", true), (vec![None, Some("c1".to_owned())], 3));
}

#[test]
fn force_fetches_everything_again() {
    assert_eq!(cursors(", force: true", true), (vec![None, None], 1));
}

#[test]
fn a_back_end_that_does_not_heed_the_cursor_is_asked_for_everything() {
    assert_eq!(cursors("", false), (vec![None, Some("c1".to_owned()), None], 1));
}

#[test]
fn functions_see_the_solution_and_the_user_but_no_state() {
    let app = App::new(&[
        (
            "index.jigx",
            "title: T
name: depots
onLoad:
  type: action.sync-entities
  options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get }] }
",
        ),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
        (
            "syncscope.yaml",
            "user: { email: a@example.com }\nsolution: { settings: { custom: { base: x } } }\n",
        ),
    ]);
    let seen: Arc<Mutex<Value>> = Arc::default();
    let note = Arc::clone(&seen);
    let stage = Stage::new(&app).rest(move |request, _| {
        *note.lock().unwrap() = request.world.clone();
        Ok(Fetched::default())
    });
    stage.on("onLoad");
    let world = seen.lock().unwrap().clone();
    assert_eq!(world["user"]["email"], json!("a@example.com"));
    assert_eq!(world["solution"]["settings"]["custom"]["base"], json!("x"));
    assert_eq!((&world["solution"]["name"], &world["system"]["isOnline"]), (&json!("depots"), &json!(true)));
    assert!(world.get("datasources").is_none() && world.get("jig").is_none());
}

#[test]
fn two_calls_with_other_arguments_have_rows_of_their_own_in_the_status_table() {
    let entities = "[{ entity: a, function: merge, parameters: { n: 1 } }, { entity: a, function: merge, parameters: { n: 2 } }]";
    let app = app("REST", entities);
    let stage = Stage::new(&app).rest(two_rows);
    stage.on("onLoad");
    stage.on("onLoad");
    assert_eq!(stage.store.statuses().unwrap().len(), 2, "a second run uses the same rows");
}

#[test]
fn two_actions_with_one_id_drive_one_member() {
    let app = App::with_mistakes(&[
        (
            "index.jigx",
            "title: T
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: load, options: { instanceIds: [pull] } }
      - { type: action.sync-entities, instanceId: pull, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: a, function: get }] } }
      - { type: action.sync-entities, instanceId: pull, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: b, function: get }] } }
",
        ),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
    ]);
    let stage = Stage::new(&app).rest(|request, sink| match request.entity {
        "a" => Err(FetchError::lasting("http.500", "no")),
        _ => two_rows(request, sink),
    });
    stage.on("onLoad");
    // The first one ended the scope, and what runs later is told in the statuses only.
    assert_eq!(stage.scope("load"), "failed 0/0/1/0");
    assert_eq!(stage.count("b"), 2);
}
