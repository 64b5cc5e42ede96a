//! What is known of an app from its last reading.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Change;
use super::plan::Update;
use crate::app::collect::{self, Listing, Places, Remark};
use crate::app::join::{Beside, Claims, join, rejoin};
use crate::app::{Inputs, LoadError, Loaded, Script, Source};
use crate::diag::{FileId, Files};
use crate::syntax::DecodeError;

/// What is known of an app from its last reading.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) slots: BTreeMap<PathBuf, Slot>,
    pub(super) files: Files,
    /// Links, behind which nobody watches.
    pub(super) links: BTreeSet<PathBuf>,
    pub(super) scripts: BTreeMap<String, Arc<Script>>,
    pub(super) claims: Claims,
    /// The app as it was last.
    pub(super) last: Option<Arc<Loaded>>,
}

/// A file with what was made of it.
pub(super) enum Slot {
    /// A part of the app.
    Part {
        source: Arc<Source>,
        /// What is wrong with its bytes.
        broken: Option<DecodeError>,
    },
    /// A script.
    Script { name: String, text: String, broken: Option<DecodeError>, script: Arc<Script> },
    /// A file that only seems meant for the app.
    Stray { file: FileId, remark: Remark },
}

impl Slot {
    /// The id, which scripts have none of.
    pub(super) fn file(&self) -> Option<FileId> {
        match self {
            Self::Part { source, .. } => Some(source.file),
            Self::Stray { file, .. } => Some(*file),
            Self::Script { .. } => None,
        }
    }

    fn source(&self) -> Option<&Arc<Source>> {
        if let Self::Part { source, .. } = self { Some(source) } else { None }
    }
}

impl Kept {
    /// The places to look at when these paths may have changed.
    pub(super) fn places(&self, inputs: &Inputs<'_>, paths: &[PathBuf]) -> Places {
        let root = &inputs.app.root;
        if paths.iter().any(|path| !path.starts_with(root) || collect::rules_over_others(path)) {
            return Places::default();
        }
        Places { all: Some(paths.iter().chain(&self.links).cloned().collect()) }
    }

    /// The files that are there now in some places.
    pub(super) fn list(&self, inputs: &Inputs<'_>, places: &Places) -> Result<Listing, LoadError> {
        match places.all {
            None => collect::list(inputs),
            Some(_) => collect::list_below(inputs, places, &|path| self.slots.contains_key(path)),
        }
    }

    /// The paths that are known in some places.
    pub(super) fn known_in<'a>(&'a self, places: &'a Places) -> Box<dyn Iterator<Item = &'a PathBuf> + 'a> {
        let Some(all) = &places.all else { return Box::new(self.slots.keys()) };
        Box::new(all.iter().flat_map(|place| self.known_below(place)))
    }

    fn known_below<'a>(&'a self, place: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
        let from = (Bound::Included(place.to_path_buf()), Bound::Unbounded);
        self.slots.range(from).map(|(path, _)| path).take_while(move |path| path.starts_with(place))
    }

    /// Takes over what was read.
    pub(super) fn apply(&mut self, update: Update) -> Vec<Change> {
        let mut changes = Vec::new();
        let is_script = |slot: Option<&Slot>| slot.is_some_and(|slot| matches!(slot, Slot::Script { .. }));
        let has_scripts = update.gone.iter().any(|path| is_script(self.slots.get(path)))
            || update.read.iter().any(|new| is_script(Some(&new.slot)));
        let source = |slot: Option<&Slot>| slot.and_then(Slot::source).cloned();
        let mut changed = |file: Option<FileId>, before: Option<&Slot>, after: Option<Arc<Source>>| {
            changes.extend(file.map(|file| Change { file, before: source(before), after }));
        };
        for path in update.gone {
            let before = self.slots.remove(&path);
            let file = before.as_ref().and_then(Slot::file);
            file.into_iter().for_each(|file| self.files.remove(file));
            changed(file, before.as_ref(), None);
        }
        for new in update.read {
            let file = new.slot.file();
            if let Some(file) = file {
                self.files.put(file, new.shown, new.text);
            }
            let after = source(Some(&new.slot));
            let before = self.slots.insert(new.path, new.slot);
            changed(file, before.as_ref(), after);
        }
        if has_scripts {
            self.gather_scripts();
        }
        self.links.retain(|link| !update.places.hold(link));
        self.links.extend(update.links);
        changes
    }

    /// The app after some changes.
    pub(super) fn rejoined(&mut self, inputs: &Inputs<'_>, changes: &[Change]) -> Arc<Loaded> {
        let scripts = self.scripts.clone();
        let last = self.last.take();
        let rejoined = last.and_then(|last| rejoin(&last, &mut self.claims, changes, scripts));
        let loaded = Arc::new(rejoined.unwrap_or_else(|| self.joined(inputs)));
        self.last = Some(Arc::clone(&loaded));
        loaded
    }

    /// The app.
    pub(super) fn joined(&mut self, inputs: &Inputs<'_>) -> Loaded {
        let mut beside = Beside { scripts: self.scripts.clone(), remarks: Vec::new() };
        let mut sources = Vec::with_capacity(self.slots.len());
        for slot in self.slots.values() {
            match slot {
                Slot::Part { source, .. } => sources.push(Arc::clone(source)),
                Slot::Script { .. } => {}
                Slot::Stray { file, remark } => beside.remarks.push(remark.clone().at(*file)),
            }
        }
        let (loaded, claims) = join(inputs, sources, beside, &self.files);
        self.claims = claims;
        loaded
    }

    /// The scripts by name; of two with one name, the one that comes last.
    fn gather_scripts(&mut self) {
        let scripts = self.slots.values().filter_map(|slot| match slot {
            Slot::Script { name, script, .. } => Some((name.clone(), Arc::clone(script))),
            _ => None,
        });
        self.scripts = scripts.collect();
    }
}
