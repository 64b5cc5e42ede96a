//! What conditions and datasources ask of the database.

use std::cell::RefCell;

use crate::expr::{Facts, ScopeFacts};
use crate::run::{Engine, Network};
use crate::store::{Parameters, Query, Reader, Rows, ScopeBrief, StatusRow, Store, StoreError};

/// A view of the database: outside any transaction, or inside the one that starts a scope.
pub(in crate::run) trait Tables {
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

/// The facts that a condition asks for, from one view of the database.
///
/// A database error cannot be told through [`Facts`]; it is kept, and whoever evaluates the
/// condition asks for it, so that a condition never holds because a row could not be read.
pub(in crate::run) struct TableFacts<'a> {
    engine: &'a Engine<'a>,
    tables: &'a dyn Tables,
    error: RefCell<Option<StoreError>>,
}

impl<'a> TableFacts<'a> {
    pub(in crate::run) fn new(engine: &'a Engine<'a>, tables: &'a dyn Tables) -> Self {
        Self { engine, tables, error: RefCell::new(None) }
    }

    /// The first database error, if there was one.
    pub(in crate::run) fn error(self) -> Option<StoreError> {
        self.error.into_inner()
    }

    fn keep<T>(&self, result: Result<T, StoreError>) -> Option<T> {
        result.map_err(|error| *self.error.borrow_mut() = Some(error)).ok()
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
