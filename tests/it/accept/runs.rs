//! Whole apps at work: their sync actions against recorded answers, served tables and databases, and
//! the rows that land. Apps that lie beside the repository are run where they are there; those in
//! `tests/runs` with an `app` of their own always are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

use super::stage::Stage;

/// What is run, and on what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The folder of an app beside the repository.
    corpus: Option<String>,
    /// The folder of an app beside the case.
    app: Option<String>,
    /// Statements that make the database `server.db`.
    sql: Option<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    run: String,
    exit: i32,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/runs")
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The stage of a case, with its app in `app`; nothing when that is not there.
fn stage(place: &Path, case: &Case) -> Option<Stage> {
    let app = match (&case.corpus, &case.app) {
        (Some(name), None) => folder().join("../../../shared/corpus").join(name),
        (None, Some(name)) => place.join(name),
        _ => panic!("{}: name either `corpus` or `app`", place.display()),
    };
    if case.corpus.is_some() && !app.is_dir() {
        return None;
    }
    let stage = Stage::empty();
    stage.copy(&app, "app");
    for name in ["syncscope.yaml", "data"] {
        let from = place.join(name);
        if from.is_dir() {
            stage.copy(&from, &format!("app/{name}"));
        } else if from.is_file() {
            stage.write(&format!("app/{name}"), fs::read(from).unwrap());
        }
    }
    if let Some(sql) = &case.sql {
        let database = Connection::open(stage.path("app/server.db")).unwrap();
        database.execute_batch(&fs::read_to_string(place.join(sql)).unwrap()).unwrap();
    }
    Some(stage)
}

/// Every row of every table that is the app's, by table and id.
fn rows(stage: &Stage) -> BTreeMap<String, BTreeMap<String, Value>> {
    let database = stage.database("app/app.db");
    let tables = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 1) <> '_' AND name NOT LIKE 'sqlite%'");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |table: &str| {
        let rows = database.rows(&format!("SELECT id, data FROM [{table}]"));
        rows.into_iter().map(|row| (text(&row[0]), serde_json::from_str(&text(&row[1])).unwrap())).collect()
    };
    tables.into_iter().map(|row| text(&row[0])).map(|table| (table.clone(), of(&table))).collect()
}

#[test]
fn the_rows_of_every_app_are_those_that_are_written_down() {
    let mut own = 0;
    let mut complaints = Vec::new();
    for place in cases() {
        let text = fs::read_to_string(place.join("case.yaml")).unwrap();
        let case: Case = serde_yaml::from_str(&text).unwrap();
        let Some(stage) = stage(&place, &case) else { continue };
        own += usize::from(case.app.is_some());
        let tape = place.join("tape");
        for step in &case.steps {
            let mut command = stage.command("run app");
            command.args(step.run.split_whitespace());
            if tape.is_dir() {
                command.arg("--replay").arg(&tape);
            }
            super::stage::Finished::of(&mut command).code(step.exit);
        }
        let landed = serde_json::to_string_pretty(&rows(&stage)).unwrap() + "\n";
        let expected = place.join("expected.json");
        if std::env::var_os("SYNCSCOPE_BLESS").is_some() {
            fs::write(&expected, &landed).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != landed {
            complaints.push(format!("{}:\n{landed}", place.display()));
        }
    }
    assert!(own >= 2, "apps of our own are always run");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
