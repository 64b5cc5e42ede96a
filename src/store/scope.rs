//! Scopes in the database: every event of the machine is loaded, decided by [`sync::next`] and written in one
//! transaction.

mod record;

use std::collections::BTreeSet;

use rusqlite::params;

use super::error::StoreError;
use super::history;
use super::open::Kind;
use super::query::Reader;
use super::resume::Left;
use super::rows::{Changes, RunRow, ScopeRow, StatusRow, Touched};
use super::session::{Guarded, Trouble};
use super::sync::{self, Change, Event, Failure, IfRunning, Reason, Refusal, Snapshot, Token, What};
use super::work::{linked_scopes, purge_works, stop_work};
use super::{Store, lock};

use record::{close_run, insert_run, remove, update_members, write_details, write_row};
pub(super) use record::{load, refresh_details};

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

/// What processes that are no more left `syncing`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftBehind {
    /// Ids of scopes.
    pub scopes: BTreeSet<String>,
    /// Ids of status rows.
    pub statuses: BTreeSet<String>,
    /// Ids of commands.
    pub commands: BTreeSet<String>,
}

impl Store {
    /// Starts or restarts a scope (event 1). The guard is evaluated inside the write transaction, so that no
    /// other process can start the scope between the two; it must ask its reader only, never the store, which
    /// waits for it.
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

    /// Stops all runs and works of this process (event 7); for signals and for stopping. What another thread is
    /// writing just now is broken off and rolled back, so that a long statement does not delay it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn interrupt_own(&self, now: i64) -> Result<Changes, StoreError> {
        let Some(owner) = self.known_owner() else { return Ok(Changes::default()) };
        self.write_at_once(|guarded| {
            let mut touched = Touched::default();
            end_scopes(guarded, &owner, None, &What::Interrupt, now, &mut touched)?;
            stop_all(guarded, &owner, Reason::Stopped, now, &mut touched)?;
            touched.read_back(guarded)
        })
    }

    /// Ends the runs of this process in which members never began (event 9).
    ///
    /// # Errors
    /// Those of the database.
    pub fn quiesce(&self, now: i64) -> Result<Changes, StoreError> {
        self.quiesce_some(None, now)
    }

    /// The same for some scopes only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quiesce_scopes(&self, ids: &[String], now: i64) -> Result<Changes, StoreError> {
        self.quiesce_some(Some(ids), now)
    }

    fn quiesce_some(&self, only: Option<&[String]>, now: i64) -> Result<Changes, StoreError> {
        let Some(owner) = self.known_owner() else { return Ok(Changes::default()) };
        self.write(|guarded| {
            let mut touched = Touched::default();
            end_scopes(guarded, &owner, only, &What::Quiesce, now, &mut touched)?;
            touched.read_back(guarded)
        })
    }

    /// Which of these runs, all started by this process, other processes have ended: by starting the scope anew,
    /// or by taking this process for dead or suspended.
    ///
    /// # Errors
    /// Those of the database.
    pub fn taken_over(&self, runs: &[(String, i64)]) -> Result<Vec<String>, StoreError> {
        self.read(|reader| self.taken(reader.guarded(), runs).map_err(|trouble| self.explain(trouble)))
    }

    /// The same within a transaction.
    pub(super) fn taken(&self, guarded: &Guarded, runs: &[(String, i64)]) -> Result<Vec<String>, Trouble> {
        let own = self.known_owner().unwrap_or_default();
        let process = own.split('.').next().unwrap_or_default();
        let mut taken = Vec::new();
        for (id, epoch) in runs {
            let is_taken = guarded.exists(
                "SELECT 1 FROM _syncRun r LEFT JOIN _syncRun n ON n.scopeId = r.scopeId AND n.epoch = r.epoch + 1
                 WHERE r.scopeId = ?1 AND r.epoch = ?2 AND (r.reason IN ('owner.lost', 'owner.stalled')
                   OR (r.state = 'restarted' AND n.owner <> ?3 AND n.owner NOT GLOB ?3 || '.*'))",
                params![id, epoch, process],
            )?;
            if is_taken {
                taken.push(id.clone());
            }
        }
        Ok(taken)
    }

    fn known_owner(&self) -> Option<String> {
        lock(&self.inner.owner).id().map(str::to_owned)
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
                let what = What::Recover { owner: &owner.id, reason: owner.reason };
                end_scopes(guarded, &owner.id, None, &what, now, &mut touched)?;
                stop_all(guarded, &owner.id, owner.reason, now, &mut touched)?;
                owner.strike(guarded)?;
            }
            Ok((touched.read_back(guarded)?, gone))
        })?;
        gone.into_iter().for_each(super::owner::Gone::bury);
        Ok(changes)
    }

    /// What [`Store::recover`] would end now; only reads.
    ///
    /// # Errors
    /// Those of the database.
    pub fn left_behind(&self) -> Result<LeftBehind, StoreError> {
        let find = |guarded: &Guarded| {
            let mut left = LeftBehind::default();
            for owner in lock(&self.inner.owner).find_gone(guarded)? {
                left.scopes.extend(running_of(guarded, &owner.id)?);
                left.statuses.extend(super::work::open_statuses(guarded, &owner.id)?);
                left.commands.extend(super::queue::being_sent(guarded, &owner.id)?);
            }
            Ok(left)
        };
        match self.inner.kind {
            Kind::Ours => self.read(|reader| find(reader.guarded()).map_err(|trouble| self.explain(trouble))),
            Kind::Older => Ok(LeftBehind::default()),
        }
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
        self.read(|reader: &Reader<'_>| reader.scopes())
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
        self.read(|reader: &Reader<'_>| reader.statuses())
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
    stop_cut_works(guarded, &cut, event, touched)?;
    write_details(guarded, &change.after, change.ended.is_some())?;
    if let Some((epoch, at)) = ended_run(&before, &change) {
        history::prune(guarded, id, epoch, at)?;
    }
    if matches!(event.what, What::Start { .. } | What::Begin(_) | What::Delete) {
        purge_works(guarded)?;
    }
    Ok(Ok(change))
}

/// The run that is over after a change, and since when: the one that ended, or a new one without members.
fn ended_run(before: &Snapshot, change: &Change) -> Option<(i64, i64)> {
    let born_ended = change
        .after
        .scope
        .as_ref()
        .filter(|new| new.epoch > before.last_epoch && new.state != sync::ScopeState::Syncing);
    let ended = change.ended.as_ref().map(|end| (end.epoch, end.at));
    born_ended.map(|new| (new.epoch, new.timestamp)).or(ended)
}

/// Ends running scopes of an owner, all or some.
fn end_scopes(
    guarded: &Guarded,
    owner: &str,
    only: Option<&[String]>,
    what: &What<'_>,
    now: i64,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    for id in running_of(guarded, owner)? {
        if only.is_none_or(|ids| ids.contains(&id)) {
            let event = Event { at: now, by: owner, what: what.clone() };
            // A refusal means that there is nothing to end.
            let _ = perform(guarded, &id, &event, None, touched)?;
        }
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
    event: &Event<'_>,
    touched: &mut Touched,
) -> Result<(), Trouble> {
    let why = why_cut(event);
    let left = match event.what {
        What::Interrupt | What::Recover { .. } => Left::Pages,
        _ => Left::Nothing,
    };
    for &work in works {
        let needed = guarded.exists(
            "SELECT 1 FROM _syncInstance i JOIN _syncScope s ON s.id = i.scopeId AND s.epoch = i.epoch
             WHERE i.work = ?1 AND i.state = 'syncing' AND s.state = 'syncing'",
            [work],
        )?;
        if !needed && stop_work(guarded, work, &why, left, event.at, touched)? {
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
        stop_work(guarded, work, &reason.failure(), Left::Pages, at, touched)?;
    }
    super::queue::release(guarded, owner, &reason.failure().code, at, touched)?;
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
