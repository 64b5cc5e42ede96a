//! The time and the ids of a run. Reads the clock and the random source.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Gives times and ids; tests give ones that repeat.
pub trait Clock: Send + Sync {
    /// Wall clock, epoch milliseconds. For display and for the app's own use, never for order.
    fn now(&self) -> i64;
    /// An id that no other call gives.
    fn uuid(&self) -> String;
    /// How much time has passed since an instant, for display.
    fn elapsed(&self, since: Instant) -> Duration {
        since.elapsed()
    }
}

/// The machine's clock and random ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            // A clock before 1970 counts backwards from there.
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }

    fn uuid(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}

/// A clock that stands still, and ids that repeat: two runs with the same are the same.
#[derive(Debug)]
pub struct StoppedClock {
    time: i64,
    seed: u64,
    given: AtomicU64,
    durations: bool,
}

impl StoppedClock {
    /// A clock that always shows `time`, in epoch milliseconds; `seed` tells its ids from those of others.
    #[must_use]
    pub fn new(time: i64, seed: &str) -> Self {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let seed = seed.bytes().fold(0xcbf2_9ce4_8422_2325, fold);
        Self { time, seed, given: AtomicU64::new(0), durations: true }
    }

    /// The same, by which nothing takes any time.
    #[must_use]
    pub fn without_durations(self) -> Self {
        Self { durations: false, ..self }
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> i64 {
        self.time
    }

    fn uuid(&self) -> String {
        let number = self.given.fetch_add(2, Ordering::SeqCst);
        let halves = [scattered(self.seed, number), scattered(self.seed, number + 1)];
        let bytes = (u128::from(halves[0]) << 64 | u128::from(halves[1])).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn elapsed(&self, since: Instant) -> Duration {
        if self.durations { since.elapsed() } else { Duration::ZERO }
    }
}

/// The number at a place of the sequence that a seed begins (`SplitMix64`).
fn scattered(seed: u64, place: u64) -> u64 {
    let state = seed.wrapping_add(place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_stopped_clock_repeats_itself_and_no_other() {
        let ids = |seed: &str| {
            let clock = StoppedClock::new(5, seed).without_durations();
            assert_eq!((clock.now(), clock.elapsed(Instant::now())), (5, Duration::ZERO));
            (0..1000).map(|_| clock.uuid()).collect::<BTreeSet<_>>()
        };
        let (first, again, other) = (ids("a"), ids("a"), ids("b"));
        assert_eq!(first, again);
        assert_eq!(first.len(), 1000);
        assert!(first.is_disjoint(&other));
    }
}
