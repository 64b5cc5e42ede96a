//! A plan: what a trigger would do on the database as it is now, without doing it.

mod effect;
mod planner;
mod stubs;
mod touched;
mod trial;
mod untouched;

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::done::Then;
use super::event::ActionRef;
use super::interpret::Run;
use super::target::{Target, targets};
use super::{Engine, Network, Observer, Record, RunError, RunOptions, Schedule, Trigger};
use crate::action::ProviderKind;
use crate::store::CommandState;
pub use stubs::Stubs;
use trial::Trial;

/// What a trigger would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// Writes of earlier runs that would be sent before anything else, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queue: Vec<PlannedCommand>,
    /// Its actions in order; then the handlers of tables that they would change.
    pub actions: Vec<PlannedAction>,
}

/// A write that waits in the queue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedCommand {
    /// Its id.
    pub id: String,
    /// The provider that it goes to.
    pub queue: String,
    /// `create`, `update`, `save`, `delete` or `functionCall`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The table.
    pub entity: String,
    /// The record, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// What one action would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedAction {
    /// Its instance id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `file#/json/pointer`.
    pub path: String,
    /// Whether it would run: `run`, `skip`, `unsupported`, `unknown` or `error`.
    pub verdict: Verdicts,
    /// Why, when it is not `run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What its guards read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Reading>,
    /// What it would do, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Its options, evaluated; values that earlier actions of the plan would change are listed
    /// in `unknown` instead.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub options: Value,
    /// What cannot be known before the actions above have run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The actions inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<PlannedAction>,
    /// Whether a sequential list around it would go on.
    #[serde(skip)]
    then: Then,
}

/// Whether an action would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdicts {
    /// It would.
    Run,
    /// A guard does not hold.
    Skip,
    /// This runtime cannot perform its type.
    Unsupported,
    /// It depends on what earlier actions do.
    Unknown,
    /// Its guard or options cannot be evaluated, or it would fail at once.
    Error,
}

/// One value that a guard read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// What was read: a path of the context, or a fact of a scope or status.
    pub what: String,
    /// Its value; absent when it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What the trigger would do now.
pub(super) fn plan(engine: &Engine<'_>, trigger: &Trigger) -> Result<Planned, RunError> {
    let targets = targets(engine, trigger)?;
    all(engine, &planner::Planner::new(engine, None)?, &targets)
}

/// The same where stubs answer, on a copy of the database.
pub(super) fn plan_with(engine: &Engine<'_>, trigger: &Trigger, stubs: &Stubs) -> Result<Planned, RunError> {
    stubs.check(engine)?;
    let store = engine.store.copy_in_memory()?;
    let engine = Engine {
        project: engine.project,
        files: engine.files,
        store: &store,
        providers: engine.providers.clone().with(ProviderKind::Dynamic, stubs.tables()),
        clock: Arc::clone(&engine.clock),
        observer: &NoOne,
        stop: engine.stop.clone(),
        options: RunOptions { schedule: Schedule::OneByOne, ..engine.options.clone() },
    };
    let run = Run::new(&engine);
    let targets = targets(&engine, trigger)?;
    all(&engine, &planner::Planner::new(&engine, Some(Trial::new(&run, stubs)))?, &targets)
}

fn all(
    engine: &Engine<'_>,
    planner: &planner::Planner<'_>,
    targets: &[Target<'_>],
) -> Result<Planned, RunError> {
    let mut actions: Vec<_> = targets.iter().map(|target| planner.target(target)).collect();
    actions.extend(planner.table_changes());
    planner.finish(Planned { queue: queue(engine)?, actions })
}

/// What a run sends before it does anything else.
fn queue(engine: &Engine<'_>) -> Result<Vec<PlannedCommand>, RunError> {
    if engine.options.network == Network::Offline {
        return Ok(Vec::new());
    }
    let open = engine.store.commands()?.into_iter().filter(|command| {
        // One that is being sent by a process that has died is sent again.
        command.state != CommandState::Failed
    });
    let planned = open.map(|command| PlannedCommand {
        id: command.id,
        queue: command.queue,
        kind: command.kind,
        entity: command.entity,
        record: command.record_id,
    });
    Ok(planned.collect())
}

/// Hears nothing of what is only tried.
struct NoOne;

impl Observer for NoOne {
    fn observe(&self, _: &Record) {}
}

impl PlannedAction {
    fn new(named: ActionRef) -> Self {
        let ActionRef { id, type_name, path } = named;
        Self {
            id,
            type_name,
            path,
            verdict: Verdicts::Run,
            why: None,
            reads: Vec::new(),
            effect: None,
            options: Value::Null,
            unknown: Vec::new(),
            actions: Vec::new(),
            then: Then::GoOn,
        }
    }

    fn end(&mut self, verdict: Verdicts, why: impl Into<String>) {
        self.verdict = verdict;
        self.why = Some(why.into());
    }

    /// It would break on the spot.
    fn fail(&mut self, why: impl Into<String>) {
        self.end(Verdicts::Error, why);
        self.then = Then::Stop;
    }

    fn inside(&mut self, inner: Self) {
        self.then = self.then.max(inner.then);
        self.actions.push(inner);
    }
}
