//! What a guard costs: evaluated alone, and with the start that it guards, through the store.
#![allow(clippy::cast_precision_loss, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::Bencher;
use syncscope::app::{Inputs, Loaded, discover, load};
use syncscope::diag::Files;
use syncscope::expr::Expression;
use syncscope::run::{Engine, Observer, Providers, Record, RunOptions, Stop, SystemClock, Trigger};
use syncscope::store::{OpenOptions, Store};

fn main() {
    divan::main();
}

const GUARD: &str = "=@ctx.datasources.sync-scopes[id = 'morning-load'].state = 'syncing' ? false : true";

const INDEX: &str = "name: guards
title: Guards
onLoad:
  type: action.start-sync-scope
  instanceId: morning-load
  options: { instanceIds: [nobody] }
onFocus:
  type: action.action-list
  condition: { scope: { id: morning-load, isNot: syncing } }
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: morning-load, options: { instanceIds: [nobody] } }
onRefresh:
  type: action.action-list
  when: \"=@ctx.datasources.sync-scopes[id = 'morning-load'].state = 'syncing' ? false : true\"
  options:
    isSequential: true
    actions:
      - { type: action.start-sync-scope, instanceId: morning-load, options: { instanceIds: [nobody] } }
";

const SCOPES: &str = "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [_syncScope]
  query: SELECT id, state, notStarted, syncing, failed, synced FROM [_syncScope]
";

const CONDITIONS: &str = "name: conditions
title: Conditions
onLoad:
  type: action.action-list
  condition:
    scope: { id: morning-load, isNot: syncing }
  options: { actions: [{ type: action.go-back }] }
onFocus:
  type: action.action-list
  condition:
    all:
      - scope: { id: morning-load, isNot: syncing }
      - not: { scope: { id: morning-load, syncedWithin: 15m } }
      - expr: 'online() && scope::count(\"morning-load\", \"failed\") < 3'
  options: { actions: [{ type: action.go-back }] }
";

struct Deaf;

impl Observer for Deaf {
    fn observe(&self, _: &Record) {}
}

struct App {
    _folder: tempfile::TempDir,
    files: Files,
    loaded: Loaded,
    store: Store,
}

impl App {
    /// An app with a database in which the scope has been started once.
    fn open(index: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("datasources")).unwrap();
        fs::write(folder.path().join("index.jigx"), index).unwrap();
        fs::write(folder.path().join("datasources/sync-scopes.jigx"), SCOPES).unwrap();
        let (files, loaded) = read(folder.path());
        let store = Store::open(&folder.path().join("app.db"), &OpenOptions::default()).unwrap();
        let app = Self { _folder: folder, files, loaded, store };
        let (first, second) = read_text(INDEX);
        let starter = Self {
            _folder: tempfile::tempdir().unwrap(),
            files: first,
            loaded: second,
            store: app.store.clone(),
        };
        starter.trigger("onLoad");
        app
    }

    fn engine(&self) -> Engine<'_> {
        Engine {
            project: &self.loaded.project,
            files: &self.files,
            store: &self.store,
            providers: Providers::new(),
            clock: Arc::new(SystemClock),
            observer: &Deaf,
            stop: Stop::new(None),
            options: RunOptions::default(),
        }
    }

    fn trigger(&self, event: &str) {
        let summary = self.engine().trigger(&Trigger::Event { name: event.to_owned(), jig: None }).unwrap();
        assert_eq!(summary.counts.failed, 0);
        assert_eq!(summary.counts.skipped, 0);
    }
}

fn read_text(index: &str) -> (Files, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("datasources")).unwrap();
    fs::write(folder.path().join("index.jigx"), index).unwrap();
    fs::write(folder.path().join("datasources/sync-scopes.jigx"), SCOPES).unwrap();
    read(folder.path())
}

fn read(folder: &Path) -> (Files, Loaded) {
    let place = discover(&[PathBuf::from(".")], folder).unwrap().remove(0);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &place, overlay: BTreeMap::new(), env: &|_| None }, &mut files).unwrap();
    // A scope without members ends with its start, so that every round can start it anew; the linter
    // is right to mind.
    let meant = |rule: &str| rule == "wrong-value";
    let errors: Vec<_> =
        loaded.diagnostics().filter(|found| !meant(found.rule)).map(|found| &found.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    (files, loaded)
}

/// The target is 20 µs.
#[divan::bench(args = ["onLoad", "onFocus"])]
fn condition_on_a_scope(bencher: Bencher, event: &str) {
    let app = App::open(CONDITIONS);
    let placed = app.loaded.project.home.on(event).next().unwrap();
    let condition = &placed.action.guard.condition.as_ref().unwrap().value;
    let engine = app.engine();
    bencher.bench_local(|| engine.check(divan::black_box(condition)).unwrap());
}

#[divan::bench]
fn guard_in_jsonata(bencher: Bencher) {
    let app = App::open(INDEX);
    let expression = Expression::parse(GUARD).unwrap();
    let engine = app.engine();
    bencher.bench_local(|| engine.evaluate(divan::black_box(&expression), None).unwrap());
}

/// The target is 1 ms: the guard, the start with the guard asked again in its transaction, and all
/// that a run does around them.
#[divan::bench(args = ["onFocus", "onRefresh"])]
fn guard_and_start(bencher: Bencher, event: &str) {
    let app = App::open(INDEX);
    bencher.bench_local(|| app.trigger(event));
}
