//! The local provider: tables that live on this device only.

use super::{Fetch, FetchError, Fetched, Provider, Sink};

/// Refuses every sync: a local table has no back end to be fetched from (pitfalls.md A18).
#[derive(Debug, Clone, Copy, Default)]
pub struct Local;

impl Provider for Local {
    fn fetch(&self, request: &Fetch<'_>, _: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let message = format!(
            "`DATA_PROVIDER_LOCAL` has nothing to fetch for the table `{}`: local tables live on this device only; \
             name the provider that the rows come from",
            request.entity
        );
        Err(FetchError::lasting("config.provider", message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Map, Value};

    use super::*;
    use crate::run::provider::testing::Collect;
    use crate::run::provider::{Known, Stop};

    #[test]
    fn a_local_table_is_not_fetched() {
        let mut sink = Collect::default();
        let stop = Stop::new(None);
        let request = Fetch {
            entity: "drafts",
            function: None,
            parameters: &Map::new(),
            world: &Value::Null,
            cursor: None,
            known: Known::default(),
            stop: &stop,
            functions: &crate::app::Ordered::default(),
            tables: &crate::run::provider::NoTables,
        };
        let error = Local.fetch(&request, &mut sink).unwrap_err();
        assert_eq!(error.code, "config.provider");
        assert!(error.message.contains("`drafts`"), "{}", error.message);
        assert!(sink.pages.is_empty());
    }
}
