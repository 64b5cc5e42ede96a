//! The texts of all translations.

use std::collections::HashSet;

use super::Cx;
use super::known::ALL;
use super::table::{Add, Sight};
use crate::app::{FileKind, Source};
use crate::syntax::Node;

/// Adds the texts of a language.
pub(super) fn texts(file: Sight<'_>, add: Add<'_, ()>) {
    for (_, language) in languages_in(file.source) {
        language.entries().iter().for_each(|entry| add(&entry.key.text, ()));
    }
}

/// Adds the file of a language.
pub(super) fn languages(file: Sight<'_>, add: Add<'_, ()>) {
    languages_in(file.source).into_iter().for_each(|_| add(ALL, ()));
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
        !self.is_any_damaged(&[FileKind::Translation, FileKind::SingleFile])
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
    pub fn lacking(&self, language: &Node) -> (usize, Vec<&'a str>) {
        const SHOWN: usize = 3;
        if self.languages() < 2 {
            return (0, Vec::new());
        }
        let own: HashSet<&str> = language.entries().iter().map(|entry| &*entry.key.text).collect();
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

/// The whole languages in a file, each with its map from ids to texts; those of a region, `pt-br`, need only
/// differ.
pub(super) fn languages_in(source: &Source) -> Vec<(&str, &Node)> {
    let root = &source.tree.root;
    let is_whole = |language: &str| !language.contains(['-', '_']);
    match source.kind {
        FileKind::Translation if is_whole(&source.id) => vec![(&source.id, root)],
        FileKind::SingleFile => {
            let section = root.get("translations").map_or(&[][..], Node::entries).iter();
            let languages = section.map(|entry| (&*entry.key.text, &entry.value));
            languages.filter(|(language, _)| is_whole(language)).collect()
        }
        _ => Vec::new(),
    }
}
