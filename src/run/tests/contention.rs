//! Several runs at one database at once, each with a connection of its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use tempfile::TempDir;

use super::stage::{App, Stage, two_rows};
use crate::run::Outcome;
use crate::store::{OpenOptions, Store};

const RUNS: usize = 4;
const ROUNDS: usize = 15;

/// A guarded list with a start and two members.
fn app(guard: &str) -> App {
    let index = format!(
        "title: T
onLoad:
  type: action.action-list
  {guard}
  options:
    isSequential: true
    actions:
      - {{ type: action.start-sync-scope, instanceId: load, options: {{ instanceIds: [a, b] }} }}
      - {{ type: action.sync-entities, instanceId: a, options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: a, function: get }}] }} }}
      - {{ type: action.sync-entities, instanceId: b, options: {{ provider: DATA_PROVIDER_REST, entities: [{{ entity: b, function: get }}] }} }}
"
    );
    App::new(&[
        ("index.jigx", &index),
        ("functions/get.jigx", "provider: DATA_PROVIDER_REST\nmethod: GET\nurl: https://example.com\n"),
        (
            "datasources/scopes.jigx",
            "type: datasource.sqlite\noptions: { provider: DATA_PROVIDER_LOCAL, entities: [_syncScope], query: 'SELECT id, state FROM [_syncScope]' }\n",
        ),
    ])
}

/// How often a table was fetched when all runs began at once.
fn fetched(app: &App, dir: &TempDir, round: usize) -> usize {
    let path = dir.path().join(format!("{round}.db"));
    drop(Store::open(&path, &OpenOptions::default()).unwrap());
    let fetches = Arc::new(AtomicUsize::new(0));
    let (begin, ended) = (Barrier::new(RUNS), Arc::new(AtomicUsize::new(0)));
    std::thread::scope(|scope| {
        for _ in 0..RUNS {
            let (fetches, ended, begin, path) = (Arc::clone(&fetches), Arc::clone(&ended), &begin, &path);
            scope.spawn(move || {
                let all_ended = Arc::clone(&ended);
                let mut stage = Stage::new(app).rest(move |request, sink| {
                    fetches.fetch_add(1, Ordering::SeqCst);
                    // Whoever fetches goes on when all others have made up their minds.
                    while all_ended.load(Ordering::SeqCst) < RUNS - 1 && request.entity == "a" {
                        std::thread::yield_now();
                    }
                    two_rows(request, sink)
                });
                stage.store = Store::open(path, &OpenOptions::default()).unwrap();
                begin.wait();
                let summary = stage.on("onLoad");
                ended.fetch_add(1, Ordering::SeqCst);
                assert_eq!(summary.outcome, Outcome::Ok, "{:?}", stage.lines());
            });
        }
    });
    let store = Store::open(&path, &OpenOptions::default()).unwrap();
    let row = store.scope("load").unwrap().unwrap();
    assert_eq!((row.state.word(), row.epoch, row.synced), ("synced", 1, 2));
    fetches.load(Ordering::SeqCst)
}

#[test]
fn a_scope_guarded_by_a_condition_is_performed_once() {
    let app = app("condition: { scope: { id: load, isNot: syncing } }");
    let dir = TempDir::new().unwrap();
    for round in 0..ROUNDS {
        assert_eq!(fetched(&app, &dir, round), 2, "round {round}: each table once");
    }
}

#[test]
fn a_scope_guarded_by_when_is_performed_once() {
    let app = app("when: \"=@ctx.datasources.scopes[id = 'load'].state = 'syncing' ? false : true\"");
    let dir = TempDir::new().unwrap();
    for round in 0..ROUNDS {
        assert_eq!(fetched(&app, &dir, round), 2, "round {round}: each table once");
    }
}
