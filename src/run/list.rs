//! Actions after and beside one another: lists, calls of global actions, handlers of changed tables.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use serde_json::{Map, Value};

use super::bind::bound_parameters;
use super::context::{Place, evaluator};
use super::done::{Done, Ended, Then};
use super::event::Failure;
use super::interpret::{STACK, Spot, Worker, lock};
use crate::action::{ActionNode, Order};
use crate::app::{Placed, Project};

/// How deep actions may call global actions that call others.
const MAX_CALLS: usize = 64;
/// How often changed tables may trigger handlers that change tables.
const MAX_ROUNDS: usize = 8;

impl Worker<'_> {
    /// Runs the actions of a list.
    pub(super) fn list(&self, actions: &[ActionNode], order: Order, spot: &Spot<'_>) -> Done {
        match order {
            Order::Sequential => self.one_by_one(actions, spot),
            Order::Together => self.together(actions, spot),
        }
        .into()
    }

    /// Background work may fail without stopping the list; an action that cannot be planned or
    /// breaks on the spot stops it, and whatever sequential list is around it (actions.md §3).
    fn one_by_one(&self, actions: &[ActionNode], spot: &Spot<'_>) -> Ended {
        let mut ended = Ended::OK;
        for action in actions {
            if ended.then == Then::Stop && !self.run.is_over() {
                let detail = "an action before it in the list failed on the spot".to_owned();
                self.skip_interrupted(self.describe(action, spot), Some(detail));
            } else {
                ended = ended.and(self.action(action, spot));
            }
        }
        ended
    }

    /// Actions that take their time get a thread of their own while there are threads; all others
    /// run in order meanwhile. An action begins when the one before it has begun.
    fn together(&self, actions: &[ActionNode], spot: &Spot<'_>) -> Ended {
        std::thread::scope(|scope| {
            let mut waiting = Vec::new();
            let mut ended = Ended::OK;
            for action in actions {
                match self.begin(scope, action, spot) {
                    Some(handle) => waiting.push(handle),
                    None => ended = ended.and(self.action(action, spot)),
                }
            }
            waiting.into_iter().fold(ended, |ended, handle| match handle.join() {
                Ok(other) => ended.and(other),
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }

    /// Begins an action in a thread; `None` when it needs none, or none is to be had.
    fn begin<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        action: &'scope ActionNode,
        spot: &'scope Spot<'_>,
    ) -> Option<ScopedJoinHandle<'scope, Ended>>
    where
        Self: 'scope,
    {
        let run = self.run;
        let permit = if takes_time(action) { run.threads.try_take()? } else { return None };
        let (begun, has_begun) = channel();
        let work = move || {
            let _permit = permit;
            let spot = Spot { begun: Some(&begun), ..*spot };
            Worker { run, evaluator: evaluator(run.engine) }.action(action, &spot)
        };
        let handle = Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        // An end without a beginning, such as a skip, ends the waiting too.
        let _ = has_begun.recv();
        Some(handle)
    }

    /// Calls a global action (actions.md §4).
    pub(super) fn call(
        &self,
        id: &str,
        package: Option<&str>,
        given: Map<String, Value>,
        spot: &Spot<'_>,
    ) -> Done {
        if let Some(package) = package {
            let message =
                format!("the action `{id}` is in the package `{package}`, which is not loaded here");
            return Done::fail("config.package", message);
        }
        let called = match called(self.run.engine.project, id, given, spot.place) {
            Ok(called) => called,
            Err(failure) => return Done::failed(failure),
        };
        if spot.calls >= MAX_CALLS || lock(&self.run.endless).contains(id) {
            // Once is enough: each call on the way here may have others beside it.
            lock(&self.run.endless).insert(id.to_owned());
            return Done::failed(endless_calls(id));
        }
        let Called { placed, place } = called;
        let inner = Spot { place: &place, file: placed.file, calls: spot.calls + 1, ..*spot };
        self.action(&placed.action, &inner).into()
    }

    /// Handlers of tables that changed (app-layout.md §5), in rounds, because they change tables too.
    pub(super) fn table_changes(&self) -> Ended {
        let project = self.run.engine.project;
        let place = Place::home(project);
        let mut ended = Ended::OK;
        for round in 0..=MAX_ROUNDS {
            let changed = self.run.take_changed();
            let handlers = project.home.on("onTableChanged");
            for placed in handlers.filter(|placed| watches(placed, &changed, project)) {
                let spot = Spot::outermost(&place, placed.file);
                ended = ended.and(if round < MAX_ROUNDS {
                    self.action(&placed.action, &spot)
                } else {
                    self.fail_at_once(self.describe(&placed.action, &spot), endless(placed))
                });
            }
        }
        ended
    }
}

/// An action that is called, and where it stands.
pub(super) struct Called<'a> {
    pub(super) placed: &'a Placed,
    pub(super) place: Place<'a>,
}

/// What an `execute-action` names: a callback of its own jig, a global action, or a callback of the
/// jig around it, which is not known here (actions.md §4).
///
/// # Errors
/// When there is no such action, or a required parameter is missing.
pub(super) fn called<'a>(
    project: &'a Project,
    id: &str,
    given: Map<String, Value>,
    from: &Place<'a>,
) -> Result<Called<'a>, Failure> {
    let own = from.screen().callback(id);
    if let Some(placed) = own {
        return Ok(Called { placed, place: from.clone().with_parameters(given) });
    }
    if let Some(global) = project.actions.get(id) {
        let parameters = bound_parameters(id, global, given)?;
        let place = Place::home(project).with_parameters(parameters);
        return Ok(Called { placed: &global.placed, place });
    }
    let around = project.screens().find_map(|screen| Some((screen, screen.callback(id)?)));
    let Some((screen, placed)) = around else {
        let message = format!("there is no global action `{id}`");
        return Err(Failure { code: "config.action".to_owned(), message });
    };
    Ok(Called { placed, place: Place::on(project, screen).with_parameters(given) })
}

/// The failure of a call that leads to itself.
pub(super) fn endless_calls(id: &str) -> Failure {
    let message = format!("actions call one another without end, `{id}` among them");
    Failure { code: "config.cycle".to_owned(), message }
}

/// The app feeds itself (pitfalls.md A20).
fn endless(placed: &Placed) -> Failure {
    let table = placed.table.as_deref().unwrap_or_default();
    let message = format!(
        "handlers of changed tables keep changing tables; after {MAX_ROUNDS} rounds the one of `{table}` is not run again"
    );
    Failure { code: "limit.rounds".to_owned(), message }
}

/// Whether a handler's table is among those that changed. The samples write tables of Dynamic Data
/// without their database (app-layout.md §5).
pub(super) fn watches(placed: &Placed, changed: &BTreeSet<String>, project: &Project) -> bool {
    let Some(table) = &placed.table else { return false };
    let without_database = |name: &str| {
        let (database, rest) = name.split_once('/')?;
        (database == "default" || project.databases.contains_key(database)).then(|| rest == table)
    };
    changed.iter().any(|name| name == table || without_database(name) == Some(true))
}

fn takes_time(action: &ActionNode) -> bool {
    ["action.sync-entities", "action.action-list", "action.execute-action"]
        .contains(&action.type_name.value.as_str())
}
