//! Queries checked without data: compiled against empty tables in memory, for the linter.

use std::ops::Range;

use super::dialect::{self, Dialect, ParameterUse, Rewritten};
use super::entity;
use super::error::{SqlError, StoreError};
use super::open::{self, OpenOptions, Place};
use super::query::{explain_sql, missing_table, prepare};
use super::session::{Guarded, Mode, Trouble};

/// What was found out about a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Parameters in the order of the text.
    pub parameters: Vec<ParameterUse>,
    /// Tables it reads (or writes), in order of name; empty when it does not compile.
    pub tables: Vec<TableUse>,
    /// Columns of its result.
    pub columns: Vec<String>,
    /// Why it does not compile.
    pub error: Option<SqlError>,
}

/// A table in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableUse {
    /// Its name, as the author wrote it.
    pub name: String,
    /// Where the author first wrote it.
    pub range: Option<Range<usize>>,
}

/// Compiles queries against empty tables; every table that a query names is taken to exist.
pub struct Checker {
    guarded: Guarded,
    /// Keeps the database in memory alive.
    _place: Place,
}

/// More unknown tables than this in one query are not made.
const MAX_TABLES: usize = 64;

impl Checker {
    /// An empty database in memory with the system tables.
    ///
    /// # Errors
    /// Only when SQLite itself cannot work.
    pub fn new() -> Result<Self, StoreError> {
        let place = Place::memory();
        let guarded = open::writer(&place, &OpenOptions::default())?;
        Ok(Self { guarded, _place: place })
    }

    /// Checks a datasource's query.
    #[must_use]
    pub fn check_query(&self, sql: &str, dialect: &Dialect<'_>) -> Checked {
        self.check(&dialect::rewrite(sql, dialect), Mode::Read)
    }

    /// Checks a statement of `execute-sql`.
    #[must_use]
    pub fn check_statement(&self, sql: &str) -> Checked {
        self.check(&dialect::rewrite(sql, &Dialect { shorthand: false, package: None }), Mode::Write)
    }

    fn check(&self, text: &Rewritten, mode: Mode) -> Checked {
        let mut checked = Checked { parameters: text.parameters(), ..Checked::default() };
        for _ in 0..MAX_TABLES {
            let (result, access) = self.guarded.as_author(mode, None, |conn| {
                let statement = prepare(conn, &text.sql)?;
                Ok(statement.column_names().map(str::to_owned).collect())
            });
            match result {
                Ok(columns) => {
                    checked.columns = columns;
                    let names = access.read.union(&access.written);
                    checked.tables = names.filter_map(|name| table_use(text, name)).collect();
                    return checked;
                }
                Err(error) => match self.learn(error, text, &access) {
                    Ok(()) => {}
                    Err(error) => {
                        checked.error = Some(error);
                        return checked;
                    }
                },
            }
        }
        checked
    }

    /// Makes the table that was missing, or gives the mistake.
    fn learn(
        &self,
        error: rusqlite::Error,
        text: &Rewritten,
        access: &super::session::Access,
    ) -> Result<(), SqlError> {
        let error = match explain_sql(error, text, access) {
            Trouble::Store(StoreError::Sql(error)) => error,
            other => SqlError { message: format!("{other:?}"), offset: None, statement: None, help: None },
        };
        let Some(name) = missing_table(&error.message) else { return Err(error) };
        let name = name.strip_prefix("main.").unwrap_or(name);
        let made = entity::check_name(name).is_ok() && entity::create(&self.guarded.conn, "", name).is_ok();
        // A table of another package cannot be made here, the same message would come for ever.
        if made && text.find_name(name).is_some() && !is_qualified(text, name) { Ok(()) } else { Err(error) }
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker").finish_non_exhaustive()
    }
}

fn is_qualified(text: &Rewritten, name: &str) -> bool {
    text.find_name(name).is_none_or(|range| {
        let written = text.original.get(range).unwrap_or_default();
        !written.to_ascii_lowercase().contains(&name.to_ascii_lowercase())
    })
}

fn table_use(text: &Rewritten, name: &str) -> Option<TableUse> {
    if name.is_empty() || name.to_ascii_lowercase().starts_with("sqlite_") {
        return None;
    }
    let range = text.find_name(name);
    let written = range
        .clone()
        .and_then(|range| text.original.get(range))
        .map(|written| written.trim_matches(|c| matches!(c, '[' | ']' | '"' | '`')).to_owned());
    Some(TableUse { name: written.unwrap_or_else(|| name.to_owned()), range })
}
