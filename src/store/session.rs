//! One connection under guard: what statements may do, how long they may take, and short ways to run ours.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Params, Row};

use super::error::StoreError;
use super::open::Retention;

/// A connection whose statements are watched by its [`Gate`].
pub(super) struct Guarded {
    pub(super) conn: Connection,
    pub(super) gate: Arc<Gate>,
    /// What whoever ends a run leaves of the history.
    pub(super) retention: Retention,
}

/// A count for the database and for reports.
pub(super) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Who wrote the statements that are being prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// We did.
    Trusted,
    /// The app's author, for reading.
    Read,
    /// The app's author, for writing.
    Write,
}

/// The switch that the authorizer and the progress handler of a connection look at.
pub(super) struct Gate {
    mode: AtomicU8,
    state: Mutex<GateState>,
}

#[derive(Default)]
struct GateState {
    deadline: Option<Instant>,
    access: Access,
}

/// What the author's statements touched while they were prepared.
#[derive(Debug, Default, Clone)]
pub(super) struct Access {
    pub(super) read: BTreeSet<String>,
    pub(super) written: BTreeSet<String>,
    pub(super) refused: Option<String>,
}

/// Any failure inside the room; turned into a [`StoreError`] at its border, where the path is known.
#[derive(Debug)]
pub(super) enum Trouble {
    Sqlite(rusqlite::Error),
    Store(StoreError),
    /// The caller's own closure failed; it keeps the error.
    Aborted,
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How many virtual machine steps pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

impl Guarded {
    /// Puts a connection under guard.
    pub(super) fn new(mut conn: Connection) -> rusqlite::Result<Self> {
        let gate = Arc::new(Gate {
            mode: AtomicU8::new(Mode::Trusted as u8),
            state: Mutex::new(GateState::default()),
        });
        let authorizer = Arc::clone(&gate);
        conn.authorizer(Some(move |context: AuthContext<'_>| authorizer.judge(&context)))?;
        let progress = Arc::clone(&gate);
        conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || progress.is_late()))?;
        conn.set_prepared_statement_cache_capacity(96);
        Ok(Self { conn, gate, retention: Retention::default() })
    }

    /// The same with a retention of its own.
    pub(super) fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Runs `work` with the author's rights until `deadline`; also gives what the statements touched.
    pub(super) fn as_author<T>(
        &self,
        mode: Mode,
        deadline: Option<Instant>,
        work: impl FnOnce(&Connection) -> T,
    ) -> (T, Access) {
        *self.gate.state() = GateState { deadline, access: Access::default() };
        self.gate.mode.store(mode as u8, Ordering::Relaxed);
        let result = work(&self.conn);
        self.gate.mode.store(Mode::Trusted as u8, Ordering::Relaxed);
        let state = std::mem::take(&mut *self.gate.state());
        (result, state.access)
    }

    /// Runs one of our statements.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, Trouble> {
        Ok(self.conn.prepare_cached(sql)?.execute(params)?)
    }

    /// The first row of one of our queries.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Trouble> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        match rows.next()? {
            Some(row) => Ok(Some(map(row)?)),
            None => Ok(None),
        }
    }

    /// Whether one of our queries gives a row.
    pub(super) fn exists(&self, sql: &str, params: impl Params) -> Result<bool, Trouble> {
        Ok(self.conn.prepare_cached(sql)?.exists(params)?)
    }

    /// All rows of one of our queries.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Trouble> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, map)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_late(&self) -> bool {
        self.mode.load(Ordering::Relaxed) != Mode::Trusted as u8
            && self.state().deadline.is_some_and(|deadline| Instant::now() > deadline)
    }

    fn judge(&self, context: &AuthContext<'_>) -> Authorization {
        let mode = self.mode.load(Ordering::Relaxed);
        if mode == Mode::Trusted as u8 {
            return Authorization::Allow;
        }
        let access = &mut self.state().access;
        let verdict = match &context.action {
            AuthAction::Select | AuthAction::Recursive => Ok(()),
            AuthAction::Read { table_name, .. } => {
                access.read.insert((*table_name).to_owned());
                Ok(())
            }
            AuthAction::Function { function_name } if is_harmless(function_name) => Ok(()),
            AuthAction::Function { function_name } => {
                Err(format!("the function `{function_name}` is not allowed"))
            }
            action if mode == Mode::Write as u8 => judge_write(action, context.accessor, access),
            action => Err(format!("a query may only read, {} is not allowed", name_of(action))),
        };
        match verdict {
            Ok(()) => Authorization::Allow,
            Err(reason) => {
                access.refused.get_or_insert(reason);
                Authorization::Deny
            }
        }
    }
}

fn judge_write(action: &AuthAction<'_>, accessor: Option<&str>, access: &mut Access) -> Result<(), String> {
    use AuthAction as A;
    match action {
        A::Insert { table_name } | A::Delete { table_name } | A::Update { table_name, .. } => {
            if is_catalogue(table_name) {
                return Ok(());
            }
            if let Some(trigger) = accessor {
                refuse_reserved(table_name).map_err(|why| format!("{why} (by the trigger `{trigger}`)"))?;
            }
            write_to(table_name, access)
        }
        A::CreateTable { table_name } | A::DropTable { table_name } | A::AlterTable { table_name, .. } => {
            write_to(table_name, access)
        }
        A::CreateIndex { table_name, .. } | A::DropIndex { table_name, .. } | A::Analyze { table_name } => {
            refuse_reserved(table_name)
        }
        A::CreateView { view_name } | A::DropView { view_name } => refuse_reserved(view_name),
        A::CreateVtable { table_name, module_name } if is_text_index(module_name) => {
            write_to(table_name, access)
        }
        A::DropVtable { table_name, .. } => write_to(table_name, access),
        A::Reindex { .. } => Ok(()),
        action => Err(format!("{} is not allowed in an app's statement", name_of(action))),
    }
}

fn write_to(table: &str, access: &mut Access) -> Result<(), String> {
    refuse_reserved(table)?;
    access.written.insert(table.to_owned());
    Ok(())
}

/// Names that the author's statements must not touch.
pub(super) fn refuse_reserved(table: &str) -> Result<(), String> {
    let lower = table.to_ascii_lowercase();
    if lower.starts_with('_') || lower.starts_with("sqlite_") {
        Err(format!("the table `{table}` is not the app's to change"))
    } else {
        Ok(())
    }
}

/// SQLite's own tables, which it changes for every `CREATE` and guards itself against direct writes.
fn is_catalogue(table: &str) -> bool {
    matches!(
        table,
        "sqlite_master"
            | "sqlite_schema"
            | "sqlite_temp_master"
            | "sqlite_temp_schema"
            | "sqlite_stat1"
            | "sqlite_stat4"
    )
}

fn is_harmless(function: &str) -> bool {
    !["load_extension", "fts3_tokenizer"].iter().any(|bad| function.eq_ignore_ascii_case(bad))
}

fn is_text_index(module: &str) -> bool {
    ["fts3", "fts4", "fts5", "rtree"].iter().any(|good| module.eq_ignore_ascii_case(good))
}

fn name_of(action: &AuthAction<'_>) -> String {
    use AuthAction as A;
    let word = match action {
        A::Insert { .. } => "`INSERT`",
        A::Update { .. } => "`UPDATE`",
        A::Delete { .. } => "`DELETE`",
        A::Pragma { pragma_name, .. } => return format!("`PRAGMA {pragma_name}`"),
        A::Attach { .. } => "`ATTACH`",
        A::Detach { .. } => "`DETACH`",
        A::Transaction { .. } => "a transaction",
        A::Savepoint { .. } => "a savepoint",
        A::CreateTrigger { .. } | A::CreateTempTrigger { .. } => "`CREATE TRIGGER`",
        A::DropTrigger { .. } | A::DropTempTrigger { .. } => "`DROP TRIGGER`",
        A::CreateTable { .. } | A::CreateTempTable { .. } => "`CREATE TABLE`",
        A::DropTable { .. } | A::DropTempTable { .. } => "`DROP TABLE`",
        A::CreateVtable { .. } => "`CREATE VIRTUAL TABLE`",
        A::AlterTable { .. } => "`ALTER TABLE`",
        A::CreateIndex { .. } | A::CreateTempIndex { .. } => "`CREATE INDEX`",
        A::DropIndex { .. } | A::DropTempIndex { .. } => "`DROP INDEX`",
        A::CreateView { .. } | A::CreateTempView { .. } => "`CREATE VIEW`",
        A::DropView { .. } | A::DropTempView { .. } => "`DROP VIEW`",
        A::Analyze { .. } => "`ANALYZE`",
        A::Reindex { .. } => "`REINDEX`",
        _ => "this statement",
    };
    word.to_owned()
}
