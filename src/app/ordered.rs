//! A sorted map that shares what two versions of it have in common.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// The most entries that are copied when one of them changes.
const MOST: usize = 64;

/// A sorted map. A clone costs little, and a change of the clone copies only the neighbours of what is
/// changed: after a change of one file, an app of any size has almost nothing new to make.
#[derive(Clone)]
pub struct Ordered<K, V> {
    /// In order, none of them empty.
    chunks: Vec<Arc<Vec<(K, V)>>>,
    length: usize,
}

impl<K, V> Ordered<K, V> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// All entries in order of their keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { chunks: &self.chunks, entries: [].iter() }
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// All values in order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// The entry for which `order`, which must agree with the order of the keys, is [`Ordering::Equal`].
    pub fn find(&self, order: impl Fn(&K) -> Ordering) -> Option<(&K, &V)> {
        let (chunk, at) = self.place(&order);
        let (key, value) = self.chunks.get(chunk)?.get(at.ok()?)?;
        Some((key, value))
    }

    /// All entries for which `order`, which must agree with the order of the keys, is [`Ordering::Equal`].
    pub fn range<'a>(&'a self, order: impl Fn(&K) -> Ordering + 'a) -> impl Iterator<Item = (&'a K, &'a V)> {
        let is_before = |key: &K| order(key) == Ordering::Less;
        let first = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|(key, _)| is_before(key)));
        let at = self.chunks.get(first).map_or(0, |chunk| chunk.partition_point(|(key, _)| is_before(key)));
        let entries = self.chunks.get(first).map_or(&[][..], |chunk| &chunk[at..]).iter();
        let rest = self.chunks.get(first + 1..).unwrap_or_default();
        Iter { chunks: rest, entries }.take_while(move |(key, _)| order(key) == Ordering::Equal)
    }

    /// The chunk in which a key stands or would stand, and its place there.
    fn place(&self, order: &impl Fn(&K) -> Ordering) -> (usize, Result<usize, usize>) {
        let is_before =
            |chunk: &Arc<Vec<(K, V)>>| chunk.last().is_some_and(|(key, _)| order(key) == Ordering::Less);
        let chunk = self.chunks.partition_point(is_before);
        match self.chunks.get(chunk) {
            Some(entries) => (chunk, entries.binary_search_by(|(key, _)| order(key))),
            // Behind everything: at the end of the last chunk.
            None => (chunk.saturating_sub(1), Err(self.chunks.last().map_or(0, |chunk| chunk.len()))),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Ordered<K, V> {
    /// Gives a key a value, in place of the one before.
    pub fn insert(&mut self, key: K, value: V) {
        let (chunk, at) = self.place(&|own: &K| own.cmp(&key));
        let Some(entries) = self.chunks.get_mut(chunk) else {
            self.chunks.push(Arc::new(vec![(key, value)]));
            self.length = 1;
            return;
        };
        let entries = Arc::make_mut(entries);
        match at {
            Ok(at) => entries[at].1 = value,
            Err(at) => {
                entries.insert(at, (key, value));
                self.length += 1;
            }
        }
        if entries.len() > MOST {
            let behind = entries.split_off(if at == Err(MOST) { MOST } else { MOST / 2 });
            self.chunks.insert(chunk + 1, Arc::new(behind));
        }
    }

    /// Takes a key away, with its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (chunk, at) = self.place(&|own: &K| own.borrow().cmp(key));
        let at = at.ok()?;
        let entries = Arc::make_mut(self.chunks.get_mut(chunk)?);
        let (_, value) = entries.remove(at);
        if entries.is_empty() {
            self.chunks.remove(chunk);
        }
        self.length -= 1;
        Some(value)
    }
}

impl<K, V> Ordered<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The value of a key, and the key as it stands here.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.find(|own| own.borrow().cmp(key))
    }

    /// Whether a key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }
}

/// The entries of an [`Ordered`].
pub struct Iter<'a, K, V> {
    chunks: &'a [Arc<Vec<(K, V)>>],
    entries: std::slice::Iter<'a, (K, V)>,
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { chunks: self.chunks, entries: self.entries.clone() }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.entries.next() {
                return Some((key, value));
            }
            let (first, rest) = self.chunks.split_first()?;
            self.chunks = rest;
            self.entries = first.iter();
        }
    }
}

impl<'a, K, V> IntoIterator for &'a Ordered<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self { chunks: Vec::new(), length: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Ordered<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        entries.into_iter().for_each(|(key, value)| map.insert(key, value));
        map
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Ordered<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && self.iter().eq(other.iter())
    }
}

impl<K: Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for Ordered<K, V> {
    type Output = V;

    /// # Panics
    /// When the key has no value.
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("BUG: a key without a value is asked for")
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Ordered<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

        #[test]
        fn it_does_what_a_sorted_map_does(steps in prop::collection::vec((any::<bool>(), 0..400_u32), 0..900)) {
            let mut map = Ordered::default();
            let mut model = BTreeMap::new();
            for (n, (adds, key)) in steps.into_iter().enumerate() {
                if adds {
                    map.insert(key, n);
                    model.insert(key, n);
                } else {
                    prop_assert_eq!(map.remove(&key), model.remove(&key));
                }
            }
            prop_assert!(map.iter().eq(model.iter()));
            prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            for key in 0..400 {
                prop_assert_eq!(map.get(&key), model.get(&key));
            }
            let tens = |key: &u32| (key / 10).cmp(&7);
            let expected: Vec<_> = model.range(70..80).collect();
            prop_assert_eq!(map.range(tens).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_clone_shares_and_a_change_stays_its_own() {
        let before: Ordered<u32, u32> = (0..1000).map(|n| (n, n)).collect();
        let mut after = before.clone();
        after.insert(500, 0);
        after.remove(&7);
        assert_eq!((before[&500], after[&500], before.len(), after.len()), (500, 0, 1000, 999));
        let shared =
            before.chunks.iter().filter(|chunk| after.chunks.iter().any(|other| Arc::ptr_eq(chunk, other)));
        assert_eq!(shared.count(), before.chunks.len() - 2);
    }

    #[test]
    fn keys_that_come_in_order_fill_the_chunks() {
        let map: Ordered<usize, ()> = (0..10 * MOST).map(|n| (n, ())).collect();
        assert!(map.chunks.len() <= 11, "{}", map.chunks.len());
    }
}
