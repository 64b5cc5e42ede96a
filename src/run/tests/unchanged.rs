//! Syncs of what is as it was, and syncs that go on where they were cut off.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;

use super::stage::{App, Stage};
use crate::run::provider::CURSOR_EXPIRED;
use crate::run::provider::testing::{Scripted, answer};
use crate::run::{FetchError, Fetched, Outcome, Page, Row};
use crate::store::{OpenOptions, Store};

fn app(url: &str, function: &str, options: &str) -> App {
    let index = format!(
        "name: depots-app
title: T
onLoad:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: load
        options: {{ instanceIds: [pull] }}
      - type: action.sync-entities
        instanceId: pull
        options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: depots, function: get }}]{options} }}
"
    );
    let function = format!("provider: DATA_PROVIDER_REST\nmethod: GET\nurl: {url}/depots\n{function}");
    App::with_mistakes(&[("index.jigx", &index), ("functions/get.jigx", &function)])
}

/// Two rows with a tag; 304 for whoever knows it.
fn tagged() -> Scripted {
    Scripted::start(|_, seen| {
        let tag = [("ETag", "\"v1\"")];
        if seen.header("if-none-match") == Some("\"v1\"") {
            answer(304, &tag, "")
        } else {
            answer(200, &tag, r#"[{"id":"1","n":1},{"id":"2","n":2}]"#)
        }
    })
}

/// Which requests were conditional.
fn conditions(server: &Scripted) -> Vec<bool> {
    server.seen().iter().map(|seen| seen.header("if-none-match").is_some()).collect()
}

#[test]
fn what_is_as_it_was_is_not_fetched_again() {
    let server = tagged();
    let app = app(&server.url(), "", "");
    let stage = Stage::new(&app).real_rest(0);
    for _ in 0..2 {
        assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
        assert_eq!(stage.count("depots"), 2);
    }
    assert_eq!(conditions(&server), [false, true]);
    let row = stage.store.scope("load").unwrap().unwrap();
    let entity = &row.details["pull"]["entities"][0];
    assert_eq!((&entity["note"], &entity["state"]), (&json!("unchanged (304)"), &json!("synced")));
}

#[test]
fn rows_that_somebody_changed_are_fetched_again() {
    for change in ["UPDATE depots SET data = '{}' WHERE id = '1'", "DELETE FROM depots"] {
        let server = tagged();
        let app = app(&server.url(), "", "");
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("app.db");
        let mut stage = Stage::new(&app).real_rest(0);
        stage.store = Store::open(&path, &OpenOptions::default()).unwrap();
        stage.on("onLoad");
        {
            let other = Store::open(&path, &OpenOptions::default()).unwrap();
            let head = crate::store::Head::Sql {
                statement: change.to_owned(),
                parameters: serde_json::Map::new(),
                tables: vec!["depots".to_owned()],
            };
            other.change(&[crate::store::Change { head: &head, rows: &[] }], 1).unwrap();
        }
        assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
        assert_eq!(conditions(&server), [false, false], "{change}");
        assert_eq!(
            stage.value("SELECT count(*) FROM depots WHERE json_extract(data, '$.n') > 0"),
            2,
            "{change}"
        );
    }
}

#[test]
fn another_definition_or_force_fetches_everything() {
    let server = tagged();
    let url = server.url();
    let first = app(&url, "", "");
    let mut stage = Stage::new(&first).real_rest(0);
    stage.on("onLoad");
    let other = app(&url, "outputTransform: '=$.{\"id\": id, \"m\": n}'\n", "");
    let forced = app(&url, "", ", force: true");
    for app in [&other, &forced] {
        stage = Stage { store: stage.store.clone(), ..Stage::new(app).real_rest(0) };
        assert_eq!(stage.on("onLoad").outcome, Outcome::Ok);
    }
    assert_eq!(conditions(&server), [false, false, false]);
    let back = Stage { store: stage.store.clone(), ..Stage::new(&first).real_rest(0) };
    back.on("onLoad");
    assert_eq!(conditions(&server)[3..], [true], "what force fetched is known too");
}

/// A database that stages every page at once.
fn eager(folder: &TempDir) -> Store {
    let options = OpenOptions { staging_buffer: 0, ..OpenOptions::default() };
    Store::open(&folder.path().join("app.db"), &options).unwrap()
}

/// Four pages of one row; the fetch is stopped after the second, once. Gives where each fetch began.
fn cut_off(first: &App, second: &App, expires: bool) -> (Vec<Option<String>>, u64) {
    let folder = TempDir::new().unwrap();
    let began: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let stops = Arc::new(AtomicUsize::new(0));
    let back_end = |stops: Arc<AtomicUsize>, began: Arc<Mutex<Vec<Option<String>>>>| {
        move |request: &crate::run::Fetch<'_>, sink: &mut dyn crate::run::Sink| {
            began.lock().unwrap().push(request.known.resume.map(str::to_owned));
            if expires && request.known.resume.is_some() {
                return Err(FetchError::passing(CURSOR_EXPIRED, "too long ago"));
            }
            let from = request.known.resume.map_or(0, |place| place.parse().unwrap());
            for number in from..4 {
                let row = Row { id: format!("r{number}").into(), data: "{}".into() };
                let resume = (number < 3).then(|| (number + 1).to_string());
                sink.page(&Page { rows: vec![row], bytes: 2, resume, ..Page::default() })?;
                if number == 1 && stops.fetch_add(1, Ordering::SeqCst) == 0 {
                    request.stop.ask();
                    request.stop.check()?;
                }
            }
            Ok(Fetched::default())
        }
    };
    let mut stage = Stage::new(first).rest(back_end(Arc::clone(&stops), Arc::clone(&began)));
    stage.store = eager(&folder);
    assert_eq!(stage.on("onLoad").outcome, Outcome::Interrupted);
    assert_eq!(stage.count("depots"), 0);
    let mut again = Stage::new(second).rest(back_end(stops, Arc::clone(&began)));
    again.store = stage.store.clone();
    assert_eq!(again.on("onLoad").outcome, Outcome::Ok);
    let began = began.lock().unwrap().clone();
    (began, again.count("depots"))
}

#[test]
fn a_fetch_goes_on_where_it_was_cut_off() {
    let app = app("http://h", "", "");
    assert_eq!(cut_off(&app, &app, false), (vec![None, Some("2".to_owned())], 4));
}

#[test]
fn a_place_that_the_server_forgot_begins_anew() {
    let app = app("http://h", "", "");
    assert_eq!(cut_off(&app, &app, true), (vec![None, Some("2".to_owned()), None], 4));
}

#[test]
fn another_definition_or_force_begins_anew() {
    let first = app("http://h", "", "");
    for other in [app("http://h", "", ", force: true"), app("http://h", "format: json\n", "")] {
        assert_eq!(cut_off(&first, &other, false), (vec![None, None], 4));
    }
}
