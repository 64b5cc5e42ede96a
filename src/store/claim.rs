//! Claims: of two operations that write one table page by page, in this process or another, one waits for
//! the other to end. A claim is as good as its operation: when that has ended, or its process was found dead,
//! the claim is void.

use rusqlite::params;

use super::Store;
use super::error::StoreError;
use super::session::{Guarded, Trouble, number};
use super::work::{Work, admits_operation};

impl Store {
    /// Claims the table of an operation until the operation ends; `false` when another one has it now.
    /// An operation may claim its table as often as it likes.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database.
    pub fn claim_table(&self, work: &Work, ordinal: usize) -> Result<bool, StoreError> {
        let registered = work
            .operations
            .get(ordinal)
            .ok_or_else(|| StoreError::Internal { detail: format!("the work has no operation {ordinal}") })?;
        let entity = registered.entity.as_str();
        // A look first, which keeps nobody waiting.
        let taken = self.read(|reader| {
            let guarded = reader.guarded();
            let looked = admits_operation(guarded, work, ordinal)
                .and_then(|current| Ok(current && is_taken(guarded, entity, work.id, ordinal)?));
            looked.map_err(|trouble| self.explain(trouble))
        })?;
        if taken {
            return Ok(false);
        }
        self.write(|guarded| {
            if !admits_operation(guarded, work, ordinal)? {
                return Err(StoreError::Stale.into());
            }
            if is_taken(guarded, entity, work.id, ordinal)? {
                return Ok(false);
            }
            guarded.run(
                "INSERT INTO _syncClaim (entity, work, ordinal) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET work = excluded.work, ordinal = excluded.ordinal",
                params![entity, work.id, number(ordinal)],
            )?;
            Ok(true)
        })
    }
}

/// Whether another operation has the table now.
pub(super) fn is_taken(guarded: &Guarded, entity: &str, work: i64, ordinal: usize) -> Result<bool, Trouble> {
    guarded.exists(
        "SELECT 1 FROM _syncClaim c
         JOIN _syncOperation o ON o.work = c.work AND o.ordinal = c.ordinal AND o.state = 'syncing'
         JOIN _syncWork w ON w.id = c.work AND w.state = 'open'
         WHERE c.entity = ?1 AND NOT (c.work = ?2 AND c.ordinal = ?3)",
        params![entity, work, number(ordinal)],
    )
}
