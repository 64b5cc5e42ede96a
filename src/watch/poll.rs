//! Finds changes by looking again and again, where nobody tells of them. Reads the file system.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, SystemTime};

use super::fs::Tell;
use super::places::Places;
use super::settle::Noticed;

/// How often the folders are looked at.
const INTERVAL: Duration = Duration::from_millis(300);
/// For so many looks after a change the content of a file is compared as well: a second write may
/// leave its length and, where times are coarse, its time as they are.
const LOOKS: u8 = 12;
/// Larger files are known by length and time alone.
const MOST_COMPARED: u64 = 1 << 20;

/// Looks at the folders until it is dropped.
pub(super) struct Poll {
    /// Closed by the drop, which ends the thread.
    _stop: Sender<()>,
}

impl Poll {
    pub(super) fn start(places: Arc<RwLock<Places>>, tell: Arc<Tell>) -> Self {
        let (stop, stopped) = channel();
        // The first look is over when this returns: what changes from now on is found.
        let mut seen = Seen::default();
        seen.look(&current(&places));
        thread::spawn(move || look_again_and_again(seen, &places, &*tell, &stopped));
        Self { _stop: stop }
    }
}

fn current(places: &RwLock<Places>) -> Places {
    places.read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn look_again_and_again(mut seen: Seen, places: &RwLock<Places>, tell: &Tell, stopped: &Receiver<()>) {
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let changed = seen.look(&current(places));
        if !changed.is_empty() {
            tell(Noticed::Paths(changed));
        }
    }
}

/// What the last look saw, by the app's names.
#[derive(Default)]
struct Seen {
    entries: BTreeMap<PathBuf, Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    stamp: Stamp,
    content: Option<u64>,
    /// How many more looks compare the content.
    looks: u8,
}

/// What the file system says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    folder: bool,
    length: u64,
    modified: Option<SystemTime>,
    number: u64,
}

impl Seen {
    /// What came, went or changed since the last look.
    fn look(&mut self, places: &Places) -> Vec<PathBuf> {
        let mut now = BTreeMap::new();
        for folder in places.folders() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                for name in places.named(&entry.path()) {
                    if let Ok(metadata) = fs::metadata(&name) {
                        now.insert(name.clone(), self.entry(&name, &metadata));
                    }
                }
            }
        }
        let before = std::mem::replace(&mut self.entries, now);
        let gone = before.keys().filter(|path| !self.entries.contains_key(*path)).cloned();
        let differs = |path: &Path, entry: &Entry| before.get(path).is_none_or(|old| old.differs(entry));
        let changed = self.entries.iter().filter(|(path, entry)| differs(path, entry));
        gone.chain(changed.map(|(path, _)| path.clone())).collect()
    }

    fn entry(&self, path: &Path, metadata: &Metadata) -> Entry {
        let stamp = Stamp::of(metadata);
        let looks = match self.entries.get(path) {
            Some(old) if old.stamp == stamp => old.looks.saturating_sub(1),
            _ => LOOKS,
        };
        let content = (looks > 0 && !stamp.folder && stamp.length <= MOST_COMPARED).then(|| content(path));
        Entry { stamp, content: content.flatten(), looks }
    }
}

impl Entry {
    /// Folders tell of what is in them by their entries.
    fn differs(&self, other: &Self) -> bool {
        let content = matches!((self.content, other.content), (Some(a), Some(b)) if a != b);
        if self.stamp.folder && other.stamp.folder {
            return self.stamp.number != other.stamp.number;
        }
        self.stamp != other.stamp || content
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self { folder: metadata.is_dir(), length: metadata.len(), modified, number: number(metadata) }
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_metadata: &Metadata) -> u64 {
    0
}

fn content(path: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    fs::read(path).ok()?.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::app::AppPath;
    use crate::watch::places::Wanted;

    struct Disk {
        dir: tempfile::TempDir,
        seen: Seen,
    }

    impl Disk {
        fn new() -> Self {
            let mut disk = Self { dir: tempfile::tempdir().unwrap(), seen: Seen::default() };
            disk.write("jigs/home.jigx", "a");
            disk.write("app.db", "x");
            disk.look();
            disk
        }

        fn at(&self, path: &str) -> PathBuf {
            fs::canonicalize(self.dir.path()).unwrap().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
            fs::write(self.at(path), text).unwrap();
        }

        fn look(&mut self) -> Vec<String> {
            let root = self.at("");
            let app =
                AppPath { root: root.clone(), single: None, selected: vec![], shown_from: root.clone() };
            let changed = self.seen.look(&Places::of(&[Wanted { app, tables: None }]));
            let below = changed.iter().filter_map(|path| path.strip_prefix(&root).ok());
            below.map(|path| path.to_str().unwrap().to_owned()).collect()
        }
    }

    #[test]
    fn what_comes_goes_and_changes_is_found_once() {
        let mut disk = Disk::new();
        assert!(disk.look().is_empty());
        disk.write("jigs/home.jigx", "longer");
        disk.write("jigs/sub/new.jigx", "");
        disk.write("app.db", "not ours");
        assert_eq!(disk.look(), ["jigs/home.jigx", "jigs/sub", "jigs/sub/new.jigx"]);
        assert!(disk.look().is_empty());
        fs::remove_dir_all(disk.at("jigs/sub")).unwrap();
        assert_eq!(disk.look(), ["jigs/sub", "jigs/sub/new.jigx"]);
    }

    #[test]
    fn a_write_that_leaves_length_and_time_as_they_are_is_found() {
        let mut disk = Disk::new();
        let path = disk.at("jigs/home.jigx");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "b").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        assert_eq!(disk.look(), ["jigs/home.jigx"]);
    }

    #[test]
    fn contents_are_compared_for_a_while_only() {
        let mut disk = Disk::new();
        for _ in 0..LOOKS {
            disk.look();
        }
        assert!(disk.seen.entries.values().all(|entry| entry.content.is_none()));
    }
}
