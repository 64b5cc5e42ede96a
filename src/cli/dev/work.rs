//! One run, or one look at what guards and datasources read, in a thread of its own and on the app
//! that it began with.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Instant;

use super::inputs::{self, Look};
use super::queue::{Bringer, Event};
use super::tables::Served;
use crate::app::Settings;
use crate::cli::failure::Failure;
use crate::cli::run::{Asked, Ended};
use crate::cli::session::{self, Database, World};
use crate::lint::Checked;
use crate::run::{Engine, Observer, Providers, Record, Stop, Summary, SystemClock, Trigger};
use crate::store::Store;
use crate::watch::words;

/// Actions may stand deep in one another.
const STACK: usize = 16 << 20;

/// What is to be done.
pub(super) struct Job {
    /// The app, as it is now.
    pub(super) checked: Arc<Checked>,
    /// The tables, as they are now.
    pub(super) served: Option<Served>,
    pub(super) asked: Asked,
    pub(super) trigger: Trigger,
    /// The database that the user names.
    pub(super) database: Option<PathBuf>,
    pub(super) kind: Kind,
}

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Only look.
    Look,
    /// Look, run, and look again.
    Run,
}

/// How a job ended.
pub(super) struct Done {
    pub(super) kind: Kind,
    /// `None` for a look.
    pub(super) result: Result<Option<(Summary, Ended)>, Broke>,
    /// What is read when all is done.
    pub(super) look: Option<Look>,
}

/// Why it did not end as it should.
pub(super) enum Broke {
    /// It could not be done.
    Failure(Failure),
    /// A mistake of our own, in the words of the panic.
    Panic(String),
}

impl From<Failure> for Broke {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Job {
    /// Starts it; what happens is brought as events, the last of them [`Event::Done`].
    pub(super) fn start(self, stop: Stop, events: Bringer) -> Result<(), Failure> {
        let work = move || {
            let kind = self.kind;
            let result = fenced(|| self.work(&stop, &events));
            let look = fenced(|| Ok(self.look()?)).ok();
            // Without a session nobody wants to know.
            let _ = events.send(Event::Done(Box::new(Done { kind, result, look })));
        };
        let thread = thread::Builder::new().name("dev-run".to_owned()).stack_size(STACK);
        let started = thread.spawn(work);
        started.map(drop).map_err(|error| Failure::environment(format!("cannot start a thread: {error}")))
    }

    fn work(&self, stop: &Stop, events: &Bringer) -> Result<Option<(Summary, Ended)>, Broke> {
        let settings = self.settings();
        if self.kind == Kind::Look {
            return Ok(None);
        }
        let _ = events.send(Event::Looked(self.look()?));
        let database = Database::of(&settings, self.database.clone());
        let store = session::open_for_writing(&database)?;
        let bring = Bring(events.clone());
        let providers =
            session::providers(&self.checked.loaded.project, &settings, &World::real(), &database);
        let summary = self.engine(&store, providers, &bring, stop.clone()).trigger(&self.trigger);
        let summary = summary.map_err(Failure::from)?;
        let ended = Ended::read(&store).map_err(Failure::from)?;
        Ok(Some((summary, ended)))
    }

    /// What guards and datasources read now.
    fn look(&self) -> Result<Look, Failure> {
        let database = Database::of(&self.checked.loaded.project.settings, self.database.clone());
        let store = session::open_for_reading(&database)?;
        let engine = self.engine(&store, Providers::new(), &crate::cli::run::Silent, Stop::new(None));
        Ok(inputs::look(&engine, &self.trigger, Instant::now()))
    }

    fn engine<'a>(
        &'a self,
        store: &'a Store,
        providers: Providers,
        observer: &'a dyn Observer,
        stop: Stop,
    ) -> Engine<'a> {
        let project = &self.checked.loaded.project;
        let options = self.asked.options(&project.settings, self.served.as_ref().map(Served::url));
        let clock = Arc::new(SystemClock);
        Engine { project, files: &self.checked.files, store, providers, clock, observer, stop, options }
    }

    fn settings(&self) -> Settings {
        let settings = Settings::clone(&self.checked.loaded.project.settings);
        match &self.served {
            Some(served) => settings.with_backend(&served.url()),
            None => settings,
        }
    }
}

/// A panic ends the work, not the session.
fn fenced<T>(work: impl FnOnce() -> Result<T, Broke>) -> Result<T, Broke> {
    let result = catch_unwind(AssertUnwindSafe(work));
    result.unwrap_or_else(|panic| Err(Broke::Panic(words(&*panic))))
}

/// Brings the events of a run to the session.
struct Bring(Sender<Event>);

impl Observer for Bring {
    fn observe(&self, record: &Record) {
        // A run goes on to its end even if nobody listens.
        let _ = self.0.send(Event::Ran(Box::new(record.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_its_own_words() {
        let told = fenced::<()>(|| panic!("our own {}", "mistake"));
        assert!(matches!(told, Err(Broke::Panic(message)) if message == "our own mistake"));
        assert!(matches!(fenced(|| Ok(1)), Ok(1)));
    }
}
