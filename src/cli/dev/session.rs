//! The one thread that decides: what is read, what runs, what is told.

mod pressed;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::inputs::Look;
use super::keys::{self, Key};
use super::model::{AppNow, Choices, Model};
use super::queue::{Bringer, Event};
use super::quiet::Quiet;
use super::reader::{Reader, Ready, Seen};
use super::tables::{Served, Tables, TablesNews};
use super::view::{self, News, Style, View};
use super::work::{Done, Job, Kind};
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::run::Asked;
use crate::cli::session::Database;
use crate::cli::shell::Shell;
use crate::cli::signals::{Heard, Interrupts, suspend};
use crate::cli::terminal::Terminal;
use crate::lint::Checked;
use crate::run::{Clock, Outcome as RunOutcome, Stop, SystemClock};
use crate::watch::{Change, Choice, LiveApp, Outcome, Settle, looks_unfinished};

/// How long a run may take to stop before the session ends without it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a session is to do.
pub(super) struct Plan {
    pub(super) apps: Vec<LiveApp>,
    pub(super) choice: Choice,
    /// What runs; nothing when apps are only checked.
    pub(super) runs: Option<Runs>,
    pub(super) style: Style,
}

/// What runs, and when.
pub(super) struct Runs {
    pub(super) asked: Asked,
    /// Whether a change interrupts a run.
    pub(super) restart: bool,
}

/// A session at work.
pub(super) struct Session<'a> {
    shell: &'a Shell,
    view: Box<dyn View + 'a>,
    terminal: Option<Terminal>,
    interrupts: Interrupts,
    events: Receiver<Event>,
    bringer: Bringer,
    reader: Reader,
    settle: Settle,
    model: Model,
    runs: Option<Runs>,
    /// Whether somebody waits for the answer of the reading that goes on.
    is_asked: bool,
    /// Whether what was read since the last run is worth another one.
    is_new: bool,
    current: Option<Arc<Checked>>,
    /// Where the app is, or was.
    root: Option<PathBuf>,
    /// What waits for the app's folder to come back.
    held: Option<Kind>,
    served: Option<Served>,
    job: Option<Working>,
    /// What is to be done when the job at work is done.
    next: Option<Kind>,
    looked: Option<Look>,
    ending: Option<Ending>,
    is_suspending: bool,
    _quiet: Quiet,
}

/// A job at work.
struct Working {
    kind: Kind,
    stop: Stop,
}

/// The session is about to end.
struct Ending {
    exit: Exit,
    /// At the latest.
    by: Instant,
}

impl<'a> Session<'a> {
    /// Starts everything; the first reading is on its way.
    pub(super) fn open(plan: Plan, shell: &'a mut Shell) -> Result<Self, Failure> {
        let Plan { apps, choice, runs, style } = plan;
        let (bringer, events) = channel();
        let has_page = matches!(style, Style::People(_)) && shell.is_interactive();
        let terminal = if has_page { Terminal::of_process() } else { None };
        let interrupts = listen(bringer.clone(), terminal.clone())?;
        if terminal.is_some() {
            keys::follow(shell.take_stdin(), bringer.clone());
        }
        let shell: &'a Shell = shell;
        let offline = runs.as_ref().is_none_or(|runs| runs.asked.offline);
        let model = Model {
            apps: apps.iter().map(|_| AppNow::default()).collect(),
            runs: runs.as_ref().map(|runs| Choices::new(runs.asked.trigger())),
            ..Model::default()
        };
        let tables = (!offline).then(Tables::default);
        let reader = Reader::start(apps, choice, tables, bringer.clone())?;
        let view = view::of(style, shell, terminal.as_ref());
        let quiet = Quiet::around(terminal.clone());
        let mut session = Self {
            shell,
            view,
            terminal,
            interrupts,
            events,
            bringer,
            reader,
            settle: Settle::default(),
            model,
            runs,
            is_asked: false,
            is_new: false,
            current: None,
            root: None,
            held: None,
            served: None,
            job: None,
            next: None,
            looked: None,
            ending: None,
            is_suspending: false,
            _quiet: quiet,
        };
        session.tell(&News::Started)?;
        session.read(Change::anywhere());
        Ok(session)
    }

    /// Works until somebody ends it.
    pub(super) fn work(mut self) -> Result<Exit, Failure> {
        let ended = self.work_on();
        self.view.leave();
        // A reader of the output that went away ends the session, and that is no failure.
        ended
    }

    fn work_on(&mut self) -> Result<Exit, Failure> {
        loop {
            let now = Instant::now();
            if self.model.reading.is_none()
                && let Some(change) = self.settle.take_finished(now, looks_unfinished)
            {
                self.read(change);
            }
            self.view.draw(&self.model, now)?;
            if let Some(exit) = self.exit(now)? {
                return Ok(exit);
            }
            if let Some(event) = self.wait(now) {
                self.take(event)?;
            }
            // What has come meanwhile is looked at before anything is begun or drawn.
            while let Ok(event) = self.events.try_recv() {
                self.take(event)?;
            }
        }
    }

    /// The next event, or nothing when something else is due.
    fn wait(&self, now: Instant) -> Option<Event> {
        let settled = self.settle.due().filter(|_| self.model.reading.is_none());
        let ending = self.ending.as_ref().map(|ending| ending.by);
        let due = [settled, self.view.due(), ending].into_iter().flatten().min();
        let Some(due) = due else { return self.events.recv().ok() };
        self.events.recv_timeout(due.saturating_duration_since(now)).ok()
    }

    fn take(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Noticed(noticed) => {
                self.settle.note(noticed, Instant::now());
                Ok(())
            }
            Event::Seen(seen) => self.seen(*seen),
            Event::Ready(ready) => self.ready(ready),
            Event::Ran(record) => self.tell(&News::Ran(&record)),
            Event::Looked(look) => self.looked(look),
            Event::Done(done) => self.done(*done),
            Event::Key(byte) => Key::of(byte).map_or(Ok(()), |key| self.press(key)),
            Event::Heard(heard) => self.heard(heard),
        }
    }

    fn tell(&mut self, news: &News<'_>) -> Result<(), Failure> {
        self.view.tell(news, &self.model)
    }

    fn read(&mut self, change: Change) {
        self.model.reading = Some(Instant::now());
        self.reader.read(change);
    }

    fn seen(&mut self, seen: Seen) -> Result<(), Failure> {
        let now = SystemClock.now();
        self.model.read = Some((now, seen.took));
        for (at, update) in seen.updates.iter().enumerate() {
            if let Some(state) = &update.state {
                self.shell.out.hide(&state.checked.loaded.project.settings.secrets);
            }
            self.model.take(at, update, now);
        }
        self.is_new |= seen.updates.iter().any(|update| update.outcome == Outcome::Accepted);
        self.root = seen.root;
        self.current = seen.current.into_iter().next().flatten();
        if let (Some(choices), Some(current)) = (&mut self.model.runs, &self.current) {
            choices.offer(&current.loaded.project);
        }
        let is_other = seen.updates.iter().any(|update| update.outcome != Outcome::Unchanged);
        if is_other {
            self.tell(&News::Read { updates: &seen.updates, took: seen.took })
        } else if self.is_asked {
            self.tell(&News::Same)
        } else {
            Ok(())
        }
    }

    /// Nothing of what was read is missing now: it may run.
    fn ready(&mut self, ready: Ready) -> Result<(), Failure> {
        self.model.reading = None;
        self.is_asked = false;
        if self.model.means.as_ref() != Some(&ready.means) {
            self.model.means = Some(ready.means.clone());
            self.tell(&News::Means(&ready.means))?;
        }
        self.served = ready.served;
        if let Some(news) = &ready.tables {
            self.is_new |= matches!(news, TablesNews::Served { again: true, .. });
            self.tell(&News::Tables(news))?;
        }
        if !std::mem::take(&mut self.is_new) {
            return Ok(());
        }
        let is_asked = self.runs.as_ref().is_some_and(|runs| runs.asked.names_something());
        let runs_now = self.held.take() == Some(Kind::Run) || is_asked;
        self.ask_for(if runs_now { Kind::Run } else { Kind::Look })
    }

    /// Starts a job, or lets it wait for the one at work; of those that wait, one is enough.
    fn ask_for(&mut self, kind: Kind) -> Result<(), Failure> {
        let Some(runs) = &self.runs else { return Ok(()) };
        let Some(job) = &self.job else { return self.start(kind) };
        if kind == Kind::Run && (runs.restart || job.kind == Kind::Look) {
            job.stop.ask();
        }
        self.next = self.next.max(Some(kind));
        Ok(())
    }

    fn start(&mut self, kind: Kind) -> Result<(), Failure> {
        let (Some(runs), Some(choices), Some(current)) = (&self.runs, &self.model.runs, &self.current) else {
            return if kind == Kind::Run {
                self.tell(&News::Note("there is no version yet that could run"))
            } else {
                Ok(())
            };
        };
        let database = Database::of(&current.loaded.project.settings, self.named_database());
        if let Some(root) = self.root.as_ref().filter(|root| is_lost(root, &database)) {
            self.held = self.held.max(Some(kind));
            let message =
                format!("the run waits until the app is back: there is no folder `{}`", root.display());
            return if kind == Kind::Run { self.tell(&News::Note(&message)) } else { Ok(()) };
        }
        let stop = Stop::new(None);
        let job = Job {
            checked: Arc::clone(current),
            served: self.served.clone(),
            asked: runs.asked.clone(),
            trigger: choices.chosen.clone(),
            database: self.named_database(),
            kind,
        };
        job.start(stop.clone(), self.bringer.clone())?;
        self.job = Some(Working { kind, stop });
        if kind == Kind::Run {
            self.model.running = Some(SystemClock.now());
            self.model.has_failed = false;
            self.tell(&News::Begins)?;
        }
        Ok(())
    }

    fn named_database(&self) -> Option<PathBuf> {
        self.runs.as_ref()?.asked.database.path(self.shell)
    }

    fn looked(&mut self, look: Look) -> Result<(), Failure> {
        let differences = self.looked.as_ref().map(|before| look.differences(before)).unwrap_or_default();
        self.looked = Some(look);
        if differences.is_empty() { Ok(()) } else { self.tell(&News::Differs(&differences)) }
    }

    fn done(&mut self, mut done: Done) -> Result<(), Failure> {
        self.job = None;
        let look = done.look.take();
        if done.kind == Kind::Run {
            self.model.running = None;
            self.model.has_failed = match &done.result {
                Ok(ended) => ended.as_ref().is_some_and(|(summary, _)| summary.outcome == RunOutcome::Failed),
                Err(_) => true,
            };
            self.tell(&News::Done(&done))?;
        }
        look.map_or(Ok(()), |look| self.looked(look))?;
        if self.is_suspending {
            let was_cut =
                matches!(&done.result, Ok(Some((summary, _))) if summary.outcome == RunOutcome::Interrupted);
            return self.sleep(was_cut);
        }
        match self.next.take() {
            Some(kind) if self.ending.is_none() => self.start(kind),
            _ => Ok(()),
        }
    }

    fn heard(&mut self, heard: Heard) -> Result<(), Failure> {
        match heard {
            Heard::Stop => {
                let exit = self.interrupts.exit().unwrap_or(Exit::Clean);
                self.end(exit);
                Ok(())
            }
            Heard::Resize => {
                self.view.refresh();
                Ok(())
            }
            Heard::Suspend => {
                self.is_suspending = true;
                match &self.job {
                    // Whoever stops working must not look as if he went on (sync-semantics.md §2, event 7).
                    Some(job) => {
                        job.stop.ask();
                        Ok(())
                    }
                    None => self.sleep(false),
                }
            }
        }
    }

    /// Stops this process until it is told to go on; then does again what was interrupted.
    fn sleep(&mut self, was_cut: bool) -> Result<(), Failure> {
        self.is_suspending = false;
        self.tell(&News::Suspended)?;
        self.shell.out.flush()?;
        self.view.leave();
        suspend();
        self.view.refresh();
        match (self.next.take(), was_cut) {
            (_, true) => self.ask_for(Kind::Run),
            (Some(kind), false) => self.ask_for(kind),
            (None, false) => Ok(()),
        }
    }

    fn end(&mut self, exit: Exit) {
        self.ending = Some(Ending { exit, by: Instant::now() + FAREWELL });
        if let Some(job) = &self.job {
            job.stop.ask();
        }
    }

    /// How to end, once nothing is at work any more.
    fn exit(&mut self, now: Instant) -> Result<Option<Exit>, Failure> {
        let Some(ending) = &self.ending else { return Ok(None) };
        if self.job.is_some() && now < ending.by {
            return Ok(None);
        }
        let exit = ending.exit;
        self.view.leave();
        self.tell(&News::Ended)?;
        Ok(Some(exit))
    }
}

impl Drop for Session<'_> {
    /// On every way out, the terminal is as it was.
    fn drop(&mut self) {
        if let Some(terminal) = &self.terminal {
            terminal.leave();
        }
    }
}

/// Whether the database would be in a folder that has gone. To make it there would make the folder anew,
/// and then the one that has gone could not be moved back.
fn is_lost(root: &Path, database: &Database) -> bool {
    !root.exists() && database.path().starts_with(root)
}

fn listen(bringer: Bringer, terminal: Option<Terminal>) -> Result<Interrupts, Failure> {
    let heard = move |heard| drop(bringer.send(Event::Heard(heard)));
    let last = move || {
        if let Some(terminal) = &terminal {
            terminal.leave();
        }
    };
    Interrupts::hear(heard, last)
}
