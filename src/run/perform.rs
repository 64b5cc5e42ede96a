//! Performs one effect: state, scopes, statuses, rows, statements. Fetching is in `sync`.

use serde_json::{Map, Value};

use super::clock::Clock;
use super::context::{Place, View};
use super::done::{Attempt, Done};
use super::event::{Event, Failure, SkipReason};
use super::guard::{Decision, Skip};
use super::interpret::{Run, Spot, Worker};
use crate::action::{Effect, IfRunning, Method, ProviderKind, WriteRows};
use crate::store::{self, Changes, LeftBehind, Start, StartScope, Store, StoreError, sync};

impl Run<'_> {
    /// Ends what dead processes left behind, so that no condition sees it.
    pub(super) fn recover(&self) -> Result<(), Failure> {
        let now = self.engine.clock.now();
        let recovered = self.commit(|store| Ok(((), store.recover(now)?)));
        recovered.map_err(|error| self.store_failure(error))
    }

    /// The same before a guard: a look that keeps nobody waiting tells whether there is something.
    pub(super) fn recover_for_guard(&self) -> Result<(), Failure> {
        match self.engine.store.left_behind() {
            Ok(left) if left == LeftBehind::default() => Ok(()),
            Ok(_) => self.recover(),
            Err(error) => Err(self.store_failure(error)),
        }
    }

    /// Commits a change and tells it before any later one is told, so that the last event of a row
    /// shows the row as it is.
    pub(super) fn commit<T>(
        &self,
        write: impl FnOnce(&Store) -> Result<(T, Changes), StoreError>,
    ) -> Result<T, StoreError> {
        let _in_order = self.in_order();
        let (value, changes) = write(self.engine.store)?;
        self.tell(changes);
        Ok(value)
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

    /// A failure of the database as the failure of an action.
    pub(super) fn store_failure(&self, error: StoreError) -> Failure {
        let failure = Failure { code: error.code().to_owned(), message: error.to_string() };
        self.session.note_trouble(error);
        failure
    }
}

impl Worker<'_> {
    /// A view of the world from a place, on the database as it is now.
    pub(super) fn view<'v>(&'v self, place: &'v Place<'v>) -> View<'v> {
        View::new(self.run.engine, &self.run.session, &self.evaluator, place, self.run.engine.store)
    }

    /// Performs one effect. `begun` is called when it is sure that it takes place, before anything
    /// of it is told.
    pub(super) fn perform(
        &self,
        id: Option<&str>,
        effect: Effect,
        spot: &Spot<'_>,
        begun: &dyn Fn(),
    ) -> Attempt {
        let now = self.run.engine.clock.now();
        if !matches!(effect, Effect::StartScope { .. }) {
            begun();
        }
        Attempt::Done(match effect {
            Effect::StartScope { instance_ids, if_running } => {
                return self.start_scope(id, &instance_ids, if_running, spot, begun);
            }
            Effect::Sync { provider, force, entities } => self.sync(id, provider, force, &entities),
            Effect::DeleteScope { id } => self.committed(|store| store.delete_scope(&id, now)),
            Effect::DeleteStatus { id } => self.committed(|store| store.delete_status(&id)),
            Effect::Evaluate { value } => Done::ok().with_output("value", value),
            Effect::SetState { changes } => self.set_state(changes, spot),
            Effect::ResetState { paths } => {
                for path in paths {
                    self.run.session.reset(path);
                }
                Done::ok()
            }
            Effect::WriteRows(write) => self.write_rows(write),
            Effect::ExecuteSql { statements, entities } => {
                let pairs = statements.iter();
                let statements: Vec<_> =
                    pairs.map(|(sql, parameters)| store::Statement { sql, parameters }).collect();
                self.committed(|store| store.execute_sql(&statements, &entities))
            }
        })
    }

    fn committed(&self, write: impl FnOnce(&Store) -> Result<Changes, StoreError>) -> Done {
        let result = self.run.commit(|store| Ok(((), write(store)?)));
        result.map_or_else(|error| self.broken(error), |()| Done::ok())
    }

    /// The database refused.
    pub(super) fn broken(&self, error: StoreError) -> Done {
        Done::failed(self.run.store_failure(error))
    }

    fn set_state(&self, changes: Vec<(Vec<String>, Value)>, spot: &Spot<'_>) -> Done {
        if let Some(failure) = changes.iter().find_map(|(path, _)| undeclared(path, spot.place)) {
            return Done::failed(failure);
        }
        for (path, value) in changes {
            self.run.session.set(path, value);
        }
        Done::ok()
    }

    /// Starts a scope; every guard that let it through is asked again inside the transaction
    /// (sync-semantics.md §4).
    fn start_scope(
        &self,
        id: Option<&str>,
        members: &[String],
        if_running: IfRunning,
        spot: &Spot<'_>,
        begun: &dyn Fn(),
    ) -> Attempt {
        let Some(id) = id else {
            begun();
            return Attempt::Done(Done::fail("config.option", "a scope needs an `instanceId`"));
        };
        let start = StartScope {
            id,
            instance_ids: members,
            if_running: machine_word(if_running),
            now: self.run.engine.clock.now(),
        };
        let mut refused = None;
        let _in_order = self.run.in_order();
        let started = self.run.engine.store.start_scope(&start, &mut |reader| {
            refused = spot.guards.and_then(|guards| guards.ask_again(|place| self.view_of(place, reader)));
            Ok::<_, StoreError>(refused.is_none())
        });
        let started = match started {
            Ok(started) => started,
            Err(error) => {
                begun();
                return Attempt::Done(self.broken(error));
            }
        };
        let attempt = verdict(id, &started.outcome, refused);
        if let Start::Begun { epoch, .. } = &started.outcome {
            self.run.note_started(id, *epoch);
            if let Some(guards) = spot.guards {
                guards.enter();
            }
        }
        if let Attempt::Done(_) = attempt {
            begun();
        }
        self.run.tell(started.changes);
        attempt
    }

    fn view_of<'v>(&'v self, place: &'v Place<'v>, reader: &'v store::Reader<'v>) -> View<'v> {
        View::new(self.run.engine, &self.run.session, &self.evaluator, place, reader)
    }

    fn write_rows(&self, write: WriteRows) -> Done {
        let method = match local_method(&write) {
            Ok(method) => method,
            Err(failure) => return Done::failed(failure),
        };
        let clock = &*self.run.engine.clock;
        let keyed: Vec<_> = write.rows.into_iter().map(|row| keyed(row, clock)).collect();
        let rows: Vec<_> = keyed.iter().map(|(id, data)| store::LocalRow { id, data }).collect();
        let written = self.run.commit(|store| {
            let report = store.write_rows(&write.entity, method, &rows, clock.now())?;
            Ok(((), report.changes))
        });
        match (written, keyed.as_slice()) {
            (Err(error), _) => self.broken(error),
            (Ok(()), [(id, _)]) => Done::ok().with_output("recordId", Value::String(id.clone())),
            (Ok(()), _) => Done::ok(),
        }
    }
}

/// What the local database does for a write.
///
/// # Errors
/// When this runtime does not perform such writes, or a row lacks the `id` that it needs.
pub(super) fn local_method(write: &WriteRows) -> Result<store::Method, Failure> {
    let method = match write.method {
        Method::Create => store::Method::Create,
        Method::Update => store::Method::Update,
        Method::Save => store::Method::Save,
        Method::Delete => store::Method::Delete,
        Method::FunctionCall | Method::Download => return Err(unsupported_write(write)),
    };
    if !matches!(write.provider, ProviderKind::Local | ProviderKind::Dynamic) {
        return Err(unsupported_write(write));
    }
    let needs_id = matches!(write.method, Method::Update | Method::Delete);
    if needs_id && write.rows.iter().any(|row| key(row).is_none()) {
        let message = format!("to `{}` a row, its `data` needs an `id`", write.method.word());
        return Err(Failure { code: "config.option".to_owned(), message });
    }
    Ok(method)
}

fn machine_word(if_running: IfRunning) -> sync::IfRunning {
    match if_running {
        IfRunning::Restart => sync::IfRunning::Restart,
        IfRunning::Skip => sync::IfRunning::Skip,
        IfRunning::Error => sync::IfRunning::Error,
    }
}

fn verdict(id: &str, start: &Start, refused: Option<Decision>) -> Attempt {
    let busy = || format!("the scope `{id}` is syncing already");
    match (start, refused) {
        (Start::Begun { .. }, _) => Attempt::Done(Done::ok()),
        (_, Some(Decision::Skip(skip))) => Attempt::Skipped(skip),
        (_, Some(Decision::Fail(failure))) => Attempt::Done(Done::failed(failure)),
        (Start::Busy, _) => Attempt::Done(Done::fail("scope.busy", busy())),
        _ => Attempt::Skipped(Skip { reason: SkipReason::Condition, detail: busy() }),
    }
}

/// A jig refuses state that it does not declare (actions.md §11).
pub(super) fn undeclared(path: &[String], place: &Place<'_>) -> Option<Failure> {
    let [root, state, key, ..] = path else { return None };
    let screen = place.jig().filter(|_| root == "jig" && state == "state")?;
    if screen.state.contains_key(key) {
        return None;
    }
    let message = format!("the jig `{}` declares no state `{key}`", screen.id);
    Some(Failure { code: "config.state".to_owned(), message })
}

/// The key of a row; null counts as none.
fn key(row: &Map<String, Value>) -> Option<String> {
    match row.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    }
}

/// A row with its key; a row without one gets a new one (actions.md §5.1).
fn keyed(mut row: Map<String, Value>, clock: &dyn Clock) -> (String, Map<String, Value>) {
    let id = key(&row).unwrap_or_else(|| {
        let id = clock.uuid();
        row.insert("id".to_owned(), Value::String(id.clone()));
        id
    });
    (id, row)
}

fn unsupported_write(write: &WriteRows) -> Failure {
    let (method, provider) = (write.method.word(), write.provider.constant());
    let message = format!(
        "writing `{}` to `{provider}` with `{method}` is not supported by this runtime yet",
        write.entity
    );
    Failure { code: "config.unsupported".to_owned(), message }
}
