//! The database as a run would find it: with what dead processes left behind already mended.

use crate::run::context::Tables;
use crate::store::sync::ScopeState;
use crate::store::{LeftBehind, Parameters, Query, Rows, ScopeBrief, StatusRow, Store, StoreError};

/// Reads the database and writes nothing.
pub(super) struct Untouched<'s> {
    store: &'s Store,
    /// What a run would end before it decides anything.
    pub(super) left: LeftBehind,
}

impl<'s> Untouched<'s> {
    /// Looks for what was left behind.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn new(store: &'s Store) -> Result<Self, StoreError> {
        Ok(Self { store, left: store.left_behind()? })
    }

    /// Whether a query of this table shows what a run would not find any more.
    pub(super) fn differs(&self, table: &str) -> bool {
        match table {
            "_syncScope" => !self.left.scopes.is_empty(),
            "_syncStatus" => !self.left.statuses.is_empty(),
            _ => false,
        }
    }
}

impl Tables for Untouched<'_> {
    fn at_one_moment(&self, look: &mut dyn FnMut(&dyn Tables)) -> Result<(), StoreError> {
        look(self);
        Ok(())
    }

    fn query(&self, query: &Query, parameters: &Parameters) -> Result<Rows, StoreError> {
        self.store.query(query, parameters)
    }

    fn scope(&self, id: &str) -> Result<Option<ScopeBrief>, StoreError> {
        let mut row = self.store.read(|reader| reader.scope_brief(id))?;
        if let Some(row) = row.as_mut().filter(|_| self.left.scopes.contains(id)) {
            row.state = ScopeState::Interrupted;
            row.syncing = 0;
        }
        Ok(row)
    }

    fn status(
        &self,
        provider: Option<&str>,
        entity: &str,
        function: Option<&str>,
    ) -> Result<Option<StatusRow>, StoreError> {
        let mut row = self.store.read(|reader| reader.newest_status(provider, entity, function))?;
        if let Some(row) = row.as_mut().filter(|row| self.left.statuses.contains(&row.id)) {
            row.state = ScopeState::Interrupted;
        }
        Ok(row)
    }
}
