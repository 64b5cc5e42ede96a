//! Which action comes next: guards, effects, and what follows a success.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{Value, json};

use super::context::{Place, Session, evaluator};
use super::done::{Attempt, Done, Ended, Then};
use super::event::{ActionRef, Emitter, Event, Failure, Outcome, SkipReason};
use super::guard::{Chain, Decision, Skip, decide};
use super::permits::Permits;
use super::queue::Sending;
use super::target::{Target, targets};
use super::{Answer, Engine, RunError, Schedule, Summary, Trigger};
use crate::action::{ActionNode, Effect, Plan, PlanError};
use crate::diag::FileId;
use crate::expr::{EvalError, Evaluator, is_expression};

/// The type of the effect that tells a success.
pub(super) const TOAST: &str = "toast";
/// How deep actions may stand in one another, calls of global actions included.
const MAX_DEPTH: usize = 256;
/// The stack of a thread of a run: actions in one another take some of it.
pub(super) const STACK: usize = 16 << 20;

/// What all threads of a run share.
pub(super) struct Run<'r> {
    pub(super) engine: &'r Engine<'r>,
    pub(super) session: Session,
    pub(super) emitter: Emitter<'r>,
    /// For sync actions at work.
    pub(super) syncs: Permits,
    /// For threads besides the first.
    pub(super) threads: Permits,
    /// Global actions that were found to call themselves without end.
    pub(super) endless: Mutex<BTreeSet<String>>,
    /// For writes on their way to back ends.
    pub(super) sending: Sending,
    changed: Mutex<BTreeSet<String>>,
    /// The scopes that this run has started, with the numbers of their runs and their members.
    started: Mutex<Vec<Started>>,
    order: Mutex<()>,
}

/// A run of a scope.
struct Started {
    id: String,
    epoch: i64,
    members: Vec<String>,
}

/// What a run finds when it leaves.
struct Left {
    /// Whether it cut work off.
    cut: bool,
    /// The scopes that other processes have taken from it.
    taken_over: Vec<String>,
}

impl<'r> Run<'r> {
    pub(super) fn new(engine: &'r Engine<'r>) -> Self {
        Self {
            engine,
            session: Session::new(engine),
            emitter: Emitter::new(engine.observer, &*engine.clock),
            syncs: Permits::new(engine.options.concurrency),
            threads: match engine.options.schedule {
                Schedule::SideBySide => Permits::new(engine.options.concurrency),
                Schedule::OneByOne => Permits::none(),
            },
            endless: Mutex::default(),
            sending: Sending::default(),
            changed: Mutex::default(),
            started: Mutex::default(),
            order: Mutex::default(),
        }
    }

    /// Remembers tables for `onTableChanged`.
    pub(super) fn note_changed(&self, tables: impl IntoIterator<Item = String>) {
        let is_heard = |table: &String| !table.starts_with('_') || table == "_commandQueue";
        lock(&self.changed).extend(tables.into_iter().filter(is_heard));
    }

    /// The tables that changed since the last time.
    pub(super) fn take_changed(&self) -> BTreeSet<String> {
        std::mem::take(&mut *lock(&self.changed))
    }

    /// Remembers a scope that this run has started.
    pub(super) fn note_started(&self, id: &str, epoch: i64, members: &[String]) {
        lock(&self.started).push(Started { id: id.to_owned(), epoch, members: members.to_vec() });
    }

    /// The newest run of every scope that was started here with this member.
    pub(super) fn runs_of(&self, member: &str) -> Vec<(String, i64)> {
        let started = lock(&self.started);
        let newest = |at: usize, run: &Started| started[at + 1..].iter().all(|later| later.id != run.id);
        let runs = started.iter().enumerate().filter(|(at, run)| newest(*at, run));
        let runs = runs.filter(|(_, run)| run.members.iter().any(|known| known == member));
        runs.map(|(_, run)| (run.id.clone(), run.epoch)).collect()
    }

    /// Held while a change is committed and told.
    pub(super) fn in_order(&self) -> MutexGuard<'_, ()> {
        lock(&self.order)
    }

    /// How long ago something was, for display.
    fn millis(&self, since: Instant) -> u64 {
        u64::try_from(self.engine.clock.elapsed(since).as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether nothing new may begin.
    pub(super) fn is_over(&self) -> bool {
        self.engine.stop.is_asked() || self.session.has_trouble()
    }

    /// Ends what this run leaves open: interrupted when it was stopped, else scopes whose members
    /// never began.
    fn leave(&self) -> Result<Left, RunError> {
        let now = self.engine.clock.now();
        let started: Vec<_> = lock(&self.started).iter().map(|run| (run.id.clone(), run.epoch)).collect();
        let taken_over = self.engine.store.taken_over(&started);
        let is_over = self.is_over();
        let cut = self.commit(|store| {
            let changes = if is_over { store.interrupt_own(now)? } else { store.quiesce(now)? };
            Ok((is_over && !changes.is_empty(), changes))
        });
        match self.session.take_trouble() {
            Some(trouble) => Err(trouble.into()),
            None => Ok(Left { cut: cut?, taken_over: taken_over? }),
        }
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
    /// How many calls of global actions led here.
    pub(super) calls: usize,
    /// Hears when an action in a thread of its own has begun.
    pub(super) begun: Option<&'s Sender<()>>,
    /// How many actions are around it.
    pub(super) depth: usize,
}

impl<'s> Spot<'s> {
    /// The spot of an action that nothing is around.
    pub(super) fn outermost(place: &'s Place<'s>, file: FileId) -> Self {
        Self { place, file, guards: None, calls: 0, begun: None, depth: 0 }
    }
}

/// Performs the trigger's actions and everything that follows from them.
pub(super) fn run(engine: &Engine<'_>, trigger: &Trigger) -> Result<Summary, RunError> {
    let targets = targets(engine, trigger)?;
    // A thread of our own has a stack of known size, whoever calls.
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("syncscope-run".to_owned()).stack_size(STACK);
        let thread = builder.spawn_scoped(scope, || perform(engine, trigger, &targets));
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => perform(engine, trigger, &targets),
        }
    })
}

fn perform(engine: &Engine<'_>, trigger: &Trigger, targets: &[Target<'_>]) -> Result<Summary, RunError> {
    let begun = Instant::now();
    let run = Run::new(engine);
    let app = engine.project.name.clone();
    run.emitter.emit(Event::RunStarted { app, trigger: trigger.to_string() });
    let mut ended = Ended::OK;
    // What dead processes left must be mended before anything is decided.
    if run.recover().is_ok() {
        let worker = Worker { run: &run, evaluator: evaluator(engine) };
        worker.send_left();
        for target in targets {
            ended = ended.and(worker.action(target.action, &Spot::outermost(&target.place, target.file)));
        }
        ended = ended.and(worker.table_changes());
    }
    if run.sending.has_failed() {
        ended = ended.and(Ended::of(Outcome::Failed));
    }
    let left = run.leave();
    let outcome = match &left {
        Ok(left) if left.cut || !left.taken_over.is_empty() => ended.outcome.max(Outcome::Interrupted),
        Ok(_) => ended.outcome,
        Err(_) => Outcome::Failed,
    };
    let counts = run.emitter.counts();
    let taken_over = left.as_ref().map(|left| left.taken_over.clone()).unwrap_or_default();
    let duration_ms = run.millis(begun);
    run.emitter.emit(Event::RunFinished { outcome, duration_ms, counts, taken_over });
    left.map(|left| Summary { outcome, counts, taken_over: left.taken_over })
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

impl Worker<'_> {
    /// Runs one action to its end.
    pub(super) fn action(&self, node: &ActionNode, spot: &Spot<'_>) -> Ended {
        let action = self.describe(node, spot);
        if let Some(skip) = spot.guards.and_then(Chain::refused) {
            return self.skip(action, skip);
        }
        if self.run.is_over() {
            return self.skip_interrupted(action, None);
        }
        if spot.depth >= MAX_DEPTH {
            let message = format!("actions stand more than {MAX_DEPTH} deep in one another");
            return self.fail_at_once(action, Failure { code: "limit.depth".to_owned(), message });
        }
        if !node.guard.is_empty()
            && let Err(failure) = self.run.recover_for_guard()
        {
            return self.fail_at_once(action, failure);
        }
        match decide(&self.view(spot.place), &node.guard) {
            Decision::Go(guard) => {
                let chain = Chain::new(&node.guard, spot.place, spot.guards);
                let inner = Spot { guards: Some(&chain), depth: spot.depth + 1, begun: None, ..*spot };
                let started = || {
                    // Whoever waits for the beginning may have gone.
                    let _ = spot.begun.map(|begun| begun.send(()));
                };
                self.guarded(node, action, guard, &inner, &started)
            }
            Decision::Skip(skip) => self.skip(action, skip),
            Decision::Fail(failure) => self.fail_at_once(action, failure),
        }
    }

    /// Runs an action that its guards let through.
    fn guarded(
        &self,
        node: &ActionNode,
        action: ActionRef,
        guard: Option<String>,
        spot: &Spot<'_>,
        started: &dyn Fn(),
    ) -> Ended {
        let begun = Instant::now();
        let planned = node.body.plan(&mut self.view(spot.place));
        if let Ok(Plan::Unsupported) = planned {
            let detail = format!("this runtime does not know the action type `{}`", node.type_name.value);
            return self.skip(action, Skip { reason: SkipReason::Unsupported, detail });
        }
        let id = self.instance_id(node, spot);
        let action = ActionRef { id: id.clone().unwrap_or_default().or(action.id), ..action };
        let guard = Cell::new(guard);
        let tell = || {
            self.run.emitter.emit(Event::ActionStarted { action: action.clone(), guard: guard.take() });
            started();
        };
        let attempt = match (planned, &id) {
            (Ok(plan), Ok(id)) => self.follow(node, id.as_deref(), plan, spot, &tell),
            (Err(error), _) => failed(&tell, plan_failure(&error)),
            (_, Err(error)) => failed(&tell, eval_failure(error)),
        };
        let done = match attempt {
            Attempt::Done(done) => done,
            Attempt::Skipped(skip) => return self.skip(action, skip),
        };
        if let Ok(Some(id)) = &id {
            self.keep(id, &done);
        }
        let (outcome, error) = (done.outcome, done.failure);
        self.run.emitter.emit(Event::ActionFinished {
            action,
            outcome,
            error,
            duration_ms: self.run.millis(begun),
        });
        match &node.success {
            Some(next) if outcome == Outcome::Ok => done.ended.and(self.action(next, spot)),
            None if outcome == Outcome::Ok => {
                self.toast(node, spot);
                done.ended
            }
            _ => done.ended,
        }
    }

    /// Reports what a phone would tell after a success. A text that cannot be evaluated is left out, as
    /// nothing depends on it.
    fn toast(&self, node: &ActionNode, spot: &Spot<'_>) {
        let toast = node.toast.as_ref().map(|toast| self.view(spot.place).template(toast));
        if let Some(Ok(Some(options))) = toast {
            self.run.emitter.emit(Event::Effect { type_name: TOAST.to_owned(), options });
        }
    }

    fn follow(
        &self,
        node: &ActionNode,
        id: Option<&str>,
        plan: Plan<'_>,
        spot: &Spot<'_>,
        begun: &dyn Fn(),
    ) -> Attempt {
        if let Plan::Perform(effect) = plan {
            if let (Some(id), Effect::Sync { .. }) = (id, &effect) {
                self.run.session.keep_action(id, json!({"state": {"isPending": true}, "outputs": {}}));
            }
            return self.perform(id, effect, spot, begun);
        }
        begun();
        Attempt::Done(match plan {
            Plan::List { actions, order } => self.list(actions, order, spot),
            Plan::Call { action, package, parameters } => {
                self.call(&action, package.as_deref(), parameters, spot)
            }
            Plan::Confirm { modal, automatic, confirmed } => {
                self.confirm(node, &modal, automatic, confirmed, spot)
            }
            Plan::Ui { options } => {
                self.run.emitter.emit(Event::Effect { type_name: node.type_name.value.clone(), options });
                Done::ok()
            }
            Plan::Perform(_) | Plan::Unsupported => Done::ok(),
        })
    }

    fn confirm(
        &self,
        node: &ActionNode,
        modal: &Value,
        automatic: bool,
        confirmed: Option<&ActionNode>,
        spot: &Spot<'_>,
    ) -> Done {
        let yes = automatic || self.run.engine.options.answer == Answer::Yes;
        let options = json!({"modal": modal, "answer": if yes { "yes" } else { "no" }});
        self.run.emitter.emit(Event::Effect { type_name: node.type_name.value.clone(), options });
        confirmed.filter(|_| yes).map_or(Ended::OK, |next| self.action(next, spot)).into()
    }

    /// `@ctx.actions.<id>`: how the action ended, and what it gave (actions.md §1).
    fn keep(&self, id: &str, done: &Done) {
        let error =
            done.failure.as_ref().map(|failure| json!({"message": failure.message, "code": failure.code}));
        let state = json!({"isPending": false, "isSuccess": done.outcome == Outcome::Ok, "error": error});
        self.run.session.keep_action(id, json!({"state": state, "outputs": done.outputs}));
    }

    fn skip(&self, action: ActionRef, skip: Skip) -> Ended {
        let Skip { reason, detail } = skip;
        self.run.emitter.emit(Event::ActionSkipped { action, reason, detail: Some(detail) });
        Ended::OK
    }

    /// Skips an action because the run or its list was stopped before it.
    pub(super) fn skip_interrupted(&self, action: ActionRef, detail: Option<String>) -> Ended {
        let stopped = detail.is_none();
        self.run.emitter.emit(Event::ActionSkipped { action, reason: SkipReason::Interrupted, detail });
        if stopped { Ended { outcome: Outcome::Interrupted, then: Then::Stop } } else { Ended::OK }
    }

    /// Tells an action that fails before it begins.
    pub(super) fn fail_at_once(&self, action: ActionRef, failure: Failure) -> Ended {
        let emitter = &self.run.emitter;
        emitter.emit(Event::ActionStarted { action: action.clone(), guard: None });
        let (outcome, error) = (Outcome::Failed, Some(failure));
        emitter.emit(Event::ActionFinished { action, outcome, error, duration_ms: 0 });
        Ended { outcome, then: Then::Stop }
    }

    pub(super) fn describe(&self, node: &ActionNode, spot: &Spot<'_>) -> ActionRef {
        describe(self.run.engine, node, spot.file)
    }

    /// The action's instance id; it may be an expression.
    fn instance_id(&self, node: &ActionNode, spot: &Spot<'_>) -> Result<Option<String>, EvalError> {
        let Some(id) = &node.computed_id else {
            let literal = node.instance_id.as_ref().filter(|id| !is_expression(&id.value));
            return Ok(literal.map(|id| id.value.clone()));
        };
        Ok(match self.view(spot.place).value(id)? {
            Some(Value::String(id)) => Some(id),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        })
    }
}

fn failed(begun: &dyn Fn(), failure: Failure) -> Attempt {
    begun();
    Attempt::Done(Done::failed(failure))
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
    match error {
        PlanError::Eval(error) => eval_failure(error),
        PlanError::Unsupported { .. } => {
            Failure { code: "config.unsupported".to_owned(), message: error.to_string() }
        }
        PlanError::Option { .. } => Failure { code: "config.option".to_owned(), message: error.to_string() },
    }
}

/// JSONata's codes are told apart from ours, which are words with a dot.
fn eval_failure(error: &EvalError) -> Failure {
    let own = error.code.contains('.');
    let code = if own { error.code.clone() } else { format!("expression.{}", error.code) };
    Failure { code, message: error.message.clone() }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
