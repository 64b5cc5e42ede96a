//! What is to be read again, under which ids, and the reading.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kept::{Kept, Slot};
use crate::app::collect::{self, Listed, Listing, Places, Role};
use crate::app::walk::Interner;
use crate::app::{LoadError, Script, in_parallel, lower};
use crate::diag::{FileId, Files};
use crate::syntax::DecodeError;

/// Between the ids of neighbouring files there is room for files that come later, so that ids are in
/// the order of paths, always.
const ROOM: u32 = 1 << 14;

/// What is to be done to bring an app up to date.
pub(super) struct Plan {
    wanted: Vec<Wanted>,
    gone: Vec<PathBuf>,
    places: Places,
    links: Vec<PathBuf>,
}

/// A file to be looked at.
struct Wanted {
    listed: Listed,
    /// Its id; scripts have none.
    file: Option<FileId>,
}

/// What was done.
pub(super) struct Update {
    pub(super) read: Vec<New>,
    pub(super) gone: Vec<PathBuf>,
    pub(super) places: Places,
    pub(super) links: Vec<PathBuf>,
}

/// A file that is new or not what it was.
pub(super) struct New {
    pub(super) path: PathBuf,
    pub(super) shown: String,
    pub(super) text: String,
    pub(super) slot: Slot,
}

impl Plan {
    /// The first reading of an app that will not change: its ids follow those of all other files.
    pub(super) fn dense(kept: &Kept, listing: Listing) -> Self {
        let mut ids = (0..).map(|others| kept.files.following(others));
        let mut wanted = |listed: Listed| {
            let file = if has_id(&listed.role) { ids.next() } else { None };
            Wanted { listed, file }
        };
        let wanted = listing.files.into_iter().map(&mut wanted).collect();
        Self { wanted, gone: Vec::new(), places: Places::default(), links: listing.links }
    }

    /// What the listing of some places asks for. Files that are known keep their ids, new ones get
    /// ids between those of their neighbours; `None` when there are not enough.
    pub(super) fn sparse(kept: &Kept, listing: Listing, places: &Places) -> Option<Self> {
        let gone = {
            let there: BTreeSet<&Path> = listing.files.iter().map(|listed| listed.path.as_path()).collect();
            kept.known_in(places).filter(|path| !there.contains(path.as_path())).cloned().collect()
        };
        let ids = new_ids(kept, &listing.files)?;
        let wanted = |listed: Listed| {
            let known = kept.slots.get(&listed.path).map(Slot::file);
            let file = known.unwrap_or_else(|| ids.get(&listed.path).copied());
            Wanted { listed, file }
        };
        let wanted = listing.files.into_iter().map(wanted).collect();
        Some(Self { wanted, gone, places: places.clone(), links: listing.links })
    }

    /// Reads what is wanted; what turns out to be as it was is left out.
    pub(super) fn read(self, overlay: &BTreeMap<PathBuf, String>, kept: &Kept) -> Result<Update, LoadError> {
        let read = |interner: &mut Interner, wanted: &Wanted| wanted.read(overlay, kept, interner);
        let read = in_parallel(&self.wanted, Interner::default, read);
        let read = read.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(Update { read, gone: self.gone, places: self.places, links: self.links })
    }
}

impl Wanted {
    /// What the file is now; `None` when that is what it was.
    fn read(
        &self,
        overlay: &BTreeMap<PathBuf, String>,
        kept: &Kept,
        interner: &mut Interner,
    ) -> Result<Option<New>, LoadError> {
        let path = &self.listed.path;
        let old = kept.slots.get(path);
        let new =
            |shown: &str, text, slot| Some(New { path: path.clone(), shown: shown.to_owned(), text, slot });
        Ok(match (&self.listed.role, self.file) {
            (Role::Part(entry), Some(file)) => {
                let (text, broken) = collect::read(overlay, path)?;
                if old.is_some_and(|old| old.was_read_from(&text, broken.as_ref(), &kept.files)) {
                    return Ok(None);
                }
                let source = lower::lower(path, entry, file, (&text, broken.as_ref()), interner);
                new(&entry.shown, text, Slot::Part { source: Arc::new(source), broken })
            }
            (Role::Stray { shown, remark }, Some(file)) if old.is_none() => {
                new(shown, String::new(), Slot::Stray { file, remark: remark.clone() })
            }
            (Role::Script { name }, _) => {
                let (text, broken) = collect::read(overlay, path)?;
                if old.is_some_and(|old| old.was_read_from(&text, broken.as_ref(), &kept.files)) {
                    return Ok(None);
                }
                let script = if broken.is_none() { Script::read(&text) } else { Script::default() };
                new(
                    "",
                    String::new(),
                    Slot::Script { name: name.clone(), text, broken, script: Arc::new(script) },
                )
            }
            _ => None,
        })
    }
}

fn has_id(role: &Role) -> bool {
    !matches!(role, Role::Script { .. })
}

/// Ids for the listed files that have none yet.
fn new_ids(kept: &Kept, listed: &[Listed]) -> Option<BTreeMap<PathBuf, FileId>> {
    let new = listed.iter().filter(|listed| has_id(&listed.role) && !kept.slots.contains_key(&listed.path));
    let places: Vec<(&PathBuf, Gap)> = new.map(|listed| (&listed.path, kept.gap(&listed.path))).collect();
    let mut ids = BTreeMap::new();
    for together in places.chunk_by(|(_, a), (_, b)| a == b) {
        let found = together[0].1.ids(together.len())?;
        ids.extend(together.iter().map(|(path, _)| (*path).clone()).zip(found));
    }
    Some(ids)
}

/// The numbers of the ids next to the place of a new file.
#[derive(PartialEq)]
struct Gap {
    below: Option<u32>,
    above: Option<u32>,
}

impl Kept {
    fn gap(&self, path: &PathBuf) -> Gap {
        let number = |slot: &Slot| slot.file().map(FileId::number);
        let below = self.slots.range::<PathBuf, _>(..path).rev().find_map(|(_, slot)| number(slot));
        let behind = (Bound::Excluded(path), Bound::Unbounded);
        let above = self.slots.range::<PathBuf, _>(behind).find_map(|(_, slot)| number(slot));
        Gap { below, above }
    }
}

impl Gap {
    /// As many ids in the gap, in order and with room between them.
    fn ids(&self, many: usize) -> Option<Vec<FileId>> {
        let many = u32::try_from(many).ok()?;
        let below = self.below.unwrap_or(0);
        let above = self.above.unwrap_or(u32::MAX);
        let room = (above - below) / (many + 1);
        let step = if self.above.is_none() { room.min(ROOM) } else { room };
        (step > 0).then(|| (1..=many).map(|n| FileId::from_number(below + n * step)).collect())
    }
}

impl Slot {
    fn was_read_from(&self, now: &str, wrong: Option<&DecodeError>, files: &Files) -> bool {
        match self {
            Self::Part { source, broken } => files.get(source.file).text() == now && broken.as_ref() == wrong,
            Self::Script { text, broken, .. } => text == now && broken.as_ref() == wrong,
            Self::Stray { .. } => false,
        }
    }
}
