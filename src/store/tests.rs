//! The room as a whole, on real files.
#![allow(clippy::unwrap_used, clippy::unnecessary_wraps, clippy::needless_pass_by_value)]

mod compared;
mod events;
mod exhaustive;
mod incoming;
mod killed;
mod local;
mod model;
mod network;
mod opening;
mod processes;
mod queries;
mod queue;
mod sequences;

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::sync::{Failure, IfRunning, ScopeState};
use super::*;

/// A database file of its own; the folder goes with it.
struct Bench {
    folder: TempDir,
    store: Store,
}

fn quick() -> OpenOptions {
    OpenOptions { durability: Durability::Off, ..OpenOptions::default() }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("app.db"), &quick()).unwrap();
        Self { folder, store }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    /// A further handle on the same file, as another process has it.
    fn other(&self) -> Store {
        Store::open(&self.path(), &quick()).unwrap()
    }

    /// What any SQLite client sees.
    fn sql(&self, sql: &str) -> Value {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let values = (0..columns).map(|column| match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Null => Value::Null,
                rusqlite::types::ValueRef::Integer(number) => json!(number),
                rusqlite::types::ValueRef::Real(number) => json!(number),
                other => json!(other.as_str().unwrap()),
            });
            found.push(values.collect::<Value>());
        }
        Value::from(found)
    }
}

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn always(_: &Reader<'_>) -> Result<bool, StoreError> {
    Ok(true)
}

fn start(store: &Store, id: &str, members: &[&str], now: i64) -> Started {
    let instance_ids = ids(members);
    let start = StartScope { id, instance_ids: &instance_ids, if_running: IfRunning::Restart, now };
    store.start_scope(&start, &mut always).unwrap()
}

fn rest<'a>(entity: &'a str) -> Operation<'a> {
    Operation { provider: "DATA_PROVIDER_REST", entity, function: Some("fetch"), arguments: "" }
}

fn begin(store: &Store, instance: &str, entities: &[&str], now: i64) -> Work {
    let operations: Vec<_> = entities.iter().map(|entity| rest(entity)).collect();
    let begin = BeginInstance { instance_id: Some(instance), operations: &operations, now };
    store.begin_instance(&begin).unwrap().work
}

fn failed() -> Outcome {
    Outcome::Failed(Failure::new("http.503", "the server answered 503"))
}

fn counts(row: &ScopeRow) -> (i64, i64, i64, i64, i64) {
    (row.not_started, row.syncing, row.failed, row.synced, row.interrupted)
}

fn state_of(store: &Store, scope: &str) -> Option<ScopeState> {
    store.scope(scope).unwrap().map(|row| row.state)
}

/// Rows of an entity table as `id` → `data`, in order of id.
fn rows_of(store: &Store, entity: &str) -> Vec<(String, String)> {
    let mut query = Query::new(&format!("SELECT id, data FROM [{entity}] ORDER BY id"), &Dialect::default());
    query.tables.push(entity.to_owned());
    let rows = store.query(&query, &Parameters::new()).unwrap().rows;
    rows.iter().map(|row| (text(&row["id"]), text(&row["data"]))).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Writes one page and ends the operation.
fn fill(
    store: &Store,
    work: &Work,
    operation: usize,
    mode: Mode,
    rows: &[(&str, &str)],
    now: i64,
) -> Finished {
    let rows: Vec<_> = rows.iter().map(|(id, data)| Row { id, data }).collect();
    let mut writer = store.rows_writer(work, operation, mode).unwrap();
    writer.page(&Page { rows: &rows, bytes: 10, now, ..Page::default() }).unwrap();
    writer.finish(None, now).unwrap()
}
