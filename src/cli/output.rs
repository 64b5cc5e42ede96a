//! Where everything that is printed passes through: results, notes, errors. Prints.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::paint::Paint;
use super::redact::Redactor;
use super::streams::Sink;
use crate::app::Secret;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// How much is told beside the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verbosity {
    /// Errors only.
    Quiet,
    /// What people usually want.
    Normal,
    /// Everything.
    Verbose,
}

/// The two output streams; usable from several threads.
pub(super) struct Output {
    stdout: Mutex<Box<dyn Write + Send>>,
    stderr: Mutex<Box<dyn Write + Send>>,
    redactor: Mutex<Redactor>,
    verbosity: Verbosity,
    /// Colour of results.
    pub(super) paint: Paint,
    /// Colour of notes and errors.
    pub(super) paint_notes: Paint,
}

impl Output {
    pub(super) fn new(stdout: Sink, stderr: Sink, paints: (Paint, Paint), verbosity: Verbosity) -> Self {
        Self {
            stdout: Mutex::new(stdout.into_writer()),
            stderr: Mutex::new(stderr.into_writer()),
            redactor: Mutex::default(),
            verbosity,
            paint: paints.0,
            paint_notes: paints.1,
        }
    }

    /// Keeps these out of everything that is printed from now on.
    pub(super) fn hide(&self, secrets: &[Secret]) {
        locked(&self.redactor).add(secrets);
    }

    /// Writes a text of the results as it is.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        let redactor = locked(&self.redactor);
        locked(&self.stdout).write_all(redactor.text(text).as_bytes())?;
        Ok(())
    }

    /// Writes a text that the user gave, changed in places, byte for byte: with secrets taken out it
    /// would no longer be that text.
    pub(super) fn give_back(&self, text: &str) -> Result<(), Failure> {
        locked(&self.stdout).write_all(text.as_bytes())?;
        Ok(())
    }

    /// Writes a line of the results.
    pub(super) fn line(&self, text: &str) -> Result<(), Failure> {
        self.print(&format!("{text}\n"))
    }

    /// Writes a value as one line of JSON.
    pub(super) fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        let value = self.clean(value);
        writeln!(locked(&self.stdout), "{value}")?;
        Ok(())
    }

    /// Writes a value as indented JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let value = self.clean(value);
        writeln!(locked(&self.stdout), "{value:#}")?;
        Ok(())
    }

    /// Writes the text of a JSON document, secrets removed value by value.
    pub(super) fn json_text(&self, text: &str) -> Result<(), Failure> {
        let idle = locked(&self.redactor).is_idle();
        match serde_json::from_str::<Value>(text) {
            Ok(value) if !idle => self.json(&value),
            _ => self.print(text),
        }
    }

    /// Tells something beside the results, unless asked to be quiet.
    pub(super) fn note(&self, text: &str) {
        if self.verbosity >= Verbosity::Normal {
            self.tell(text);
        }
    }

    /// Tells a detail, when asked for details.
    pub(super) fn detail(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.tell(text);
        }
    }

    /// Tells why a command failed.
    pub(super) fn error(&self, message: &str, help: Option<&str>) {
        let paint = self.paint_notes;
        self.tell(&format!("{}: {message}", paint.red("error")));
        if let Some(help) = help {
            self.tell(&format!("{}: {help}", paint.cyan("help")));
        }
    }

    /// Shows a rendered list of problems on the error stream, whatever the verbosity.
    pub(super) fn problems(&self, text: &str) {
        self.tell(text.trim_end_matches('\n'));
    }

    /// How much to tell.
    pub(super) fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// The text without secrets.
    pub(super) fn redacted(&self, text: &str) -> String {
        locked(&self.redactor).text(text).into_owned()
    }

    pub(super) fn flush(&self) -> Result<(), Failure> {
        locked(&self.stdout).flush()?;
        Ok(())
    }

    /// Nobody can be told when the error stream itself is gone.
    fn tell(&self, text: &str) {
        let text = self.redacted(text);
        let mut stderr = locked(&self.stderr);
        let _ = writeln!(stderr, "{text}").and_then(|()| stderr.flush());
    }

    fn clean(&self, value: &impl Serialize) -> Value {
        let mut value = serde_json::to_value(value).expect("BUG: our own output has keys that are no text");
        locked(&self.redactor).value(&mut value);
        value
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
