//! Runs an app: evaluates what guards its actions, dispatches them, fetches data, keeps the state.
//!
//! [`Engine::trigger`] performs an event or an action for real, [`Engine::plan`] says what would
//! happen without changing anything. What an action means is decided in [`crate::action`]; this
//! room evaluates, performs and reports.

mod bind;
mod clock;
mod context;
mod credentials;
mod depth;
mod digest;
mod done;
mod dry;
mod event;
mod files;
mod guard;
mod interpret;
mod list;
mod perform;
mod permits;
pub mod provider;
mod queue;
mod sync;
mod tables;
mod target;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::Project;
use crate::diag::{Files, did_you_mean};
use crate::expr::{Condition, EvalError, Expression, Verdict};
use crate::store::{Store, StoreError};

pub use clock::{Clock, StoppedClock, SystemClock};
pub use credentials::{Credentials, SettingsCredentials};
pub use dry::{Planned, PlannedAction, PlannedCommand, Reading, Stubs, Verdicts};
pub use event::{ActionRef, Counts, Event, Failure, Observer, Outcome, Record, SkipReason};
pub use files::AppFiles;
pub use provider::{
    Fetch, FetchError, Fetched, Known, LocalTables, NoTables, Outgoing, Page, Part, Provider, Providers,
    Question, Retry, Row, Sent, Sink, Stop, Told, Validator, Write, WriteMode,
};

/// What starts a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// An event of the index, or of a jig: `onLoad`, `onFocus`, `onRefresh`, ….
    Event {
        /// The event.
        name: String,
        /// The jig; the index when absent.
        jig: Option<String>,
    },
    /// A global action by id, or any action by its instance id.
    Action {
        /// The id.
        id: String,
    },
}

/// Everything a run needs from outside.
pub struct Engine<'a> {
    /// The app.
    pub project: &'a Project,
    /// The app's texts, for the paths of actions.
    pub files: &'a Files,
    /// The app's database.
    pub store: &'a Store,
    /// Where data come from.
    pub providers: Providers,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Hears what happens.
    pub observer: &'a dyn Observer,
    /// Asks the run to end early.
    pub stop: Stop,
    /// How to run.
    pub options: RunOptions,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Whether the network may be used.
    pub network: Network,
    /// The answer to every question.
    pub answer: Answer,
    /// The most time one sync action may take.
    pub instance_timeout: Option<Duration>,
    /// How many sync actions work at a time.
    pub concurrency: usize,
    /// Whether actions that do not wait for each other work at the same time.
    pub schedule: Schedule,
    /// Whether servers are told of earlier fetches.
    pub recall: Recall,
    /// `@ctx.jig.inputs` of the triggered jig.
    pub inputs: Map<String, Value>,
    /// `@ctx.action.parameters` of the triggered action.
    pub parameters: Map<String, Value>,
    /// Solution state over its initial values.
    pub state: BTreeMap<String, Value>,
    /// The address that `${backend}` in the settings stands for.
    pub backend: Option<String>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            network: Network::Online,
            answer: Answer::No,
            instance_timeout: Some(Duration::from_secs(300)),
            concurrency: 8,
            schedule: Schedule::SideBySide,
            recall: Recall::Earlier,
            inputs: Map::new(),
            parameters: Map::new(),
            state: BTreeMap::new(),
            backend: None,
        }
    }
}

/// Whether servers are told of earlier fetches, so that they need not send everything again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// They are: validators, sync tokens and places to go on at are sent.
    Earlier,
    /// Every fetch asks as a first one does, whatever the database holds.
    Nothing,
}

/// Whether the network may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// It may.
    Online,
    /// Every fetch fails at once with `net.offline`.
    Offline,
}

/// Whether actions that do not wait for each other work at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// They do.
    SideBySide,
    /// Each ends before the next begins, so that everything happens in the same order every time.
    OneByOne,
}

/// What a question is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Confirmed.
    Yes,
    /// Dismissed.
    No,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The gravest outcome of its actions.
    pub outcome: Outcome,
    /// Actions by how they ended.
    pub counts: Counts,
    /// Scopes of this run that another process started anew meanwhile, or took for abandoned.
    pub taken_over: Vec<String>,
}

/// Why something could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The app has no such thing; the user's words are off.
    #[error("{message}")]
    Unknown {
        /// What is unknown, lower case, no full stop.
        message: String,
        /// The closest that there is, or what there is.
        help: Option<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An expression failed.
    #[error(transparent)]
    Eval(#[from] EvalError),
}

impl RunError {
    /// The app has no `kind` called `id`; `known` are those it has.
    pub(crate) fn unknown<'a>(kind: &str, id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let mut known: Vec<&str> = known.collect();
        known.sort_unstable();
        let there_are = || (!known.is_empty()).then(|| format!("there are: {}", quoted(&known)));
        let help = did_you_mean(id, known.iter().copied()).or_else(there_are);
        Self::Unknown { message: format!("this app has no {kind} `{id}`"), help }
    }
}

fn quoted(names: &[&str]) -> String {
    const MOST: usize = 12;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > MOST { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

impl Engine<'_> {
    /// Performs the trigger's actions and everything that follows from them.
    ///
    /// # Errors
    /// When the trigger names nothing in the app, or the database fails. What goes wrong within
    /// actions is in the events and the summary.
    pub fn trigger(&self, trigger: &Trigger) -> Result<Summary, RunError> {
        interpret::run(self, trigger)
    }

    /// What the trigger would do now: every guard and option evaluated on the current database,
    /// nothing written or sent.
    ///
    /// # Errors
    /// As for [`Engine::trigger`].
    pub fn plan(&self, trigger: &Trigger) -> Result<Planned, RunError> {
        dry::plan(self, trigger)
    }

    /// The same where stubs answer in place of servers, databases and screens: what they say is done
    /// to a copy of the database in memory, so that the plan knows what follows. The provider of
    /// functions must be one that has [`Stubs::answers`].
    ///
    /// # Errors
    /// As for [`Engine::trigger`], and when the stubs name what the app does not have.
    pub fn plan_with(&self, trigger: &Trigger, stubs: &Stubs) -> Result<Planned, RunError> {
        dry::plan_with(self, trigger, stubs)
    }

    /// The value of an expression in the app's context, on a jig when one is named.
    ///
    /// # Errors
    /// When the jig is unknown, a datasource that it reads fails, or it fails itself.
    pub fn evaluate(&self, expression: &Expression, jig: Option<&str>) -> Result<Option<Value>, RunError> {
        context::evaluate(self, expression, jig)
    }

    /// Whether a condition holds now, with what it read.
    ///
    /// # Errors
    /// When the database fails or the condition gives no verdict.
    pub fn check(&self, condition: &Condition) -> Result<Verdict, RunError> {
        context::check(self, condition)
    }

    /// The rows of a datasource: of the jig when one is named, else a global one.
    ///
    /// # Errors
    /// When there is no such datasource, or its query fails.
    pub fn rows(&self, datasource: &str, jig: Option<&str>) -> Result<Value, RunError> {
        context::rows(self, datasource, jig)
    }
}

#[cfg(test)]
mod tests;
