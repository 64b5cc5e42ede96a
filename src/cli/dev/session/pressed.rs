//! What the keys do.

use std::time::Instant;

use super::Session;
use crate::cli::Exit;
use crate::cli::dev::keys::Key;
use crate::cli::dev::view::News;
use crate::cli::dev::work::Kind;
use crate::cli::failure::Failure;
use crate::cli::scopes;
use crate::cli::session::{Database, open_for_reading};
use crate::run::{Clock, SystemClock};
use crate::watch::Change;

impl Session<'_> {
    pub(super) fn press(&mut self, key: Key) -> Result<(), Failure> {
        match key {
            Key::Run => self.ask_for(Kind::Run),
            Key::Lint => {
                self.is_asked = true;
                self.settle.note(Change::anywhere(), Instant::now());
                self.view.press(key, &self.model)
            }
            Key::Status => {
                let text = self.status().unwrap_or_else(|failure| failure.into_trouble().message);
                self.tell(&News::Status(&text))
            }
            Key::Clear | Key::Help => self.view.press(key, &self.model),
            Key::Choose(at) => self.choose(at),
            Key::Quit => {
                self.end(Exit::Clean);
                Ok(())
            }
        }
    }

    /// What runs from now on.
    fn choose(&mut self, at: usize) -> Result<(), Failure> {
        let Some(choices) = &mut self.model.runs else { return Ok(()) };
        let Some(chosen) = choices.others.get(at) else { return Ok(()) };
        choices.chosen = chosen.clone();
        if let (Some(runs), Some(choices)) = (&mut self.runs, &self.model.runs) {
            runs.asked.choose(&choices.chosen);
        }
        // What another trigger read is nothing to compare with.
        self.looked = None;
        self.ask_for(Kind::Run)
    }

    /// The scopes and statuses that the database holds now.
    fn status(&self) -> Result<String, Failure> {
        let Some(current) = &self.current else { return Ok("nothing can run yet".to_owned()) };
        let database = Database::of(&current.loaded.project.settings, self.named_database());
        let store = open_for_reading(&database)?;
        let (now, paint) = (SystemClock.now(), self.shell.out.paint);
        let mut parts: Vec<String> =
            store.scopes()?.iter().map(|row| scopes::scope(row, now, paint)).collect();
        let statuses = store.statuses()?;
        if !statuses.is_empty() {
            parts.push(scopes::statuses(&statuses, now, paint));
        }
        Ok(if parts.is_empty() { "nothing has been synced yet".to_owned() } else { parts.join("\n") })
    }
}
