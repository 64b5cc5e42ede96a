//! The app as it is now, and the last good one.

use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use super::compare::{Compared, Since, Withheld, compare};
use super::places::Wanted;
use super::settle::Change;
use crate::app::{AppPath, LoadError, Source};
use crate::diag::{Diagnostic, Severity};
use crate::lint::{Changes, Checked, Crash, Request, Session};

/// Finds the app; asked before every reload, for it may come, go and become another one.
pub type Find = Box<dyn Fn() -> Result<AppPath, Trouble> + Send>;
/// Reads a variable of the environment, for `${env:…}` in the settings.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
/// Which findings are asked for.
pub type Ask = Box<dyn Fn(&AppPath) -> Request + Send>;

/// Why an app cannot be read at all, lower case, no full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Trouble {
    /// Only what is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }
}

impl From<LoadError> for Trouble {
    fn from(error: LoadError) -> Self {
        Self { message: error.to_string(), help: None }
    }
}

/// An app that is read again after every change. It keeps the last good one: one without errors.
pub struct LiveApp {
    find: Find,
    env: Env,
    ask: Ask,
    /// Where the app is, or where it is awaited.
    place: AppPath,
    reader: Option<Session>,
    latest: Option<Arc<State>>,
    current: Option<Arc<Checked>>,
    /// Why the last attempt gave nothing.
    trouble: Option<Trouble>,
    withheld: Withheld,
    number: u64,
}

/// An app with how long each of its findings has been known.
#[derive(Debug)]
pub struct State {
    /// The app and what is wrong with it.
    pub checked: Arc<Checked>,
    since: Since,
}

/// A finding and when it was first seen.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'a> {
    /// What is wrong.
    pub diagnostic: &'a Diagnostic,
    /// The number of the reload that first saw it.
    pub since: u64,
}

/// What a reload came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that matters has changed.
    Unchanged,
    /// The app is good, and the current one from now on.
    Accepted,
    /// The app is broken; the last good one stays.
    Rejected,
    /// The app cannot be read; the last good one stays.
    Unreadable(Trouble),
}

/// What a reload brought.
#[derive(Debug)]
pub struct Update {
    /// Counts the reloads, from 1.
    pub number: u64,
    /// What it came to.
    pub outcome: Outcome,
    /// Whether the attempt before had gone wrong.
    pub was_broken: bool,
    /// The files that came, went or have another text, as shown.
    pub changed: Vec<String>,
    /// Findings that were not there before.
    pub fresh: Vec<Diagnostic>,
    /// Findings that are gone; their places are in `before`.
    pub fixed: Vec<Diagnostic>,
    /// How many findings stayed.
    pub still: usize,
    /// Our own mistakes on the way.
    pub crashes: Vec<Crash>,
    /// The app as it is now, good or not; `None` when it was never read.
    pub state: Option<Arc<State>>,
    /// The app before.
    pub before: Option<Arc<State>>,
}

impl State {
    /// Every finding with its age, in order of path and place.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'_>> {
        self.checked.by_file().iter().flat_map(|(file, found)| {
            let since = self.since.get(file).map_or(&[][..], |since| since);
            found.iter().zip(since).map(|(diagnostic, since)| Finding { diagnostic, since: *since })
        })
    }

    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.checked.findings().filter(|found| found.severity == severity).count()
    }
}

impl LiveApp {
    /// Nothing is read before the first reload. `place` is where the app is looked for until it is found.
    #[must_use]
    pub fn new(place: AppPath, find: Find, env: Env) -> Self {
        let ask: Ask = Box::new(|_| Request::default());
        Self {
            find,
            env,
            ask,
            place,
            reader: None,
            latest: None,
            current: None,
            trouble: None,
            withheld: Withheld::default(),
            number: 0,
        }
    }

    /// The same that asks for these findings.
    #[must_use]
    pub fn asking(self, ask: Ask) -> Self {
        Self { ask, ..self }
    }

    /// The last good app.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<Checked>> {
        self.current.as_ref()
    }

    /// What must be watched, so that no change is missed.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        let tables =
            self.latest.as_ref().and_then(|state| state.checked.loaded.project.settings.backend.clone());
        Wanted { app: self.place.clone(), tables }
    }

    /// Reads what has changed. Whatever happens, the next reload starts from what is on disk then.
    pub fn reload(&mut self, change: &Change) -> Update {
        self.number += 1;
        let was_broken =
            self.trouble.is_some() || self.latest.as_ref().is_some_and(|state| is_broken(&state.checked));
        let before = self.latest.clone();
        let mut update = match self.read(change) {
            Ok(checked) => self.take(checked),
            Err(Attempt::Trouble(trouble)) => self.fail(trouble, Vec::new()),
            Err(Attempt::Crash(crash)) => {
                let message = "something went wrong inside syncscope".to_owned();
                self.fail(Trouble::new(message), vec![crash])
            }
        };
        update.was_broken = was_broken;
        update.before = before;
        update
    }

    fn read(&mut self, change: &Change) -> Result<Arc<Checked>, Attempt> {
        let place = (self.find)().map_err(Attempt::Trouble)?;
        if self.reader.is_none() || place != self.place {
            let env = Arc::clone(&self.env);
            let request = (self.ask)(&place);
            self.reader = Some(Session::new(place.clone(), request, Box::new(move |name| env(name))));
            self.place = place;
        }
        let mut reader = self.reader.take().expect("BUG: there is a reader from here on");
        let paths: Vec<PathBuf> = change.paths.iter().cloned().collect();
        let is_sure = self.trouble.is_none() && !change.anywhere;
        let changes = if is_sure { Changes::Paths(&paths) } else { Changes::Unknown };
        // A reader that broke is in no state to be used again: it is only put back when it did not.
        let read = catch_unwind(AssertUnwindSafe(|| reader.reload(changes)));
        let read = read.map_err(|panic| Attempt::Crash(Crash { file: None, message: words(&*panic) }))?;
        self.reader = Some(reader);
        read.map_err(|error| Attempt::Trouble(error.into()))
    }

    fn take(&mut self, checked: Arc<Checked>) -> Update {
        let before = self.latest.as_ref();
        let known = before.map(|state| (&*state.checked, &state.since));
        let is_broken = is_broken(&checked);
        let mut compared = compare(known, &checked, self.number);
        self.withheld.settle(&mut compared, known, &checked, is_broken);
        let Compared { fresh, fixed, still, since } = compared;
        let changed = before.map_or_else(Vec::new, |state| changed(&state.checked, &checked));
        let is_same = before.is_some_and(|state| is_same(&state.checked, &checked));
        let idle =
            is_same && changed.is_empty() && fresh.is_empty() && fixed.is_empty() && self.trouble.is_none();
        self.trouble = None;
        let outcome = match (idle, is_broken) {
            (true, _) => Outcome::Unchanged,
            (false, true) => Outcome::Rejected,
            (false, false) => Outcome::Accepted,
        };
        if outcome == Outcome::Accepted {
            self.current = Some(Arc::clone(&checked));
        }
        let crashes = checked.crashes.clone();
        self.latest = Some(Arc::new(State { checked, since }));
        Update { changed, fresh, fixed, still, crashes, ..self.update(outcome) }
    }

    /// What was known of the app stays known.
    fn fail(&mut self, trouble: Trouble, crashes: Vec<Crash>) -> Update {
        let outcome = match self.trouble.replace(trouble.clone()) {
            Some(known) if known == trouble => Outcome::Unchanged,
            _ => Outcome::Unreadable(trouble),
        };
        Update {
            still: self.latest.as_ref().map_or(0, |state| state.findings().count()),
            crashes,
            ..self.update(outcome)
        }
    }

    fn update(&self, outcome: Outcome) -> Update {
        Update {
            number: self.number,
            outcome,
            was_broken: false,
            changed: Vec::new(),
            fresh: Vec::new(),
            fixed: Vec::new(),
            still: 0,
            crashes: Vec::new(),
            state: self.latest.clone(),
            before: None,
        }
    }
}

/// Why there is nothing to look at.
enum Attempt {
    Trouble(Trouble),
    Crash(Crash),
}

/// An app with errors does not become the current one; neither does one that we could not check in full.
fn is_broken(checked: &Checked) -> bool {
    !checked.crashes.is_empty() || checked.findings().any(|found| found.severity == Severity::Error)
}

/// Whether what no text shows is the same.
fn is_same(before: &Checked, now: &Checked) -> bool {
    before.loaded.project.scripts == now.loaded.project.scripts && before.crashes == now.crashes
}

/// The files that came, went or have another text, as shown. Both lists are in order of their paths.
fn changed(before: &Checked, now: &Checked) -> Vec<String> {
    let (mut old, mut new) = (&before.loaded.sources[..], &now.loaded.sources[..]);
    let mut changed = Vec::new();
    while let Some(order) = order(old.first().map(AsRef::as_ref), new.first().map(AsRef::as_ref)) {
        if order == Ordering::Equal && is_same_text(&text(before, &old[0]), &text(now, &new[0])) {
            // The common case: nothing happened to this file.
        } else if order == Ordering::Less {
            changed.push(before.files.get(old[0].file).path().to_owned());
        } else {
            changed.push(now.files.get(new[0].file).path().to_owned());
        }
        old = if order == Ordering::Greater { old } else { &old[1..] };
        new = if order == Ordering::Less { new } else { &new[1..] };
    }
    changed
}

/// Which of two sources comes first; `None` when there is none left.
fn order(old: Option<&Source>, new: Option<&Source>) -> Option<Ordering> {
    Some(match (old, new) {
        (None, None) => return None,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        // Most are the same, which is seen without taking paths apart.
        (Some(old), Some(new)) if old.path.as_os_str() == new.path.as_os_str() => Ordering::Equal,
        (Some(old), Some(new)) => old.path.cmp(&new.path),
    })
}

fn text(checked: &Checked, source: &Source) -> Arc<str> {
    checked.files.get(source.file).shared_text()
}

/// A text that is shared is known by its address.
fn is_same_text(old: &Arc<str>, new: &Arc<str>) -> bool {
    Arc::ptr_eq(old, new) || old == new
}

/// What a panic says.
#[must_use]
pub fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests;
