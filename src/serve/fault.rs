//! Bad days on purpose: slow answers, failing answers, and too many requests.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Clock, Options, ServeError};

pub(super) struct Faults {
    pub latency: Duration,
    fail: f64,
    seed: u64,
    limit: Option<NonZeroU32>,
    clock: Clock,
    state: Mutex<State>,
}

/// What happens to a request instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Fail,
    Limited { retry_after: u64 },
}

struct State {
    requests: u64,
    /// Requests that may still be made, and when that was so.
    allowance: f64,
    at: SystemTime,
}

impl Faults {
    pub(super) fn new(options: &Options) -> Result<Self, ServeError> {
        if !(0.0..=1.0).contains(&options.fail) {
            let message = format!("the share of failing requests is `{}`, expected 0 to 1", options.fail);
            return Err(ServeError::Setting(message));
        }
        let allowance = options.rate_limit.map_or(0.0, |limit| f64::from(limit.get()));
        Ok(Self {
            latency: options.latency,
            fail: options.fail,
            seed: options.seed,
            limit: options.rate_limit,
            clock: options.clock.clone(),
            state: Mutex::new(State { requests: 0, allowance, at: (options.clock)() }),
        })
    }

    /// What befalls the next request. A request over the limit does not count towards those that fail.
    pub(super) fn next(&self) -> Option<Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limit) = self.limit
            && let Some(retry_after) = state.exceed(f64::from(limit.get()), (self.clock)())
        {
            return Some(Fault::Limited { retry_after });
        }
        state.requests += 1;
        (share(self.seed, state.requests) < self.fail).then_some(Fault::Fail)
    }
}

impl State {
    /// Takes one request from the allowance, which refills evenly up to one second's worth; answers
    /// the whole seconds to wait when there is none.
    fn exceed(&mut self, per_second: f64, now: SystemTime) -> Option<u64> {
        let passed = now.duration_since(self.at).unwrap_or_default().as_secs_f64();
        self.allowance = (self.allowance + passed * per_second).min(per_second);
        self.at = now;
        if self.allowance >= 1.0 {
            self.allowance -= 1.0;
            return None;
        }
        // At least one request a second is allowed, so a whole second is always enough.
        Some(1)
    }
}

/// A number from 0 to 1 that looks random and is the same for the same seed and request
/// (the finishing steps of `SplitMix64`).
fn share(seed: u64, request: u64) -> f64 {
    let mut mixed = seed.wrapping_add(request.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let top = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(top) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::UNIX_EPOCH;

    use super::*;

    fn failing(fail: f64, seed: u64) -> Vec<bool> {
        let faults = Faults::new(&Options { fail, seed, ..Options::default() }).unwrap();
        (0..10_000).map(|_| faults.next() == Some(Fault::Fail)).collect()
    }

    #[test]
    fn failures_depend_on_the_seed_alone_and_have_the_share() {
        let first = failing(0.05, 1);
        assert_eq!(first, failing(0.05, 1));
        assert_ne!(first, failing(0.05, 2));
        let count = first.iter().filter(|failed| **failed).count();
        assert!((400..600).contains(&count), "{count}");
        assert!(failing(0.0, 1).iter().all(|failed| !failed) && failing(1.0, 1).iter().all(|failed| *failed));
    }

    #[test]
    fn a_share_out_of_range_is_refused() {
        for fail in [-0.1, 1.1, f64::NAN] {
            assert!(Faults::new(&Options { fail, ..Options::default() }).is_err(), "{fail}");
        }
    }

    #[test]
    fn the_limit_refills_with_time() {
        let millis = Arc::new(AtomicU64::new(0));
        let shared = millis.clone();
        let clock: Clock =
            Arc::new(move || UNIX_EPOCH + Duration::from_millis(shared.load(Ordering::SeqCst)));
        let options = Options { rate_limit: NonZeroU32::new(2), clock, ..Options::default() };
        let faults = Faults::new(&options).unwrap();
        let next = |at| {
            millis.store(at, Ordering::SeqCst);
            faults.next()
        };
        let limited = Some(Fault::Limited { retry_after: 1 });
        assert_eq!((next(0), next(0), next(0)), (None, None, limited));
        assert_eq!((next(499), next(500), next(500)), (limited, None, limited));
        assert_eq!((next(60_000), next(60_000), next(60_000)), (None, None, limited), "no hoard");
        assert_eq!(next(10), limited, "a clock that goes back gives nothing");
    }
}
