//! What ends a run: a database that cannot keep anything any more.
//!
//! A failure of one action leaves the others alone. A full disk or a locked database is the
//! machine's fault and would only be told again by every action that follows, so the first such
//! failure ends the run and is what its caller gets (interface.md §4, exit code 3).

use std::sync::{Mutex, PoisonError};

use super::event::Failure;
use super::provider::FetchError;
use crate::store::{Fault, StoreError};

/// The first failure that ends the run, when there was one.
#[derive(Default)]
pub(super) struct Breakage {
    first: Mutex<Option<StoreError>>,
}

impl Breakage {
    /// A database error as the end of an action.
    pub(super) fn failure(&self, error: StoreError) -> Failure {
        let failure = Failure { code: error.code().to_owned(), message: error.to_string() };
        self.note(error);
        failure
    }

    /// A database error as the end of a fetch.
    pub(super) fn fetch_error(&self, error: StoreError) -> FetchError {
        let Failure { code, message } = self.failure(error);
        FetchError::lasting(code, message)
    }

    /// Remembers the error when nothing can be kept after it.
    pub(super) fn note(&self, error: StoreError) {
        let ends = error.fault() == Fault::Environment && !matches!(error, StoreError::Stale);
        if ends {
            self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }

    /// Whether the run has to end.
    pub(super) fn has_happened(&self) -> bool {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether writing would only wait again for another program.
    pub(super) fn is_lock(&self) -> bool {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*first, Some(StoreError::Locked { .. }))
    }

    /// The error, for the caller of the run.
    pub(super) fn into_error(self) -> Option<StoreError> {
        self.first.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
