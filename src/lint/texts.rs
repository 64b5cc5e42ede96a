//! The texts of all translations.

use std::collections::HashSet;

use super::Cx;
use super::known::ALL;
use super::table::{Add, Sight};
use crate::app::{FileKind, Source};

/// Adds the texts of a language.
pub(super) fn texts(file: Sight<'_>, add: Add<'_, ()>) {
    if is_language(file.source) {
        file.source.tree.root.entries().iter().for_each(|entry| add(&entry.key.text, ()));
    }
}

/// Adds the file of a language.
pub(super) fn languages(file: Sight<'_>, add: Add<'_, ()>) {
    if is_language(file.source) {
        add(ALL, ());
    }
}

/// The texts of all translations.
pub(super) struct Texts<'c, 'a> {
    cx: &'c Cx<'a>,
}

impl<'a> Cx<'a> {
    /// The texts of all translations.
    pub fn texts(&self) -> Texts<'_, 'a> {
        Texts { cx: self }
    }

    /// Whether every file with translations could be read.
    pub fn knows_all_texts(&self) -> bool {
        !self.is_any_damaged(&[FileKind::Translation])
    }
}

impl<'a> Texts<'_, 'a> {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.languages() == 0
    }

    /// Whether some language has the text.
    pub fn has(&self, id: &str) -> bool {
        !self.cx.rows(|known| &known.texts, id).is_empty()
    }

    /// All ids, sorted.
    pub fn ids(&self) -> Vec<&'a str> {
        let mut ids: Vec<&str> = self.cx.keys(|known| &known.texts).collect();
        ids.sort_unstable();
        ids
    }

    /// The texts that other languages have and this one lacks: how many, and the first of them.
    pub fn lacking(&self, source: &Source) -> (usize, Vec<&'a str>) {
        const SHOWN: usize = 3;
        if self.languages() < 2 {
            return (0, Vec::new());
        }
        let own: HashSet<&str> = source.tree.root.entries().iter().map(|entry| &*entry.key.text).collect();
        let mut missing: Vec<&str> =
            self.cx.keys(|known| &known.texts).filter(|id| !own.contains(id)).collect();
        missing.sort_unstable();
        let count = missing.len();
        missing.truncate(SHOWN);
        (count, missing)
    }

    fn languages(&self) -> usize {
        self.cx.rows(|known| &known.languages, ALL).len()
    }
}

/// Whether a file holds the texts of a whole language; those of a region, `pt-br`, need only differ.
pub(super) fn is_language(source: &Source) -> bool {
    source.kind == FileKind::Translation && !source.id.contains(['-', '_'])
}
