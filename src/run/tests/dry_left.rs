//! Plans on a database that a dead process left behind.

use tempfile::TempDir;

use super::stage::{App, Stage, two_rows};
use crate::run::Verdicts;
use crate::store::{OpenOptions, Store};

const SCOPES: (&str, &str) = (
    "datasources/scopes.jigx",
    "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [_syncScope], query: 'SELECT id, state FROM [_syncScope]' }
",
);

fn app(guard: &str) -> App {
    App::new(&[("index.jigx", &format!("title: T\nonLoad:\n  type: action.go-back\n  {guard}\n")), SCOPES])
}

/// A database in which a process died while its scope was syncing.
fn left_behind(dir: &TempDir) -> Store {
    let path = dir.path().join("app.db");
    let dead = Store::open(&path, &OpenOptions::default()).unwrap();
    super::scopes::start_elsewhere(&dead);
    // What is still open when its owner goes stays as it is.
    drop(dead);
    Store::open_read_only(&path, &OpenOptions::default()).unwrap()
}

#[test]
fn a_condition_is_judged_as_if_the_dead_had_been_buried() {
    let app = app("condition: { scope: { id: load, isNot: syncing } }");
    let dir = TempDir::new().unwrap();
    let mut stage = Stage::new(&app);
    stage.store = left_behind(&dir);
    assert_eq!(stage.scope("load"), "syncing 2/0/0/0");
    let planned = stage.plan("onLoad");
    assert_eq!(planned.actions[0].verdict, Verdicts::Run);
    assert_eq!(planned.actions[0].reads[0].value, Some("interrupted".into()));
    assert_eq!(stage.scope("load"), "syncing 2/0/0/0", "nothing is written");
    // And the run agrees.
    stage.store = Store::open(&dir.path().join("app.db"), &OpenOptions::default()).unwrap();
    stage = stage.rest(two_rows);
    stage.on("onLoad");
    let lines = stage.lines();
    assert_eq!(lines[0], "scope load interrupted 2/0/0/0");
    assert!(lines.contains(&"effect action.go-back {}".to_owned()));
}

#[test]
fn what_an_expression_would_read_of_it_is_unknown() {
    let app = app("when: \"=@ctx.datasources.scopes[id = 'load'].state = 'syncing' ? false : true\"");
    let dir = TempDir::new().unwrap();
    let mut stage = Stage::new(&app);
    stage.store = left_behind(&dir);
    let planned = stage.plan("onLoad");
    assert_eq!(planned.actions[0].verdict, Verdicts::Unknown);
    let why = "`@ctx.datasources.scopes` reads `_syncScope`, in which a run first ends what a process that is no more left behind";
    assert_eq!(planned.actions[0].unknown, [why]);
}
