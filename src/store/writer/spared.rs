//! Rows that a replace leaves alone: those that the back end does not know yet (functions.md §6.1).

use rusqlite::types::Value as Sql;

use super::Tally;
use crate::store::entity;
use crate::store::session::{Guarded, Trouble, number};

/// Which rows of a table stay whatever a fetch brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Survivors {
    /// None.
    #[default]
    None,
    /// Those with temporary ids.
    TemporaryIds,
}

/// The rows that stay, as they were before.
pub(super) struct Spared(Vec<[Sql; 4]>);

impl Survivors {
    /// The rows of a table that stay.
    pub(super) fn of(self, guarded: &Guarded, entity: &str) -> Result<Spared, Trouble> {
        if self == Self::None {
            return Ok(Spared(Vec::new()));
        }
        let table = entity::made(guarded, entity)?;
        let sql = format!(
            "SELECT id, data, timestamp, file FROM {} WHERE id >= '_tmp_' AND id < '_tmp`' AND id GLOB '_tmp_?*_'",
            table.quoted
        );
        let rows = guarded.all(&sql, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))?;
        Ok(Spared(rows))
    }
}

impl Spared {
    /// Puts back those that are gone, in the transaction that took them.
    pub(super) fn put_back(self, guarded: &Guarded, entity: &str, tally: &mut Tally) -> Result<(), Trouble> {
        if self.0.is_empty() {
            return Ok(());
        }
        let table = entity::made(guarded, entity)?;
        let sql = format!(
            "INSERT OR IGNORE INTO {} (id, data, timestamp, file) VALUES (?1, ?2, ?3, ?4)",
            table.quoted
        );
        for row in self.0 {
            let back = number(guarded.run(&sql, row)?);
            tally.deleted -= back;
            tally.unchanged += back;
        }
        Ok(())
    }
}
