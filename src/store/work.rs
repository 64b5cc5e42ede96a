//! Works: one execution of one instance, its operations and their rows in `_syncStatus`.

mod operation;

use std::collections::HashMap;

use rusqlite::params;

use super::error::StoreError;
use super::resume::Left;
use super::rows::{Changes, Touched};
use super::scope::{load, perform, refresh_details};
use super::session::{Guarded, Trouble, number};
use super::sync::{EntityDetail, Event, Failure, Token, What};
use super::writer::drop_staging;
use super::{Store, rows};

pub(super) use operation::end_operation;
use operation::{end_open_operations, first_failure, insert_operation, insert_work};

/// The begin of an instance (event 2).
#[derive(Debug, Clone)]
pub struct BeginInstance<'a> {
    /// The action's `instanceId`, where it has one.
    pub instance_id: Option<&'a str>,
    /// What it does, one entry per entity.
    pub operations: &'a [Operation<'a>],
    /// Wall clock, epoch milliseconds.
    pub now: i64,
}

/// One entity of an instance. Together with the instance these name its row in `_syncStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation<'a> {
    /// The provider constant, such as `DATA_PROVIDER_REST`.
    pub provider: &'a str,
    /// The table to fill.
    pub entity: &'a str,
    /// The function, where the provider needs one.
    pub function: Option<&'a str>,
    /// A digest of the arguments, empty without any; never the arguments themselves, they may hold secrets.
    pub arguments: &'a str,
}

/// A begun work, and what its begin touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Begun {
    /// To be handed in with everything the work does.
    pub work: Work,
    /// Rows that changed.
    pub changes: Changes,
}

/// One execution of one instance. It may serve several scopes, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    pub(super) id: i64,
    pub(super) tokens: Vec<Token>,
    pub(super) operations: Vec<Registered>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) status: String,
    pub(super) entity: String,
}

impl Work {
    /// What it must show to be heard, one per scope that it serves.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The row of an operation in `_syncStatus`; operations count from 0 in the order of the begin.
    #[must_use]
    pub fn status_id(&self, operation: usize) -> Option<&str> {
        self.operations.get(operation).map(|o| o.status.as_str())
    }
}

/// How an operation or an instance ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well, or with nothing to do.
    Ok,
    /// Badly, after its retries.
    Failed(Failure),
}

/// How far a member of a scope has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The member.
    pub instance_id: String,
    /// Rows received in its newest attempt.
    pub rows: i64,
    /// Pages received.
    pub pages: i64,
    /// Bytes received.
    pub bytes: i64,
    /// Where the paging stood at the last page.
    pub cursor: Option<String>,
}

/// Whether one of these runs, each the newest that somebody knows of its scope, was followed by others and has left
/// the history.
fn forgotten(guarded: &Guarded, runs: &[(String, i64)]) -> Result<bool, Trouble> {
    for (id, epoch) in runs {
        let is_forgotten = guarded.exists(
            "SELECT 1 FROM _syncEpoch WHERE scopeId = ?1 AND lastEpoch > ?2
             AND NOT EXISTS (SELECT 1 FROM _syncRun WHERE scopeId = ?1 AND epoch = ?2)",
            params![id, epoch],
        )?;
        if is_forgotten {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Store {
    /// Begins an instance: a row in `_syncStatus` per operation, and a token for every syncing scope of this
    /// process that tracks it. Without such a scope only `_syncStatus` tells of it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_instance(&self, begin: &BeginInstance<'_>) -> Result<Begun, StoreError> {
        self.write(|guarded| self.begin(guarded, begin))
    }

    /// The same for a member of these runs, which this process has started; `None`, and nothing done, when another
    /// process has ended one of them meanwhile. The member would have no scope any more, and its rows would come
    /// late over those of whoever has it now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_member(
        &self,
        begin: &BeginInstance<'_>,
        runs: &[(String, i64)],
    ) -> Result<Option<Begun>, StoreError> {
        self.write(|guarded| {
            if !self.taken(guarded, runs)?.is_empty() || forgotten(guarded, runs)? {
                return Ok(None);
            }
            self.begin(guarded, begin).map(Some)
        })
    }

    fn begin(&self, guarded: &Guarded, begin: &BeginInstance<'_>) -> Result<Begun, Trouble> {
        let owner = self.own_id(guarded, begin.now)?;
        let mut touched = Touched::default();
        let id = insert_work(guarded, &owner, begin)?;
        let mut work = Work { id, tokens: Vec::new(), operations: Vec::new() };
        for (ordinal, operation) in begin.operations.iter().enumerate() {
            let registered = insert_operation(guarded, id, ordinal, operation, begin)?;
            touched.statuses.insert(registered.status.clone());
            work.operations.push(registered);
        }
        if let Some(instance) = begin.instance_id {
            for scope in tracking_scopes(guarded, instance, &owner)? {
                let event = Event { at: begin.now, by: &owner, what: What::Begin(instance) };
                if let Ok(change) = perform(guarded, &scope, &event, Some(id), &mut touched)? {
                    work.tokens.extend(change.token);
                }
            }
        }
        Ok(Begun { work, changes: touched.read_back(guarded)? })
    }

    /// Whether the work may go on; `false` tells it to stop, whatever it does will be rolled back.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_current(&self, work: &Work) -> Result<bool, StoreError> {
        self.read(|reader| admits(reader.guarded(), work).map_err(|trouble| self.explain(trouble)))
    }

    /// Ends one operation that wrote no rows, or failed; rows that it staged are dropped.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the work is no longer current; those of the database.
    pub fn finish_operation(
        &self,
        work: &Work,
        operation: usize,
        outcome: &Outcome,
        now: i64,
    ) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            if !admits_operation(guarded, work, operation)? {
                return Err(StoreError::Stale.into());
            }
            let mut touched = Touched::default();
            drop_staging(guarded, work.id, Some(operation), Left::Nothing)?;
            end_operation(guarded, work, operation, outcome, None, now, &mut touched)?;
            touch_scopes(guarded, work, &mut touched)?;
            touched.read_back(guarded)
        })
    }

    /// Ends an instance (events 4, 5 and 6). Operations that have not ended share its outcome; it counts as
    /// failed if one of them failed. For scopes whose token is stale nothing changes but the count of late ends
    /// (event 12).
    ///
    /// # Errors
    /// Those of the database. A late end is no error.
    pub fn finish_instance(&self, work: &Work, outcome: &Outcome, now: i64) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let mut touched = Touched::default();
            let current = admits(guarded, work)?;
            if current {
                end_open_operations(guarded, work, outcome, now, &mut touched)?;
                guarded.run("UPDATE _syncWork SET state = 'ended' WHERE id = ?1", [work.id])?;
            }
            let failure = match outcome {
                Outcome::Failed(failure) => Some(failure.clone()),
                Outcome::Ok => first_failure(guarded, work.id)?,
            };
            for token in &work.tokens {
                end_member(guarded, token, failure.as_ref(), now, &mut touched)?;
            }
            purge_works(guarded)?;
            touched.read_back(guarded)
        })
    }

    /// Where the next incremental fetch of an operation goes on; kept with the rows it speaks of.
    ///
    /// # Errors
    /// Those of the database.
    pub fn sync_token(&self, operation: &Operation<'_>) -> Result<Option<String>, StoreError> {
        self.read(|reader| {
            let found = reader.guarded().first(
                "SELECT cursor FROM _syncCursor
                 WHERE entity = ?1 AND provider = ?2 AND functionId = ?3 AND arguments = ?4",
                params![
                    operation.entity,
                    operation.provider,
                    operation.function.unwrap_or(""),
                    operation.arguments
                ],
                |row| row.get(0),
            );
            found.map_err(|trouble| self.explain(trouble))
        })
    }
}

/// Whether the work is open and, if it serves scopes, one of its tokens is current.
pub(super) fn admits(guarded: &Guarded, work: &Work) -> Result<bool, Trouble> {
    if !guarded.exists("SELECT 1 FROM _syncWork WHERE id = ?1 AND state = 'open'", [work.id])? {
        return Ok(false);
    }
    Ok(work.tokens.is_empty() || !current_scopes(guarded, work.id)?.is_empty())
}

/// The same for one of its operations, which must not have ended.
pub(super) fn admits_operation(guarded: &Guarded, work: &Work, operation: usize) -> Result<bool, Trouble> {
    let open = guarded.exists(
        "SELECT 1 FROM _syncOperation WHERE work = ?1 AND ordinal = ?2 AND state = 'syncing'",
        params![work.id, number(operation)],
    )?;
    Ok(open && admits(guarded, work)?)
}

/// The scopes for which the work's token is current.
fn current_scopes(guarded: &Guarded, work: i64) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT s.id FROM _syncInstance i JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch
         WHERE i.work = ?1 AND i.state = 'syncing' AND s.state = 'syncing' ORDER BY s.id",
        [work],
        |row| row.get(0),
    )
}

/// All scopes whose current run the work belongs to.
pub(super) fn linked_scopes(guarded: &Guarded, work: i64) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT DISTINCT scopeId FROM _syncInstance WHERE work = ?1 ORDER BY scopeId",
        [work],
        |row| row.get(0),
    )
}

fn tracking_scopes(guarded: &Guarded, instance: &str, owner: &str) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT s.id FROM _syncInstance i
         JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch
         JOIN _syncRun r ON r.scopeId = s.id AND r.epoch = s.epoch
         WHERE i.instanceId = ?1 AND s.state = 'syncing' AND r.owner = ?2 ORDER BY s.id",
        [instance, owner],
        |row| row.get(0),
    )
}

/// The status rows of what an owner has at work.
pub(super) fn open_statuses(guarded: &Guarded, owner: &str) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT s.id FROM _syncStatus s JOIN _syncWork w ON w.id = s.work
         WHERE w.owner = ?1 AND w.state = 'open' AND s.state = 'syncing' ORDER BY s.id",
        [owner],
        |row| row.get(0),
    )
}

/// The scopes that the work serves tell of its operations in their details.
pub(super) fn touch_scopes(guarded: &Guarded, work: &Work, touched: &mut Touched) -> Result<(), Trouble> {
    if work.tokens.is_empty() {
        return Ok(());
    }
    for id in current_scopes(guarded, work.id)? {
        refresh_details(guarded, &id)?;
        touched.scopes.insert(id);
    }
    Ok(())
}

fn end_member(
    guarded: &Guarded,
    token: &Token,
    failure: Option<&Failure>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let what = failure.map_or(What::Succeed(token), |failure| What::Fail(token, failure));
    let event = Event { at: now, by: "", what };
    if perform(guarded, &token.scope, &event, None, touched)?.is_err() {
        guarded.run(
            "UPDATE _syncRun SET staleCompletions = staleCompletions + 1 WHERE scopeId = ?1 AND epoch = ?2",
            params![token.scope, token.epoch],
        )?;
    }
    Ok(())
}

/// Ends a work whose data may not come any more. Gives whether it was open.
pub(super) fn stop_work(
    guarded: &Guarded,
    work: i64,
    why: &Failure,
    left: Left,
    now: i64,
    touched: &mut Touched,
) -> Result<bool, Trouble> {
    if guarded.run("UPDATE _syncWork SET state = 'ended' WHERE id = ?1 AND state = 'open'", [work])? == 0 {
        return Ok(false);
    }
    guarded.run(
        "UPDATE _syncOperation SET state = 'interrupted', code = ?2, error = ?3
         WHERE work = ?1 AND state = 'syncing'",
        params![work, why.code, why.message],
    )?;
    let statuses: Vec<String> = guarded.all(
        "UPDATE _syncStatus SET state = 'interrupted', code = ?2, error = ?3, timestamp = ?4
         WHERE work = ?1 AND state = 'syncing' RETURNING id",
        params![work, why.code, why.message, now],
        |row| row.get(0),
    )?;
    touched.statuses.extend(statuses);
    drop_staging(guarded, work, None, left)?;
    Ok(true)
}

/// Forgets works that have ended and that no current run of a scope tells of.
pub(super) fn purge_works(guarded: &Guarded) -> Result<(), Trouble> {
    let gone = guarded.run(
        "DELETE FROM _syncWork WHERE state = 'ended'
           AND NOT EXISTS (SELECT 1 FROM _syncInstance i WHERE i.work = _syncWork.id)",
        [],
    )?;
    if gone > 0 {
        guarded.run("DELETE FROM _syncOperation WHERE work NOT IN (SELECT id FROM _syncWork)", [])?;
    }
    Ok(())
}

/// The operations of every member's newest attempt.
pub(super) fn entity_details(
    guarded: &Guarded,
    scope: &str,
    epoch: i64,
) -> Result<HashMap<String, Vec<EntityDetail>>, Trouble> {
    let found = guarded.all(
        "SELECT i.instanceId, o.entity, o.functionId, o.state, o.rows, o.inserted, o.updated, o.unchanged,
                o.deleted, o.code, o.error, o.note
         FROM _syncInstance i JOIN _syncOperation o ON o.work = i.work
         WHERE i.scopeId = ?1 AND i.epoch = ?2 ORDER BY i.ordinal, o.ordinal",
        params![scope, epoch],
        |row| {
            let code: Option<String> = row.get(9)?;
            let message: Option<String> = row.get(10)?;
            let detail = EntityDetail {
                entity: row.get(1)?,
                function_id: row.get(2)?,
                state: rows::state(row, 3)?,
                rows: row.get(4)?,
                inserted: row.get(5)?,
                updated: row.get(6)?,
                unchanged: row.get(7)?,
                deleted: row.get(8)?,
                note: row.get(11)?,
                error: code.map(|code| Failure::new(code, message.unwrap_or_default())),
            };
            Ok((row.get::<_, String>(0)?, detail))
        },
    )?;
    let mut by_member: HashMap<String, Vec<EntityDetail>> = HashMap::new();
    for (member, detail) in found {
        by_member.entry(member).or_default().push(detail);
    }
    Ok(by_member)
}

/// How far the members of a scope's current run have come.
pub(super) fn progress(guarded: &Guarded, scope: &str) -> Result<Vec<Progress>, Trouble> {
    let epoch = load(guarded, scope)?.scope.map_or(0, |s| s.epoch);
    guarded.all(
        "SELECT instanceId, rows, pages, bytes, cursor FROM _syncInstance
         WHERE scopeId = ?1 AND epoch = ?2 ORDER BY ordinal",
        params![scope, epoch],
        |row| {
            Ok(Progress {
                instance_id: row.get(0)?,
                rows: row.get(1)?,
                pages: row.get(2)?,
                bytes: row.get(3)?,
                cursor: row.get(4)?,
            })
        },
    )
}
