//! Databases that functions query over a named connection (functions.md §10).
//!
//! Parameters, queries, guards, transforms and error rules are those of every function; only the
//! exchange itself is another one. A further kind of database is one more [`SqlDriver`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{FetchError, Stop};
use crate::app::{Settings, SqlConnection};
use crate::diag::did_you_mean;
use crate::store::{Asked, Limits, Outside, StoreError};

/// The most time that a statement may take in a fetch without an end in time.
const LONGEST: Duration = Duration::from_secs(300);

/// Performs statements in one kind of database.
pub trait SqlDriver: Send + Sync {
    /// Performs a statement, or calls a procedure.
    ///
    /// # Errors
    /// `config.connection` when the database cannot be reached as it is set up, `sql.procedure` for
    /// an unknown procedure, `sql.statement` for a mistake in a statement, `sql.locked`,
    /// `limit.sql`, `sql.failed`. Nothing was changed then.
    fn ask(&self, call: &SqlCall<'_>, stop: &Stop) -> Result<SqlAnswer, FetchError>;
}

/// What a database is asked.
#[derive(Debug, Clone, Copy)]
pub struct SqlCall<'a> {
    /// What the text is.
    pub kind: SqlKind,
    /// The statement with `@name` for parameters, or the name of a procedure.
    pub text: &'a str,
    /// Values by name, to be bound and never pasted.
    pub parameters: &'a Map<String, Value>,
}

/// What the text of a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlKind {
    /// A statement.
    Statement,
    /// The name of a stored procedure.
    Procedure,
}

/// What a database answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SqlAnswer {
    /// The rows; `None` when the statement gives none, as an `UPDATE` does.
    pub rows: Option<Vec<Map<String, Value>>>,
}

/// Databases by the names that functions use.
#[derive(Clone, Default)]
pub struct Connections {
    by_name: BTreeMap<String, Arc<dyn SqlDriver>>,
}

impl Connections {
    /// No connections: every function that needs one fails and says so.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Those that an app's settings name.
    #[must_use]
    pub fn from_settings(settings: &Settings) -> Self {
        let max_bytes = usize::try_from(settings.http.max_body).unwrap_or(usize::MAX);
        let driver = |connection: &SqlConnection| -> Arc<dyn SqlDriver> {
            match connection {
                SqlConnection::Sqlite(path) => Arc::new(Sqlite { outside: Outside::new(path), max_bytes }),
                SqlConnection::Other(_) => {
                    Arc::new(Unsupported(connection.unsupported().unwrap_or_default()))
                }
            }
        };
        let named = settings.sql.iter();
        Self { by_name: named.map(|(name, connection)| (name.clone(), driver(connection))).collect() }
    }

    /// The same with one more, in place of one of its name.
    #[must_use]
    pub fn with(mut self, name: &str, driver: Arc<dyn SqlDriver>) -> Self {
        self.by_name.insert(name.to_owned(), driver);
        self
    }

    /// The database behind a name.
    ///
    /// # Errors
    /// `config.connection` when there is none of this name.
    pub fn get(&self, name: &str) -> Result<Arc<dyn SqlDriver>, FetchError> {
        self.by_name.get(name).cloned().ok_or_else(|| {
            let near = did_you_mean(name, self.by_name.keys().map(String::as_str));
            let help = near.unwrap_or_else(|| {
                format!("set it under `providers.sql.connections` in `syncscope.yaml`, for example `{name}: sqlite:data.db`")
            });
            let message = format!("there is no SQL connection `{name}`; {help}");
            FetchError::lasting("config.connection", message)
        })
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_name.keys()).finish()
    }
}

/// A SQLite file.
struct Sqlite {
    outside: Outside,
    max_bytes: usize,
}

impl SqlDriver for Sqlite {
    fn ask(&self, call: &SqlCall<'_>, stop: &Stop) -> Result<SqlAnswer, FetchError> {
        stop.check()?;
        let sql = match call.kind {
            SqlKind::Statement => call.text.to_owned(),
            SqlKind::Procedure => self.procedure(call.text)?,
        };
        let time = stop.left().unwrap_or(LONGEST);
        let limits = Limits { time, rows: usize::MAX, bytes: self.max_bytes };
        let asked = Asked { sql: &sql, parameters: call.parameters, limits };
        let answered = self.outside.ask(&asked, &|| stop.is_asked()).map_err(|error| {
            // A statement that was cut short failed for the reason of the stop.
            stop.check().err().unwrap_or_else(|| told(&error, &sql))
        })?;
        Ok(SqlAnswer { rows: answered.rows.map(|rows| rows.rows) })
    }
}

impl Sqlite {
    fn procedure(&self, name: &str) -> Result<String, FetchError> {
        let found = self.outside.procedure(name.trim()).map_err(|error| told(&error, ""))?;
        found.ok_or_else(|| {
            let message = format!(
                "there is no procedure `{}`: SQLite has none of its own; a table \
                 `_procedures(name, statement)` in the database stands for them",
                name.trim()
            );
            FetchError::lasting("sql.procedure", message)
        })
    }
}

/// A database that this runtime cannot ask.
struct Unsupported(String);

impl SqlDriver for Unsupported {
    fn ask(&self, _: &SqlCall<'_>, _: &Stop) -> Result<SqlAnswer, FetchError> {
        let message = format!("{} is not supported by this runtime; `sqlite:FILE` is", self.0);
        Err(FetchError::lasting("config.unsupported", message))
    }
}

fn told(error: &StoreError, sql: &str) -> FetchError {
    match error {
        StoreError::Missing { path } => {
            let message = format!("there is no database file `{}`", path.display());
            FetchError::lasting("config.connection", message)
        }
        StoreError::Sql(mistake) => {
            let place = mistake.offset.map_or_else(String::new, |offset| place(sql, offset));
            FetchError::lasting("sql.statement", format!("{}{place}", mistake.message))
        }
        StoreError::Limit { limit } => {
            let message = format!(
                "the answer is larger than {limit}, or takes longer; ask for less, or raise `http.maxBody`"
            );
            FetchError::lasting("limit.sql", message)
        }
        StoreError::Locked { .. } => FetchError::passing("sql.locked", error.to_string()),
        other => FetchError::lasting("sql.failed", other.to_string()),
    }
}

/// ` (line 2, column 5 of the statement)`
fn place(sql: &str, offset: usize) -> String {
    let before = sql.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" (line {line}, column {column} of the statement)")
}
