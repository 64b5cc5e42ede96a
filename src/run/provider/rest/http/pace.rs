//! How often and when a request is tried again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use crate::run::provider::{FetchError, Retry, Stop};
use crate::run::{Clock, SystemClock};

/// The wait after the first failure; it doubles with each one.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait of our own choosing.
const LONGEST: Duration = Duration::from_secs(10);
/// The longest wait that a server may ask for.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(60);
/// How often a wait looks whether it is to stop.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// Waits between two tries; tests give one that does not.
pub trait Pace: Send + Sync {
    /// A number from 0 up to 1 that spreads out the retries of many.
    fn jitter(&self) -> f64;

    /// The time by which waits are reckoned.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Returns when the time is over.
    ///
    /// # Errors
    /// When `stop` says so before.
    fn wait(&self, time: Duration, stop: &Stop) -> Result<(), FetchError>;
}

/// Waits for real.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealPace;

impl Pace for RealPace {
    fn jitter(&self) -> f64 {
        let mut hasher = DefaultHasher::new();
        SystemClock.uuid().hash(&mut hasher);
        let bits = u32::try_from(hasher.finish() >> 32).unwrap_or(0);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    fn wait(&self, time: Duration, stop: &Stop) -> Result<(), FetchError> {
        let end = Instant::now() + time;
        loop {
            stop.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(TICK));
        }
    }
}

/// Does not wait: what a recording holds will not change.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPace;

impl Pace for NoPace {
    fn jitter(&self) -> f64 {
        0.0
    }

    fn wait(&self, _: Duration, stop: &Stop) -> Result<(), FetchError> {
        stop.check()
    }
}

/// Tries until it goes well, cannot get better, or was tried often enough.
pub(super) fn retrying<T>(
    retries: u32,
    pace: &dyn Pace,
    stop: &Stop,
    mut attempt: impl FnMut() -> Result<T, FetchError>,
) -> Result<T, FetchError> {
    let mut failures = 0;
    loop {
        stop.check()?;
        let error = match attempt() {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        // A request that the end of the run cut short failed for that reason, not for its own.
        stop.check()?;
        let Some(wait) = wait(&error, failures, pace) else { return Err(error) };
        if failures >= retries || stop.left().is_some_and(|left| left <= wait) {
            return Err(error);
        }
        pace.wait(wait, stop)?;
        failures += 1;
    }
}

/// How long to wait after an error before the next try; `None` when there is to be none.
pub(super) fn wait(error: &FetchError, failures: u32, pace: &dyn Pace) -> Option<Duration> {
    match error.retry {
        Retry::Never => None,
        Retry::MayHelp => Some(back_off(failures, pace.jitter())),
        Retry::After(time) => Some(time.min(LONGEST_ASKED)),
    }
}

/// Doubles each time, from half of the full wait up to all of it.
fn back_off(failures: u32, jitter: f64) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST);
    full.mul_f64(f64::midpoint(1.0, jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Noted(Mutex<Vec<Duration>>);

    impl Pace for Noted {
        fn jitter(&self) -> f64 {
            1.0
        }

        fn wait(&self, time: Duration, _: &Stop) -> Result<(), FetchError> {
            self.0.lock().unwrap().push(time);
            Ok(())
        }
    }

    fn tried(retries: u32, stop: &Stop, errors: Vec<FetchError>) -> (Result<(), FetchError>, Vec<Duration>) {
        let pace = Noted::default();
        let mut errors = errors.into_iter();
        let result = retrying(retries, &pace, stop, || errors.next().map_or(Ok(()), Err));
        (result, pace.0.into_inner().unwrap())
    }

    fn after(time: Duration) -> FetchError {
        FetchError { retry: Retry::After(time), ..FetchError::passing("http.429", "slow down") }
    }

    #[test]
    fn waits_double_and_end() {
        let broken = || FetchError::passing("net.connect", "gone");
        let (result, waits) = tried(3, &Stop::new(None), vec![broken(), broken(), broken(), broken()]);
        assert_eq!(result.unwrap_err(), broken());
        assert_eq!(waits, [250, 500, 1000].map(Duration::from_millis));
    }

    #[test]
    fn the_server_says_when_within_reason() {
        let (result, waits) =
            tried(3, &Stop::new(None), vec![after(Duration::from_secs(7)), after(Duration::from_secs(7200))]);
        assert_eq!(result, Ok(()));
        assert_eq!(waits, [7, 60].map(Duration::from_secs));
    }

    #[test]
    fn what_lasts_is_not_tried_again() {
        let (result, waits) = tried(3, &Stop::new(None), vec![FetchError::lasting("http.404", "no")]);
        assert_eq!(result.unwrap_err().code, "http.404");
        assert!(waits.is_empty());
    }

    #[test]
    fn a_wait_beyond_the_deadline_is_not_begun() {
        let stop = Stop::new(Some(Instant::now() + Duration::from_secs(5)));
        let (result, waits) = tried(3, &stop, vec![after(Duration::from_secs(6))]);
        assert_eq!(result.unwrap_err().code, "http.429");
        assert!(waits.is_empty());
    }

    #[test]
    fn a_stop_ends_a_real_wait() {
        let stop = Stop::new(None);
        stop.ask();
        assert_eq!(RealPace.wait(Duration::from_secs(3600), &stop).unwrap_err().code, "interrupted");
    }

    #[test]
    fn jitter_is_a_fraction() {
        assert!((0..100).map(|_| RealPace.jitter()).all(|jitter| (0.0..1.0).contains(&jitter)));
        assert_eq!(back_off(0, 0.0), FIRST / 2);
        assert_eq!(back_off(40, 1.0), LONGEST);
    }
}
