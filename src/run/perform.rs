//! Performs one effect: state, scopes, statuses, rows, statements. Fetching is in `sync`.

use serde_json::Value;

use super::context::{Place, View};
use super::done::{Attempt, Done};
use super::event::{Event, Failure, SkipReason};
use super::guard::{Decision, Skip};
use super::interpret::{Run, Spot, Worker};
use crate::action::{Effect, IfRunning};
use crate::store::{self, Changes, Head, LeftBehind, Start, StartScope, Store, StoreError, sync};

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
        for row in changes.commands {
            self.emitter.emit(Event::CommandChanged { row });
        }
        for row in changes.gone_commands {
            self.emitter.emit(Event::CommandGone { row });
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
            Effect::WriteRows(write) => self.write_rows(write, spot),
            Effect::ExecuteSql { statements, entities } => self.execute_sql(&statements, &entities),
            Effect::FindReplace { find, replace, tables, queue } => {
                let head = Head::FindReplace { find, replace, tables: tables.clone(), queue };
                self.find_replace(&head, &tables)
            }
            Effect::Queue(change) => self.change_queue(&change),
        })
    }

    pub(super) fn committed(&self, write: impl FnOnce(&Store) -> Result<Changes, StoreError>) -> Done {
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
            self.run.note_started(id, *epoch, members);
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
