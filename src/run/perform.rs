//! Performs one effect: scopes, statuses, state, rows, statements. Fetching is in `sync`.

use std::sync::{Condvar, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::clock::Clock;
use super::context::View;
use super::event::{Event, Failure, Outcome, SkipReason};
use super::guard::{Chain, Decision, decide};
use super::interpret::{Run, Spot, Worker};
use crate::action::{ActionNode, Effect, IfRunning, Method, ProviderKind, WriteRows};
use crate::store::{self, Changes, Start, StartScope, StoreError, sync};

/// How performing went.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) failure: Option<Failure>,
    /// `outputs.value` of the action.
    pub(super) output: Option<Value>,
    /// Set when it turned out that the action must not run.
    pub(super) skipped: Option<(SkipReason, String)>,
}

impl Done {
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, failure: None, output: None, skipped: None }
    }

    pub(super) fn ok() -> Self {
        Self::of(Outcome::Ok)
    }

    pub(super) fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::of(Outcome::Failed) }
    }

    pub(super) fn fail(code: &str, message: String) -> Self {
        Self::failed(Failure { code: code.to_owned(), message })
    }

    fn skipped(reason: SkipReason, detail: String) -> Self {
        Self { skipped: Some((reason, detail)), ..Self::ok() }
    }
}

/// How many fetches may work at a time.
pub(super) struct Permits {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Permits {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Mutex::new(count.max(1)), freed: Condvar::new() }
    }

    /// Waits for a permit and works with it.
    pub(super) fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        drop(free);
        let _back = Back(self);
        work()
    }
}

/// Gives the permit back, after a panic too.
struct Back<'a>(&'a Permits);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

impl Run<'_> {
    /// Ends what dead processes left behind, so that no condition sees it.
    pub(super) fn recover(&self) -> Result<(), Failure> {
        let recovered = self.engine.store.recover(self.engine.clock.now());
        recovered.map(|changes| self.tell(changes)).map_err(|error| self.breakage.failure(error))
    }

    /// Ends what this run leaves open: interrupted when it was stopped, else scopes whose members
    /// never began. What a locked database leaves open is ended by the next process.
    pub(super) fn leave(&self) {
        if self.breakage.is_lock() {
            return;
        }
        let store = self.engine.store;
        let now = self.engine.clock.now();
        let stopped = self.engine.stop.is_asked();
        match if stopped { store.interrupt_own(now) } else { store.quiesce(now) } {
            Ok(changes) => self.tell(changes),
            Err(error) => self.breakage.note(error),
        }
    }

    /// Tells a committed change and remembers its tables.
    pub(super) fn tell(&self, changes: Changes) {
        for row in changes.scopes {
            self.emitter.emit(Event::ScopeChanged { row });
        }
        for row in changes.statuses {
            self.emitter.emit(Event::StatusChanged { row });
        }
        self.note_changed(changes.tables);
    }
}

impl Worker<'_> {
    /// A view of the world from a place, on the database as it is now.
    pub(super) fn view<'v>(&'v self, place: &'v super::context::Place<'v>) -> View<'v> {
        View::new(self.run.engine, &self.run.session, &self.evaluator, place, self.run.engine.store)
    }

    /// Performs one effect.
    pub(super) fn perform(&self, node: &ActionNode, effect: Effect, spot: &Spot<'_>) -> Done {
        let engine = self.run.engine;
        let now = engine.clock.now();
        match effect {
            Effect::StartScope { instance_ids, if_running } => {
                self.start_scope(node, &instance_ids, if_running, spot)
            }
            Effect::Sync { provider, force, entities } => self.sync(node, spot, provider, force, &entities),
            Effect::DeleteScope { id } => self.committed(engine.store.delete_scope(&id, now)),
            Effect::DeleteStatus { id } => self.committed(engine.store.delete_status(&id)),
            Effect::Evaluate { value } => Done { output: Some(value), ..Done::ok() },
            Effect::SetState { changes } => {
                for (path, value) in changes {
                    self.run.session.set(path, value);
                }
                Done::ok()
            }
            Effect::ResetState { paths } => {
                for path in paths {
                    self.run.session.reset(&path);
                }
                Done::ok()
            }
            Effect::WriteRows(write) => self.write_rows(write),
            Effect::ExecuteSql { statements, entities } => {
                let pairs = statements.iter();
                let statements: Vec<_> =
                    pairs.map(|(sql, parameters)| store::Statement { sql, parameters }).collect();
                self.committed(engine.store.execute_sql(&statements, &entities))
            }
        }
    }

    fn committed(&self, result: Result<Changes, StoreError>) -> Done {
        match result {
            Ok(changes) => {
                self.run.tell(changes);
                Done::ok()
            }
            Err(error) => Done::failed(self.run.breakage.failure(error)),
        }
    }

    /// Starts a scope; every guard that let it through is asked again inside the transaction
    /// (sync-semantics.md §4).
    fn start_scope(&self, node: &ActionNode, ids: &[String], if_running: IfRunning, spot: &Spot<'_>) -> Done {
        let id = match self.instance_id(node, spot) {
            Ok(Some(id)) => id,
            Ok(None) => return Done::fail("config.option", "a scope needs an `instanceId`".to_owned()),
            Err(error) => return Done::fail("expression", error.message),
        };
        let if_running = match if_running {
            IfRunning::Restart => sync::IfRunning::Restart,
            IfRunning::Skip => sync::IfRunning::Skip,
            IfRunning::Error => sync::IfRunning::Error,
        };
        let start = StartScope { id: &id, instance_ids: ids, if_running, now: self.run.engine.clock.now() };
        let mut refused = None;
        let started = self.run.engine.store.start_scope(&start, &mut |reader| {
            refused = self.refusal(spot.guards, reader);
            Ok::<_, StoreError>(refused.is_none())
        });
        let started = match started {
            Ok(started) => started,
            Err(error) => return Done::failed(self.run.breakage.failure(error)),
        };
        self.run.tell(started.changes);
        match (started.outcome, refused) {
            (Start::Begun { .. }, _) => Done::ok(),
            (_, Some(Decision::Skip { reason, detail })) => Done::skipped(reason, detail),
            (_, Some(Decision::Fail(failure))) => Done::failed(failure),
            (Start::Busy, _) => Done::fail("scope.busy", format!("the scope `{id}` is syncing already")),
            _ => Done::skipped(SkipReason::Condition, format!("the scope `{id}` is syncing already")),
        }
    }

    /// The first guard of the chain that does not hold in this view of the database; those that an
    /// earlier start was asked about have been settled by it.
    fn refusal(&self, chain: Option<&Chain<'_>>, reader: &store::Reader<'_>) -> Option<Decision> {
        let run = self.run;
        for link in Chain::links(chain).filter(|link| !link.is_settled()) {
            let view = View::new(run.engine, &run.session, &self.evaluator, link.place, reader);
            let decision = decide(&view, link.guard);
            link.settle(&decision);
            if !matches!(decision, Decision::Go(_)) {
                return Some(decision);
            }
        }
        None
    }

    fn write_rows(&self, write: WriteRows) -> Done {
        let method = match write.method {
            Method::Create => store::Method::Create,
            Method::Update => store::Method::Update,
            Method::Save => store::Method::Save,
            Method::Delete => store::Method::Delete,
            Method::FunctionCall | Method::Download => return unsupported_write(&write),
        };
        if !matches!(write.provider, ProviderKind::Local | ProviderKind::Dynamic) {
            return unsupported_write(&write);
        }
        let engine = self.run.engine;
        let clock = &engine.clock;
        let keyed: Vec<_> = write.rows.into_iter().map(|row| keyed(row, &**clock)).collect();
        let rows: Vec<_> = keyed.iter().map(|(id, data)| store::LocalRow { id, data }).collect();
        let report = engine.store.write_rows(&write.entity, method, &rows, clock.now());
        match report {
            Ok(report) => {
                self.run.tell(report.changes);
                Done::ok()
            }
            Err(error) => Done::failed(self.run.breakage.failure(error)),
        }
    }
}

/// A row with its key; a row without an `id` gets a new one (actions.md §5.1).
fn keyed(mut row: Map<String, Value>, clock: &dyn Clock) -> (String, Map<String, Value>) {
    let id = match row.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => {
            let id = clock.uuid();
            row.insert("id".to_owned(), Value::String(id.clone()));
            id
        }
    };
    (id, row)
}

fn unsupported_write(write: &WriteRows) -> Done {
    let (method, provider) = (write.method.word(), write.provider.constant());
    let message = format!(
        "writing `{}` to `{provider}` with `{method}` is not supported by this runtime yet",
        write.entity
    );
    Done::fail("config.unsupported", message)
}
