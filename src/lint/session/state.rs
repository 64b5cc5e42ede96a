//! What was found in an app, kept so that a change touches only what it must.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foldhash::HashMap;

use super::news::{moved, news};
use super::{Checked, Crash};
use crate::app::{Loaded, Reload};
use crate::diag::{Diagnostic, FileId, Files};
use crate::lint::Request;
use crate::lint::facts::Facts;
use crate::lint::finish;
use crate::lint::known::Known;
use crate::lint::log::{News, Question};
use crate::lint::select::Selection;
use crate::lint::walk::{Look, Unit, Walker};

/// An app with all that is needed to follow its changes.
pub(super) struct State {
    pub(super) last: Arc<Checked>,
    found: Found,
}

/// What was found, and on what it depends.
struct Found {
    known: Known,
    looks: HashMap<Unit, Look>,
    crashes: BTreeMap<Unit, Crash>,
    /// The units that found something in another file than their own, by that file.
    strangers: HashMap<FileId, BTreeSet<Unit>>,
    /// What is told of each file; files of which nothing is told are left out.
    told: BTreeMap<FileId, Arc<[Diagnostic]>>,
}

impl State {
    /// An app that is seen for the first time.
    pub(super) fn new(now: Reload, request: &Request) -> Self {
        let found = Found {
            known: Known::new(),
            looks: HashMap::default(),
            crashes: BTreeMap::new(),
            strangers: HashMap::default(),
            told: BTreeMap::new(),
        };
        let all = now.files.iter().map(|(file, _)| file).collect();
        found.updated(now, request, all, &News::default())
    }

    /// The app after a change.
    pub(super) fn follow(self, now: Reload, request: &Request) -> Self {
        let Self { last, mut found } = self;
        let moved = moved(&last.loaded, &now);
        let news = news(&last.loaded, &now, &moved, &mut found.known);
        found.updated(now, request, moved, &news)
    }
}

impl Found {
    fn updated(mut self, now: Reload, request: &Request, moved: BTreeSet<FileId>, news: &News) -> State {
        let Reload { loaded, files, .. } = now;
        let mut in_settings = Vec::new();
        let selection = Selection::new(&loaded, request, &mut in_settings);
        let walker = Walker::new(selection.rules());
        let mut affected = moved.clone();
        self.forget(&moved, &loaded, &mut affected);
        let units = self.stale(&walker, &loaded, &moved, news);
        let looks = walker.try_look(&Facts::new(&loaded, &files, &self.known, &walker.rules), &units);
        for (unit, look) in units.into_iter().zip(looks) {
            self.take(unit, look, &files, &mut affected);
        }
        let mut touched = moved;
        for file in affected {
            let found = self.found_in(file, &loaded, &in_settings);
            let told = finish::of_file(file, found, &loaded, &files, &selection);
            if self.tell(file, told) {
                touched.insert(file);
            }
        }
        let findings = self.told.iter().map(|(file, told)| (*file, Arc::clone(told))).collect();
        let crashes = self.crashes.values().cloned().collect();
        State { last: Arc::new(Checked { loaded, files, crashes, findings, touched }), found: self }
    }

    /// Forgets what was found by the checks of files that are gone.
    fn forget(&mut self, moved: &BTreeSet<FileId>, loaded: &Loaded, affected: &mut BTreeSet<FileId>) {
        for file in moved.iter().filter(|file| loaded.source(**file).is_none()) {
            self.replace(Unit::File(*file), None, affected);
            self.crashes.remove(&Unit::File(*file));
        }
    }

    /// The units whose look is not what it would be now.
    fn stale(&self, walker: &Walker, loaded: &Loaded, moved: &BTreeSet<FileId>, news: &News) -> Vec<Unit> {
        if self.looks.is_empty() {
            return walker.units(loaded);
        }
        let concerned =
            self.looks.iter().filter(|(_, look)| news.concern(&look.asked)).map(|(unit, _)| *unit);
        let there = moved.iter().filter(|file| loaded.source(**file).is_some());
        let mut units: Vec<Unit> = there.map(|file| Unit::File(*file)).chain(concerned).collect();
        units.sort_unstable();
        units.dedup();
        units
    }

    fn take(
        &mut self,
        unit: Unit,
        look: Result<Look, String>,
        files: &Files,
        affected: &mut BTreeSet<FileId>,
    ) {
        self.crashes.remove(&unit);
        let look = look.unwrap_or_else(|message| {
            let file = match unit {
                Unit::File(file) => files.find(file).map(|file| file.path().to_owned()),
                Unit::App(_) => None,
            };
            self.crashes.insert(unit, Crash { file, message });
            Look { found: Vec::new(), asked: Box::new([Question::Everything.mark()]) }
        });
        self.replace(unit, Some(look), affected);
    }

    /// Puts a look in the place of the one before; both affect the files that they found something in.
    fn replace(&mut self, unit: Unit, look: Option<Look>, affected: &mut BTreeSet<FileId>) {
        let before = self.looks.remove(&unit);
        for file in before.iter().flat_map(Look::files) {
            affected.insert(file);
            if let Some(strangers) = self.strangers.get_mut(&file) {
                strangers.remove(&unit);
            }
        }
        let Some(look) = look else { return };
        for file in look.files() {
            affected.insert(file);
            if unit != Unit::File(file) {
                self.strangers.entry(file).or_default().insert(unit);
            }
        }
        self.looks.insert(unit, look);
    }

    /// Everything that was found in a file.
    fn found_in(&self, file: FileId, loaded: &Loaded, in_settings: &[Diagnostic]) -> Vec<Diagnostic> {
        let own = [Unit::File(file)];
        let units = own.iter().chain(self.strangers.get(&file).into_iter().flatten());
        let looks = units.filter_map(|unit| self.looks.get(unit)).flat_map(|look| &look.found);
        let by_rules = looks.chain(in_settings).filter(|found| found.span.file == file);
        by_rules.chain(loaded.diagnostics_at(file)).cloned().collect()
    }

    /// Remembers what is told of a file; gives whether that is new.
    fn tell(&mut self, file: FileId, told: Vec<Diagnostic>) -> bool {
        let before = self.told.get(&file).map_or(&[][..], |told| told);
        if before == told {
            return false;
        }
        if told.is_empty() {
            self.told.remove(&file);
        } else {
            self.told.insert(file, told.into());
        }
        true
    }
}

impl Look {
    /// The files in which something was found; often the same one several times.
    fn files(&self) -> impl Iterator<Item = FileId> {
        self.found.iter().map(|found| found.span.file)
    }
}
