//! Entity tables: `id`, `data`, `timestamp`, `file` (datasources.md §4), made on demand, and the local effects
//! of writes by actions (actions.md §5.1).

mod merge;
mod texts;

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::Store;
use super::error::StoreError;
use super::rows::Changes;
use super::session::{Guarded, Trouble, number, refuse_reserved};
use super::writer::Tally;

pub(super) use texts::Texts;

/// What a local write does with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Inserts; a row of that id is an error.
    Create,
    /// Merges the top-level properties into the row; without a row nothing happens.
    Update,
    /// Inserts the row or puts it in the place of the one with its id.
    Save,
    /// Removes the row of that id.
    Delete,
}

/// One row to write; records without an id get one from the caller.
#[derive(Debug, Clone, Copy)]
pub struct LocalRow<'a> {
    /// The row's key.
    pub id: &'a str,
    /// The record; not looked at by [`Method::Delete`].
    pub data: &'a Map<String, Value>,
}

/// What a local write did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WriteReport {
    /// How many rows were touched how.
    pub tally: Tally,
    /// Ids that an update or delete did not find.
    pub missing: Vec<String>,
    /// Tables that changed.
    pub changes: Changes,
}

impl Store {
    /// Writes rows of one table in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Target`] for a table that may not be written, [`StoreError::Constraint`] for an id that is
    /// there already; those of the database. Nothing was changed then.
    pub fn write_rows(
        &self,
        entity: &str,
        method: Method,
        rows: &[LocalRow<'_>],
        now: i64,
    ) -> Result<WriteReport, StoreError> {
        self.write(|guarded| write_within(guarded, entity, method, rows, now))
    }

    /// Whether there is such a table, with a row in it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn has_rows(&self, entity: &str) -> Result<bool, StoreError> {
        let exists = "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = 'table'";
        let any = format!("SELECT 1 FROM {} LIMIT 1", quote(entity));
        self.read(|reader| {
            let guarded = reader.guarded();
            let found =
                guarded.exists(exists, [entity]).and_then(|there| Ok(there && guarded.exists(&any, [])?));
            found.map_err(|trouble| self.explain(trouble))
        })
    }

    /// Makes sure that entity tables exist.
    ///
    /// # Errors
    /// [`StoreError::Target`] for a name that may not be one; those of the database.
    pub fn ensure_tables(&self, entities: &[String]) -> Result<(), StoreError> {
        self.write(|guarded| entities.iter().try_for_each(|entity| made(guarded, entity).map(drop)))
    }
}

/// Writes rows of one table within a transaction.
pub(super) fn write_within(
    guarded: &Guarded,
    entity: &str,
    method: Method,
    rows: &[LocalRow<'_>],
    now: i64,
) -> Result<WriteReport, Trouble> {
    let table = ensure(guarded, entity)?;
    let mut report = WriteReport::default();
    for row in rows {
        write_row(guarded, &table, entity, method, row, now, &mut report)?;
    }
    if report.tally.has_changes() {
        report.changes.tables.insert(entity.to_owned());
    }
    Ok(report)
}

/// An entity table that is known to have our columns.
pub(super) struct Table {
    /// The name as it stands in the database, quoted for SQL.
    pub(super) quoted: String,
    /// The name as it stands in the database.
    pub(super) name: String,
    /// Whether it has just our columns and no triggers, so that another may take its place.
    pub(super) is_plain: bool,
}

/// The table of that name, to be written to in this transaction; made or completed when needed.
pub(super) fn ensure(guarded: &Guarded, entity: &str) -> Result<Table, Trouble> {
    let table = made(guarded, entity)?;
    note_write(guarded, &table.name)?;
    Ok(table)
}

/// Counts the writes to a table, so that whoever compares with its rows for a while learns of them.
pub(super) fn note_write(guarded: &Guarded, table: &str) -> Result<(), Trouble> {
    guarded.run(
        "INSERT INTO _syncSequence (name, last) VALUES ('writes ' || lower(?1), 1)
         ON CONFLICT (name) DO UPDATE SET last = last + 1",
        [table],
    )?;
    Ok(())
}

/// How many writes to a table were counted.
pub(super) fn writes(guarded: &Guarded, table: &str) -> Result<i64, Trouble> {
    let sql = "SELECT last FROM _syncSequence WHERE name = 'writes ' || lower(?1)";
    Ok(guarded.first(sql, [table], |row| row.get(0))?.unwrap_or(0))
}

/// The table of that name with our columns; made or completed when needed.
pub(super) fn made(guarded: &Guarded, entity: &str) -> Result<Table, Trouble> {
    check_name(entity)?;
    let Some((name, kind)) = found(guarded, entity)? else {
        create(&guarded.conn, "", entity)?;
        return Ok(Table { quoted: quote(entity), name: entity.to_owned(), is_plain: true });
    };
    if kind == "view" {
        return Err(target(entity, "it is a view").into());
    }
    complete(guarded, name, entity)
}

/// The table of that name as it is; `None` without one.
pub(super) fn known(guarded: &Guarded, entity: &str) -> Result<Option<Table>, Trouble> {
    let found = found(guarded, entity)?.filter(|(_, kind)| kind == "table");
    Ok(found.map(|(name, _)| Table { quoted: quote(&name), name, is_plain: false }))
}

/// The name and type of a table or view.
fn found(guarded: &Guarded, entity: &str) -> Result<Option<(String, String)>, Trouble> {
    guarded.first(
        "SELECT name, type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
        [entity],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Makes an entity table; `prefix` is empty or `TEMP`.
pub(super) fn create(conn: &Connection, prefix: &str, name: &str) -> rusqlite::Result<()> {
    conn.execute_batch(&format!(
        "CREATE {prefix} TABLE {} (id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp, file TEXT)",
        quote(name)
    ))
}

/// Adds the columns of ours that a table made by the author's own statement lacks.
fn complete(guarded: &Guarded, name: String, entity: &str) -> Result<Table, Trouble> {
    let columns: Vec<(String, i64)> =
        guarded.all("SELECT name, pk FROM pragma_table_xinfo(?1) ORDER BY cid", [&name], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let has = |wanted: &str| columns.iter().any(|(column, _)| column.eq_ignore_ascii_case(wanted));
    let keyed = columns.iter().all(|(column, key)| (*key > 0) == column.eq_ignore_ascii_case("id"));
    if !has("id") || !has("data") || !keyed {
        return Err(target(entity, "it needs the columns `id` (primary key) and `data`").into());
    }
    let quoted = quote(&name);
    for column in ["timestamp", "file TEXT"] {
        if !has(column.split(' ').next().unwrap_or(column)) {
            guarded.conn.execute_batch(&format!("ALTER TABLE {quoted} ADD COLUMN {column}"))?;
        }
    }
    let triggers = guarded.exists(
        "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
        [&name],
    )?;
    let ours = ["id", "data", "timestamp", "file"];
    let is_plain = !triggers && columns.iter().map(|(column, _)| column.as_str()).eq(ours);
    Ok(Table { quoted, name, is_plain })
}

/// Refuses names that are not an app's to write.
pub(super) fn check_name(entity: &str) -> Result<(), StoreError> {
    if entity.trim().is_empty() {
        return Err(target(entity, "a table needs a name"));
    }
    if entity.chars().any(|c| c.is_control() || matches!(c, '"' | '[' | ']' | '`')) {
        return Err(target(entity, "a table name has no quotes, square brackets or control characters"));
    }
    refuse_reserved(entity)
        .map_err(|_| target(entity, "names that begin with `_` or `sqlite_` belong to the system"))
}

/// A name for SQL, whatever characters it has.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn target(table: &str, reason: &str) -> StoreError {
    StoreError::Target { table: table.to_owned(), reason: reason.to_owned() }
}

fn write_row(
    guarded: &Guarded,
    table: &Table,
    entity: &str,
    method: Method,
    row: &LocalRow<'_>,
    now: i64,
    report: &mut WriteReport,
) -> Result<(), Trouble> {
    match method {
        Method::Create => create_row(guarded, table, entity, row, now, report),
        Method::Update => update_row(guarded, table, row, now, report),
        Method::Save => {
            let outcome = Texts::new(guarded, table, now)?.save(row.id, &text_of(row))?;
            report.tally.add(outcome);
            Ok(())
        }
        Method::Delete => {
            let gone = guarded.run(&format!("DELETE FROM {} WHERE id = ?1", table.quoted), [row.id])?;
            report.tally.deleted += number(gone);
            if gone == 0 {
                report.missing.push(row.id.to_owned());
            }
            Ok(())
        }
    }
}

fn create_row(
    guarded: &Guarded,
    table: &Table,
    entity: &str,
    row: &LocalRow<'_>,
    now: i64,
    report: &mut WriteReport,
) -> Result<(), Trouble> {
    let done = Texts::new(guarded, table, now)?.insert(row.id, &text_of(row))?;
    if !done {
        let reason = format!("a row with the id `{}` is there already", row.id);
        return Err(StoreError::Constraint { table: entity.to_owned(), reason }.into());
    }
    report.tally.inserted += 1;
    Ok(())
}

fn update_row(
    guarded: &Guarded,
    table: &Table,
    row: &LocalRow<'_>,
    now: i64,
    report: &mut WriteReport,
) -> Result<(), Trouble> {
    match Texts::new(guarded, table, now)?.merge_into(row.id, &text_of(row))? {
        Some(touch) => report.tally.add(touch),
        None => report.missing.push(row.id.to_owned()),
    }
    Ok(())
}

/// What an upsert did with one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Inserted,
    Updated,
    Unchanged,
}

/// A record as JSON.
pub(super) fn text_of(row: &LocalRow<'_>) -> String {
    serde_json::to_string(row.data).expect("BUG: a JSON object has a text")
}
