//! In how many files a word stands. Of each word only a hash is kept, for there are very many.

use std::sync::OnceLock;

use foldhash::HashMap;

use super::log::{News, Question};
use super::table::{Follow, Sight};
use crate::app::Loaded;
use crate::diag::{FileId, Files};

/// In how many files words stand.
pub(super) struct Tally {
    /// Finds the words of one file.
    of: fn(Sight<'_>, &mut dyn FnMut(&str)),
    counts: OnceLock<Counts>,
}

#[derive(Default)]
struct Counts {
    by_word: HashMap<u64, Count>,
    by_file: HashMap<FileId, Box<[u64]>>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    files: u32,
    /// The sum of the files' numbers: of one file, its number.
    sum: u64,
}

impl Tally {
    pub const fn new(of: fn(Sight<'_>, &mut dyn FnMut(&str))) -> Self {
        Self { of, counts: OnceLock::new() }
    }

    /// The question for a word.
    pub fn question(word: &str) -> Question<'static> {
        Question::Word(hash(word))
    }

    /// Whether a word stands in a file, in another one than `but` if that is given.
    pub fn has(&self, word: &str, but: Option<FileId>, loaded: &Loaded, files: &Files) -> bool {
        let counts = self.counts.get_or_init(|| {
            let mut counts = Counts::default();
            for source in &loaded.sources {
                counts.add(source.file, self.words(Sight { source, loaded, files }));
            }
            counts
        });
        counts.by_word.get(&hash(word)).is_some_and(|count| {
            let only = (count.files == 1).then_some(count.sum);
            only.is_none() || but.is_none_or(|but| only != Some(but.number().into()))
        })
    }

    fn words(&self, sight: Sight<'_>) -> Box<[u64]> {
        let mut words = Vec::new();
        (self.of)(sight, &mut |word| {
            if !word.is_empty() {
                words.push(hash(word));
            }
        });
        words.sort_unstable();
        words.dedup();
        words.into()
    }
}

impl Follow for Tally {
    fn follow(&mut self, file: FileId, now: Option<Sight<'_>>, news: &mut News) {
        if self.counts.get().is_none() {
            return;
        }
        let words = now.map_or_else(Box::default, |sight| self.words(sight));
        let Some(counts) = self.counts.get_mut() else { return };
        let before = counts.by_file.get(&file).cloned().unwrap_or_default();
        let lacks = |list: &[u64], word: &u64| list.binary_search(word).is_err();
        let gone = before.iter().filter(|word| lacks(&words, word));
        let come = words.iter().filter(|word| lacks(&before, word));
        gone.chain(come).for_each(|word| news.tell(Question::Word(*word)));
        counts.remove(file);
        counts.add(file, words);
    }
}

impl Counts {
    fn add(&mut self, file: FileId, words: Box<[u64]>) {
        for word in &words {
            let count = self.by_word.entry(*word).or_default();
            count.files += 1;
            count.sum += u64::from(file.number());
        }
        if !words.is_empty() {
            self.by_file.insert(file, words);
        }
    }

    fn remove(&mut self, file: FileId) {
        for word in self.by_file.remove(&file).unwrap_or_default() {
            let Some(count) = self.by_word.get_mut(&word) else { continue };
            count.files -= 1;
            count.sum -= u64::from(file.number());
            if count.files == 0 {
                self.by_word.remove(&word);
            }
        }
    }
}

/// A hash that is quick for short words: there are very many of them.
fn hash(word: &str) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, part: u64| (hash.rotate_left(23) ^ part).wrapping_mul(ODD);
    let (chunks, rest) = word.as_bytes().as_chunks();
    let whole = chunks.iter().fold(word.len() as u64, |hash, chunk| mix(hash, u64::from_le_bytes(*chunk)));
    let rest = rest.iter().fold(0, |part, byte| part << 8 | u64::from(*byte));
    let hash = mix(mix(whole, rest), ODD);
    hash ^ (hash >> 29)
}
