//! Keys that a map has already.

use foldhash::HashMap;

use super::Entry;

/// Maps with more keys than this find repeated ones by hashing.
const HASHED_KEYS: usize = 12;

/// Finds repeated keys while a map grows.
#[derive(Default)]
pub(super) struct Keys {
    hashed: HashMap<Box<str>, usize>,
}

impl Keys {
    /// The entry that has `key` already; a new key is remembered as that of the next entry.
    pub(super) fn find_or_note(&mut self, entries: &[Entry], key: &str) -> Option<usize> {
        if entries.len() < HASHED_KEYS {
            return entries.iter().position(|entry| &*entry.key.text == key);
        }
        if self.hashed.is_empty() {
            self.hashed = entries.iter().enumerate().map(|(at, e)| (e.key.text.clone(), at)).collect();
        }
        let found = self.hashed.get(key).copied();
        if found.is_none() {
            self.hashed.insert(key.into(), entries.len());
        }
        found
    }
}
