//! What functions ask for, in the words of the database.

use std::collections::BTreeSet;

use crate::app::Project;
use crate::run::depth;
use crate::run::provider::{self, FetchError, Write, WriteMode};
use crate::run::write::cloud_tables;
use crate::store::{Change, Head, Part, Row, RowsMode};

/// Changes with what they borrow.
pub(in crate::run) struct Writes<'w> {
    parts: Vec<(Head, Vec<Row<'w>>)>,
}

impl<'w> Writes<'w> {
    /// Reads what a provider gives.
    ///
    /// # Errors
    /// When a row nests too deep to be read again.
    pub(in crate::run) fn of(writes: &'w [Write<'w>]) -> Result<Self, FetchError> {
        let parts = writes.iter().map(part_of).collect::<Result<_, _>>()?;
        Ok(Self { parts })
    }

    /// The tables of Dynamic Data among those that they change; their back end hears of it.
    pub(in crate::run) fn cloud(&self, project: &Project) -> BTreeSet<String> {
        let (mut named, mut texts) = (Vec::new(), Vec::new());
        for (head, _) in &self.parts {
            match head {
                Head::Rows { table, .. } => named.push(table.clone()),
                Head::Sql { statement, tables, .. } => {
                    texts.push(statement.as_str());
                    named.extend(tables.iter().cloned());
                }
                Head::FindReplace { tables, .. } => named.extend(tables.iter().cloned()),
            }
        }
        if self.parts.is_empty() { BTreeSet::new() } else { cloud_tables(project, &named, texts.into_iter()) }
    }

    pub(in crate::run) fn changes(&self) -> Vec<Change<'_>> {
        self.parts.iter().map(|(head, rows)| Change { head, rows }).collect()
    }
}

/// A part of a table in the words of the database.
pub(super) fn part(part: &provider::Part) -> Part {
    Part { values: part.values.clone(), ranges: part.ranges.clone() }
}

fn part_of<'w>(write: &'w Write<'w>) -> Result<(Head, Vec<Row<'w>>), FetchError> {
    Ok(match write {
        Write::Rows { table, mode, rows, timestamp } => {
            depth::check(rows)?;
            let mode = match mode {
                WriteMode::Replace(replaced) => RowsMode::Replace(part(replaced)),
                WriteMode::Upsert => RowsMode::Upsert,
                WriteMode::Merge => RowsMode::Merge,
            };
            let timestamp = timestamp.as_ref().and_then(serde_json::Value::as_i64);
            let head = Head::Rows { table: table.clone(), mode, timestamp };
            (head, rows.iter().map(|row| Row { id: &row.id, data: &row.data }).collect())
        }
        Write::Sql { statement, parameters, tables } => {
            let head = Head::Sql {
                statement: statement.clone(),
                parameters: parameters.clone(),
                tables: tables.clone(),
            };
            (head, Vec::new())
        }
        Write::FindReplace { find, replace, tables, queue } => {
            let head = Head::FindReplace {
                find: find.clone(),
                replace: replace.clone(),
                tables: tables.clone(),
                queue: *queue,
            };
            (head, Vec::new())
        }
    })
}
