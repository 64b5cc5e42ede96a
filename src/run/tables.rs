//! Local tables as functions read them (functions.md §3.2).

use serde_json::{Map, Value};

use super::provider::{FetchError, LocalTables, Question};
use crate::store::{Dialect, Fault, Query, Store};

/// The tables of a database.
pub(super) struct StoreTables<'s>(pub(super) &'s Store);

impl LocalTables for StoreTables<'_> {
    fn ask(&self, question: &Question<'_>) -> Result<Vec<Map<String, Value>>, FetchError> {
        let mut query = Query::new(question.statement, &Dialect::default());
        query.tables = question.tables.to_vec();
        query.json_properties = question.json_columns.to_vec();
        let rows = self.0.query(&query, question.parameters).map_err(|error| {
            let code = if error.fault() == Fault::App { "config.query" } else { error.code() };
            FetchError::lasting(code, error.to_string())
        })?;
        Ok(rows.rows)
    }
}
