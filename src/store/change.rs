//! Changes to local rows that functions ask for beside plain pages: operations on several tables, and parts
//! of tables that are replaced (functions.md §6).

use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Store;
use super::entity::{self, Table, Texts, WriteReport};
use super::error::StoreError;
use super::queue;
use super::rows::Touched;
use super::session::{Guarded, Trouble, number};
use super::statement::{self, Statement};
use super::writer::{Row, Tally};

/// One change; all of a page set are done in order, in one transaction.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What is done.
    pub head: &'a Head,
    /// The rows it is done with.
    pub rows: &'a [Row<'a>],
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Head {
    /// Rows for a table.
    Rows {
        /// The table.
        table: String,
        /// What they do to those that are there.
        mode: RowsMode,
        /// Epoch milliseconds that the rows carry; the time of writing without it.
        timestamp: Option<i64>,
    },
    /// A statement on local tables.
    Sql {
        /// The statement in the app format's dialect.
        statement: String,
        /// Its parameters.
        parameters: Map<String, Value>,
        /// Tables that are made first.
        tables: Vec<String>,
    },
    /// A text in the place of another, in ids and data.
    FindReplace {
        /// The text.
        find: String,
        /// The text in its place.
        replace: String,
        /// The tables.
        tables: Vec<String>,
        /// Whether commands that wait to be sent change too.
        #[serde(default)]
        queue: bool,
    },
}

/// What rows do to those that are there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RowsMode {
    /// They take the place of a part of the table.
    Replace(Part),
    /// Each takes the place of the one with its id.
    Upsert,
    /// Each one's top-level properties are merged into the one with its id.
    Merge,
}

/// A part of a table: rows for which all of it holds; everything when it is empty.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Part {
    /// Top-level properties with the value that they have.
    pub values: Vec<(String, Value)>,
    /// Top-level properties with the values between which they lie, both included.
    pub ranges: Vec<(String, Value, Value)>,
}

impl Head {
    /// The tables that it names, for checks before anything is done.
    fn tables(&self) -> Vec<&str> {
        match self {
            Self::Rows { table, .. } => vec![table],
            Self::Sql { tables, .. } | Self::FindReplace { tables, .. } => {
                tables.iter().map(String::as_str).collect()
            }
        }
    }

    /// Whether its tables may be written.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.tables().into_iter().try_for_each(entity::check_name)
    }
}

impl Store {
    /// Does changes at once, in one transaction, beside whatever else is going on.
    ///
    /// # Errors
    /// [`StoreError::Target`], [`StoreError::Sql`]; those of the database. Nothing was changed then.
    pub fn change(&self, changes: &[Change<'_>], now: i64) -> Result<WriteReport, StoreError> {
        self.write(|guarded| {
            let mut done = Done::default();
            for change in changes {
                change.head.check()?;
                apply(guarded, change.head, change.rows.iter().copied(), now, &mut done)?;
            }
            let changes = done.touched.read_back(guarded)?;
            Ok(WriteReport { tally: done.tally, changes, ..WriteReport::default() })
        })
    }
}

/// What changes came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) tally: Tally,
    pub(super) touched: Touched,
}

/// Does one change within a transaction.
pub(super) fn apply<'r>(
    guarded: &Guarded,
    head: &Head,
    rows: impl Iterator<Item = Row<'r>>,
    now: i64,
    done: &mut Done,
) -> Result<(), Trouble> {
    match head {
        Head::Rows { table, mode, timestamp } => {
            let before = done.tally;
            write(guarded, table, mode, rows, timestamp.unwrap_or(now), &mut done.tally)?;
            if done.tally.touched() > before.touched() {
                done.touched.tables.insert(table.clone());
            }
        }
        Head::Sql { statement, parameters, tables } => {
            let changed = statement::within(guarded, &Statement { sql: statement, parameters }, tables)?;
            done.touched.tables.extend(changed.tables);
        }
        Head::FindReplace { find, replace, tables, queue } => {
            for table in tables {
                if find_replace(guarded, table, find, replace, now, &mut done.tally)? {
                    done.touched.tables.insert(table.clone());
                }
            }
            if *queue && !find.is_empty() {
                queue::replace_in_queue(guarded, find, replace, &mut done.touched)?;
            }
        }
    }
    Ok(())
}

fn write<'r>(
    guarded: &Guarded,
    name: &str,
    mode: &RowsMode,
    rows: impl Iterator<Item = Row<'r>>,
    now: i64,
    tally: &mut Tally,
) -> Result<(), Trouble> {
    let table = entity::ensure(guarded, name)?;
    let RowsMode::Replace(part) = mode else {
        let mut texts = Texts::new(guarded, &table, now)?;
        for row in rows {
            let merges = matches!(mode, RowsMode::Merge);
            let touch = if merges { texts.merge(row.id, row.data)? } else { texts.save(row.id, row.data)? };
            tally.add(touch);
        }
        return Ok(());
    };
    guarded.conn.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS _syncKept (id TEXT PRIMARY KEY NOT NULL); DELETE FROM temp._syncKept",
    )?;
    let mut texts = Texts::new(guarded, &table, now)?;
    for row in rows {
        tally.add(texts.save(row.id, row.data)?);
        guarded.run("INSERT OR IGNORE INTO temp._syncKept (id) VALUES (?1)", [row.id])?;
    }
    drop(texts);
    tally.deleted += remove(guarded, &table, part, "temp._syncKept")?;
    guarded.run("DELETE FROM temp._syncKept", [])?;
    Ok(())
}

/// Removes the rows of a part of a table, but those whose ids are among the kept ones.
pub(super) fn remove(guarded: &Guarded, table: &Table, part: &Part, kept: &str) -> Result<i64, Trouble> {
    let (condition, values) = condition(table, part)?;
    let sql = format!("DELETE FROM {} WHERE {condition} AND id NOT IN (SELECT id FROM {kept})", table.quoted);
    Ok(number(guarded.run(&sql, params_from_iter(values))?))
}

/// How many rows a part of a table has.
pub(super) fn count(guarded: &Guarded, table: &Table, part: &Part) -> Result<i64, Trouble> {
    let (condition, values) = condition(table, part)?;
    let sql = format!("SELECT count(*) FROM {} WHERE {condition}", table.quoted);
    Ok(guarded.first(&sql, params_from_iter(values), |row| row.get(0))?.unwrap_or(0))
}

/// SQL that is true for the rows of a part, with its parameters.
fn condition(table: &Table, part: &Part) -> Result<(String, Vec<Sql>), StoreError> {
    let mut terms = vec!["true".to_owned()];
    let mut values = Vec::new();
    for (property, value) in &part.values {
        values.extend([path(table, property)?, sql(value)]);
        terms.push(format!("json_extract(data, ?{}) IS ?{}", values.len() - 1, values.len()));
    }
    for (property, from, to) in &part.ranges {
        values.extend([path(table, property)?, sql(from), sql(to)]);
        let last = values.len();
        terms.push(format!("json_extract(data, ?{}) BETWEEN ?{} AND ?{last}", last - 2, last - 1));
    }
    Ok((terms.join(" AND "), values))
}

fn path(table: &Table, property: &str) -> Result<Sql, StoreError> {
    if property.contains('"') {
        let reason = format!("the property `{property}` has a quotation mark in its name");
        return Err(StoreError::Target { table: table.name.clone(), reason });
    }
    Ok(Sql::Text(format!("$.\"{property}\"")))
}

fn sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(flag) => Sql::Integer(i64::from(*flag)),
        Value::Number(number) => number
            .as_i64()
            .map(Sql::Integer)
            .or_else(|| number.as_f64().map(Sql::Real))
            .unwrap_or_else(|| Sql::Text(number.to_string())),
        Value::String(text) => Sql::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Sql::Text(value.to_string()),
    }
}

/// Whether a row changed. The text is looked for as JSON writes it.
fn find_replace(
    guarded: &Guarded,
    name: &str,
    find: &str,
    replace: &str,
    now: i64,
    tally: &mut Tally,
) -> Result<bool, Trouble> {
    if find.is_empty() || find == replace {
        return Ok(false);
    }
    let table = entity::ensure(guarded, name)?;
    let written = |text: &str| {
        let quoted = Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    // A row that already has the new id gives way: it is the same record under both names.
    let changed = guarded.run(
        &format!(
            "UPDATE OR REPLACE {} SET id = replace(id, ?1, ?2), data = replace(data, ?3, ?4), timestamp = ?5
             WHERE instr(id, ?1) > 0 OR instr(data, ?3) > 0",
            table.quoted
        ),
        (find, replace, written(find), written(replace), now),
    )?;
    tally.updated += number(changed);
    Ok(changed > 0)
}
