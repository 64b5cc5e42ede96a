//! Writes rows that are JSON texts, many at a time: every statement is prepared once.

use rusqlite::{CachedStatement, OptionalExtension};

use super::merge::merge_top_level;
use super::{Table, Touch};
use crate::store::session::{Guarded, Trouble};

/// Writes texts into one table, with one timestamp.
pub(in crate::store) struct Texts<'g> {
    guarded: &'g Guarded,
    table: &'g Table,
    now: i64,
    insert: CachedStatement<'g>,
    /// What is needed only for rows that are there already.
    others: Option<Others<'g>>,
}

struct Others<'g> {
    select: CachedStatement<'g>,
    update: CachedStatement<'g>,
}

impl<'g> Texts<'g> {
    pub(in crate::store) fn new(guarded: &'g Guarded, table: &'g Table, now: i64) -> Result<Self, Trouble> {
        let insert = guarded.conn.prepare_cached(&format!(
            "INSERT INTO {} (id, data, timestamp) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
            table.quoted
        ))?;
        Ok(Self { guarded, table, now, insert, others: None })
    }

    /// Inserts a row unless there is one of its id.
    pub(in crate::store) fn insert(&mut self, id: &str, data: &str) -> Result<bool, Trouble> {
        Ok(self.insert.execute((id, data, self.now))? > 0)
    }

    /// Inserts a row or puts its data in the place of other data; leaves equal data alone.
    pub(in crate::store) fn save(&mut self, id: &str, data: &str) -> Result<Touch, Trouble> {
        if self.insert(id, data)? {
            return Ok(Touch::Inserted);
        }
        let changed = self.update(id, data)?;
        Ok(if changed { Touch::Updated } else { Touch::Unchanged })
    }

    /// Inserts a row or merges its top-level properties into the one that is there.
    pub(in crate::store) fn merge(&mut self, id: &str, data: &str) -> Result<Touch, Trouble> {
        if self.insert(id, data)? {
            return Ok(Touch::Inserted);
        }
        Ok(self.merge_into(id, data)?.unwrap_or(Touch::Unchanged))
    }

    /// Merges top-level properties into a row; nothing without one.
    pub(in crate::store) fn merge_into(&mut self, id: &str, data: &str) -> Result<Option<Touch>, Trouble> {
        let select = &mut self.others()?.select;
        let old: Option<Option<String>> = select.query_row([id], |row| row.get(0)).optional()?;
        let Some(old) = old else { return Ok(None) };
        let Some(merged) = merge_top_level(old.as_deref().unwrap_or("{}"), data) else {
            return Ok(Some(Touch::Unchanged));
        };
        self.update(id, &merged)?;
        Ok(Some(Touch::Updated))
    }

    fn update(&mut self, id: &str, data: &str) -> Result<bool, Trouble> {
        let now = self.now;
        Ok(self.others()?.update.execute((id, data, now))? > 0)
    }

    fn others(&mut self) -> Result<&mut Others<'g>, Trouble> {
        if self.others.is_none() {
            let (conn, table) = (&self.guarded.conn, &self.table.quoted);
            let select = conn.prepare_cached(&format!("SELECT data FROM {table} WHERE id = ?1"))?;
            let update = conn.prepare_cached(&format!(
                "UPDATE {table} SET data = ?2, timestamp = ?3 WHERE id = ?1 AND data IS NOT ?2"
            ))?;
            return Ok(self.others.insert(Others { select, update }));
        }
        Ok(self.others.as_mut().expect("BUG: the statements were prepared above"))
    }
}
