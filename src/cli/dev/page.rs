//! A session as a page on a terminal: it changes in place and is never empty in between.

mod layout;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::keys::Key;
use super::lines;
use super::model::{Model, words};
use super::view::{News, View};
use super::work::Done;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::paint::Paint;
use crate::cli::run::{Step, Teller, closing};
use crate::cli::terminal::{ENTER, Terminal, cut};
use crate::run::{Clock, Event, Record, SystemClock};
use crate::watch::Update;

use layout::{Content, Shown, layout};

/// Between two drawings of what goes on.
const PAUSE: Duration = Duration::from_millis(60);
/// Reading that takes longer than this is said to go on.
const PATIENCE: Duration = Duration::from_millis(150);
/// Older lines of a run are forgotten.
const MOST_LINES: usize = 1000;

/// Draws pages.
pub(super) struct Page<'a> {
    out: &'a Output,
    terminal: Terminal,
    is_ours: bool,
    /// When the next drawing is due.
    due: Option<Instant>,
    drawn: Vec<String>,
    told: Told,
}

/// What has been told so far.
#[derive(Default)]
struct Told {
    /// What the last change brought, in one line.
    change: Option<String>,
    /// The number of the last reading that brought something.
    latest: u64,
    notes: Vec<String>,
    differences: Vec<String>,
    teller: Teller,
    run: Vec<String>,
    /// Scopes and tables on their way.
    under_way: BTreeMap<(u8, String), String>,
    panel: Panel,
}

/// What stands in place of findings and runs.
#[derive(Default, PartialEq, Eq)]
enum Panel {
    #[default]
    None,
    Help,
    Status(String),
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a Output, terminal: Terminal) -> Self {
        Self { out, terminal, is_ours: false, due: None, drawn: Vec::new(), told: Told::default() }
    }

    fn soon(&mut self, pause: Duration) {
        let at = Instant::now() + pause;
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    fn show(&mut self, frame: Vec<String>) -> Result<(), Failure> {
        let mut text = String::new();
        if !self.is_ours {
            self.terminal.enter();
            self.is_ours = true;
            text.push_str(ENTER);
        } else if frame == self.drawn {
            return Ok(());
        }
        // The terminal shows it all at once where it can; nothing is wiped before it is written over.
        text.push_str("\u{1b}[?2026h\u{1b}[H");
        for (n, line) in frame.iter().enumerate() {
            let end = if n > 0 { "\r\n" } else { "" };
            let _ = write!(text, "{end}{line}\u{1b}[K");
        }
        text.push_str("\u{1b}[J\u{1b}[?2026l");
        self.drawn = frame;
        self.out.print(&text)?;
        self.out.flush()
    }
}

impl View for Page<'_> {
    fn tell(&mut self, news: &News<'_>, model: &Model) -> Result<(), Failure> {
        let paint = self.out.paint;
        if matches!(news, News::Ended) {
            return self.out.line(&cut(&layout::headline(model, paint), Terminal::size().columns));
        }
        self.told.take(news, model, paint);
        self.soon(if matches!(news, News::Ran(_)) { PAUSE } else { Duration::ZERO });
        Ok(())
    }

    fn press(&mut self, key: Key, _model: &Model) -> Result<(), Failure> {
        let told = &mut self.told;
        match key {
            Key::Help if told.panel == Panel::Help => told.panel = Panel::None,
            Key::Help => told.panel = Panel::Help,
            Key::Clear => *told = Told { latest: told.latest, ..Told::default() },
            _ => told.panel = Panel::None,
        }
        self.soon(Duration::ZERO);
        Ok(())
    }

    fn due(&self) -> Option<Instant> {
        self.due
    }

    fn draw(&mut self, model: &Model, now: Instant) -> Result<(), Failure> {
        let slow = model.reading.map(|since| since + PATIENCE).filter(|at| *at > now);
        if self.due.is_none_or(|due| now < due) {
            // Whoever waits for a long reading is told so.
            self.due = [self.due, slow].into_iter().flatten().min();
            return Ok(());
        }
        self.due = slow;
        let size = Terminal::size();
        let frame = layout(&self.told.content(model, self.out.paint, now), model, size, self.out.paint);
        self.show(frame)
    }

    fn refresh(&mut self) {
        self.drawn.clear();
        self.soon(Duration::ZERO);
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_ours) {
            self.terminal.leave();
        }
    }
}

impl Told {
    fn take(&mut self, news: &News<'_>, model: &Model, paint: Paint) {
        match news {
            News::Read { updates, took } => self.read(updates, *took, model, paint),
            News::Same => self.change = Some("nothing has changed".to_owned()),
            News::Means(means) => self.notes.extend(lines::polling(means)),
            News::Tables(news) => self.notes.push(lines::tables(news)),
            News::Note(text) => self.notes.push((*text).to_owned()),
            News::Begins => {
                // What was read before is old now, and so are the scopes.
                self.differences.clear();
                self.panel = Panel::None;
            }
            News::Ran(record) => self.ran(record, paint),
            News::Done(done) => self.done(done, paint),
            News::Differs(differences) => {
                self.differences = differences.iter().map(super::inputs::Difference::text).collect();
            }
            News::Status(text) => {
                let shown = Panel::Status((*text).to_owned());
                self.panel = if matches!(self.panel, Panel::Status(_)) { Panel::None } else { shown };
            }
            News::Started | News::Suspended | News::Ended => {}
        }
        let old = self.notes.len().saturating_sub(3);
        self.notes.drain(..old);
    }

    fn read(&mut self, updates: &[Update], took: Duration, model: &Model, paint: Paint) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let told = updates.iter().filter(|update| update.outcome != crate::watch::Outcome::Unchanged);
        let mut change = Vec::new();
        for update in told {
            self.latest = self.latest.max(update.number);
            change.push(lines::summary(update, ms, model));
            for crash in &update.crashes {
                self.notes.push(lines::crashed(crash.file.as_deref(), &crash.message, paint));
            }
        }
        self.change = Some(change.join("; "));
        self.differences.clear();
        // Nothing may hide what a save has broken.
        self.panel = Panel::None;
    }

    fn ran(&mut self, record: &Record, paint: Paint) {
        if matches!(record.event, Event::RunStarted { .. }) {
            (self.teller, self.run) = (Teller::for_cut_lines(), Vec::new());
            self.under_way.clear();
        }
        let (step, text) = self.teller.take(&record.event, paint);
        self.run.extend(text.lines().map(str::to_owned));
        let old = self.run.len().saturating_sub(MOST_LINES);
        self.run.drain(..old);
        match step {
            Some(Step::Scope { id, ended, total }) => {
                let line = format!("  {} {ended}/{total} {id}", bar(ended, total, paint));
                self.under_way.insert((1, id), line);
            }
            Some(Step::Table { name, message }) => {
                self.under_way.insert((0, name), format!("  {} {message}", paint.cyan("↓")));
            }
            Some(Step::ScopeEnded(id)) => drop(self.under_way.remove(&(1, id))),
            Some(Step::TableEnded(name)) => drop(self.under_way.remove(&(0, name))),
            None => {}
        }
    }

    fn done(&mut self, done: &Done, paint: Paint) {
        self.under_way.clear();
        let text = match &done.result {
            Ok(Some((summary, ended))) => {
                closing(&ended.without_history(), &self.teller.seen, summary, SystemClock.now(), paint)
            }
            Ok(None) => String::new(),
            Err(broke) => {
                self.run.clear();
                lines::broken(broke, paint)
            }
        };
        self.run.extend(text.lines().map(str::to_owned));
    }

    fn content(&self, model: &Model, paint: Paint, now: Instant) -> Content {
        let is_slow = model.reading.is_some_and(|since| now >= since + PATIENCE);
        let panel = match &self.panel {
            Panel::None => None,
            Panel::Help => Some(Shown { lines: help(model, paint), key: "?" }),
            Panel::Status(text) => Some(Shown { lines: text.lines().map(str::to_owned).collect(), key: "s" }),
        };
        let run = self.run.iter().chain(self.under_way.values()).cloned().collect();
        Content {
            is_reading: is_slow || model.read.is_none(),
            change: self.change.clone(),
            latest: self.latest,
            notes: self.notes.clone(),
            differences: self.differences.clone(),
            run,
            panel,
        }
    }
}

/// The keys, and what can be chosen by a number.
fn help(model: &Model, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let mut key = |key: &str, does: &str| lines.push(format!("  {}  {does}", paint.bold(key)));
    if let Some(choices) = &model.runs {
        key("r", &format!("run {}", words(&choices.chosen)));
    }
    key("l", "read and check everything anew");
    if model.runs.is_some() {
        key("s", "show scopes and statuses");
    }
    key("c", "clear what was told so far");
    key("?", "show the keys");
    key("q", "quit");
    for (n, trigger) in model.runs.iter().flat_map(|choices| &choices.others).enumerate() {
        key(&(n + 1).to_string(), &format!("run {} from now on", words(trigger)));
    }
    lines
}

fn bar(ended: u64, total: u64, paint: Paint) -> String {
    const WIDTH: u64 = 24;
    let full = usize::try_from((ended * WIDTH).checked_div(total).unwrap_or(WIDTH).min(WIDTH)).unwrap_or(0);
    let rest = usize::try_from(WIDTH).unwrap_or(0) - full;
    format!("{}{}", paint.cyan(&"━".repeat(full)), paint.dim(&"╌".repeat(rest)))
}
