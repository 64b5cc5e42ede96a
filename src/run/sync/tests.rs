//! What the executor makes of cursors.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::action::ProviderKind;
use crate::app::{AppPath, Inputs, Loaded, load};
use crate::diag::Files;
use crate::run::provider::CURSOR_EXPIRED;
use crate::run::{
    Engine, Fetch, FetchError, Fetched, Observer, Outcome, Page, Provider, Providers, Record, Row,
    RunOptions, Sink, Stop, SystemClock, Trigger,
};
use crate::store::{Dialect, LocalRow, Method, OpenOptions, Parameters, Query, Store};

/// Has other rows every time, knows no cursor any more, and notes the ones it is given.
#[derive(Default)]
struct Forgetful(Mutex<Vec<Option<String>>>);

impl Provider for Forgetful {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let mut given = self.0.lock().unwrap();
        given.push(request.cursor.map(str::to_owned));
        if request.cursor.is_some() {
            return Err(FetchError::passing(CURSOR_EXPIRED, "too long ago"));
        }
        let id = format!("row-{}", given.len());
        let row = Row { data: format!("{{\"id\":\"{id}\"}}").into(), id: id.into() };
        sink.page(&Page { rows: vec![row], ..Page::default() })?;
        Ok(Fetched { cursor: Some("w1".to_owned()), ..Fetched::default() })
    }
}

struct Silent;

impl Observer for Silent {
    fn observe(&self, _: &Record) {}
}

const APP: &str = "name: test\nonLoad:\n  type: action.sync-entities\n  options:\n    provider: DATA_PROVIDER_DYNAMIC\n    entities: [default/tasks]\n";

fn app(files: &mut Files) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("databases")).unwrap();
    std::fs::write(
        folder.path().join("databases/default.jigx"),
        "databaseId: default\ntables:\n  tasks: null\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("index.jigx"), APP).unwrap();
    let root = folder.path().to_path_buf();
    let app = AppPath { shown_from: root.clone(), root, single: None, selected: Vec::new() };
    load(&Inputs { app: &app, overlay: BTreeMap::new(), env: &|_| None }, files).unwrap()
}

#[test]
fn after_an_expired_cursor_all_rows_replace_the_old_ones() {
    let mut files = Files::default();
    let loaded = app(&mut files);
    let store = Store::open_in_memory().unwrap();
    let provider = Arc::new(Forgetful::default());
    let engine = Engine {
        project: &loaded.project,
        files: &files,
        store: &store,
        providers: Providers::new().with(ProviderKind::Dynamic, Arc::<Forgetful>::clone(&provider)),
        clock: Arc::new(SystemClock),
        observer: &Silent,
        stop: Stop::new(None),
        options: RunOptions::default(),
    };
    for _ in 0..2 {
        let summary = engine.trigger(&Trigger::Event { name: "onLoad".to_owned(), jig: None }).unwrap();
        assert_eq!(summary.outcome, Outcome::Ok);
    }
    assert_eq!(*provider.0.lock().unwrap(), [None, Some("w1".to_owned()), None]);
    let query = Query::new("SELECT id FROM [default/tasks]", &Dialect::default());
    let rows = store.query(&query, &Parameters::new()).unwrap().into_value();
    assert_eq!(rows, serde_json::json!([{ "id": "row-3" }]));
}

/// Has the same two rows every time; while it gives them for the second time, somebody writes to the table.
struct Disturbed {
    store: Store,
    fetches: Mutex<usize>,
}

impl Provider for Disturbed {
    fn fetch(&self, _: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let mut fetches = self.fetches.lock().unwrap();
        *fetches += 1;
        for id in ["a", "b"] {
            let row = Row { data: format!("{{\"id\":\"{id}\"}}").into(), id: id.into() };
            sink.page(&Page { rows: vec![row], ..Page::default() })?;
            if *fetches == 2 && id == "a" {
                let data = serde_json::Map::new();
                let mine = [LocalRow { id: "mine", data: &data }];
                self.store.write_rows("default/tasks", Method::Save, &mine, 1).unwrap();
            }
        }
        Ok(Fetched::default())
    }
}

#[test]
fn a_table_that_is_written_to_meanwhile_is_fetched_once_more() {
    let mut files = Files::default();
    let loaded = app(&mut files);
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { staging_buffer: 0, ..OpenOptions::default() };
    let store = Store::open(&folder.path().join("app.db"), &options).unwrap();
    let provider = Arc::new(Disturbed { store: store.clone(), fetches: Mutex::new(0) });
    let engine = Engine {
        project: &loaded.project,
        files: &files,
        store: &store,
        providers: Providers::new().with(ProviderKind::Dynamic, Arc::<Disturbed>::clone(&provider)),
        clock: Arc::new(SystemClock),
        observer: &Silent,
        stop: Stop::new(None),
        options: RunOptions::default(),
    };
    for fetches in [1, 3, 4] {
        let summary = engine.trigger(&Trigger::Event { name: "onLoad".to_owned(), jig: None }).unwrap();
        assert_eq!(summary.outcome, Outcome::Ok);
        assert_eq!(*provider.fetches.lock().unwrap(), fetches);
        let query = Query::new("SELECT id FROM [default/tasks] ORDER BY id", &Dialect::default());
        let rows = store.query(&query, &Parameters::new()).unwrap().into_value();
        assert_eq!(rows, serde_json::json!([{ "id": "a" }, { "id": "b" }]));
    }
}
