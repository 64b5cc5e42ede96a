//! The texts of all translations.

use std::collections::{BTreeMap, BTreeSet};

use super::Cx;
use crate::app::{FileKind, Source};
use crate::diag::FileId;

/// The ids of texts in the files under `translations/`.
#[derive(Default)]
pub(super) struct Texts<'a> {
    /// The files that have a text, by its id.
    by_id: BTreeMap<&'a str, BTreeSet<FileId>>,
    languages: usize,
}

impl<'a> Cx<'a> {
    /// The texts of all translations.
    pub fn texts(&self) -> &Texts<'a> {
        self.facts.texts.get_or_init(|| {
            let sources = &self.facts.loaded.sources;
            let mut texts = Texts::default();
            sources.iter().filter(|source| is_language(source)).for_each(|source| texts.add(source));
            texts
        })
    }
}

impl Cx<'_> {
    /// Whether every file with translations could be read.
    pub fn knows_all_texts(&self) -> bool {
        self.facts.damaged.iter().all(|source| source.kind != FileKind::Translation)
    }
}

impl<'a> Texts<'a> {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Whether some language has the text.
    pub fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// All ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.by_id.keys().copied()
    }

    /// The texts that other languages have and this one lacks: how many, and the first of them.
    pub fn lacking(&self, source: &Source) -> (usize, Vec<&'a str>) {
        const SHOWN: usize = 3;
        let has = |files: &BTreeSet<FileId>| files.contains(&source.file);
        let own: BTreeSet<&str> = source.tree.root.entries().iter().map(|entry| &*entry.key.text).collect();
        let count = self.by_id.len().saturating_sub(own.len());
        if self.languages < 2 || count == 0 {
            return (0, Vec::new());
        }
        let missing = self.by_id.iter().filter(|(_, files)| !has(files)).map(|(id, _)| *id);
        (count, missing.take(SHOWN).collect())
    }

    fn add(&mut self, source: &'a Source) {
        self.languages += 1;
        for entry in source.tree.root.entries() {
            self.by_id.entry(&entry.key.text).or_default().insert(source.file);
        }
    }
}

/// Whether a file holds the texts of a whole language; those of a region, `pt-br`, need only differ.
pub(super) fn is_language(source: &Source) -> bool {
    source.kind == FileKind::Translation && !source.id.contains(['-', '_'])
}
