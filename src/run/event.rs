//! What a run tells while it goes on (interface.md §5).

use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;

use super::clock::Clock;
use crate::store::{CommandRow, GoneCommand, ScopeRow, StatusRow};

/// Hears the events of a run, from several threads, in order of their numbers.
pub trait Observer: Send + Sync {
    /// Takes one event.
    fn observe(&self, record: &Record);
}

/// One event with its number and time.
#[derive(Debug, Clone, Serialize)]
pub struct Record {
    /// Counts from 1 without gaps.
    pub seq: u64,
    /// Epoch milliseconds.
    pub at: i64,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// An action as events name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionRef {
    /// Its instance id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `file#/json/pointer`.
    pub path: String,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event")]
pub enum Event {
    /// The run begins.
    #[serde(rename = "run.started")]
    RunStarted {
        /// The app's name.
        app: String,
        /// What triggered it.
        trigger: String,
    },
    /// An action begins.
    #[serde(rename = "action.started")]
    ActionStarted {
        /// The action.
        #[serde(flatten)]
        action: ActionRef,
        /// Why its guards let it through, in words, with the values that were read.
        #[serde(skip_serializing_if = "Option::is_none")]
        guard: Option<String>,
    },
    /// An action does not run.
    #[serde(rename = "action.skipped")]
    ActionSkipped {
        /// The action.
        #[serde(flatten)]
        action: ActionRef,
        /// Why.
        reason: SkipReason,
        /// Why, in words, with the values that were read.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// An action has ended.
    #[serde(rename = "action.finished")]
    ActionFinished {
        /// The action.
        #[serde(flatten)]
        action: ActionRef,
        /// How.
        outcome: Outcome,
        /// What went wrong.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
        /// How long it took.
        #[serde(rename = "durationMs")]
        duration_ms: u64,
    },
    /// A scope's row has changed.
    #[serde(rename = "scope.changed")]
    ScopeChanged {
        /// The row.
        row: ScopeRow,
    },
    /// A status row has changed.
    #[serde(rename = "status.changed")]
    StatusChanged {
        /// The row.
        row: StatusRow,
    },
    /// A queued write has changed.
    #[serde(rename = "command.changed")]
    CommandChanged {
        /// The row.
        row: CommandRow,
    },
    /// A queued write has left the queue.
    #[serde(rename = "command.gone")]
    CommandGone {
        /// The command, and why it is gone.
        row: GoneCommand,
    },
    /// A page of a table has arrived.
    #[serde(rename = "entity.progress")]
    EntityProgress {
        /// The table.
        entity: String,
        /// Rows so far.
        rows: u64,
        /// Pages so far.
        pages: u64,
        /// Bytes so far.
        bytes: u64,
        /// What is to be said beside the numbers: `unchanged (304)`.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A table has been filled, and its rows are there.
    #[serde(rename = "entity.finished")]
    EntityFinished {
        /// The table.
        entity: String,
        /// New rows.
        inserted: u64,
        /// Rows whose data changed.
        updated: u64,
        /// Rows that were there with the same data.
        unchanged: u64,
        /// Rows that are gone.
        deleted: u64,
    },
    /// A user-interface action would have happened.
    #[serde(rename = "effect")]
    Effect {
        /// Its type.
        #[serde(rename = "type")]
        type_name: String,
        /// Its options, evaluated.
        options: Value,
    },
    /// The run has ended.
    #[serde(rename = "run.finished")]
    RunFinished {
        /// How.
        outcome: Outcome,
        /// How long it took.
        #[serde(rename = "durationMs")]
        duration_ms: u64,
        /// Actions by how they ended.
        counts: Counts,
        /// Scopes of this run that another process started anew meanwhile.
        #[serde(rename = "takenOver", skip_serializing_if = "Vec::is_empty")]
        taken_over: Vec<String>,
    },
}

/// Why an action does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SkipReason {
    /// Its `when` is not true.
    When,
    /// Its `condition` does not hold.
    Condition,
    /// This runtime cannot perform its type.
    Unsupported,
    /// The run was stopped before it.
    Interrupted,
}

/// How an action or a run ended; the gravest comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All is well.
    Ok,
    /// Something failed.
    Failed,
    /// Stopped before its end.
    Interrupted,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// A stable word.
    pub code: String,
    /// In words.
    pub message: String,
}

/// Actions of a run by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Ended well.
    pub ok: u64,
    /// Failed.
    pub failed: u64,
    /// Did not run.
    pub skipped: u64,
    /// Were stopped.
    pub interrupted: u64,
}

/// Numbers events, counts outcomes and passes events on.
pub(super) struct Emitter<'a> {
    observer: &'a dyn Observer,
    clock: &'a dyn Clock,
    state: Mutex<(u64, Counts)>,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(observer: &'a dyn Observer, clock: &'a dyn Clock) -> Self {
        Self { observer, clock, state: Mutex::new((0, Counts::default())) }
    }

    /// Passes an event on; the lock is held meanwhile, so that numbers come in order.
    pub(super) fn emit(&self, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.0 += 1;
        count(&mut state.1, &event);
        self.observer.observe(&Record { seq: state.0, at: self.clock.now(), event });
    }

    pub(super) fn counts(&self) -> Counts {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1
    }
}

fn count(counts: &mut Counts, event: &Event) {
    match event {
        Event::ActionSkipped { .. } => counts.skipped += 1,
        Event::ActionFinished { outcome: Outcome::Ok, .. } => counts.ok += 1,
        Event::ActionFinished { outcome: Outcome::Failed, .. } => counts.failed += 1,
        Event::ActionFinished { outcome: Outcome::Interrupted, .. } => counts.interrupted += 1,
        _ => {}
    }
}
