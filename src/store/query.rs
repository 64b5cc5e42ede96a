//! Reading: facts about scopes and statuses, and the app's own queries, which may read and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use rusqlite::types::{Value as SqlValue, ValueRef};
use rusqlite::{Connection, Statement};
use serde_json::{Map, Value};

use super::dialect::{self, Dialect, Rewritten};
use super::error::{SqlError, StoreError, code_of, translate, words};
use super::open::Kind;
use super::queue::CommandRow;
use super::rows::{self, RunRow, ScopeBrief, ScopeRow, StatusRow};
use super::session::{Access, Guarded, Mode, Trouble};
use super::work::{self, Progress};
use super::{Store, entity};

/// Values for the `@name` parameters of a query; a leading `@` in a key is allowed.
pub type Parameters = Map<String, Value>;

/// A query of the app, made ready once and run any number of times.
#[derive(Debug, Clone)]
pub struct Query {
    text: Rewritten,
    /// Tables it uses; those that do not exist count as empty (datasources.md §2).
    pub tables: Vec<String>,
    /// Columns whose text is parsed as JSON; `name` and `'$.name'` mean the same.
    pub json_properties: Vec<String>,
    /// Whether only the first row counts, as an object.
    pub is_document: bool,
    /// What it may cost.
    pub limits: Limits,
}

/// What a query may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time on the clock.
    pub time: Duration,
    /// Rows in the result.
    pub rows: usize,
    /// Bytes of text in the result.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), rows: 250_000, bytes: 64 << 20 }
    }
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Column names in order.
    pub columns: Vec<String>,
    /// One object per row.
    pub rows: Vec<Map<String, Value>>,
    is_document: bool,
}

impl Rows {
    /// What expressions see: the list of rows, or for a document the first row, null without one.
    #[must_use]
    pub fn into_value(self) -> Value {
        let mut rows = self.rows.into_iter().map(Value::Object);
        if self.is_document { rows.next().unwrap_or(Value::Null) } else { rows.collect() }
    }
}

impl Query {
    /// Makes a query ready.
    #[must_use]
    pub fn new(sql: &str, dialect: &Dialect<'_>) -> Self {
        Self {
            text: dialect::rewrite(sql, dialect),
            tables: Vec::new(),
            json_properties: Vec::new(),
            is_document: false,
            limits: Limits::default(),
        }
    }

    /// What SQLite gets.
    #[must_use]
    pub fn sqlite_text(&self) -> &str {
        &self.text.sql
    }
}

/// Looks at one moment of the database.
pub struct Reader<'a> {
    guarded: &'a Guarded,
    path: &'a Path,
    kind: Kind,
}

impl<'a> Reader<'a> {
    pub(super) fn new(guarded: &'a Guarded, path: &'a Path, kind: Kind) -> Self {
        Self { guarded, path, kind }
    }

    pub(super) fn guarded(&self) -> &'a Guarded {
        self.guarded
    }

    /// All scopes in order of id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scopes(&self) -> Result<Vec<ScopeRow>, StoreError> {
        self.ours(rows::scopes)
    }

    /// One scope.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scope(&self, id: &str) -> Result<Option<ScopeRow>, StoreError> {
        self.ours(|guarded| rows::scope(guarded, id))
    }

    /// What conditions read of a scope.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scope_brief(&self, id: &str) -> Result<Option<ScopeBrief>, StoreError> {
        self.ours(|guarded| rows::scope_brief(guarded, id))
    }

    /// All statuses in order of their number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn statuses(&self) -> Result<Vec<StatusRow>, StoreError> {
        self.ours(rows::statuses)
    }

    /// The commands of the queue in the order in which they are sent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn commands(&self) -> Result<Vec<CommandRow>, StoreError> {
        self.ours(rows::commands)
    }

    /// The newest status of a table; provider and function narrow it where given.
    ///
    /// # Errors
    /// Those of the database.
    pub fn newest_status(
        &self,
        provider: Option<&str>,
        entity: &str,
        function: Option<&str>,
    ) -> Result<Option<StatusRow>, StoreError> {
        self.ours(|guarded| rows::newest_status(guarded, provider, entity, function))
    }

    /// The runs of one scope, or of all, oldest first within a scope.
    ///
    /// # Errors
    /// Those of the database.
    pub fn history(&self, scope: Option<&str>) -> Result<Vec<RunRow>, StoreError> {
        self.ours(|guarded| rows::runs(guarded, scope))
    }

    /// How far the members of a scope's current run have come, in the order of its start.
    ///
    /// # Errors
    /// Those of the database.
    pub fn progress(&self, scope: &str) -> Result<Vec<Progress>, StoreError> {
        self.ours(|guarded| work::progress(guarded, scope))
    }

    /// Runs a query of the app.
    ///
    /// # Errors
    /// [`StoreError::Sql`] with the place in the author's text, [`StoreError::Limit`]; those of the database.
    pub fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError> {
        let made = self.add_missing(&query.tables).map_err(|trouble| self.explain(trouble))?;
        let result = run(self.guarded, query, parameters).map_err(|trouble| self.explain(trouble));
        for table in made {
            let drop = format!("DROP TABLE temp.{}", entity::quote(&table));
            self.guarded.conn.execute_batch(&drop).map_err(|error| translate(&error, self.path))?;
        }
        result
    }

    /// Empty stand-ins for tables that do not exist yet; reading must not write.
    fn add_missing(&self, tables: &[String]) -> Result<Vec<String>, Trouble> {
        let mut made = Vec::new();
        for table in tables {
            let known = self.guarded.exists(
                "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')
                 UNION ALL SELECT 1 FROM sqlite_temp_schema WHERE name = ?1 COLLATE NOCASE",
                [table],
            )?;
            if !known && entity::check_name(table).is_ok() {
                entity::create(&self.guarded.conn, "TEMP", table)?;
                made.push(table.clone());
            }
        }
        Ok(made)
    }

    /// Reads our own tables; a database that never ran anything has none.
    fn ours<T: Default>(&self, read: impl FnOnce(&Guarded) -> Result<T, Trouble>) -> Result<T, StoreError> {
        match self.kind {
            Kind::Ours => read(self.guarded).map_err(|trouble| self.explain(trouble)),
            Kind::Older => Ok(T::default()),
        }
    }

    fn explain(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Sqlite(error) => translate(&error, self.path),
            Trouble::Store(error) => error,
            Trouble::Aborted => StoreError::Internal { detail: "an aborted read".into() },
        }
    }
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Runs a query of the app; reads only.
    ///
    /// # Errors
    /// As [`Reader::query`].
    pub fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError> {
        self.read(|reader| reader.query(query, parameters))
    }
}

fn run(guarded: &Guarded, query: &Query, parameters: &Parameters) -> Result<Rows, Trouble> {
    let deadline = Instant::now() + query.limits.time;
    let (result, access) = guarded.as_author(Mode::Read, Some(deadline), |conn| {
        let mut statement = prepare(conn, &query.text.sql)?;
        bind(&mut statement, parameters)?;
        collect(&mut statement, query)
    });
    match result {
        Ok(Ok(rows)) => Ok(rows),
        Ok(Err(limit)) => Err(limit.into()),
        Err(error) if code_of(&error) == Some(rusqlite::ErrorCode::OperationInterrupted) => {
            Err(limit_error(query.limits.time).into())
        }
        Err(error) => Err(explain_sql(error, &query.text, &access)),
    }
}

/// Prepares one of the author's statements, outside the cache of ours.
pub(super) fn prepare<'c>(conn: &'c Connection, sql: &str) -> rusqlite::Result<Statement<'c>> {
    conn.prepare(sql)
}

/// All rows of a statement whose parameters are bound.
pub(super) fn rows(
    statement: &mut Statement<'_>,
    limits: &Limits,
) -> rusqlite::Result<Result<Rows, StoreError>> {
    let mut query = Query::new("", &Dialect { shorthand: false, package: None });
    query.limits = *limits;
    collect(statement, &query)
}

fn collect(statement: &mut Statement<'_>, query: &Query) -> rusqlite::Result<Result<Rows, StoreError>> {
    let columns = apart(statement.column_names());
    let as_json: Vec<bool> =
        columns.iter().map(|c| query.json_properties.iter().any(|p| names(p, c))).collect();
    let mut found = Rows { columns, rows: Vec::new(), is_document: query.is_document };
    let mut bytes = 0;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let mut record = Map::with_capacity(found.columns.len());
        for (position, column) in found.columns.iter().enumerate() {
            let value = row.get_ref(position)?;
            bytes += size(value);
            record.insert(column.clone(), to_json(value, as_json[position]));
        }
        found.rows.push(record);
        if found.is_document {
            break;
        }
        if found.rows.len() > query.limits.rows {
            return Ok(Err(StoreError::Limit { limit: format!("{} rows", query.limits.rows) }));
        }
        if bytes > query.limits.bytes {
            return Ok(Err(StoreError::Limit { limit: format!("{} bytes of text", query.limits.bytes) }));
        }
    }
    Ok(Ok(found))
}

/// Column names that differ: a join may give two columns the same name, and an object keeps one.
fn apart<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for name in names {
        let is_new = |candidate: &String| !columns.contains(candidate);
        let numbered = (2..).map(|n| format!("{name}_{n}"));
        let column = std::iter::once(name.to_owned()).chain(numbered).find(is_new);
        columns.extend(column);
    }
    columns
}

/// `image`, `'$.image'` and `$.image` name the column `image`.
fn names(property: &str, column: &str) -> bool {
    let bare = property.trim_matches('\'');
    bare.strip_prefix("$.").unwrap_or(bare) == column
}

fn size(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
        _ => 8,
    }
}

fn to_json(value: ValueRef<'_>, as_json: bool) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        // JSON has no infinity.
        ValueRef::Real(number) => Value::from(number),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let parsed = if as_json { serde_json::from_str(&text).ok() } else { None };
            parsed.unwrap_or_else(|| Value::String(text.into_owned()))
        }
        ValueRef::Blob(bytes) => Value::String(base64::engine::general_purpose::STANDARD.encode(bytes)),
    }
}

/// Binds every `@name`; what is missing stays NULL, and so does every other kind of parameter.
pub(super) fn bind(statement: &mut Statement<'_>, parameters: &Parameters) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).and_then(|name| name.strip_prefix('@')).map(str::to_owned);
        let Some(name) = name else { continue };
        let value = parameters.get(&name).or_else(|| parameters.get(&format!("@{name}")));
        statement.raw_bind_parameter(index, value.map_or(SqlValue::Null, to_sql))?;
    }
    Ok(())
}

/// Booleans become 1 and 0, lists and objects JSON text.
fn to_sql(value: &Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::Bool(yes) => SqlValue::Integer(i64::from(*yes)),
        Value::String(text) => SqlValue::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => SqlValue::Integer(whole),
            None => number.as_f64().map_or(SqlValue::Null, SqlValue::Real),
        },
        Value::Array(_) | Value::Object(_) => SqlValue::Text(value.to_string()),
    }
}

pub(super) fn limit_error(time: Duration) -> StoreError {
    StoreError::Limit { limit: format!("{} s", time.as_secs_f64()) }
}

/// An author's mistake with its place in their text, or what the database itself suffers from.
pub(super) fn explain_sql(error: rusqlite::Error, text: &Rewritten, access: &Access) -> Trouble {
    use rusqlite::ErrorCode as Code;
    let is_sql = match code_of(&error) {
        None => true,
        Some(code) => matches!(
            code,
            Code::Unknown
                | Code::AuthorizationForStatementDenied
                | Code::ConstraintViolation
                | Code::TypeMismatch
                | Code::TooBig
                | Code::ParameterOutOfRange
        ),
    };
    if !is_sql {
        return error.into();
    }
    let message = access.refused.clone().unwrap_or_else(|| words(&error));
    let offset = match &error {
        rusqlite::Error::SqlInputError { offset, .. } => {
            usize::try_from(*offset).ok().map(|at| text.origin(at))
        }
        _ => missing_table(&message).and_then(|name| text.find_name(name)).map(|range| range.start),
    };
    let help = offset.filter(|at| text.is_shorthand(*at)).and_then(|_| shorthand_help(&message));
    StoreError::Sql(SqlError { message, offset, statement: None, help }).into()
}

/// The table of SQLite's one message that has no place.
pub(super) fn missing_table(message: &str) -> Option<&str> {
    message.strip_prefix("no such table: ")
}

fn shorthand_help(message: &str) -> Option<String> {
    if message.contains("ambiguous") {
        let help =
            "with several tables write `json_extract(t.data, '$.path')`, where `t` is the table's alias";
        return Some(help.to_owned());
    }
    message.contains("no such column").then(|| {
        "the shorthand `'$.path'` reads the column `data`, which is not there; write the column's name"
            .to_owned()
    })
}
