//! Validators: what a server said of the answer that a table's rows came with (RFC 9110 §8.8), so that the
//! next fetch can ask whether there is anything new. They count only while the table holds those very rows,
//! whoever may have written to it.

use std::num::Wrapping;

use rusqlite::params;
use rusqlite::types::ValueRef;

use super::Store;
use super::entity;
use super::error::StoreError;
use super::rows::Touched;
use super::session::{Guarded, Trouble, number};
use super::work::{Operation, Outcome, Work, admits_operation, end_operation, touch_scopes};
use super::writer::{Finished, Tally};

/// What is said of an operation that ended because the server had nothing new.
pub const UNCHANGED: &str = "unchanged (304)";

/// What a server said of an answer, and of what it was the answer to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validator {
    /// A digest of everything that makes rows of the answer: the function and what its expressions see.
    pub definition: String,
    /// A digest of the request.
    pub request: String,
    /// `ETag`, as it came.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub last_modified: Option<String>,
}

impl Store {
    /// The validator of the last fetch of an operation; nothing when the definition is another one now or the
    /// table does not hold the rows of that fetch any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn validator(
        &self,
        operation: &Operation<'_>,
        definition: &str,
    ) -> Result<Option<Validator>, StoreError> {
        self.read(|reader| {
            let guarded = reader.guarded();
            let found = known(guarded, operation.entity, operation).and_then(|found| {
                let Some((validator, fingerprint)) = found else { return Ok(None) };
                let holds = validator.definition == definition
                    && fingerprint == of_table(guarded, operation.entity)?.0;
                Ok(holds.then_some(validator))
            });
            found.map_err(|trouble| self.explain(trouble))
        })
    }

    /// Ends an operation whose server has nothing new; `None` when the table was changed meanwhile, so that
    /// the rows must be fetched after all.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database.
    pub fn finish_unchanged(
        &self,
        work: &Work,
        ordinal: usize,
        operation: &Operation<'_>,
        now: i64,
    ) -> Result<Option<Finished>, StoreError> {
        self.write(|guarded| {
            if !admits_operation(guarded, work, ordinal)? {
                return Err(StoreError::Stale.into());
            }
            let (fingerprint, rows) = of_table(guarded, operation.entity)?;
            let holds =
                known(guarded, operation.entity, operation)?.is_some_and(|(_, old)| old == fingerprint);
            if !holds {
                return Ok(None);
            }
            guarded.run(
                "UPDATE _syncOperation SET note = ?3 WHERE work = ?1 AND ordinal = ?2",
                params![work.id, number(ordinal), UNCHANGED],
            )?;
            let tally = Tally { unchanged: rows, ..Tally::default() };
            let mut touched = Touched::default();
            end_operation(guarded, work, ordinal, &Outcome::Ok, Some(tally), now, &mut touched)?;
            touch_scopes(guarded, work, &mut touched)?;
            Ok(Some(Finished { tally, changes: touched.read_back(guarded)? }))
        })
    }
}

/// Keeps the validator of an operation with the rows that are in its table now, or forgets the old one.
pub(super) fn keep(
    guarded: &Guarded,
    work: i64,
    ordinal: usize,
    entity: &str,
    validator: Option<&Validator>,
) -> Result<(), Trouble> {
    guarded.run(
        "DELETE FROM _syncValidator WHERE (entity, provider, functionId, arguments) IN (
           SELECT entity, provider, ifnull(functionId, ''), arguments FROM _syncOperation
           WHERE work = ?1 AND ordinal = ?2)",
        params![work, number(ordinal)],
    )?;
    let Some(validator) = validator else { return Ok(()) };
    let (fingerprint, _) = of_table(guarded, entity)?;
    guarded.run(
        "INSERT INTO _syncValidator
           (entity, provider, functionId, arguments, definition, request, etag, lastModified, fingerprint)
         SELECT entity, provider, ifnull(functionId, ''), arguments, ?3, ?4, ?5, ?6, ?7 FROM _syncOperation
         WHERE work = ?1 AND ordinal = ?2",
        params![
            work,
            number(ordinal),
            validator.definition,
            validator.request,
            validator.etag,
            validator.last_modified,
            fingerprint
        ],
    )?;
    Ok(())
}

fn known(
    guarded: &Guarded,
    entity: &str,
    operation: &Operation<'_>,
) -> Result<Option<(Validator, String)>, Trouble> {
    guarded.first(
        "SELECT definition, request, etag, lastModified, fingerprint FROM _syncValidator
         WHERE entity = ?1 AND provider = ?2 AND functionId = ?3 AND arguments = ?4",
        params![entity, operation.provider, operation.function.unwrap_or(""), operation.arguments],
        |row| {
            let validator = Validator {
                definition: row.get(0)?,
                request: row.get(1)?,
                etag: row.get(2)?,
                last_modified: row.get(3)?,
            };
            Ok((validator, row.get(4)?))
        },
    )
}

/// A digest of all rows of a table, in whatever order, and their number. It looks at every byte: a program
/// that we do not know may have written to the table.
fn of_table(guarded: &Guarded, entity: &str) -> Result<(String, i64), Trouble> {
    let exists = "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = 'table'";
    if !guarded.exists(exists, [entity])? {
        return Ok((String::new(), 0));
    }
    let (mut sum, mut count) = (Wrapping(0_u64), 0);
    let sql = format!("SELECT id, data FROM {}", entity::quote(entity));
    let mut statement = guarded.conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = mixed(0xcbf2_9ce4_8422_2325, row.get_ref(0)?);
        sum += Wrapping(scattered(mixed(id, row.get_ref(1)?)));
        count += 1;
    }
    // A table without rows is as good as a new one: everything is to be fetched.
    let text = if count == 0 { String::new() } else { format!("{count}-{sum:016x}") };
    Ok((text, count))
}

/// FNV-1a over a value with its kind and length.
fn mixed(hash: u64, value: ValueRef<'_>) -> u64 {
    let number;
    let (kind, bytes): (u8, &[u8]) = match value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(value) => {
            number = value.to_le_bytes();
            (1, &number)
        }
        ValueRef::Real(value) => {
            number = value.to_le_bytes();
            (2, &number)
        }
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(blob) => (4, blob),
    };
    let length = bytes.len().to_le_bytes();
    let all = std::iter::once(&kind).chain(&length).chain(bytes);
    all.fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Spreads a hash over all bits, so that a sum of many keeps what tells them apart (splitmix64).
fn scattered(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
