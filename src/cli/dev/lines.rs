//! A session as lines that only grow, for people without a terminal.

use std::fmt::Write as _;

use super::model::Model;
use super::tables::TablesNews;
use super::view::{News, View};
use super::work::{Broke, Done};
use crate::cli::app::rendered;
use crate::cli::failure::Failure;
use crate::cli::findings::Format;
use crate::cli::output::Output;
use crate::cli::paint::Paint;
use crate::cli::run::{Teller, closing};
use crate::cli::units::{counted, time_of_day};
use crate::diag::{Diagnostic, Files};
use crate::run::{Clock, Event, Record, SystemClock};
use crate::watch::{Means, Outcome, Update};

/// More findings than these are not shown at once.
const MOST: usize = 20;

/// Writes lines.
pub(super) struct Lines<'a> {
    out: &'a Output,
    format: Format,
    teller: Teller,
}

impl<'a> Lines<'a> {
    pub(super) fn new(out: &'a Output, format: Format) -> Self {
        Self { out, format, teller: Teller::default() }
    }

    fn read(&self, update: &Update, ms: u64, model: &Model) -> Result<(), Failure> {
        let time = self.out.paint.dim(&time(model));
        if let Outcome::Unreadable(trouble) = &update.outcome {
            self.out.line(&format!(
                "{time}  {}: {}",
                self.out.paint.red("cannot read the app"),
                trouble.message
            ))?;
            if let Some(help) = &trouble.help {
                self.out.line(&format!("          {}: {help}", self.out.paint.cyan("help")))?;
            }
        } else {
            self.out.line(&format!("{time}  {}", summary(update, ms, model)))?;
        }
        for crash in &update.crashes {
            self.out.line(&crashed(crash.file.as_deref(), &crash.message, self.out.paint))?;
        }
        if let Some(state) = &update.state {
            self.findings(&update.fresh, &state.checked.files)?;
        }
        if let Some(before) = &update.before {
            self.out.print(&fixed(&update.fixed, &before.checked.files, self.out.paint))?;
        }
        self.out.flush()
    }

    fn findings(&self, found: &[Diagnostic], files: &Files) -> Result<(), Failure> {
        if found.is_empty() {
            return Ok(());
        }
        let mut shown = found.to_vec();
        shown.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        shown.truncate(MOST);
        self.out.line(&rendered(&shown, files, self.format, self.out.paint))?;
        let rest = found.len() - shown.len();
        if rest > 0 {
            self.out
                .line(&format!("and {}, `syncscope lint` shows all", counted(rest as u64, "more finding")))?;
        }
        Ok(())
    }

    fn done(&self, done: &Done) -> Result<(), Failure> {
        match &done.result {
            Ok(Some((summary, ended))) => {
                self.out.print(&closing(
                    ended,
                    &self.teller.seen,
                    summary,
                    SystemClock.now(),
                    self.out.paint,
                ))?;
            }
            Ok(None) => {}
            Err(broke) => self.out.print(&broken(broke, self.out.paint))?,
        }
        self.out.flush()
    }
}

impl View for Lines<'_> {
    fn tell(&mut self, news: &News<'_>, model: &Model) -> Result<(), Failure> {
        match news {
            News::Started => self.out.note("watching, Ctrl-C ends"),
            News::Means(means) => {
                if let Some(text) = polling(means) {
                    self.out.note(&text);
                }
            }
            News::Read { updates, took } => {
                let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
                for update in updates.iter().filter(|update| update.outcome != Outcome::Unchanged) {
                    self.read(update, ms, model)?;
                }
                if let Some(old) = model.old_version() {
                    self.out.line(&self.out.paint.yellow(&old))?;
                }
                self.out.flush()?;
            }
            News::Same => self.out.note("nothing has changed"),
            News::Tables(news) => self.out.note(&tables(news)),
            News::Ran(record) => {
                let text = take(&mut self.teller, record, self.out.paint);
                self.out.print(&text)?;
                self.out.flush()?;
            }
            News::Done(done) => self.done(done)?,
            News::Differs(differences) => {
                for difference in *differences {
                    self.out.line(&format!("{} {}", self.out.paint.cyan("now"), difference.text()))?;
                }
                self.out.flush()?;
            }
            News::Status(text) => self.out.print(text)?,
            News::Note(text) => self.out.note(text),
            News::Begins | News::Suspended | News::Ended => {}
        }
        Ok(())
    }
}

/// The lines that a record adds; a new run begins anew.
pub(super) fn take(teller: &mut Teller, record: &Record, paint: Paint) -> String {
    if matches!(record.event, Event::RunStarted { .. }) {
        *teller = Teller::default();
    }
    teller.take(&record.event, paint).1
}

/// `jigs/home.jigx: 1 new, 2 still there, 4 ms`
pub(super) fn summary(update: &Update, ms: u64, model: &Model) -> String {
    let what = match update.changed.as_slice() {
        [] => model.name(),
        [one] => one.clone(),
        [one, other] => format!("{one}, {other}"),
        [one, rest @ ..] => format!("{one} and {}", counted(rest.len() as u64, "other file")),
    };
    let counts = match &update.before {
        None => format!("{}, {}", counted(model.files() as u64, "file"), model.counts().text()),
        Some(_) => moved(update),
    };
    let state = match update.outcome {
        Outcome::Accepted if update.was_broken => ", good again",
        _ => "",
    };
    format!("{what}: {counts}, {ms} ms{state}")
}

/// `1 new, 1 fixed, 2 still there`
pub(super) fn moved(update: &Update) -> String {
    let parts = [(update.fresh.len(), "new"), (update.fixed.len(), "fixed"), (update.still, "still there")];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if told.is_empty() { "no problems".to_owned() } else { told.join(", ") }
}

/// One line for each that is gone.
pub(super) fn fixed(found: &[Diagnostic], files: &Files, paint: Paint) -> String {
    let line = |finding: &Diagnostic| {
        let (path, severity, rule) =
            (files.get(finding.span.file).path(), finding.severity.word(), finding.rule);
        format!("{} {severity}[{rule}] {path}: {}\n", paint.green("fixed"), finding.message)
    };
    let mut text: String = found.iter().take(MOST).map(line).collect();
    if found.len() > MOST {
        let _ = writeln!(text, "and {} fixed", counted((found.len() - MOST) as u64, "other"));
    }
    text
}

/// How changes are noticed, when that is worth a word.
pub(super) fn polling(means: &Means) -> Option<String> {
    match means {
        Means::Events => None,
        Means::Polling(reason) => Some(format!("looking for changes again and again, {reason}")),
    }
}

pub(super) fn tables(news: &TablesNews) -> String {
    match news {
        TablesNews::Served { url, tables, again } => {
            let tables = counted(tables.len() as u64, "table");
            let again = if *again { ", as they are now" } else { "" };
            format!("serving {tables} at {url}{again}")
        }
        TablesNews::Broken { message, still: None } => format!("cannot serve the tables: {message}"),
        TablesNews::Broken { message, still: Some(since) } => {
            format!("still serving the tables of {}: {message}", time_of_day(*since))
        }
    }
}

/// Why a run could not be done.
pub(super) fn broken(broke: &Broke, paint: Paint) -> String {
    let error = paint.red("error");
    match broke {
        Broke::Failure(Failure::Told(told)) => {
            let help = told.help.as_ref().map(|help| format!("{}: {help}\n", paint.cyan("help")));
            format!("{error}: {}\n{}", told.message, help.unwrap_or_default())
        }
        Broke::Failure(Failure::ClosedPipe) => String::new(),
        Broke::Panic(message) => crashed(None, message, paint) + "\n",
    }
}

/// A mistake of our own, in one line.
pub(super) fn crashed(file: Option<&str>, message: &str, paint: Paint) -> String {
    let place = file.map(|file| format!(" with `{file}`")).unwrap_or_default();
    format!("{}: something went wrong inside syncscope{place}: {message}", paint.red("error"))
}

/// When the apps were read last.
pub(super) fn time(model: &Model) -> String {
    model.read.map(|(at, _)| time_of_day(at)).unwrap_or_default()
}
