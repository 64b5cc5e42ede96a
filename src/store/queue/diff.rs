//! What statements did to tables that belong to a back end: the rows before and after are compared
//! (actions.md §5.4).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{NewCommand, put};
use crate::store::Store;
use crate::store::change::{self, Change};
use crate::store::entity::{self, Method};
use crate::store::error::StoreError;
use crate::store::rows::{Changes, Touched};
use crate::store::session::{Guarded, Trouble};
use crate::store::statement::{self, Statement};

/// A row that a statement changed.
#[derive(Debug, Clone, PartialEq)]
pub struct RowChange {
    /// The table.
    pub entity: String,
    /// What happened to it: with [`Method::Update`] only the properties that changed are given.
    pub method: Method,
    /// Its id.
    pub id: String,
    /// Its properties.
    pub data: Map<String, Value>,
}

/// Tables whose changes go to a back end, and how.
#[derive(Clone, Copy)]
pub struct Tracked<'t> {
    /// The tables.
    pub tables: &'t BTreeSet<String>,
    /// Makes the command for a row that changed.
    pub command: &'t dyn Fn(RowChange) -> NewCommand,
}

impl std::fmt::Debug for Tracked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracked").field("tables", self.tables).finish_non_exhaustive()
    }
}

impl Store {
    /// As [`Store::execute_sql`], and queues what changes in tracked tables.
    ///
    /// # Errors
    /// As there.
    pub fn execute_sql_tracked(
        &self,
        statements: &[Statement<'_>],
        entities: &[String],
        tracked: &Tracked<'_>,
        now: i64,
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let touched = around(guarded, Some(tracked), now, || {
                let tables = statement::all_within(guarded, statements, entities)?.tables;
                Ok(Touched { tables, ..Touched::default() })
            })?;
            touched.read_back(guarded)
        })
    }

    /// As [`Store::change`], and queues what changes in tracked tables.
    ///
    /// # Errors
    /// As there.
    pub fn change_tracked(
        &self,
        changes: &[Change<'_>],
        tracked: &Tracked<'_>,
        now: i64,
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let touched = around(guarded, Some(tracked), now, || {
                let mut done = change::Done::default();
                for change in changes {
                    change.head.check()?;
                    change::apply(guarded, change.head, change.rows.iter().copied(), now, &mut done)?;
                }
                Ok(done.touched)
            })?;
            touched.read_back(guarded)
        })
    }
}

/// Does something to tables and queues what that changes in tracked ones.
pub(in crate::store) fn around(
    guarded: &Guarded,
    tracked: Option<&Tracked<'_>>,
    now: i64,
    work: impl FnOnce() -> Result<Touched, Trouble>,
) -> Result<Touched, Trouble> {
    let Some(tracked) = tracked else { return work() };
    for (n, table) in tracked.tables.iter().enumerate() {
        let table = entity::ensure(guarded, table)?;
        guarded.conn.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp._syncBefore{n};
             CREATE TEMP TABLE _syncBefore{n} AS SELECT id, data FROM main.{quoted};
             CREATE INDEX temp._syncBeforeIndex{n} ON _syncBefore{n} (id)",
            quoted = table.quoted
        ))?;
    }
    let mut touched = work()?;
    for (n, table) in tracked.tables.iter().enumerate() {
        for change in changes(guarded, table, n)? {
            put::enqueue(guarded, &(tracked.command)(change), now, &mut touched)?;
        }
        guarded.conn.execute_batch(&format!("DROP TABLE temp._syncBefore{n}"))?;
    }
    Ok(touched)
}

fn changes(guarded: &Guarded, table: &str, n: usize) -> Result<Vec<RowChange>, Trouble> {
    let quoted = entity::ensure(guarded, table)?.quoted;
    let sql = format!(
        "SELECT b.id, b.data, NULL, 'gone' FROM temp._syncBefore{n} b LEFT JOIN main.{quoted} t ON t.id = b.id
         WHERE t.id IS NULL
         UNION ALL
         SELECT t.id, b.data, t.data, iif(b.id IS NULL, 'new', 'other') FROM main.{quoted} t LEFT JOIN temp._syncBefore{n} b ON b.id = t.id
         WHERE b.id IS NULL OR t.data IS NOT b.data"
    );
    guarded.all(&sql, [], |row| {
        let (id, fate): (String, String) = (row.get(0)?, row.get(3)?);
        let (old, new): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
        let new = object(new.as_deref());
        let (method, data) = match fate.as_str() {
            "gone" => (Method::Delete, Map::new()),
            "new" => (Method::Create, new),
            _ => compared(&object(old.as_deref()), new),
        };
        Ok(RowChange { entity: table.to_owned(), method, id, data })
    })
}

fn compared(old: &Map<String, Value>, new: Map<String, Value>) -> (Method, Map<String, Value>) {
    // Merging cannot take a property away.
    if old.keys().any(|key| !new.contains_key(key)) {
        return (Method::Save, new);
    }
    let changed = new.into_iter().filter(|(key, value)| old.get(key) != Some(value));
    (Method::Update, changed.collect())
}

fn object(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
