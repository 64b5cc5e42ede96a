//! Which rows of a table have come again, by their row numbers: a bit for each, in pieces that are made when
//! they are needed.

use std::collections::BTreeMap;

/// Numbers, a word of bits for 64 neighbours.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pieces: BTreeMap<i64, Piece>,
    count: i64,
}

type Piece = Box<[u64; WORDS]>;

const WORDS: usize = 64;
/// Bits of a number that say where in its piece it is.
const PIECE_BITS: u32 = 12;

impl Seen {
    /// Adds a number; whether it was not there.
    pub(super) fn insert(&mut self, number: i64) -> bool {
        let piece = self.pieces.entry(number >> PIECE_BITS).or_insert_with(|| Box::new([0; WORDS]));
        let (word, bit) = place(number);
        let is_new = piece[word] & bit == 0;
        piece[word] |= bit;
        self.count += i64::from(is_new);
        is_new
    }

    /// Takes a number out; whether it was there.
    pub(super) fn remove(&mut self, number: i64) -> bool {
        let Some(piece) = self.pieces.get_mut(&(number >> PIECE_BITS)) else { return false };
        let (word, bit) = place(number);
        let was_there = piece[word] & bit != 0;
        piece[word] &= !bit;
        self.count -= i64::from(was_there);
        was_there
    }

    pub(super) fn contains(&self, number: i64) -> bool {
        let (word, bit) = place(number);
        self.pieces.get(&(number >> PIECE_BITS)).is_some_and(|piece| piece[word] & bit != 0)
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.count
    }
}

/// The word within a piece, and the bit within the word.
fn place(number: i64) -> (usize, u64) {
    let within = number.rem_euclid(1 << PIECE_BITS);
    let word = usize::try_from(within / 64).unwrap_or_default();
    (word, 1 << (within % 64))
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn numbers_are_counted_once() {
        let mut seen = Seen::default();
        for number in [1, 63, 64, 4095, 4096, -1, i64::MAX, i64::MIN] {
            assert!(seen.insert(number), "{number}");
            assert!(!seen.insert(number), "{number}");
            assert!(seen.contains(number), "{number}");
        }
        assert_eq!(seen.count(), 8);
        assert!(!seen.contains(2) && !seen.contains(0) && !seen.contains(8192));
        assert!(seen.remove(64) && !seen.remove(64) && !seen.remove(65) && !seen.remove(1 << 40));
        assert_eq!(seen.count(), 7);
    }
}
