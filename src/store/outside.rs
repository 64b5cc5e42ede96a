//! Databases of others, which functions query over a named connection (functions.md §10).
//!
//! Such a file is never made, never migrated and never ours; the author's statements may do in it
//! what they may do in the app's own tables. SQLite has no stored procedures: the rows of a table
//! `_procedures(name, statement)` stand for them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection, OpenFlags};

use super::dialect::{self, Dialect, Rewritten};
use super::error::{StoreError, code_of, translate};
use super::query::{self, Limits, Parameters, Rows};
use super::session::{Guarded, Mode, Trouble};

/// How long to wait for other programs that hold the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a running statement is asked whether it is still wanted.
const TICK: Duration = Duration::from_millis(20);

/// A SQLite file that belongs to somebody else.
#[derive(Debug, Clone)]
pub struct Outside {
    path: PathBuf,
}

/// What statements gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The rows of the last statement that has any; `None` when none of them gives rows.
    pub rows: Option<Rows>,
    /// How many rows were inserted, updated and deleted.
    pub changed: u64,
}

/// Statements with what belongs to them.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// One or several statements, the later ones after a `;`. Several take effect together or not
    /// at all.
    pub sql: &'a str,
    /// Values for `@name`; missing ones are NULL.
    pub parameters: &'a Parameters,
    /// What they may cost.
    pub limits: Limits,
}

impl Outside {
    /// The database in a file; nothing is opened yet.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Runs statements; stops when `is_over` says so.
    ///
    /// # Errors
    /// [`StoreError::Missing`] and others when the file cannot be opened; [`StoreError::Sql`] with
    /// the place in the text; [`StoreError::Limit`], also after a stop. Nothing was changed then.
    pub fn ask(
        &self,
        asked: &Asked<'_>,
        is_over: &(dyn Fn() -> bool + Sync),
    ) -> Result<Answered, StoreError> {
        let guarded = self.open()?;
        let done = std::sync::atomic::AtomicBool::new(false);
        let interrupt = guarded.conn.get_interrupt_handle();
        let answered = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::SeqCst) {
                    if is_over() {
                        interrupt.interrupt();
                    }
                    std::thread::park_timeout(TICK);
                }
            });
            let answered = perform(&guarded, asked);
            done.store(true, std::sync::atomic::Ordering::SeqCst);
            answered
        });
        answered.map_err(|trouble| self.explain(trouble))
    }

    /// The statements that stand for a procedure; `None` when there is none of this name.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn procedure(&self, name: &str) -> Result<Option<String>, StoreError> {
        let guarded = self.open()?;
        let find = || -> Result<Option<String>, Trouble> {
            let exists = "SELECT 1 FROM sqlite_schema WHERE name = '_procedures' COLLATE NOCASE";
            if !guarded.exists(exists, [])? {
                return Ok(None);
            }
            let find = "SELECT statement FROM _procedures WHERE name = ?1 COLLATE NOCASE";
            guarded.first(find, [name], |row| row.get(0))
        };
        find().map_err(|trouble| self.explain(trouble))
    }

    fn open(&self) -> Result<Guarded, StoreError> {
        if !self.path.is_file() {
            return Err(StoreError::Missing { path: self.path.clone() });
        }
        let fail = |error: rusqlite::Error| translate(&error, &self.path);
        let open = |flags| Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
        // SQLite opens a file that may not be written for reading by itself.
        let conn = open(OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
        conn.busy_timeout(PATIENCE).map_err(fail)?;
        Guarded::new(conn).map_err(fail)
    }

    fn explain(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Sqlite(error) => translate(&error, &self.path),
            Trouble::Store(error) => error,
            Trouble::Aborted => StoreError::Internal { detail: "an aborted statement".into() },
        }
    }
}

fn perform(guarded: &Guarded, asked: &Asked<'_>) -> Result<Answered, Trouble> {
    let text = dialect::rewrite(asked.sql, &Dialect { shorthand: false, package: None });
    if reads_only(guarded, &text) {
        return all(guarded, &text, asked);
    }
    guarded.conn.execute_batch("BEGIN IMMEDIATE")?;
    let answered = all(guarded, &text, asked);
    let end = if answered.is_ok() { "COMMIT" } else { "ROLLBACK" };
    // After some failures SQLite has rolled back already.
    let ended = if guarded.conn.is_autocommit() { Ok(()) } else { guarded.conn.execute_batch(end) };
    let answered = answered?;
    ended?;
    Ok(answered)
}

/// Whether it is one statement that changes nothing.
fn reads_only(guarded: &Guarded, text: &Rewritten) -> bool {
    let (single, _) = guarded.as_author(Mode::Write, None, |conn| {
        let mut batch = Batch::new(conn, &text.sql);
        let first = batch.next().ok().flatten().is_some_and(|statement| statement.readonly());
        first && matches!(batch.next(), Ok(None))
    });
    single
}

fn all(guarded: &Guarded, text: &Rewritten, asked: &Asked<'_>) -> Result<Answered, Trouble> {
    let deadline = Instant::now() + asked.limits.time;
    let (result, access) = guarded.as_author(Mode::Write, Some(deadline), |conn| {
        let mut answered = Answered { rows: None, changed: 0 };
        let before = conn.total_changes();
        let mut batch = Batch::new(conn, &text.sql);
        while let Some(mut statement) = batch.next()? {
            query::bind(&mut statement, asked.parameters)?;
            if statement.column_count() == 0 {
                statement.raw_execute()?;
                continue;
            }
            match query::rows(&mut statement, &asked.limits)? {
                Ok(rows) => answered.rows = Some(rows),
                Err(limit) => return Ok(Err(limit)),
            }
        }
        answered.changed = conn.total_changes() - before;
        Ok(Ok(answered))
    });
    match result {
        Ok(Ok(answered)) => Ok(answered),
        Ok(Err(limit)) => Err(limit.into()),
        Err(error) if code_of(&error) == Some(rusqlite::ErrorCode::OperationInterrupted) => {
            Err(query::limit_error(asked.limits.time).into())
        }
        Err(error) => Err(query::explain_sql(error, text, &access)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    struct Crm {
        dir: tempfile::TempDir,
    }

    impl Crm {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let conn = Connection::open(dir.path().join("crm.db")).unwrap();
            conn.execute_batch(
                "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, photo BLOB);
                 INSERT INTO customer VALUES (9007199254740993, 'Ädler', x'0001'), (2, 'Bo', NULL);
                 CREATE TABLE _procedures (name TEXT, statement TEXT);
                 INSERT INTO _procedures VALUES ('all_customers', 'SELECT id FROM customer ORDER BY id');",
            )
            .unwrap();
            Self { dir }
        }

        fn outside(&self) -> Outside {
            Outside::new(&self.dir.path().join("crm.db"))
        }

        fn ask(&self, sql: &str, parameters: Value) -> Result<Answered, StoreError> {
            let Value::Object(parameters) = parameters else { panic!("no object") };
            let asked = Asked { sql, parameters: &parameters, limits: Limits::default() };
            self.outside().ask(&asked, &|| false)
        }

        fn rows(&self, sql: &str, parameters: Value) -> Value {
            self.ask(sql, parameters).unwrap().rows.unwrap().into_value()
        }
    }

    #[test]
    fn rows_come_with_their_values_and_parameters_are_bound() {
        let crm = Crm::new();
        let rows = crm.rows("SELECT * FROM customer WHERE name LIKE @name", json!({"name": "%dler"}));
        assert_eq!(rows, json!([{"id": 9_007_199_254_740_993_i64, "name": "Ädler", "photo": "AAE="}]));
        let nobody = json!({"name": "x' OR '1'='1"});
        assert_eq!(crm.rows("SELECT id FROM customer WHERE name = @name", nobody), json!([]));
    }

    #[test]
    fn several_statements_take_effect_together() {
        let crm = Crm::new();
        let sql = "INSERT INTO customer (id, name) VALUES (@id, @name); SELECT count(*) AS n FROM customer";
        let answered = crm.ask(sql, json!({"id": 7, "name": "Cy"})).unwrap();
        assert_eq!((answered.changed, answered.rows.unwrap().into_value()), (1, json!([{"n": 3}])));
        let broken = "INSERT INTO customer (id, name) VALUES (8, 'Di'); INSERT INTO customer (id) VALUES (9)";
        assert!(crm.ask(broken, json!({})).is_err());
        let read_first = "SELECT id FROM customer; INSERT INTO customer (id, name) VALUES (8, 'Di');
            INSERT INTO customer (id) VALUES (9)";
        assert!(crm.ask(read_first, json!({})).is_err());
        assert_eq!(crm.rows("SELECT count(*) AS n FROM customer", json!({})), json!([{"n": 3}]));
    }

    #[test]
    fn mistakes_are_told_and_change_nothing() {
        let crm = Crm::new();
        let told = |sql: &str| crm.ask(sql, json!({})).unwrap_err().to_string();
        assert!(told("SELECT id FRM customer").contains("syntax error"));
        assert_eq!(told("SELECT * FROM nowhere"), "no such table: nowhere");
        assert!(told("ATTACH DATABASE 'x.db' AS x").contains("`ATTACH` is not allowed"));
        assert!(told("UPDATE _procedures SET name = 'x'").contains("not the app's to change"));
        let missing = Outside::new(&crm.dir.path().join("none.db"));
        assert!(matches!(missing.procedure("x"), Err(StoreError::Missing { .. })));
        assert!(!crm.dir.path().join("none.db").exists());
    }

    #[test]
    fn an_endless_statement_is_stopped() {
        let crm = Crm::new();
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        let parameters = Parameters::new();
        let asked = Asked { sql, parameters: &parameters, limits: Limits::default() };
        assert!(matches!(crm.outside().ask(&asked, &|| true), Err(StoreError::Limit { .. })));
    }

    #[test]
    fn a_table_holds_what_sqlite_has_no_procedures_for() {
        let crm = Crm::new();
        let known = crm.outside().procedure("ALL_customers").unwrap();
        assert_eq!(known.as_deref(), Some("SELECT id FROM customer ORDER BY id"));
        assert_eq!(crm.outside().procedure("others").unwrap(), None);
    }
}
