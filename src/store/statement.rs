//! `execute-sql`: the author's own statements on the app's tables, all in one transaction (actions.md §8).

use std::time::{Duration, Instant};

use super::Store;
use super::dialect::Dialect;
use super::error::{SqlError, StoreError, code_of};
use super::query::{Parameters, bind, explain_sql, limit_error};
use super::rows::Changes;
use super::session::{Guarded, Mode, Trouble};
use super::{dialect, entity};

/// One statement with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// Plain SQLite; the `'$.path'` shorthand is not part of it.
    pub sql: &'a str,
    /// Values for `@name`; missing ones are NULL, lists and objects are bound as JSON text.
    pub parameters: &'a Parameters,
}

/// How long the statements of one action may take together.
const TIME_LIMIT: Duration = Duration::from_secs(60);

impl Store {
    /// Runs statements in order, in one transaction; `entities` are made first where they do not exist.
    ///
    /// # Errors
    /// [`StoreError::Sql`] with the place in the failing statement, [`StoreError::Limit`],
    /// [`StoreError::Target`]; those of the database. Nothing was changed then.
    pub fn execute_sql(
        &self,
        statements: &[Statement<'_>],
        entities: &[String],
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| all_within(guarded, statements, entities))
    }
}

/// Runs statements within a transaction that is open already.
pub(super) fn all_within(
    guarded: &Guarded,
    statements: &[Statement<'_>],
    entities: &[String],
) -> Result<Changes, Trouble> {
    let deadline = Instant::now() + TIME_LIMIT;
    for entity in entities {
        entity::made(guarded, entity)?;
    }
    let mut changes = Changes::default();
    for (position, statement) in statements.iter().enumerate() {
        execute(guarded, statement, deadline, &mut changes).map_err(|t| at_statement(t, position))?;
    }
    Ok(changes)
}

/// Runs one statement within a transaction that is open already.
pub(super) fn within(
    guarded: &Guarded,
    statement: &Statement<'_>,
    entities: &[String],
) -> Result<Changes, Trouble> {
    for entity in entities {
        entity::made(guarded, entity)?;
    }
    let mut changes = Changes::default();
    execute(guarded, statement, Instant::now() + TIME_LIMIT, &mut changes)?;
    Ok(changes)
}

fn execute(
    guarded: &Guarded,
    statement: &Statement<'_>,
    deadline: Instant,
    changes: &mut Changes,
) -> Result<(), Trouble> {
    let text = dialect::rewrite(statement.sql, &Dialect { shorthand: false, package: None });
    let (result, access) = guarded.as_author(Mode::Write, Some(deadline), |conn| {
        let mut prepared = conn.prepare(&text.sql)?;
        bind(&mut prepared, statement.parameters)?;
        let is_query = prepared.readonly();
        let mut rows = prepared.raw_query();
        while rows.next()?.is_some() {}
        drop(rows);
        Ok(!is_query && (conn.changes() > 0 || !is_row_write(statement.sql)))
    });
    match result {
        Ok(true) => {
            for table in &access.written {
                entity::note_write(guarded, table)?;
            }
            changes.tables.extend(access.written);
        }
        Ok(false) => {}
        Err(error) if is_interrupted(&error) && Instant::now() > deadline => {
            return Err(limit_error(TIME_LIMIT).into());
        }
        Err(error) => return Err(explain_sql(error, &text, &access)),
    }
    Ok(())
}

/// Statements that tell how many rows they changed; others change tables as a whole.
fn is_row_write(sql: &str) -> bool {
    let first = dialect::first_word(sql).unwrap_or_default();
    ["insert", "update", "delete", "replace", "with"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

fn is_interrupted(error: &rusqlite::Error) -> bool {
    code_of(error) == Some(rusqlite::ErrorCode::OperationInterrupted)
}

fn at_statement(trouble: Trouble, position: usize) -> Trouble {
    match trouble {
        Trouble::Store(StoreError::Sql(error)) => {
            StoreError::Sql(SqlError { statement: Some(position), ..error }).into()
        }
        other => other,
    }
}
