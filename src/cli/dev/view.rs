//! How a session is told: the one interface that its page, its lines and its JSON have in common.

use std::time::{Duration, Instant};

use super::events::Events;
use super::inputs::Difference;
use super::keys::Key;
use super::lines::Lines;
use super::model::Model;
use super::page::Page;
use super::tables::TablesNews;
use super::work::Done;
use crate::cli::failure::Failure;
use crate::cli::findings::Format;
use crate::cli::shell::Shell;
use crate::cli::terminal::Terminal;
use crate::run::Record;
use crate::watch::{Means, Update};

/// For whom it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// For people, with findings like this.
    People(Format),
    /// For programs: one JSON object a line.
    Programs,
}

/// What is told.
pub(super) enum News<'a> {
    /// The session begins.
    Started,
    /// Changes are noticed in this way from now on.
    Means(&'a Means),
    /// Apps were read, and something about them is different.
    Read { updates: &'a [Update], took: Duration },
    /// Apps were read because somebody wanted it, and nothing is different.
    Same,
    /// Tables are served, or cannot be.
    Tables(&'a TablesNews),
    /// A run is about to begin.
    Begins,
    /// In a run.
    Ran(&'a Record),
    /// A run is over.
    Done(&'a Done),
    /// Guards or datasources read something else now.
    Differs(&'a [Difference]),
    /// The database's scopes and statuses, because somebody wanted to see them.
    Status(&'a str),
    /// Something that is worth a line.
    Note(&'a str),
    /// The session is interrupted until the process goes on.
    Suspended,
    /// The session ends.
    Ended,
}

/// Tells what happens.
pub(super) trait View {
    /// Tells news; the model knows of them already.
    fn tell(&mut self, news: &News<'_>, model: &Model) -> Result<(), Failure>;

    /// A key that only changes what is shown.
    fn press(&mut self, _key: Key, _model: &Model) -> Result<(), Failure> {
        Ok(())
    }

    /// When it wants to be asked to draw.
    fn due(&self) -> Option<Instant> {
        None
    }

    /// Draws, when it is due.
    fn draw(&mut self, _model: &Model, _now: Instant) -> Result<(), Failure> {
        Ok(())
    }

    /// The terminal has another size, or is ours again.
    fn refresh(&mut self) {}

    /// Gives the terminal back.
    fn leave(&mut self) {}
}

/// The view for these streams.
pub(super) fn of<'a>(style: Style, shell: &'a Shell, terminal: Option<&Terminal>) -> Box<dyn View + 'a> {
    match (style, terminal) {
        (Style::Programs, _) => Box::new(Events::new(&shell.out)),
        (Style::People(_), Some(terminal)) => Box::new(Page::new(&shell.out, terminal.clone())),
        (Style::People(format), None) => Box::new(Lines::new(&shell.out, format)),
    }
}
