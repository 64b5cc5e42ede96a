//! A plan that goes on: what is known, or answered by stubs, is done to a copy of the database, and
//! what follows is planned on that.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::planner::{Planner, Spot};
use super::stubs::Stubs;
use super::{PlannedAction, Verdicts};
use crate::action::{Effect, ProviderKind};
use crate::run::context::evaluator;
use crate::run::done::{Attempt, Done};
use crate::run::event::Outcome;
use crate::run::interpret::{self, Run, Worker};
use crate::run::provider::NO_ANSWER;

/// A run on a copy of the database.
pub(super) struct Trial<'p> {
    pub(super) run: &'p Run<'p>,
    pub(super) stubs: &'p Stubs,
    /// Tables that changed in the copy.
    pub(super) changed: RefCell<BTreeSet<String>>,
}

impl<'p> Trial<'p> {
    pub(super) fn new(run: &'p Run<'p>, stubs: &'p Stubs) -> Self {
        Self { run, stubs, changed: RefCell::default() }
    }

    fn perform(&self, id: Option<&str>, effect: Effect, spot: Spot<'_>) -> Attempt {
        let worker = Worker { run: self.run, evaluator: evaluator(self.run.engine) };
        let spot = interpret::Spot::outermost(spot.place, spot.file);
        worker.perform(id, effect, &spot, &|| {})
    }
}

impl Planner<'_> {
    /// Says what an effect would do, and does it to the copy of the database when there is one and
    /// all of it is known.
    pub(super) fn perform(&self, effect: Effect, spot: Spot<'_>, planned: &mut PlannedAction) {
        let Some(trial) = self.trial.as_ref().filter(|_| is_of_database(&effect)) else {
            return self.effect(effect, spot, planned);
        };
        let before = self.touched().clone();
        self.effect(effect.clone(), spot, planned);
        if !planned.unknown.is_empty() || planned.verdict != Verdicts::Run {
            return;
        }
        let done = match trial.perform(planned.id.as_deref(), effect, spot) {
            Attempt::Done(done) => done,
            Attempt::Skipped(skip) => return planned.end(Verdicts::Skip, skip.detail),
        };
        if let Some(failure) = done.failure.as_ref().filter(|failure| failure.code == NO_ANSWER) {
            planned.unknown.push(failure.message.clone());
            return;
        }
        let mut touched = self.touched.borrow_mut();
        trial.changed.borrow_mut().extend(touched.tables.iter().cloned());
        let (actions, slots) = (std::mem::take(&mut touched.actions), std::mem::take(&mut touched.slots));
        *touched = super::touched::Touched { actions, slots, ..before };
        drop(touched);
        self.keep(planned, &done);
    }

    /// Remembers how an action ended that was done to the copy.
    fn keep(&self, planned: &mut PlannedAction, done: &Done) {
        if let Some(failure) = &done.failure {
            planned.end(Verdicts::Error, failure.message.clone());
        }
        planned.then = planned.then.max(done.ended.then);
        let error =
            done.failure.as_ref().map(|failure| json!({"message": failure.message, "code": failure.code}));
        let state = json!({"isPending": false, "isSuccess": done.outcome == Outcome::Ok, "error": error});
        self.know(planned, &json!({"state": state, "outputs": done.outputs}));
    }

    /// Takes what the stubs say that an action gives.
    pub(super) fn take_outputs(&self, planned: &PlannedAction) {
        let stubs = self.trial.as_ref().map(|trial| trial.stubs);
        let Some(outputs) = planned.id.as_deref().and_then(|id| stubs?.outputs(id)) else { return };
        let state = json!({"isPending": false, "isSuccess": true, "error": null});
        self.know(planned, &json!({"state": state, "outputs": outputs}));
    }

    fn know(&self, planned: &PlannedAction, output: &Value) {
        let Some(id) = &planned.id else { return };
        self.session.keep_action(id, output.clone());
        self.touched.borrow_mut().actions.remove(id);
    }
}

/// Whether it takes place in the database alone: state is the plan's own, and what would be sent to a
/// back end is not tried.
fn is_of_database(effect: &Effect) -> bool {
    let is_local = |table: &String| !table.contains('/');
    match effect {
        Effect::StartScope { .. }
        | Effect::Sync { .. }
        | Effect::DeleteScope { .. }
        | Effect::DeleteStatus { .. } => true,
        Effect::WriteRows(write) => write.provider == ProviderKind::Local && is_local(&write.entity),
        Effect::ExecuteSql { entities, .. } => entities.iter().all(is_local),
        _ => false,
    }
}
