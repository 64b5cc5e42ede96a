//! The time and the ids of a run. Reads the clock and the random source.

use std::time::{SystemTime, UNIX_EPOCH};

/// Gives times and ids; tests give ones that repeat.
pub trait Clock: Send + Sync {
    /// Wall clock, epoch milliseconds. For display and for the app's own use, never for order.
    fn now(&self) -> i64;
    /// An id that no other call gives.
    fn uuid(&self) -> String;
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
