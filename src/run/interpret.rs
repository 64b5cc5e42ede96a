//! Which action comes next: triggers, guards, lists, calls and what follows a success.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::breakage::Breakage;
use super::context::{Place, Session, evaluator, place};
use super::event::{ActionRef, Emitter, Event, Failure, Outcome, SkipReason};
use super::guard::{Chain, Decision, decide};
use super::perform::{Done, Permits};
use super::{Answer, Engine, RunError, Summary, Trigger};
use crate::action::{ActionNode, Order, Plan, PlanError};
use crate::app::{Placed, Screen};
use crate::diag::FileId;
use crate::expr::{EvalError, Evaluator, is_expression};

/// How deep actions may call global actions that call others.
const MAX_CALLS: usize = 64;
/// How often changed tables may trigger handlers that change tables.
const MAX_ROUNDS: usize = 8;

/// What all threads of a run share.
pub(super) struct Run<'r> {
    pub(super) engine: &'r Engine<'r>,
    pub(super) session: Session,
    pub(super) emitter: Emitter<'r>,
    pub(super) permits: Permits,
    pub(super) breakage: Breakage,
    changed: Mutex<BTreeSet<String>>,
}

impl Run<'_> {
    /// Remembers tables for `onTableChanged`.
    pub(super) fn note_changed(&self, tables: impl IntoIterator<Item = String>) {
        let own = |table: &String| !table.starts_with('_');
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).extend(tables.into_iter().filter(own));
    }

    fn take_changed(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One thread of a run.
pub(super) struct Worker<'r> {
    pub(super) run: &'r Run<'r>,
    pub(super) evaluator: Evaluator,
}

/// Where an action stands, in the app and in the run.
#[derive(Clone, Copy)]
pub(super) struct Spot<'s> {
    pub(super) place: &'s Place<'s>,
    pub(super) file: FileId,
    pub(super) guards: Option<&'s Chain<'s>>,
    calls: usize,
}

/// Performs the trigger's actions and everything that follows from them.
pub(super) fn run(engine: &Engine<'_>, trigger: &Trigger) -> Result<Summary, RunError> {
    let begun = Instant::now();
    let targets = targets(engine, trigger)?;
    let run = Run {
        engine,
        session: Session::new(engine),
        emitter: Emitter::new(engine.observer, &*engine.clock),
        permits: Permits::new(engine.options.concurrency),
        breakage: Breakage::default(),
        changed: Mutex::default(),
    };
    let app = engine.project.name.clone();
    run.emitter.emit(Event::RunStarted { app, trigger: trigger.to_string() });
    let outcome = run.recover().map_or(Outcome::Failed, |()| Worker::new(&run).targets(&targets));
    run.leave();
    let outcome = if run.breakage.has_happened() { outcome.max(Outcome::Failed) } else { outcome };
    let counts = run.emitter.counts();
    let duration_ms = millis(begun);
    run.emitter.emit(Event::RunFinished { outcome, duration_ms, counts });
    match run.breakage.into_error() {
        Some(error) => Err(error.into()),
        None => Ok(Summary { outcome, counts }),
    }
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event { name, jig: None } => f.write_str(name),
            Self::Event { name, jig: Some(jig) } => write!(f, "{jig}.{name}"),
            Self::Action { id } => write!(f, "action {id}"),
        }
    }
}

/// An action that a trigger names, and its place.
pub(super) struct Target<'a> {
    pub(super) action: &'a ActionNode,
    pub(super) file: FileId,
    pub(super) place: Place<'a>,
}

/// The actions that a trigger names.
pub(super) fn targets<'a>(engine: &Engine<'a>, trigger: &Trigger) -> Result<Vec<Target<'a>>, RunError> {
    match trigger {
        Trigger::Event { name, jig } => event_targets(engine, name, jig.as_deref()),
        Trigger::Action { id } => action_target(engine, id).map(|target| vec![target]),
    }
}

fn event_targets<'a>(
    engine: &Engine<'a>,
    name: &str,
    jig: Option<&str>,
) -> Result<Vec<Target<'a>>, RunError> {
    let place = place(engine, jig)?;
    let screen: &'a Screen = place.screen.unwrap_or(&engine.project.home);
    let named = screen.actions.iter().filter(|placed| placed.event.as_deref() == Some(name));
    let targets: Vec<_> = named.map(|placed| target(placed, &placed.action, place.clone())).collect();
    if targets.is_empty() {
        let owner =
            jig.map_or_else(|| "index event".to_owned(), |jig| format!("event of jig `{jig}` called"));
        return Err(RunError::unknown(&owner, name, screen.events().into_iter()));
    }
    Ok(targets)
}

fn action_target<'a>(engine: &Engine<'a>, id: &str) -> Result<Target<'a>, RunError> {
    let project = engine.project;
    if let Some(global) = project.actions.get(id) {
        return Ok(target(&global.placed, &global.placed.action, place(engine, None)?));
    }
    let found = project.screens().find_map(|screen| Some((screen, find_instance(&screen.actions, id)?)));
    if let Some((screen, (placed, action))) = found {
        let jig = (!screen.id.is_empty()).then_some(screen.id.as_str());
        let place = place(engine, jig).or_else(|_| place(engine, None))?;
        return Ok(target(placed, action, place));
    }
    if let Some((placed, action)) = project.action_with_instance_id(id) {
        return Ok(target(placed, action, place(engine, None)?));
    }
    let globals = project.actions.keys().map(String::as_str);
    let mut known: BTreeSet<&str> = globals.collect();
    for placed in project.root_actions() {
        placed
            .action
            .visit(&mut |action| known.extend(action.instance_id.iter().map(|id| id.value.as_str())));
    }
    Err(RunError::unknown("action", id, known.into_iter()))
}

fn find_instance<'a>(actions: &'a [Placed], id: &str) -> Option<(&'a Placed, &'a ActionNode)> {
    actions.iter().find_map(|placed| {
        let mut found = None;
        placed.action.visit(&mut |action| {
            if found.is_none() && action.instance_id.as_ref().is_some_and(|own| own.value == id) {
                found = Some(action);
            }
        });
        found.map(|action| (placed, action))
    })
}

fn target<'a>(placed: &Placed, action: &'a ActionNode, place: Place<'a>) -> Target<'a> {
    Target { action, file: placed.file, place }
}

impl<'r> Worker<'r> {
    fn new(run: &'r Run<'r>) -> Self {
        Self { run, evaluator: evaluator(run.engine) }
    }

    fn targets(&self, targets: &[Target<'_>]) -> Outcome {
        let outcome = targets.iter().fold(Outcome::Ok, |outcome, target| outcome.max(self.target(target)));
        outcome.max(self.table_changes())
    }

    fn target(&self, target: &Target<'_>) -> Outcome {
        self.action(target.action, &Spot { place: &target.place, file: target.file, guards: None, calls: 0 })
    }

    /// Handlers of tables that changed (app-layout.md §5), in rounds, because they change tables too.
    fn table_changes(&self) -> Outcome {
        let engine = self.run.engine;
        let mut outcome = Outcome::Ok;
        for _ in 0..MAX_ROUNDS {
            let changed = self.run.take_changed();
            let handlers = engine.project.home.on("onTableChanged");
            let due: Vec<_> = handlers.filter(|placed| watches(placed, &changed)).collect();
            if due.is_empty() || engine.stop.is_asked() {
                return outcome;
            }
            let place = Place::default();
            for placed in due {
                let spot = Spot { place: &place, file: placed.file, guards: None, calls: 0 };
                outcome = outcome.max(self.action(&placed.action, &spot));
            }
        }
        // The app feeds itself; the handlers stop here, and the linter tells why (pitfalls.md A20).
        outcome
    }

    /// Runs one action to its end.
    pub(super) fn action(&self, node: &ActionNode, spot: &Spot<'_>) -> Outcome {
        let action = self.describe(node, spot);
        let emitter = &self.run.emitter;
        if self.run.engine.stop.is_asked() {
            emitter.emit(Event::ActionSkipped { action, reason: SkipReason::Interrupted, detail: None });
            return Outcome::Interrupted;
        }
        if self.run.breakage.has_happened() {
            let detail = Some("the database failed before".to_owned());
            emitter.emit(Event::ActionSkipped { action, reason: SkipReason::Interrupted, detail });
            return Outcome::Failed;
        }
        if let Some((reason, detail)) = Chain::refused(spot.guards) {
            emitter.emit(Event::ActionSkipped { action, reason, detail: Some(detail) });
            return Outcome::Ok;
        }
        if !node.guard.is_empty()
            && let Err(failure) = self.run.recover()
        {
            return self.fail_at_once(action, failure);
        }
        let guard = match decide(&self.view(spot.place), &node.guard) {
            Decision::Go(detail) => detail,
            Decision::Skip { reason, detail } => {
                emitter.emit(Event::ActionSkipped { action, reason, detail: Some(detail) });
                return Outcome::Ok;
            }
            Decision::Fail(failure) => return self.fail_at_once(action, failure),
        };
        let chain = Chain::new(&node.guard, spot.place, spot.guards);
        let inner = Spot { guards: Some(&chain), ..*spot };
        self.perform_guarded(node, action, guard, &inner)
    }

    fn perform_guarded(
        &self,
        node: &ActionNode,
        action: ActionRef,
        guard: Option<String>,
        spot: &Spot<'_>,
    ) -> Outcome {
        let emitter = &self.run.emitter;
        let begun = Instant::now();
        let planned = node.body.plan(&mut self.view(spot.place));
        if let Ok(Plan::Unsupported) = planned {
            let detail =
                Some(format!("this runtime does not know the action type `{}`", node.type_name.value));
            emitter.emit(Event::ActionSkipped { action, reason: SkipReason::Unsupported, detail });
            return Outcome::Ok;
        }
        emitter.emit(Event::ActionStarted { action: action.clone(), guard });
        let done = match planned {
            Ok(plan) => self.follow(node, plan, spot),
            Err(error) => Done::failed(plan_failure(&error)),
        };
        self.keep(node, spot, &done);
        if let Some((reason, detail)) = done.skipped {
            emitter.emit(Event::ActionSkipped { action, reason, detail: Some(detail) });
            return Outcome::Ok;
        }
        let (outcome, error) = (done.outcome, done.failure);
        emitter.emit(Event::ActionFinished { action, outcome, error, duration_ms: millis(begun) });
        match &node.success {
            // What a refused guard stood before is not done, so nothing follows from it.
            Some(next) if outcome == Outcome::Ok && Chain::refused(spot.guards).is_none() => {
                self.action(next, spot)
            }
            _ => outcome,
        }
    }

    fn follow(&self, node: &ActionNode, plan: Plan<'_>, spot: &Spot<'_>) -> Done {
        match plan {
            Plan::Perform(effect) => self.perform(node, effect, spot),
            Plan::List { actions, order: Order::Sequential } => self.one_by_one(actions, spot),
            Plan::List { actions, order: Order::Together } => self.together(actions, spot),
            Plan::Call { action, package, parameters } => {
                self.call(&action, package.as_deref(), parameters, spot)
            }
            Plan::Confirm { modal, automatic, confirmed } => {
                self.confirm(node, modal, automatic, confirmed, spot)
            }
            Plan::Ui { options } => {
                self.run.emitter.emit(Event::Effect { type_name: node.type_name.value.clone(), options });
                Done::ok()
            }
            Plan::Unsupported => Done::ok(),
        }
    }

    /// Background work may fail without stopping the list; an action that cannot even be planned
    /// or breaks on the local database stops it (actions.md §3).
    fn one_by_one(&self, actions: &[ActionNode], spot: &Spot<'_>) -> Done {
        let mut outcome = Outcome::Ok;
        for action in actions {
            outcome = outcome.max(self.action(action, spot));
        }
        Done::of(outcome)
    }

    /// Actions that take their time get a thread of their own; all others run in order meanwhile.
    fn together(&self, actions: &[ActionNode], spot: &Spot<'_>) -> Done {
        let outcome = std::thread::scope(|scope| {
            let mut waiting = Vec::new();
            let mut outcome = Outcome::Ok;
            for action in actions {
                if takes_time(action) {
                    let run = self.run;
                    waiting.push(scope.spawn(move || Worker::new(run).action(action, spot)));
                } else {
                    outcome = outcome.max(self.action(action, spot));
                }
            }
            let joined = waiting.into_iter().map(|handle| match handle.join() {
                Ok(outcome) => outcome,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.fold(outcome, Outcome::max)
        });
        Done::of(outcome)
    }

    fn call(&self, id: &str, package: Option<&str>, given: Map<String, Value>, spot: &Spot<'_>) -> Done {
        if let Some(package) = package {
            return Done::fail(
                "config.package",
                format!("the action `{id}` is in the package `{package}`, which is not loaded here"),
            );
        }
        let Some(global) = self.run.engine.project.actions.get(id) else {
            return Done::fail("config.action", format!("there is no global action `{id}`"));
        };
        if spot.calls >= MAX_CALLS {
            return Done::fail(
                "config.cycle",
                format!("actions call one another without end, `{id}` among them"),
            );
        }
        let mut parameters = Map::new();
        for (name, declared) in &global.parameters {
            let value = given.get(name).or(declared.default.as_ref());
            if declared.required && value.is_none() {
                return Done::fail(
                    "config.parameter",
                    format!("the action `{id}` needs the parameter `{name}`"),
                );
            }
            parameters.extend(value.map(|value| (name.clone(), value.clone())));
        }
        parameters.extend(given);
        let place = Place { screen: None, inputs: Arc::default(), parameters: Arc::new(parameters) };
        let inner =
            Spot { place: &place, file: global.placed.file, guards: spot.guards, calls: spot.calls + 1 };
        Done::of(self.action(&global.placed.action, &inner))
    }

    fn confirm(
        &self,
        node: &ActionNode,
        modal: Value,
        automatic: bool,
        confirmed: Option<&ActionNode>,
        spot: &Spot<'_>,
    ) -> Done {
        let yes = automatic || self.run.engine.options.answer == Answer::Yes;
        let options = json!({"modal": modal, "answer": if yes { "yes" } else { "no" }});
        self.run.emitter.emit(Event::Effect { type_name: node.type_name.value.clone(), options });
        Done::of(confirmed.filter(|_| yes).map_or(Outcome::Ok, |next| self.action(next, spot)))
    }

    /// `@ctx.actions.<id>`: how the action ended, and what it gave.
    fn keep(&self, node: &ActionNode, spot: &Spot<'_>, done: &Done) {
        let Ok(Some(id)) = self.instance_id(node, spot) else { return };
        let error =
            done.failure.as_ref().map(|failure| json!({"message": failure.message, "code": failure.code}));
        let state = json!({"isPending": false, "isSuccess": done.outcome == Outcome::Ok, "error": error});
        let outputs = done.output.clone().map_or_else(|| json!({}), |value| json!({"value": value}));
        self.run.session.keep_output(&id, json!({"state": state, "outputs": outputs}));
    }

    fn fail_at_once(&self, action: ActionRef, failure: Failure) -> Outcome {
        let emitter = &self.run.emitter;
        emitter.emit(Event::ActionStarted { action: action.clone(), guard: None });
        let (outcome, error) = (Outcome::Failed, Some(failure));
        emitter.emit(Event::ActionFinished { action, outcome, error, duration_ms: 0 });
        outcome
    }

    fn describe(&self, node: &ActionNode, spot: &Spot<'_>) -> ActionRef {
        describe(self.run.engine, node, spot.file)
    }

    /// The action's instance id; it may be an expression.
    pub(super) fn instance_id(
        &self,
        node: &ActionNode,
        spot: &Spot<'_>,
    ) -> Result<Option<String>, EvalError> {
        let Some(written) = &node.instance_id else { return Ok(None) };
        if !is_expression(&written.value) {
            return Ok(Some(written.value.clone()));
        }
        let Ok(expression) = crate::expr::Expression::parse(&written.value) else { return Ok(None) };
        let value = self.view(spot.place).value(&expression)?;
        Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
    }
}

/// An action as events name it.
pub(super) fn describe(engine: &Engine<'_>, node: &ActionNode, file: FileId) -> ActionRef {
    ActionRef {
        id: node.instance_id.as_ref().map(|id| id.value.clone()),
        type_name: node.type_name.value.clone(),
        path: format!("{}#{}", engine.files.get(file).path(), node.pointer),
    }
}

/// Errors of planning as failures of the action.
pub(super) fn plan_failure(error: &PlanError) -> Failure {
    let code = match error {
        PlanError::Eval(error) => format!("expression.{}", error.code),
        PlanError::Option { .. } => "config.option".to_owned(),
    };
    Failure { code, message: error.to_string() }
}

fn watches(placed: &Placed, changed: &BTreeSet<String>) -> bool {
    // The samples write the table without its database (app-layout.md §5).
    let Some(table) = &placed.table else { return false };
    changed.iter().any(|name| name == table || name.strip_prefix("default/") == Some(table))
}

fn takes_time(action: &ActionNode) -> bool {
    ["action.sync-entities", "action.action-list", "action.execute-action"]
        .contains(&action.type_name.value.as_str())
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
