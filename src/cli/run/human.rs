//! A run for people: a line for every action in the order of the app, bars for what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::tree::{Arrived, End, Line, Tree, What};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::paint::Paint;
use crate::cli::progress::Bars;
use crate::cli::shell::Live;
use crate::cli::units::{bytes, count, counted, duration};
use crate::run::{Event, Observer, Outcome, Record, SkipReason};
use crate::store::sync::ScopeState;
use crate::store::{CommandState, Gone, ScopeRow, StatusRow};

/// Tells a run while it goes on. When the reader goes away the run goes on to its end.
pub(super) struct Report<'a> {
    out: &'a Output,
    state: Mutex<State>,
}

struct State {
    teller: Teller,
    bars: Bars,
    failure: Option<Failure>,
}

/// What a run touched, for the closing words.
#[derive(Debug, Default)]
pub(in crate::cli) struct Seen {
    /// Scopes whose rows changed.
    pub(in crate::cli) scopes: BTreeSet<String>,
    /// How long it took, in milliseconds.
    pub(in crate::cli) ms: u64,
}

/// Follows a run: gives the lines that tell of it in the order of the app, and what is under way.
#[derive(Debug, Default)]
pub(in crate::cli) struct Teller {
    tree: Tree,
    /// What the run has touched so far.
    pub(in crate::cli) seen: Seen,
    /// The instance that fetches a table now.
    instances: BTreeMap<String, Option<String>>,
    order: Order,
}

/// What stands first in the line of an action that failed or was skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    /// Its place.
    #[default]
    Place,
    /// Why, for lines that are cut at their end.
    Why,
}

/// A change of what is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Step {
    /// So many members of a scope have ended.
    Scope { id: String, ended: u64, total: u64 },
    /// A scope is no longer at work.
    ScopeEnded(String),
    /// What is known of a table on its way.
    Table { name: String, message: String },
    /// A table has arrived, or will not.
    TableEnded(String),
}

impl<'a> Report<'a> {
    pub(super) fn new(out: &'a Output, live: Live) -> Self {
        let state = State { teller: Teller::default(), bars: Bars::new(live), failure: None };
        Self { out, state: Mutex::new(state) }
    }

    /// Ends the live part; the first error of the output, if any.
    pub(super) fn finish(self) -> Result<Seen, Failure> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.bars.clear();
        state.failure.map_or(Ok(state.teller.seen), Err)
    }
}

impl Observer for Report<'_> {
    fn observe(&self, record: &Record) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (step, text) = state.teller.take(&record.event, self.out.paint);
        if let Some(step) = step {
            state.bars.follow(step);
        }
        if !text.is_empty() && state.failure.is_none() {
            let written = state.bars.above(|| self.out.print(&text).and_then(|()| self.out.flush()));
            state.failure = written.err();
        }
    }
}

impl Teller {
    /// The same for lines that are cut at their end: why an action failed or was skipped stands before
    /// its place, which may be long.
    pub(in crate::cli) fn for_cut_lines() -> Self {
        Self { order: Order::Why, ..Self::default() }
    }

    /// Takes an event; gives what it changes of what is under way, and the lines that can be told now.
    pub(in crate::cli) fn take(&mut self, event: &Event, paint: Paint) -> (Option<Step>, String) {
        let step = self.follow(event);
        let mut text = heading(event, paint);
        text.push_str(&command(event, paint));
        for line in self.tree.take(event) {
            text.push_str(&shown(&line, self.order, paint));
        }
        (step, text)
    }

    fn follow(&mut self, event: &Event) -> Option<Step> {
        match event {
            Event::ScopeChanged { row } => Some(self.scope(row)),
            Event::StatusChanged { row } => Some(self.status(row)),
            Event::EntityProgress { entity, rows, pages, bytes, note } => {
                let (entity, rows, pages, bytes) = (entity.clone(), *rows, *pages, *bytes);
                Some(self.progress(Arrived { entity, rows, pages, bytes, note: note.clone(), outcome: None }))
            }
            Event::EntityFinished { entity, inserted, updated, unchanged, deleted } => {
                let instance = self.instances.get(entity).cloned().flatten();
                let outcome = [*inserted, *updated, *unchanged, *deleted];
                self.tree.filled(instance.as_deref(), entity, outcome);
                None
            }
            Event::RunFinished { duration_ms, .. } => {
                self.seen.ms = *duration_ms;
                None
            }
            _ => None,
        }
    }

    fn scope(&mut self, row: &ScopeRow) -> Step {
        self.seen.scopes.insert(row.id.clone());
        let ended = u64::try_from(row.synced + row.failed).unwrap_or(0);
        let total = u64::try_from(row.total).unwrap_or(0);
        if row.state == ScopeState::Syncing && ended < total {
            Step::Scope { id: row.id.clone(), ended, total }
        } else {
            Step::ScopeEnded(row.id.clone())
        }
    }

    fn status(&mut self, row: &StatusRow) -> Step {
        let name = row.entity.clone();
        if row.state == ScopeState::Syncing {
            self.instances.insert(name.clone(), row.instance_id.clone());
            Step::Table { message: name.clone(), name }
        } else {
            Step::TableEnded(name)
        }
    }

    fn progress(&mut self, arrived: Arrived) -> Step {
        let instance = self.instances.get(&arrived.entity).cloned().flatten();
        let (rows, pages) = (counted(arrived.rows, "row"), counted(arrived.pages, "page"));
        let message = format!("{}  {rows}  {pages}  {}", arrived.entity, bytes(arrived.bytes));
        let name = arrived.entity.clone();
        self.tree.arrived(instance.as_deref(), arrived);
        Step::Table { name, message }
    }
}

fn heading(event: &Event, paint: Paint) -> String {
    match event {
        Event::RunStarted { app, trigger } => format!("{}  {trigger}\n", paint.bold(app)),
        _ => String::new(),
    }
}

/// What became of a queued write.
fn command(event: &Event, paint: Paint) -> String {
    let named = |kind: &str, entity: &str| format!("{kind} {}", paint.bold(entity));
    match event {
        Event::CommandGone { row } if row.reason == Gone::Done => {
            format!("{} sent {}\n", paint.green("↑"), named(&row.kind, &row.entity))
        }
        Event::CommandChanged { row } if row.state == CommandState::Failed => {
            let (code, error) =
                (row.code.as_deref().unwrap_or_default(), row.error.as_deref().unwrap_or_default());
            let why = paint.red(&format!("{code}: {error}"));
            format!("{} not sent {}  {why}\n", paint.red("✗"), named(&row.kind, &row.entity))
        }
        Event::CommandChanged { row } if row.state == CommandState::Waiting => {
            let why = row.error.as_deref().unwrap_or("there is no network");
            let why = paint.dim(&format!(": {why}"));
            format!("{} waits {}{why}\n", paint.yellow("-"), named(&row.kind, &row.entity))
        }
        _ => String::new(),
    }
}

/// Whether a line of a run tells that an action failed or was skipped.
pub(in crate::cli) fn tells_trouble(line: &str, paint: Paint) -> bool {
    let line = line.trim_start();
    line.starts_with(&paint.red("✗")) || line.starts_with(&format!("{} ", paint.yellow("-")))
}

fn shown(line: &Line, order: Order, paint: Paint) -> String {
    let indent = "  ".repeat(line.depth);
    if let (Order::Why, None, What::Ended { end, .. } | What::Closes(end)) =
        (order, &line.action.id, &line.what)
        && end.is_trouble()
    {
        let place = paint.dim(&line.action.path);
        return format!("{indent}{} {}{}  {place}\n", mark(end, paint), kind(line), ending(end, paint));
    }
    let named = name(line, paint);
    match &line.what {
        What::Opens => format!("{indent}{} {named}{}\n", paint.cyan("▸"), guard(line, paint)),
        What::Ended { end, effect, tables } => {
            let more = if *effect { paint.dim("  reported, a screen would do it") } else { arrived(tables) };
            format!(
                "{indent}{} {named}{more}{}{}\n",
                mark(end, paint),
                ending(end, paint),
                guard(line, paint)
            )
        }
        What::Closes(end) => format!("{indent}{} {named}{}\n", mark(end, paint), ending(end, paint)),
    }
}

/// The type without its prefix, and the instance id or the place.
fn name(line: &Line, paint: Paint) -> String {
    match &line.action.id {
        Some(id) => format!("{} {}", kind(line), paint.bold(id)),
        None => format!("{} {}", kind(line), paint.dim(&line.action.path)),
    }
}

fn kind(line: &Line) -> &str {
    let type_name = &line.action.type_name;
    type_name.strip_prefix("action.").unwrap_or(type_name)
}

/// What the guards read when they let the action through.
fn guard(line: &Line, paint: Paint) -> String {
    line.guard.as_ref().map(|why| paint.dim(&format!("  ({why})"))).unwrap_or_default()
}

fn mark(end: &End, paint: Paint) -> String {
    match end {
        End::Finished { outcome: Outcome::Ok, .. } => paint.green("✓"),
        End::Finished { outcome: Outcome::Failed, .. } => paint.red("✗"),
        End::Finished { outcome: Outcome::Interrupted, .. } => paint.yellow("!"),
        End::Skipped { .. } => paint.yellow("-"),
    }
}

fn ending(end: &End, paint: Paint) -> String {
    match end {
        End::Finished { error, ms, .. } => {
            let error = error.as_ref().map(|error| format!("  {}: {}", error.code, error.message));
            let error = error.map(|error| paint.red(&error)).unwrap_or_default();
            format!("{error}  {}", paint.dim(&duration(*ms)))
        }
        End::Skipped { reason, detail } => {
            let why = detail.as_deref().unwrap_or(skipped(*reason));
            format!("  {}: {}", paint.yellow("skipped"), paint.dim(why))
        }
    }
}

fn skipped(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::When => "`when` does not hold",
        SkipReason::Condition => "`condition` does not hold",
        SkipReason::Unsupported => "this runtime does not know the type",
        SkipReason::Interrupted => "the run was stopped",
    }
}

fn arrived(tables: &[Arrived]) -> String {
    let told = tables.iter().map(|table| {
        let come = table.note.clone().unwrap_or_else(|| counted(table.rows, "row"));
        // The note says it already.
        let outcome = table.outcome.filter(|_| table.note.is_none()).map(outcome).unwrap_or_default();
        format!("{} {come}{outcome}", table.entity)
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { told } else { format!("  {told}") }
}

/// How rows were touched, in parentheses; what did not happen is left out.
fn outcome(counts: [u64; 4]) -> String {
    let words = ["new", "changed", "unchanged", "gone"];
    let told = words.iter().zip(counts).filter(|(_, number)| *number > 0);
    let told = told.map(|(word, number)| format!("{} {word}", count(number))).collect::<Vec<_>>().join(", ");
    if told.is_empty() { told } else { format!(" ({told})") }
}
