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
