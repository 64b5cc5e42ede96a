//! What every file adds to what is known of the whole app, by key. A table is made when it is first
//! asked for; after a change, only what the changed files add is found again.
//!
//! This is how a rule should know what stands in other files: a function that reads one file, a lookup
//! by name, and the rest is exact by itself.

use std::sync::OnceLock;

use foldhash::HashMap;

use super::log::{News, Question};
use crate::app::{Loaded, Part, Source};
use crate::diag::{FileId, Files};

/// One file, with what of it is part of the app.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub source: &'a Source,
    pub loaded: &'a Loaded,
    pub files: &'a Files,
}

impl<'a> Sight<'a> {
    /// The parts of the app in the file.
    pub fn parts(&self) -> impl Iterator<Item = &'a Part> {
        self.loaded.parts(self.source).map(AsRef::as_ref)
    }

    /// The text of the file.
    pub fn text(&self) -> &'a str {
        self.files.get(self.source.file).text()
    }
}

/// Takes what a file adds: the key, and what is known by it.
pub(super) type Add<'f, V> = &'f mut dyn FnMut(&str, V);

/// What all files add.
pub(super) struct Table<V> {
    name: &'static str,
    /// Finds what one file adds, from that file alone.
    of: fn(Sight<'_>, Add<'_, V>),
    rows: OnceLock<Rows<V>>,
}

struct Rows<V> {
    /// By key, in order of the files.
    by_key: HashMap<Box<str>, Vec<(FileId, V)>>,
    by_file: HashMap<FileId, Vec<Box<str>>>,
}

impl<V: PartialEq> Table<V> {
    pub const fn new(name: &'static str, of: fn(Sight<'_>, Add<'_, V>)) -> Self {
        Self { name, of, rows: OnceLock::new() }
    }

    /// The question for a key.
    pub fn question<'q>(&self, key: &'q str) -> Question<'q> {
        Question::Row(self.name, key)
    }

    /// The question for all keys.
    pub fn whole(&self) -> Question<'static> {
        Question::Rows(self.name)
    }

    /// What the files add for a key, in their order.
    pub fn get(&self, key: &str, loaded: &Loaded, files: &Files) -> &[(FileId, V)] {
        self.rows(loaded, files).by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// All keys, in no order.
    pub fn keys<'t>(&'t self, loaded: &Loaded, files: &Files) -> impl Iterator<Item = &'t str> + use<'t, V> {
        self.rows(loaded, files).by_key.keys().map(AsRef::as_ref)
    }

    fn rows(&self, loaded: &Loaded, files: &Files) -> &Rows<V> {
        self.rows.get_or_init(|| {
            let mut rows = Rows { by_key: HashMap::default(), by_file: HashMap::default() };
            for source in &loaded.sources {
                rows.add(source.file, self.added(Sight { source, loaded, files }));
            }
            rows
        })
    }

    fn added(&self, sight: Sight<'_>) -> Vec<(Box<str>, V)> {
        let mut added = Vec::new();
        (self.of)(sight, &mut |key, value| added.push((key.into(), value)));
        added
    }
}

/// A table that can follow the changes of a file.
pub(super) trait Follow {
    /// Takes away what a file added, adds what it adds now, and tells what is new by that.
    fn follow(&mut self, file: FileId, now: Option<Sight<'_>>, news: &mut News);
}

impl<V: PartialEq> Follow for Table<V> {
    fn follow(&mut self, file: FileId, now: Option<Sight<'_>>, news: &mut News) {
        if self.rows.get().is_none() {
            return;
        }
        let added = now.map_or_else(Vec::new, |sight| self.added(sight));
        let Some(rows) = self.rows.get_mut() else { return };
        let before = rows.remove(file);
        let mut by_key: HashMap<&str, [Vec<&V>; 2]> = HashMap::default();
        for (side, list) in [&before, &added].into_iter().enumerate() {
            for (key, value) in list {
                by_key.entry(key).or_default()[side].push(value);
            }
        }
        let changed: Vec<&str> =
            by_key.iter().filter(|(_, [before, now])| before != now).map(|(key, _)| *key).collect();
        changed.iter().for_each(|key| news.tell(Question::Row(self.name, key)));
        if !changed.is_empty() {
            news.tell(Question::Rows(self.name));
        }
        rows.add(file, added);
    }
}

impl<V> Rows<V> {
    fn add(&mut self, file: FileId, added: Vec<(Box<str>, V)>) {
        for (key, value) in added {
            let keys = self.by_file.entry(file).or_default();
            if !self.by_key.get(&key).is_some_and(|rows| has(rows, file)) {
                keys.push(key.clone());
            }
            let rows = self.by_key.entry(key).or_default();
            let at = rows.partition_point(|(other, _)| *other <= file);
            rows.insert(at, (file, value));
        }
    }

    fn remove(&mut self, file: FileId) -> Vec<(Box<str>, V)> {
        let mut removed = Vec::new();
        for key in self.by_file.remove(&file).unwrap_or_default() {
            let Some(rows) = self.by_key.get_mut(&key) else { continue };
            let from = rows.partition_point(|(other, _)| *other < file);
            let to = rows.partition_point(|(other, _)| *other <= file);
            removed.extend(rows.drain(from..to).map(|(_, value)| (key.clone(), value)));
            if rows.is_empty() {
                self.by_key.remove(&key);
            }
        }
        removed
    }
}

fn has<V>(rows: &[(FileId, V)], file: FileId) -> bool {
    rows.binary_search_by_key(&file, |(other, _)| *other).is_ok()
}
