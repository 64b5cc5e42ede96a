//! Watches folders: by events of the system where they can be had, by looking again and again where
//! not. Reads the file system; the only user of `notify`.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use notify::event::{EventKind, ModifyKind};
use notify::{Config, ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::kind;
use super::places::{Places, Wanted};
use super::poll::Poll;
use super::settle::Noticed;

/// Hears what was noticed, from a thread of the watcher.
pub type Tell = dyn Fn(Noticed) + Send + Sync;

/// How a user wants to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// By events, unless they cannot be had.
    Best,
    /// By looking again and again.
    Poll,
}

/// How changes are noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// The system tells of them.
    Events,
    /// By looking again and again, for this reason.
    Polling(Reason),
}

/// Why nobody tells of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The user wants it so.
    Asked,
    /// The file system is of a kind that tells of no changes made elsewhere.
    FileSystem(&'static str),
    /// The system watches as many folders as it may.
    Limit,
    /// Something else, in the words of the system.
    Refused(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("because `--poll` says so"),
            Self::FileSystem(name) => write!(f, "because {name} may not tell of changes"),
            Self::Limit => {
                f.write_str("because the limit of watched folders is reached (`fs.inotify.max_user_watches`)")
            }
            Self::Refused(error) => write!(f, "because watching failed: {error}"),
        }
    }
}

/// Notices what happens to apps, as long as it lives.
pub struct Watcher {
    how: How,
    places: Arc<RwLock<Places>>,
    tell: Arc<Tell>,
    /// Real folders that events come from.
    watched: BTreeSet<PathBuf>,
    /// Folders that went, or came anew under the name of one that was watched.
    stale: Arc<Mutex<BTreeSet<PathBuf>>>,
}

enum How {
    Events(RecommendedWatcher),
    Polling(Reason, #[allow(dead_code)] Poll), // lives as long as this
}

impl Watcher {
    /// Starts to watch. What happens from now on is told.
    pub fn start(choice: Choice, wanted: &[Wanted], tell: Arc<Tell>) -> Self {
        let places = Arc::new(RwLock::new(Places::of(wanted)));
        let stale: Arc<Mutex<BTreeSet<PathBuf>>> = Arc::default();
        let reason = match choice {
            Choice::Poll => Some(Reason::Asked),
            Choice::Best => {
                kind::silent(wanted.iter().map(|one| one.app.root.as_path())).map(Reason::FileSystem)
            }
        };
        let how = match reason {
            Some(reason) => How::Polling(reason, Poll::start(Arc::clone(&places), Arc::clone(&tell))),
            None => match events(&places, &tell, &stale) {
                Ok(watcher) => How::Events(watcher),
                Err(error) => How::Polling(error.into(), Poll::start(Arc::clone(&places), Arc::clone(&tell))),
            },
        };
        let mut watcher = Self { how, places, tell, watched: BTreeSet::new(), stale };
        watcher.follow(wanted);
        watcher
    }

    /// Watches what is there now: folders may have come, gone, or moved.
    pub fn follow(&mut self, wanted: &[Wanted]) {
        let mut stale = std::mem::take(&mut *locked(&self.stale));
        if !self.may_differ(wanted, &stale) {
            return;
        }
        loop {
            let places = Places::of(wanted);
            let folders: BTreeSet<PathBuf> = places.folders().cloned().collect();
            *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
            if !self.watch(&folders, &std::mem::take(&mut stale)) {
                return;
            }
            // In a folder that was not watched yet others may have come meanwhile.
        }
    }

    /// Whether there may be other folders than those that are watched. Saving a file makes none, and
    /// looking for them takes longer than reading it.
    fn may_differ(&self, wanted: &[Wanted], stale: &BTreeSet<PathBuf>) -> bool {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        // A link that leads nowhere is there, and what it leads to may come.
        let is_file = |path: &PathBuf| std::fs::symlink_metadata(path).map_or(true, |found| found.is_file());
        let is_of_a_file =
            |path: &PathBuf| !self.watched.contains(path) && !places.is_linked(path) && is_file(path);
        self.watched.is_empty() || !places.is_for(wanted) || !stale.iter().all(is_of_a_file)
    }

    /// How changes are noticed.
    #[must_use]
    pub fn means(&self) -> Means {
        match &self.how {
            How::Events(_) => Means::Events,
            How::Polling(reason, _) => Means::Polling(reason.clone()),
        }
    }

    /// Watches exactly these; true when one is new.
    fn watch(&mut self, folders: &BTreeSet<PathBuf>, stale: &BTreeSet<PathBuf>) -> bool {
        let How::Events(watcher) = &mut self.how else { return false };
        let is_stale = |folder: &Path| folder.ancestors().any(|above| stale.contains(above));
        self.watched.retain(|folder| {
            let stays = folders.contains(folder) && !is_stale(folder);
            if !stays {
                // A folder that is gone took its watch with it.
                let _ = watcher.unwatch(folder);
            }
            stays
        });
        let mut is_new = false;
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner).clone();
        for folder in folders {
            if self.watched.contains(folder) {
                continue;
            }
            match watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => is_new |= self.watched.insert(folder.clone()),
                // Gone again already; the folder above tells when it comes back.
                Err(error) if is_missing(&error) => {}
                // Whoever may not look into a folder high above will not move what is in it either.
                Err(_) if places.is_above(folder) => {}
                Err(error) => {
                    self.give_up(error.into());
                    return false;
                }
            }
        }
        is_new
    }

    /// Goes on by looking again and again.
    fn give_up(&mut self, reason: Reason) {
        self.how = How::Polling(reason, Poll::start(Arc::clone(&self.places), Arc::clone(&self.tell)));
        self.watched.clear();
        // What happened before the first look was over may have been told by nobody.
        (self.tell)(Noticed::Anywhere);
    }
}

fn events(
    places: &Arc<RwLock<Places>>,
    tell: &Arc<Tell>,
    stale: &Arc<Mutex<BTreeSet<PathBuf>>>,
) -> notify::Result<RecommendedWatcher> {
    let (places, tell, stale) = (Arc::clone(places), Arc::clone(tell), Arc::clone(stale));
    let handler = move |event: notify::Result<Event>| {
        let noticed = match event {
            Ok(event) if is_change(event.kind) && !event.need_rescan() => {
                let places = places.read().unwrap_or_else(PoisonError::into_inner);
                if moves(event.kind) {
                    let ours = event.paths.iter().filter(|path| places.concern(path));
                    locked(&stale).extend(ours.cloned());
                }
                Noticed::Paths(event.paths.iter().flat_map(|path| places.named(path)).collect())
            }
            Ok(event) if !event.need_rescan() => return,
            // Events were lost.
            _ => {
                locked(&stale).insert(PathBuf::from("/"));
                Noticed::Anywhere
            }
        };
        if noticed != Noticed::Paths(Vec::new()) {
            tell(noticed);
        }
    };
    RecommendedWatcher::new(handler, Config::default())
}

/// Reading, which we do ourselves, changes nothing.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
}

/// Whether what was watched under a name may now be something else.
fn moves(kind: EventKind) -> bool {
    matches!(kind, EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)))
}

fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound | ErrorKind::WatchNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

impl From<notify::Error> for Reason {
    fn from(error: notify::Error) -> Self {
        match error.kind {
            ErrorKind::MaxFilesWatch => Self::Limit,
            // The number of processes that watch is limited as well.
            ErrorKind::Io(error) if error.raw_os_error() == Some(24) => Self::Limit,
            ErrorKind::Io(error) => Self::Refused(error.to_string()),
            ErrorKind::Generic(message) => Self::Refused(message),
            kind => Self::Refused(format!("{kind:?}")),
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
