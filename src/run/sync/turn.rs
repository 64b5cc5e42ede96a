//! Two operations never write one table in turns: one waits until the other has ended.

use std::time::Duration;

use super::Job;
use crate::run::interpret::Worker;
use crate::run::provider::FetchError;

/// How often a waiting operation looks.
const TICK: Duration = Duration::from_millis(5);
/// After how many looks it is found out whether the other's process is still alive.
const LOOKS: u32 = 50;

impl Worker<'_> {
    /// Waits until the table is this operation's alone, for as long as the operation goes on.
    ///
    /// # Errors
    /// When the work is overtaken, stopped, or out of time.
    pub(super) fn claim(&self, job: &Job<'_>) -> Result<(), FetchError> {
        self.when_free(job, || {
            let claimed = self.run.engine.store.claim_table(job.work, job.ordinal);
            claimed.map_err(|error| self.kept(error))
        })
    }

    /// Attempts something until no other operation writes the table.
    ///
    /// # Errors
    /// Those of the attempt; when the work is stopped, or out of time.
    pub(super) fn when_free(
        &self,
        job: &Job<'_>,
        mut attempt: impl FnMut() -> Result<bool, FetchError>,
    ) -> Result<(), FetchError> {
        for look in 1_u32.. {
            if attempt()? {
                return Ok(());
            }
            job.stop.check().map_err(|error| waited(error, &job.entity.entity))?;
            if look.is_multiple_of(LOOKS) {
                self.run
                    .recover_for_guard()
                    .map_err(|error| FetchError::lasting(error.code, error.message))?;
            }
            std::thread::sleep(TICK);
        }
        Ok(())
    }
}

fn waited(error: FetchError, table: &str) -> FetchError {
    if error.code != "net.timeout" {
        return error;
    }
    let message = format!("the time for this sync is over, another one still writes the table `{table}`");
    FetchError { message, ..error }
}
