//! Reads and checks the apps in a thread of its own, so that keys and runs never wait for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::queue::{Bringer, Event};
use super::tables::{Served, Tables, TablesNews};
use crate::cli::failure::Failure;
use crate::lint::Checked;
use crate::watch::{Change, Choice, LiveApp, Means, Update, Wanted, Watcher};

/// Expressions and trees may stand deep in one another.
const STACK: usize = 16 << 20;

/// The thread that reads; it ends with this.
pub(super) struct Reader {
    changes: Sender<Change>,
}

/// What was read.
pub(super) struct Seen {
    /// Of every app, in their order.
    pub(super) updates: Vec<Update>,
    /// The folder of the first app, which may have gone.
    pub(super) root: Option<PathBuf>,
    /// The last good versions.
    pub(super) current: Vec<Option<Arc<Checked>>>,
    /// How long it took, waiting excluded.
    pub(super) took: Duration,
}

/// What else is in place now.
pub(super) struct Ready {
    /// The served tables, if there are any.
    pub(super) served: Option<Served>,
    /// What happened to them.
    pub(super) tables: Option<TablesNews>,
    /// How changes are noticed.
    pub(super) means: Means,
}

impl Reader {
    /// Starts to watch, and then reads whenever it is asked.
    pub(super) fn start(
        apps: Vec<LiveApp>,
        choice: Choice,
        tables: Option<Tables>,
        events: Bringer,
    ) -> Result<Self, Failure> {
        let (changes, asked) = channel();
        let work = move || Reading::new(apps, choice, tables, events).work(&asked);
        let thread = thread::Builder::new().name("dev-reader".to_owned()).stack_size(STACK);
        thread
            .spawn(work)
            .map_err(|error| Failure::environment(format!("cannot start a thread: {error}")))?;
        Ok(Self { changes })
    }

    /// Asks for what changed.
    pub(super) fn read(&self, change: Change) {
        // Without a reader the session is about to end.
        let _ = self.changes.send(change);
    }
}

struct Reading {
    apps: Vec<LiveApp>,
    watcher: Watcher,
    tables: Option<Tables>,
    events: Bringer,
}

impl Reading {
    fn new(apps: Vec<LiveApp>, choice: Choice, tables: Option<Tables>, events: Bringer) -> Self {
        let noticed = events.clone();
        let tell = Arc::new(move |what| drop(noticed.send(Event::Noticed(what))));
        let watcher = Watcher::start(choice, &wanted(&apps), tell);
        Self { apps, watcher, tables, events }
    }

    fn work(mut self, asked: &Receiver<Change>) {
        while let Ok(change) = asked.recv() {
            // New folders are watched before they are read, so that nothing is missed in between.
            self.watcher.follow(&wanted(&self.apps));
            let seen = self.read(&change);
            let ready = |this: &mut Self| {
                this.watcher.follow(&wanted(&this.apps));
                this.ready(&change)
            };
            if self.events.send(Event::Seen(Box::new(seen))).is_err() {
                return;
            }
            let ready = ready(&mut self);
            if self.events.send(Event::Ready(ready)).is_err() {
                return;
            }
        }
    }

    fn read(&mut self, change: &Change) -> Seen {
        let begun = Instant::now();
        let updates = self.apps.iter_mut().map(|app| app.reload(change)).collect();
        let current = self.apps.iter().map(|app| app.current().cloned()).collect();
        let root = self.apps.first().map(|app| app.wanted().app.root);
        Seen { updates, root, current, took: begun.elapsed() }
    }

    fn ready(&mut self, change: &Change) -> Ready {
        let folder: Option<PathBuf> = self
            .apps
            .first()
            .and_then(LiveApp::current)
            .and_then(|checked| checked.loaded.project.settings.backend.clone());
        let news = self.tables.as_mut().and_then(|tables| tables.follow(folder.as_deref(), change));
        let served = self.tables.as_ref().and_then(Tables::served);
        Ready { served, tables: news, means: self.watcher.means() }
    }
}

fn wanted(apps: &[LiveApp]) -> Vec<Wanted> {
    apps.iter().map(LiveApp::wanted).collect()
}
