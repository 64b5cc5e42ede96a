//! Doubles that stand for others in an evaluation that only shows what is passed on.

use std::collections::HashMap;

/// Doubles in the place of long numbers, which keep their order.
#[derive(Debug, Default)]
pub(super) struct Probe {
    /// By the marks of the numbers.
    pub(super) doubles: Vec<f64>,
    marks: HashMap<u64, usize>,
}

/// Doubles from here on have no room for what is added to them.
const LARGE: f64 = 9_007_199_254_740_992.0;
/// Those that stand for large ones begin here, and have room.
const ROOM: i64 = 1 << 51;
/// Steps between doubles are irregular, so that no sum of one with something leads to another one.
const STEP_BITS: u32 = 12;
const GAP_BITS: u32 = 16;

impl Probe {
    fn new(doubles: Vec<f64>) -> Self {
        let marks = doubles.iter().enumerate().map(|(mark, double)| (double.to_bits(), mark)).collect();
        Self { doubles, marks }
    }

    /// The mark of the number that a double stands for.
    pub(super) fn mark(&self, double: f64) -> Option<usize> {
        self.marks.get(&double.to_bits()).copied()
    }
}

/// Two kinds of doubles for numbers whose nearest doubles are these. The first are near them; the second are
/// small where they are large. Of numbers that share a double the first probe has the earlier one below, the second
/// one above: what depends on that differs.
pub(super) fn probes(doubles: &[f64]) -> [Probe; 2] {
    let mut order: Vec<usize> = (0..doubles.len()).collect();
    order.sort_by(|a, b| doubles[*a].total_cmp(&doubles[*b]));
    let near = near(doubles, &order, 1);
    order.sort_by(|a, b| doubles[*a].total_cmp(&doubles[*b]).then(b.cmp(a)));
    let mut small = self::near(doubles, &order, 2);
    let mut chance = Chance(3);
    for (rank, index) in order.into_iter().enumerate() {
        let step = (i64::try_from(rank).unwrap_or_default() << STEP_BITS) + chance.below(STEP_BITS);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        match doubles[index] {
            double if double >= LARGE => small[index] = (ROOM + step) as f64,
            double if double <= -LARGE => small[index] = (step - 2 * ROOM) as f64,
            _ => {}
        }
    }
    [Probe::new(near), Probe::new(small)]
}

/// A double above each, in the same order.
fn near(doubles: &[f64], order: &[usize], seed: u64) -> Vec<f64> {
    let mut chance = Chance(seed);
    let mut found = vec![0.0; doubles.len()];
    let mut last = i64::MIN;
    for index in order {
        last = place(doubles[*index]).max(last) + 1 + chance.below(GAP_BITS);
        found[*index] = at(last);
    }
    // There is nothing above the largest double: from the top, each is put below the next one.
    let mut above = place(f64::MAX) + 1;
    for index in order.iter().rev() {
        let own = place(found[*index]);
        if found[*index].is_finite() && own < above {
            break;
        }
        above -= 1 + chance.below(GAP_BITS);
        found[*index] = at(above);
    }
    found
}

/// Where a double stands in the order of all.
fn place(double: f64) -> i64 {
    let bits = double.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn at(place: i64) -> f64 {
    let bits = if place < 0 { i64::MIN.wrapping_sub(place) } else { place };
    f64::from_bits(bits.cast_unsigned())
}

/// Numbers without a pattern, the same every time (`SplitMix64`).
struct Chance(u64);

impl Chance {
    /// A number of so many bits.
    fn below(&mut self, bits: u32) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> (64 - bits)).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_keep_the_order_and_are_other_doubles() {
        let doubles = [
            f64::MIN,
            -1e300,
            -9.1e15,
            -2.5,
            -1e-300,
            0.0,
            1e-310,
            2.0,
            2.5,
            9.1e15,
            9.2e18,
            1e300,
            f64::MAX,
        ];
        for probe in probes(&doubles) {
            assert!(probe.doubles.iter().all(|double| double.is_finite()), "{probe:?}");
            assert!(probe.doubles.windows(2).all(|pair| pair[0] < pair[1]), "{probe:?}");
            assert!(
                probe.doubles.iter().zip(doubles).all(|(other, double)| other.to_bits() != double.to_bits()),
                "{probe:?}"
            );
        }
    }

    #[test]
    fn numbers_that_share_a_double_stand_the_other_way_round_in_the_second() {
        let [first, second] = probes(&[9.1e15, 9.1e15, 9.1e15, f64::MAX, f64::MAX]);
        assert!(first.doubles.windows(2).all(|pair| pair[0] < pair[1]), "{first:?}");
        assert!(second.doubles[0] > second.doubles[2] && second.doubles[3] > second.doubles[4], "{second:?}");
        assert_eq!(first.mark(first.doubles[3]), Some(3));
        assert_eq!(first.mark(9.1e15), None);
    }
}
