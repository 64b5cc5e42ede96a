//! Scopes in the database: every event of the machine is loaded, decided by [`sync::next`] and written in one
//! transaction.

use rusqlite::params;

use super::error::StoreError;
use super::query::Reader;
use super::rows::{self, Changes, RunRow, ScopeRow, StatusRow, Touched};
use super::session::{Guarded, Trouble, number};
use super::sync::{
    self, Change, Counts, Event, Failure, IfRunning, Member, MemberState, Reason, Refusal, RunEnd,
    RunOutcome, Scope, Snapshot, Token, What,
};
use super::work::{linked_scopes, purge_works, stop_work};
use super::{Store, lock};

/// A start of a scope.
#[derive(Debug, Clone)]
pub struct StartScope<'a> {
    /// The scope's id.
    pub id: &'a str,
    /// The instances to track; duplicates count once.
    pub instance_ids: &'a [String],
    /// What to do when it is syncing already.
    pub if_running: IfRunning,
    /// Wall clock, epoch milliseconds.
    pub now: i64,
}

/// What became of a start, and what it touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// What became of it.
    pub outcome: Start,
    /// Rows that changed, those of dead owners included.
    pub changes: Changes,
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// A new run has begun.
    Begun {
        /// Its number.
        epoch: i64,
        /// The scope's row.
        row: Box<ScopeRow>,
    },
    /// The guard does not hold any more.
    SkippedByGuard,
    /// The scope is syncing and the start is to be skipped then.
    SkippedBusy,
    /// The scope is syncing and the start is to fail then (`scope.busy`).
    Busy,
}

impl Store {
    /// Starts or restarts a scope (event 1). The guard is evaluated inside the write transaction, so that no
    /// other process can start the scope between the two.
    ///
    /// # Errors
    /// Those of the guard, and of the database; then nothing was changed.
    pub fn start_scope<E: From<StoreError>>(
        &self,
        start: &StartScope<'_>,
        guard: &mut dyn FnMut(&Reader<'_>) -> Result<bool, E>,
    ) -> Result<Started, E> {
        let mut changes = self.recover(start.now)?;
        let mut refused = None;
        let result = self.try_write(|guarded| {
            match guard(&Reader::new(guarded, self.path(), self.inner.kind)) {
                Ok(true) => {}
                Ok(false) => return Ok((Start::SkippedByGuard, Changes::default())),
                Err(error) => {
                    refused = Some(error);
                    return Err(Trouble::Aborted);
                }
            }
            self.start_inside(guarded, start)
        });
        match (result, refused) {
            (_, Some(error)) => Err(error),
            (Ok((outcome, later)), None) => {
                changes.merge(later);
                Ok(Started { outcome, changes })
            }
            (Err(trouble), None) => Err(self.explain(trouble).into()),
        }
    }

    fn start_inside(&self, guarded: &Guarded, start: &StartScope<'_>) -> Result<(Start, Changes), Trouble> {
        let owner = self.own_id(guarded, start.now)?;
        let what = What::Start { members: start.instance_ids, if_running: start.if_running };
        let event = Event { at: start.now, by: &owner, what };
        let mut touched = Touched::default();
        match perform(guarded, start.id, &event, None, &mut touched)? {
            Err(Refusal::Busy) => Ok((Start::Busy, Changes::default())),
            Err(_) => Ok((Start::SkippedBusy, Changes::default())),
            Ok(change) => {
                let changes = touched.read_back(guarded)?;
                let row = changes.scopes.iter().find(|row| row.id == start.id).cloned();
                let row = Box::new(row.ok_or_else(|| internal("a started scope has no row"))?);
                Ok((Start::Begun { epoch: change.after.last_epoch, row }, changes))
            }
        }
    }

    /// Stops all runs and works of this process (event 7); for signals and for stopping.
    ///
    /// # Errors
    /// Those of the database.
    pub fn interrupt_own(&self, now: i64) -> Result<Changes, StoreError> {
        self.end_own(now, &What::Interrupt, None, Some(Reason::Stopped))
    }

    /// Ends the runs of this process in which members never began (event 9).
    ///
    /// # Errors
    /// Those of the database.
    pub fn quiesce(&self, now: i64) -> Result<Changes, StoreError> {
        self.end_own(now, &What::Quiesce, None, None)
    }

    /// The same for some scopes only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quiesce_scopes(&self, ids: &[String], now: i64) -> Result<Changes, StoreError> {
        self.end_own(now, &What::Quiesce, Some(ids), None)
    }

    fn end_own(
        &self,
        now: i64,
        what: &What<'_>,
        only: Option<&[String]>,
        stop: Option<Reason>,
    ) -> Result<Changes, StoreError> {
        let Some(owner) = lock(&self.inner.owner).id().map(str::to_owned) else {
            return Ok(Changes::default());
        };
        self.write(|guarded| {
            let mut touched = Touched::default();
            for id in running_of(guarded, &owner)? {
                if only.is_none_or(|ids| ids.contains(&id)) {
                    let event = Event { at: now, by: &owner, what: what.clone() };
                    // A refusal means that there is nothing to end.
                    let _ = perform(guarded, &id, &event, None, &mut touched)?;
                }
            }
            if let Some(reason) = stop {
                stop_all(guarded, &owner, reason, now, &mut touched)?;
            }
            touched.read_back(guarded)
        })
    }

    /// Ends what dead and suspended processes left behind (event 8); to be called before every condition.
    ///
    /// # Errors
    /// Those of the database.
    pub fn recover(&self, now: i64) -> Result<Changes, StoreError> {
        if self.inner.writer.is_none() {
            return Ok(Changes::default());
        }
        let suspects = self.read(|reader| {
            lock(&self.inner.owner).find_gone(reader.guarded()).map_err(|trouble| self.explain(trouble))
        })?;
        if suspects.is_empty() {
            return Ok(Changes::default());
        }
        drop(suspects);
        let (changes, gone) = self.write(|guarded| {
            let gone = lock(&self.inner.owner).find_gone(guarded)?;
            let mut touched = Touched::default();
            for owner in &gone {
                for id in running_of(guarded, &owner.id)? {
                    let what = What::Recover { owner: &owner.id, reason: owner.reason };
                    let event = Event { at: now, by: "", what };
                    let _ = perform(guarded, &id, &event, None, &mut touched)?;
                }
                stop_all(guarded, &owner.id, owner.reason, now, &mut touched)?;
                owner.strike(guarded)?;
            }
            Ok((touched.read_back(guarded)?, gone))
        })?;
        gone.into_iter().for_each(super::owner::Gone::bury);
        Ok(changes)
    }

    /// Removes a scope's row (event 10); its epoch and history stay. An unknown id changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_scope(&self, id: &str, now: i64) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let mut touched = Touched::default();
            let event = Event { at: now, by: "", what: What::Delete };
            let _ = perform(guarded, id, &event, None, &mut touched)?;
            touched.read_back(guarded)
        })
    }

    /// Removes one row of `_syncStatus` (event 11). An unknown id changes nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delete_status(&self, id: &str) -> Result<Changes, StoreError> {
        self.write(|guarded| {
            let mut touched = Touched::default();
            if guarded.run("DELETE FROM _syncStatus WHERE id = ?1", [id])? > 0 {
                touched.statuses.insert(id.to_owned());
            }
            touched.read_back(guarded)
        })
    }

    /// All scopes in order of id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scopes(&self) -> Result<Vec<ScopeRow>, StoreError> {
        self.read(|reader| reader.scopes())
    }

    /// One scope.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scope(&self, id: &str) -> Result<Option<ScopeRow>, StoreError> {
        self.read(|reader| reader.scope(id))
    }

    /// All statuses in order of their number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn statuses(&self) -> Result<Vec<StatusRow>, StoreError> {
        self.read(|reader| reader.statuses())
    }

    /// The runs of one scope, or of all, oldest first within a scope.
    ///
    /// # Errors
    /// Those of the database.
    pub fn history(&self, scope: Option<&str>) -> Result<Vec<RunRow>, StoreError> {
        self.read(|reader| reader.history(scope))
    }
}

/// Decides and writes one event of one scope. `work` is the execution that a beginning member belongs to.
pub(super) fn perform(
    guarded: &Guarded,
    id: &str,
    event: &Event<'_>,
    work: Option<i64>,
    touched: &mut Touched,
) -> Result<Result<Change, Refusal>, Trouble> {
    let before = load(guarded, id)?;
    let change = match sync::next(&before, event) {
        Ok(change) => change,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let cut = works_of(guarded, &change.superseded)?;
    if let Some(end) = &change.ended {
        close_run(guarded, id, end, before.scope.as_ref())?;
    }
    match (&before.scope, &change.after.scope) {
        (_, None) => remove(guarded, id)?,
        (Some(old), Some(new)) if old.epoch == new.epoch => update_members(guarded, id, old, new, work)?,
        (_, Some(new)) => insert_run(guarded, id, new)?,
    }
    if let Some(scope) = &change.after.scope {
        write_row(guarded, id, scope)?;
    }
    touched.scopes.insert(id.to_owned());
    stop_cut_works(guarded, &cut, &why_cut(event), event.at, touched)?;
    write_details(guarded, &change.after, change.ended.is_some())?;
    if matches!(event.what, What::Start { .. } | What::Begin(_) | What::Delete) {
        purge_works(guarded)?;
    }
    Ok(Ok(change))
}

/// All that the database knows of a scope id.
pub(super) fn load(guarded: &Guarded, id: &str) -> Result<Snapshot, Trouble> {
    let last_epoch = guarded
        .first("SELECT lastEpoch FROM _syncEpoch WHERE scopeId = ?1", [id], |row| row.get(0))?
        .unwrap_or(0);
    let scope = guarded.first(
        "SELECT s.epoch, r.owner, s.state, s.lastStartedAt, s.lastFailedAt, s.lastSyncedAt, s.timestamp, r.reason
         FROM _syncScope s JOIN _syncRun r ON r.scopeId = s.id AND r.epoch = s.epoch WHERE s.id = ?1",
        [id],
        |row| {
            Ok(Scope {
                epoch: row.get(0)?,
                owner: row.get(1)?,
                state: rows::state(row, 2)?,
                members: Vec::new(),
                last_started_at: row.get(3)?,
                last_failed_at: row.get(4)?,
                last_synced_at: row.get(5)?,
                timestamp: row.get(6)?,
                reason: row.get::<_, Option<String>>(7)?.as_deref().and_then(Reason::from_code),
            })
        },
    )?;
    let mut snapshot = Snapshot { id: id.to_owned(), last_epoch, scope };
    if let Some(scope) = &mut snapshot.scope {
        scope.members = members(guarded, id, scope.epoch)?;
    }
    Ok(snapshot)
}

fn members(guarded: &Guarded, id: &str, epoch: i64) -> Result<Vec<Member>, Trouble> {
    guarded.all(
        "SELECT instanceId, state, attempt, startedAt, endedAt, code, error
         FROM _syncInstance WHERE scopeId = ?1 AND epoch = ?2 ORDER BY ordinal",
        params![id, epoch],
        |row| {
            let word = row.get_ref(1)?.as_str()?;
            let code: Option<String> = row.get(5)?;
            let message: Option<String> = row.get(6)?;
            Ok(Member {
                id: row.get(0)?,
                state: MemberState::from_word(word).unwrap_or(MemberState::Interrupted),
                attempt: row.get(2)?,
                started_at: row.get(3)?,
                ended_at: row.get(4)?,
                failure: code.map(|code| Failure::new(code, message.unwrap_or_default())),
            })
        },
    )
}

fn remove(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    guarded.run("DELETE FROM _syncScope WHERE id = ?1", [id])?;
    guarded.run("DELETE FROM _syncInstance WHERE scopeId = ?1", [id])?;
    Ok(())
}

fn insert_run(guarded: &Guarded, id: &str, scope: &Scope) -> Result<(), Trouble> {
    guarded.run(
        "INSERT INTO _syncEpoch (scopeId, lastEpoch) VALUES (?1, ?2)
         ON CONFLICT (scopeId) DO UPDATE SET lastEpoch = excluded.lastEpoch",
        params![id, scope.epoch],
    )?;
    guarded.run("DELETE FROM _syncInstance WHERE scopeId = ?1", [id])?;
    for (ordinal, member) in scope.members.iter().enumerate() {
        guarded.run(
            "INSERT INTO _syncInstance (scopeId, epoch, instanceId, ordinal, state) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, scope.epoch, member.id, number(ordinal), member.state.word()],
        )?;
    }
    guarded.run(
        "INSERT INTO _syncRun (scopeId, epoch, owner, state, startedAt, endedAt, total, notStarted, syncing,
                               failed, synced, interrupted, details)
         VALUES (?1, ?2, ?3, ?4, ?5, iif(?4 = 'syncing', NULL, ?5), 0, 0, 0, 0, 0, 0, '{}')",
        params![id, scope.epoch, scope.owner, scope.state.word(), scope.last_started_at],
    )?;
    Ok(())
}

fn update_members(
    guarded: &Guarded,
    id: &str,
    old: &Scope,
    new: &Scope,
    work: Option<i64>,
) -> Result<(), Trouble> {
    for (_, member) in old.members.iter().zip(&new.members).filter(|(before, after)| before != after) {
        let failure = member.failure.as_ref();
        guarded.run(
            "UPDATE _syncInstance SET state = ?4, attempt = ?5, startedAt = ?6, endedAt = ?7, code = ?8, error = ?9
             WHERE scopeId = ?1 AND epoch = ?2 AND instanceId = ?3",
            params![
                id,
                new.epoch,
                member.id,
                member.state.word(),
                member.attempt,
                member.started_at,
                member.ended_at,
                failure.map(|f| &f.code),
                failure.map(|f| &f.message)
            ],
        )?;
        if work.is_some() && member.state == MemberState::Syncing {
            guarded.run(
                "UPDATE _syncInstance SET work = ?4, rows = 0, pages = 0, bytes = 0, cursor = NULL
                 WHERE scopeId = ?1 AND epoch = ?2 AND instanceId = ?3",
                params![id, new.epoch, member.id, work],
            )?;
        }
    }
    Ok(())
}

/// Writes the row with counts that are recounted here and compared with the machine's own (I2).
fn write_row(guarded: &Guarded, id: &str, scope: &Scope) -> Result<(), Trouble> {
    guarded.run(
        "INSERT INTO _syncScope (id, state, notStarted, syncing, failed, synced, interrupted, total, epoch,
                                 lastStartedAt, lastFailedAt, lastSyncedAt, details, timestamp)
         SELECT ?1, ?3,
                count(*) FILTER (WHERE state = 'notStarted'), count(*) FILTER (WHERE state = 'syncing'),
                count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'synced'),
                count(*) FILTER (WHERE state = 'interrupted'), count(*), ?2, ?4, ?5, ?6, '{}', ?7
         FROM _syncInstance WHERE scopeId = ?1 AND epoch = ?2
         ON CONFLICT (id) DO UPDATE SET
           state = excluded.state, notStarted = excluded.notStarted, syncing = excluded.syncing,
           failed = excluded.failed, synced = excluded.synced, interrupted = excluded.interrupted,
           total = excluded.total, epoch = excluded.epoch, lastStartedAt = excluded.lastStartedAt,
           lastFailedAt = excluded.lastFailedAt, lastSyncedAt = excluded.lastSyncedAt,
           timestamp = excluded.timestamp",
        params![
            id,
            scope.epoch,
            scope.state.word(),
            scope.last_started_at,
            scope.last_failed_at,
            scope.last_synced_at,
            scope.timestamp
        ],
    )?;
    let reason = scope.reason.map(Reason::code);
    let counted = guarded.first(
        "UPDATE _syncRun SET reason = ?3, (notStarted, syncing, failed, synced, interrupted, total) =
           (SELECT notStarted, syncing, failed, synced, interrupted, total FROM _syncScope WHERE id = ?1)
         WHERE scopeId = ?1 AND epoch = ?2
         RETURNING notStarted, syncing, failed, synced, interrupted",
        params![id, scope.epoch, reason],
        |row| {
            Ok(Counts {
                not_started: row.get(0)?,
                syncing: row.get(1)?,
                failed: row.get(2)?,
                synced: row.get(3)?,
                interrupted: row.get(4)?,
            })
        },
    )?;
    if counted == Some(scope.counts()) {
        return Ok(());
    }
    Err(internal("I2: the counts of a scope differ from its members").into())
}

/// Writes who stands where; a run that ended keeps it in its history.
fn write_details(guarded: &Guarded, snapshot: &Snapshot, ended: bool) -> Result<(), Trouble> {
    let Some(scope) = &snapshot.scope else { return Ok(()) };
    let operations = super::work::entity_details(guarded, &snapshot.id, scope.epoch)?;
    let of = |member: &str| operations.get(member).map_or(&[][..], Vec::as_slice);
    let text = sync::details(scope, of).to_string();
    guarded.run("UPDATE _syncScope SET details = ?2 WHERE id = ?1", params![snapshot.id, text])?;
    if ended || scope.state != sync::ScopeState::Syncing {
        guarded.run(
            "UPDATE _syncRun SET details = ?3 WHERE scopeId = ?1 AND epoch = ?2",
            params![snapshot.id, scope.epoch, text],
        )?;
    }
    Ok(())
}

/// Writes the details of a scope anew after something of its works changed.
pub(super) fn refresh_details(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    let snapshot = load(guarded, id)?;
    write_details(guarded, &snapshot, false)
}

fn close_run(guarded: &Guarded, id: &str, end: &RunEnd, old: Option<&Scope>) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _syncRun SET state = ?3, endedAt = ?4 WHERE scopeId = ?1 AND epoch = ?2",
        params![id, end.epoch, end.how.word(), end.at],
    )?;
    if old.is_some() && matches!(end.how, RunOutcome::Restarted | RunOutcome::Deleted) {
        guarded.run(
            "UPDATE _syncRun SET details = (SELECT details FROM _syncScope WHERE id = ?1)
             WHERE scopeId = ?1 AND epoch = ?2",
            params![id, end.epoch],
        )?;
    }
    Ok(())
}

fn running_of(guarded: &Guarded, owner: &str) -> Result<Vec<String>, Trouble> {
    guarded.all(
        "SELECT scopeId FROM _syncRun WHERE owner = ?1 AND state = 'syncing' ORDER BY scopeId",
        [owner],
        |row| row.get(0),
    )
}

fn works_of(guarded: &Guarded, tokens: &[Token]) -> Result<Vec<i64>, Trouble> {
    let mut works = Vec::new();
    for token in tokens {
        let work = guarded.first(
            "SELECT work FROM _syncInstance WHERE scopeId = ?1 AND epoch = ?2 AND instanceId = ?3",
            params![token.scope, token.epoch, token.instance],
            |row| row.get::<_, Option<i64>>(0),
        )?;
        works.extend(work.flatten());
    }
    works.sort_unstable();
    works.dedup();
    Ok(works)
}

/// Works that lost their last current token are told to stop.
fn stop_cut_works(
    guarded: &Guarded,
    works: &[i64],
    why: &Failure,
    at: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    for &work in works {
        let needed = guarded.exists(
            "SELECT 1 FROM _syncInstance i JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch
             WHERE i.work = ?1 AND i.state = 'syncing' AND s.state = 'syncing'",
            [work],
        )?;
        if !needed && stop_work(guarded, work, why, at, touched)? {
            for id in linked_scopes(guarded, work)? {
                refresh_details(guarded, &id)?;
                touched.scopes.insert(id);
            }
        }
    }
    Ok(())
}

fn stop_all(
    guarded: &Guarded,
    owner: &str,
    reason: Reason,
    at: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let works: Vec<i64> = guarded.all(
        "SELECT id FROM _syncWork WHERE owner = ?1 AND state = 'open' ORDER BY id",
        [owner],
        |row| row.get(0),
    )?;
    for work in works {
        stop_work(guarded, work, &reason.failure(), at, touched)?;
    }
    purge_works(guarded)
}

fn why_cut(event: &Event<'_>) -> Failure {
    match &event.what {
        What::Recover { reason, .. } => reason.failure(),
        What::Start { .. } => Failure::new("interrupted", "a new run of the scope took its place"),
        What::Begin(_) => Failure::new("interrupted", "the instance began anew"),
        What::Delete => Failure::new("interrupted", "its scope was deleted"),
        _ => Reason::Stopped.failure(),
    }
}

fn internal(detail: &str) -> StoreError {
    StoreError::Internal { detail: detail.to_owned() }
}
