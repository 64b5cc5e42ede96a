//! A run as one JSON object per line.

use std::sync::{Mutex, PoisonError};

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::run::{Observer, Record};

/// Writes every event. When the reader goes away the run goes on to its end.
pub(super) struct Lines<'a> {
    out: &'a Output,
    failure: Mutex<Option<Failure>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a Output) -> Self {
        Self { out, failure: Mutex::new(None) }
    }

    /// The first error of the output, if any.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

impl Observer for Lines<'_> {
    fn observe(&self, record: &Record) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if failure.is_none() {
            *failure = self.out.json_line(record).and_then(|()| self.out.flush()).err();
        }
    }
}
