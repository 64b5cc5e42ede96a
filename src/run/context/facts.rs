//! What conditions and datasources ask of the database.

use std::cell::RefCell;

use crate::expr::{Condition, ConditionError, Facts, ScopeFacts, Verdict};
use crate::run::{Engine, Network};
use crate::store::{Parameters, Query, Reader, Rows, ScopeBrief, StatusRow, Store, StoreError};

/// A view of the database: outside any transaction, or inside the one that starts a scope.
pub(in crate::run) trait Tables {
    /// Lets `look` see everything as it is at one moment.
    fn at_one_moment(&self, look: &mut dyn FnMut(&dyn Tables)) -> Result<(), StoreError>;
    /// The rows of a query.
    fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError>;
    /// What conditions read of a scope.
    fn scope(&self, id: &str) -> Result<Option<ScopeBrief>, StoreError>;
    /// The newest matching status row.
    fn status(
        &self,
        provider: Option<&str>,
        entity: &str,
        function: Option<&str>,
    ) -> Result<Option<StatusRow>, StoreError>;
}

impl Tables for Store {
    fn at_one_moment(&self, look: &mut dyn FnMut(&dyn Tables)) -> Result<(), StoreError> {
        self.read(|reader| {
            look(reader);
            Ok(())
        })
    }

    fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError> {
        Self::query(self, query, parameters)
    }

    fn scope(&self, id: &str) -> Result<Option<ScopeBrief>, StoreError> {
        self.read(|reader| reader.scope_brief(id))
    }

    fn status(
        &self,
        provider: Option<&str>,
        entity: &str,
        function: Option<&str>,
    ) -> Result<Option<StatusRow>, StoreError> {
        self.read(|reader| reader.newest_status(provider, entity, function))
    }
}

impl Tables for Reader<'_> {
    fn at_one_moment(&self, look: &mut dyn FnMut(&dyn Tables)) -> Result<(), StoreError> {
        look(self);
        Ok(())
    }

    fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError> {
        Self::query(self, query, parameters)
    }

    fn scope(&self, id: &str) -> Result<Option<ScopeBrief>, StoreError> {
        self.scope_brief(id)
    }

    fn status(
        &self,
        provider: Option<&str>,
        entity: &str,
        function: Option<&str>,
    ) -> Result<Option<StatusRow>, StoreError> {
        self.newest_status(provider, entity, function)
    }
}

/// The verdict of a condition, all of it from one moment of the database.
///
/// # Errors
/// When the database cannot be read; the inner result is of the condition itself.
pub(in crate::run) fn verdict(
    condition: &Condition,
    engine: &Engine<'_>,
    tables: &dyn Tables,
) -> Result<Result<Verdict, ConditionError>, StoreError> {
    let mut verdict = None;
    tables.at_one_moment(&mut |tables| {
        let facts = TableFacts { engine, tables, error: RefCell::default() };
        let judged = condition.evaluate(&facts);
        verdict = Some(facts.error.into_inner().map_or(Ok(judged), Err));
    })?;
    verdict.expect("BUG: the tables were not looked at")
}

/// The facts that a condition asks for.
///
/// A database error cannot be told through [`Facts`]; it is kept, so that a condition never holds
/// because a row could not be read.
struct TableFacts<'a> {
    engine: &'a Engine<'a>,
    tables: &'a dyn Tables,
    /// The first database error.
    error: RefCell<Option<StoreError>>,
}

impl TableFacts<'_> {
    fn keep<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| self.error.borrow_mut().get_or_insert(error).code()).ok()
    }
}

impl Facts for TableFacts<'_> {
    fn scope(&self, id: &str) -> Option<ScopeFacts> {
        let row = self.keep(self.tables.scope(id))??;
        Some(ScopeFacts {
            state: row.state.word().to_owned(),
            not_started: row.not_started,
            syncing: row.syncing,
            failed: row.failed,
            synced: row.synced,
            last_started_at: row.last_started_at,
            last_failed_at: row.last_failed_at,
            last_synced_at: row.last_synced_at,
        })
    }

    fn status(&self, provider: Option<&str>, entity: &str, function: Option<&str>) -> Option<String> {
        let row = self.keep(self.tables.status(provider, entity, function))??;
        Some(row.state.word().to_owned())
    }

    fn online(&self) -> bool {
        self.engine.options.network == Network::Online
    }

    fn now(&self) -> i64 {
        self.engine.clock.now()
    }
}
