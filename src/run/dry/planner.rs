//! Plans one action after the other.

use std::cell::{Ref, RefCell};
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::touched::Touched;
use super::trial::Trial;
use super::untouched::Untouched;
use super::{Planned, PlannedAction, Reading, Verdicts};
use crate::action::{ActionNode, Fill, Order, Plan};
use crate::diag::FileId;
use crate::expr::{EvalError, Evaluator, Template};
use crate::run::context::{Place, Session, View, evaluator};
use crate::run::done::Then;
use crate::run::event::ActionRef;
use crate::run::guard::{Decision, decide, judge};
use crate::run::interpret::{TOAST, describe};
use crate::run::list::{Called, called, endless_calls, watches};
use crate::run::target::Target;
use crate::run::{Answer, Engine, RunError};

/// Global actions inside one another that a plan shows; deeper ones are a loop.
const MAX_CALLS: usize = 16;

/// Plans actions, remembering what they would change.
pub(super) struct Planner<'p> {
    pub(super) engine: &'p Engine<'p>,
    pub(super) session: Session,
    evaluator: Evaluator,
    pub(super) database: Untouched<'p>,
    pub(super) touched: RefCell<Touched>,
    /// A copy of the database on which the plan goes on.
    pub(super) trial: Option<Trial<'p>>,
    endless: RefCell<BTreeSet<String>>,
}

/// Where a planned action stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'s> {
    pub(super) place: &'s Place<'s>,
    pub(super) file: FileId,
    calls: usize,
}

impl<'p> Planner<'p> {
    pub(super) fn new(engine: &'p Engine<'p>, trial: Option<Trial<'p>>) -> Result<Self, RunError> {
        Ok(Self {
            engine,
            session: Session::new(engine),
            evaluator: evaluator(engine),
            database: Untouched::new(engine.store)?,
            touched: RefCell::default(),
            trial,
            endless: RefCell::default(),
        })
    }

    pub(super) fn target(&self, target: &Target<'_>) -> PlannedAction {
        self.action(target.action, Spot { place: &target.place, file: target.file, calls: 0 })
    }

    /// Handlers of the tables that the actions so far would change (app-layout.md §5).
    pub(super) fn table_changes(&self) -> Vec<PlannedAction> {
        let project = self.engine.project;
        let place = Place::home(project);
        let unsure = self.touched().tables.clone();
        let sure = self.trial.as_ref().map(|trial| trial.changed.borrow().clone()).unwrap_or_default();
        let changed = unsure.union(&sure).cloned().collect();
        let due = project.home.on("onTableChanged").filter(|placed| watches(placed, &changed, project));
        let plan = |placed: &crate::app::Placed| {
            let mut planned =
                self.action(&placed.action, Spot { place: &place, file: placed.file, calls: 0 });
            let table = placed.table.as_deref().unwrap_or_default();
            if watches(placed, &sure, project) {
                return planned;
            }
            planned.unknown.insert(0, format!("whether `{table}` changes"));
            if planned.verdict == Verdicts::Run {
                planned.verdict = Verdicts::Unknown;
            }
            planned
        };
        due.map(plan).collect()
    }

    /// The plan, unless the machine failed on the way.
    pub(super) fn finish(&self, planned: Planned) -> Result<Planned, RunError> {
        self.session.take_trouble().map_or(Ok(planned), |trouble| Err(trouble.into()))
    }

    fn action(&self, node: &ActionNode, spot: Spot<'_>) -> PlannedAction {
        let mut planned = PlannedAction::new(describe(self.engine, node, spot.file));
        self.guard(node, spot, &mut planned);
        if matches!(planned.verdict, Verdicts::Run | Verdicts::Unknown) {
            self.body(node, spot, &mut planned);
        }
        planned
    }

    fn guard(&self, node: &ActionNode, spot: Spot<'_>, planned: &mut PlannedAction) {
        let view = self.view(spot.place);
        if let Some(when) = &node.guard.when {
            if let Template::Expression(expression) = &when.value {
                let reads = view.reads(expression).into_iter();
                planned.reads.extend(reads.map(|(what, value)| Reading { what, value }));
            }
            planned.unknown.extend(self.unknown(&view, &when.value));
        }
        if let Some(condition) = &node.guard.condition {
            let reads = judge(&view, &condition.value).map(|verdict| verdict.reads).unwrap_or_default();
            let reads = reads.into_iter();
            planned.reads.extend(reads.map(|read| Reading { what: read.what, value: Some(read.value) }));
            planned.unknown.extend(self.touched().unknown_facts(&condition.value));
        }
        if !planned.unknown.is_empty() {
            planned.verdict = Verdicts::Unknown;
            return;
        }
        match decide(&view, &node.guard) {
            Decision::Go(_) => {}
            Decision::Skip(skip) => planned.end(Verdicts::Skip, skip.detail),
            Decision::Fail(failure) => planned.fail(failure.message),
        }
    }

    fn body(&self, node: &ActionNode, spot: Spot<'_>, planned: &mut PlannedAction) {
        let mut fill = PlanFill { planner: self, view: self.view(spot.place), unknown: Vec::new() };
        let plan = node.body.plan(&mut fill);
        let unknown = fill.unknown;
        let is_known = unknown.is_empty();
        planned.unknown.extend(unknown);
        planned.unknown.dedup();
        self.identify(node, spot, planned);
        match plan {
            // What fails because something is not known yet may well succeed then.
            Err(error) if !is_known => planned.end(Verdicts::Unknown, error.to_string()),
            Err(error) => planned.fail(error.to_string()),
            Ok(plan) => self.follow(plan, spot, planned),
        }
        self.take_outputs(planned);
        let goes_on = matches!(planned.verdict, Verdicts::Run | Verdicts::Unknown);
        if let Some(next) = node.success.as_ref().filter(|_| goes_on) {
            planned.inside(self.action(next, spot));
        }
        if goes_on {
            self.toast(node, spot, planned);
        }
    }

    /// What a phone would tell after a success.
    fn toast(&self, node: &ActionNode, spot: Spot<'_>, planned: &mut PlannedAction) {
        let Some(toast) = &node.toast else { return };
        let named = describe(self.engine, node, spot.file);
        let path = format!("{}/options/onSuccess", named.path);
        let mut told = PlannedAction::new(ActionRef { id: None, type_name: TOAST.to_owned(), path });
        let view = self.view(spot.place);
        told.unknown = self.unknown(&view, toast);
        told.effect = Some("is reported; it acts on a screen".to_owned());
        told.options = view.template(toast).ok().flatten().unwrap_or_default();
        planned.inside(told);
    }

    /// Names the action by its computed id, and remembers that its outputs are still to come.
    fn identify(&self, node: &ActionNode, spot: Spot<'_>, planned: &mut PlannedAction) {
        if let Some(id) = &node.computed_id
            && let Ok(Some(id)) = self.view(spot.place).value(id)
        {
            planned.id = Some(id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        }
        self.touched.borrow_mut().actions.extend(planned.id.clone());
    }

    fn follow(&self, plan: Plan<'_>, spot: Spot<'_>, planned: &mut PlannedAction) {
        match plan {
            Plan::Perform(effect) => self.perform(effect, spot, planned),
            Plan::List { actions, order } => self.list(actions, order, spot, planned),
            Plan::Call { action, package, parameters } => {
                planned.effect = Some(format!("the global action `{action}`"));
                self.call(&action, package.as_deref(), parameters, spot, planned);
            }
            Plan::Confirm { modal, automatic, confirmed } => {
                let yes = automatic || self.engine.options.answer == Answer::Yes;
                let answer = if yes { "yes" } else { "no" };
                planned.effect = Some(format!("asks, and takes {answer} for an answer"));
                planned.options = modal;
                if let Some(next) = confirmed.filter(|_| yes) {
                    planned.inside(self.action(next, spot));
                }
            }
            Plan::Ui { options } => {
                planned.effect = Some("is reported; it acts on a screen".to_owned());
                planned.options = options;
            }
            Plan::Unsupported => planned.end(Verdicts::Unsupported, "this runtime does not know the type"),
        }
    }

    fn list(&self, actions: &[ActionNode], order: Order, spot: Spot<'_>, planned: &mut PlannedAction) {
        let how = if order == Order::Sequential { "one after the other" } else { "together" };
        planned.effect = Some(format!("{} actions, {how}", actions.len()));
        for inner in actions {
            if order == Order::Sequential && planned.then == Then::Stop {
                let mut skipped = PlannedAction::new(describe(self.engine, inner, spot.file));
                skipped.end(Verdicts::Skip, "an action before it in the list fails on the spot");
                planned.inside(skipped);
            } else {
                planned.inside(self.action(inner, spot));
            }
        }
    }

    fn call(
        &self,
        id: &str,
        package: Option<&str>,
        given: Map<String, Value>,
        spot: Spot<'_>,
        planned: &mut PlannedAction,
    ) {
        if let Some(package) = package {
            return planned
                .fail(format!("the action `{id}` is in the package `{package}`, which is not loaded here"));
        }
        let Called { placed, place } = match called(self.engine.project, id, given, spot.place) {
            Ok(called) => called,
            Err(failure) => return planned.fail(failure.message),
        };
        if spot.calls >= MAX_CALLS || self.endless.borrow().contains(id) {
            self.endless.borrow_mut().insert(id.to_owned());
            return planned.fail(endless_calls(id).message);
        }
        let inner = Spot { place: &place, file: placed.file, calls: spot.calls + 1 };
        planned.inside(self.action(&placed.action, inner));
    }

    pub(super) fn view<'v>(&'v self, place: &'v Place<'v>) -> View<'v> {
        View::new(self.engine, &self.session, &self.evaluator, place, &self.database)
    }

    pub(super) fn touched(&self) -> Ref<'_, Touched> {
        self.touched.borrow()
    }

    fn unknown(&self, view: &View<'_>, template: &Template) -> Vec<String> {
        self.touched().unknown(template, view, &self.database)
    }
}

/// Evaluates options and remembers which of them cannot be known yet.
struct PlanFill<'f> {
    planner: &'f Planner<'f>,
    view: View<'f>,
    unknown: Vec<String>,
}

impl Fill for PlanFill<'_> {
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError> {
        let unknown = self.planner.unknown(&self.view, template);
        let known = unknown.is_empty();
        for what in unknown {
            if !self.unknown.contains(&what) {
                self.unknown.push(what);
            }
        }
        let value = self.view.template(template);
        // A value that fails only because earlier actions have not run is unknown, not wrong.
        if known { value } else { Ok(value.ok().flatten()) }
    }
}
