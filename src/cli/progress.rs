//! Live progress on the terminal: a bar for every running scope, a line for every table on its way.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::run::Step;
use super::shell::Live;

/// The bars of one run; nothing is drawn when nobody watches.
pub(super) struct Bars {
    multi: MultiProgress,
    scopes: BTreeMap<String, ProgressBar>,
    tables: BTreeMap<String, ProgressBar>,
}

impl Bars {
    /// No bars yet.
    pub(super) fn new(live: Live) -> Self {
        let target = match live {
            Live::Drawn => ProgressDrawTarget::stderr(),
            Live::Hidden => ProgressDrawTarget::hidden(),
        };
        let multi = MultiProgress::with_draw_target(target);
        Self { multi, scopes: BTreeMap::new(), tables: BTreeMap::new() }
    }

    /// Brings them up to date.
    pub(super) fn follow(&mut self, step: Step) {
        match step {
            Step::Scope { id, ended, total } => self.scope(&id, ended, total),
            Step::ScopeEnded(id) => self.remove_scope(&id),
            Step::Table { name, message } => self.table(&name, message),
            Step::TableEnded(name) => self.remove_table(&name),
        }
    }

    /// How many members of a scope have ended; a scope that is done has no bar.
    fn scope(&mut self, id: &str, ended: u64, total: u64) {
        let multi = &self.multi;
        let bar = self.scopes.entry(id.to_owned()).or_insert_with(|| {
            let bar = multi.add(ProgressBar::new(total).with_style(scope_style()));
            bar.set_message(id.to_owned());
            bar
        });
        bar.set_length(total);
        bar.set_position(ended);
    }

    /// A scope that is no longer at work.
    fn remove_scope(&mut self, id: &str) {
        if let Some(bar) = self.scopes.remove(id) {
            bar.finish_and_clear();
        }
    }

    /// What is known of a table on its way.
    fn table(&mut self, name: &str, message: String) {
        let multi = &self.multi;
        let bar = self.tables.entry(name.to_owned()).or_insert_with(|| {
            let bar = multi.insert(0, ProgressBar::new_spinner().with_style(table_style()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(message);
    }

    /// A table that has arrived, or will not.
    fn remove_table(&mut self, name: &str) {
        if let Some(bar) = self.tables.remove(name) {
            bar.finish_and_clear();
        }
    }

    /// Writes lines above the bars.
    pub(super) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        self.multi.suspend(write)
    }

    /// Takes all bars away.
    pub(super) fn clear(&mut self) {
        for (_, bar) in std::mem::take(&mut self.tables).into_iter().chain(std::mem::take(&mut self.scopes)) {
            bar.finish_and_clear();
        }
    }
}

/// A sign of life for a check that takes long; nothing is drawn when it ends soon or nobody watches.
pub(super) struct Waiting {
    bar: ProgressBar,
    /// The thread that waits before it draws, and what ends it.
    painter: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What ends sooner is not worth a line that comes and goes.
const SOON: Duration = Duration::from_millis(500);

impl Waiting {
    /// Begins the check of a number of apps.
    pub(super) fn begin(live: Live, apps: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(apps as u64), ProgressDrawTarget::hidden());
        if live == Live::Hidden {
            return Self { bar, painter: None };
        }
        let (done, ended) = channel();
        let drawn = bar.clone();
        let painter = thread::spawn(move || {
            if ended.recv_timeout(SOON) == Err(RecvTimeoutError::Timeout) {
                drawn.set_style(check_style());
                drawn.set_draw_target(ProgressDrawTarget::stderr());
                drawn.enable_steady_tick(Duration::from_millis(120));
            }
        });
        Self { bar, painter: Some((done, painter)) }
    }

    /// One more app is checked.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((done, painter)) = self.painter.take() {
            drop(done);
            // It has nothing to tell.
            let _ = painter.join();
        }
        self.bar.finish_and_clear();
    }
}

fn check_style() -> ProgressStyle {
    let style =
        ProgressStyle::with_template("  {spinner:.cyan} checking, {pos} of {len} apps done {elapsed:.dim}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn scope_style() -> ProgressStyle {
    let style = ProgressStyle::with_template("  {bar:24.cyan/dim} {pos}/{len} {msg} {elapsed:.dim}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━╌")
}

fn table_style() -> ProgressStyle {
    let style = ProgressStyle::with_template("  {spinner:.cyan} {wide_msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_spinner())
}
