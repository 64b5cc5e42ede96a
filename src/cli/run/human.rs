//! A run for people: a line for every action in the order of the app, bars for what is under way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::tree::{Arrived, End, Line, Tree, What};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::paint::Paint;
use crate::cli::progress::Bars;
use crate::cli::shell::Live;
use crate::cli::units::{bytes, counted, duration};
use crate::run::{Event, Observer, Outcome, Record, SkipReason};
use crate::store::sync::ScopeState;
use crate::store::{ScopeRow, StatusRow};

/// Tells a run while it goes on. When the reader goes away the run goes on to its end.
pub(super) struct Report<'a> {
    out: &'a Output,
    state: Mutex<State>,
}

struct State {
    tree: Tree,
    bars: Bars,
    seen: Seen,
    /// The instance that fetches a table now.
    instances: BTreeMap<String, Option<String>>,
    failure: Option<Failure>,
}

/// What a run touched, for the closing words.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Scopes whose rows changed.
    pub(super) scopes: BTreeSet<String>,
    /// How long it took, in milliseconds.
    pub(super) ms: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(out: &'a Output, live: Live) -> Self {
        let state = State {
            tree: Tree::default(),
            bars: Bars::new(live),
            seen: Seen::default(),
            instances: BTreeMap::new(),
            failure: None,
        };
        Self { out, state: Mutex::new(state) }
    }

    /// Ends the live part; the first error of the output, if any.
    pub(super) fn finish(self) -> Result<Seen, Failure> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.bars.clear();
        state.failure.map_or(Ok(state.seen), Err)
    }
}

impl Observer for Report<'_> {
    fn observe(&self, record: &Record) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.follow(&record.event);
        let mut text = heading(&record.event, self.out.paint);
        for line in state.tree.take(&record.event) {
            text.push_str(&shown(&line, self.out.paint));
        }
        if !text.is_empty() && state.failure.is_none() {
            let written = state.bars.above(|| self.out.print(&text).and_then(|()| self.out.flush()));
            state.failure = written.err();
        }
    }
}

impl State {
    /// Brings the bars up to date.
    fn follow(&mut self, event: &Event) {
        match event {
            Event::ScopeChanged { row } => self.scope(row),
            Event::StatusChanged { row } => self.status(row),
            Event::EntityProgress { entity, rows, pages, bytes } => {
                self.progress(Arrived { entity: entity.clone(), rows: *rows, pages: *pages, bytes: *bytes });
            }
            Event::RunFinished { duration_ms, .. } => self.seen.ms = *duration_ms,
            _ => {}
        }
    }

    fn scope(&mut self, row: &ScopeRow) {
        self.seen.scopes.insert(row.id.clone());
        if row.state == ScopeState::Syncing {
            let ended = u64::try_from(row.synced + row.failed).unwrap_or(0);
            self.bars.scope(&row.id, ended, u64::try_from(row.total).unwrap_or(0));
        } else {
            self.bars.remove_scope(&row.id);
        }
    }

    fn status(&mut self, row: &StatusRow) {
        if row.state == ScopeState::Syncing {
            self.instances.insert(row.entity.clone(), row.instance_id.clone());
            self.bars.table(&row.entity, row.entity.clone());
        } else {
            self.bars.remove_table(&row.entity);
        }
    }

    fn progress(&mut self, arrived: Arrived) {
        let instance = self.instances.get(&arrived.entity).cloned().flatten();
        let (rows, pages) = (counted(arrived.rows, "row"), counted(arrived.pages, "page"));
        let message = format!("{}  {rows}  {pages}  {}", arrived.entity, bytes(arrived.bytes));
        self.bars.table(&arrived.entity, message);
        self.tree.arrived(instance.as_deref(), arrived);
    }
}

fn heading(event: &Event, paint: Paint) -> String {
    match event {
        Event::RunStarted { app, trigger } => format!("{}  {trigger}\n", paint.bold(app)),
        _ => String::new(),
    }
}

fn shown(line: &Line, paint: Paint) -> String {
    let indent = "  ".repeat(line.depth);
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
    let action = &line.action;
    let type_name = action.type_name.strip_prefix("action.").unwrap_or(&action.type_name);
    match &action.id {
        Some(id) => format!("{type_name} {}", paint.bold(id)),
        None => format!("{type_name} {}", paint.dim(&action.path)),
    }
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
    let told = tables.iter().map(|table| format!("{} {}", table.entity, counted(table.rows, "row")));
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { told } else { format!("  {told}") }
}
