//! Whose turn it is: how many requests a host gets at a time and in a second, and when it asked to be left
//! alone. All requests of a process share this.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::address::Address;
use super::pace::{LONGEST_ASKED, Pace, TICK};
use crate::run::provider::{FetchError, Stop};

/// The turns of all hosts.
pub(super) struct Turns {
    most: usize,
    interval: Option<Duration>,
    pace: Arc<dyn Pace>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// The right to send a request; given back when it is dropped, after a panic too.
pub(super) struct Turn {
    host: Arc<Host>,
}

#[derive(Default)]
struct Host {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    at_work: usize,
    /// When the next request may begin, by the rate.
    next: Option<Instant>,
    /// Until when the host asked to be left alone.
    quiet_until: Option<Instant>,
}

impl Turns {
    /// At most so many requests at a time to each host, which begin at least `interval` apart.
    pub(super) fn new(most: usize, interval: Option<Duration>, pace: Arc<dyn Pace>) -> Self {
        Self { most: most.max(1), interval, pace, hosts: Mutex::default() }
    }

    /// Waits until a request to an address may begin.
    ///
    /// # Errors
    /// When `stop` says so, or would before the wait is over.
    pub(super) fn take(&self, address: &Address, stop: &Stop) -> Result<Turn, FetchError> {
        let host = self.host(address);
        let (turn, slot) = self.enter(host, stop)?;
        loop {
            let quiet = lock(&turn.host.state).quiet_until;
            let now = self.pace.now();
            let wait = slot.max(quiet).map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
            if wait.is_zero() {
                return Ok(turn);
            }
            if stop.left().is_some_and(|left| left <= wait) {
                return Err(too_long(address, wait));
            }
            self.pace.wait(wait, stop)?;
        }
    }

    /// Nobody asks the host before this time is over.
    pub(super) fn hold(&self, address: &Address, time: Duration) {
        let until = self.pace.now() + time.min(LONGEST_ASKED);
        let host = self.host(address);
        let mut state = lock(&host.state);
        state.quiet_until = state.quiet_until.max(Some(until));
    }

    fn host(&self, address: &Address) -> Arc<Host> {
        Arc::clone(lock(&self.hosts).entry(address.host_and_port()).or_default())
    }

    /// One of the places at the host, and when it may be used by the rate.
    fn enter(&self, host: Arc<Host>, stop: &Stop) -> Result<(Turn, Option<Instant>), FetchError> {
        let mut state = lock(&host.state);
        while state.at_work >= self.most {
            stop.check()?;
            state = host.freed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.at_work += 1;
        let slot = self.interval.map(|interval| {
            let slot = state.next.max(Some(self.pace.now())).unwrap_or_else(|| self.pace.now());
            state.next = Some(slot + interval);
            slot
        });
        drop(state);
        Ok((Turn { host }, slot))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.host.state).at_work -= 1;
        self.host.freed.notify_one();
    }
}

fn too_long(address: &Address, wait: Duration) -> FetchError {
    let wait = humantime::format_duration(Duration::from_millis(
        u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
    ));
    let message = format!(
        "`{}` is to be asked again only in {wait}, which is longer than the time that is left for this sync",
        address.origin()
    );
    FetchError::passing("net.timeout", message)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::run::provider::testing::NoWait;

    fn turns(most: usize, interval: Option<Duration>) -> (Turns, Arc<NoWait>) {
        let pace = Arc::new(NoWait::default());
        (Turns::new(most, interval, Arc::<NoWait>::clone(&pace)), pace)
    }

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    /// Waits so far, in whole milliseconds rounded up.
    fn waits(pace: &NoWait) -> Vec<u64> {
        let round = |wait: &Duration| u64::try_from(wait.as_micros().div_ceil(10_000) * 10).unwrap();
        pace.0.lock().unwrap().iter().map(round).collect()
    }

    #[test]
    fn a_host_gets_so_many_requests_at_a_time() {
        let (turns, _) = turns(2, None);
        let (at_work, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let _turn = turns.take(&address("http://h/x"), &Stop::new(None)).unwrap();
                    most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    at_work.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }

    #[test]
    fn hosts_do_not_wait_for_each_other() {
        let (turns, _) = turns(1, None);
        let stop = Stop::new(None);
        let _one = turns.take(&address("http://h/x"), &stop).unwrap();
        let _other = turns.take(&address("http://h:81/x"), &stop).unwrap();
        stop.ask();
        assert_eq!(turns.take(&address("http://h/y"), &stop).err().unwrap().code, "interrupted");
    }

    #[test]
    fn a_rate_spreads_requests() {
        let (turns, pace) = turns(8, Some(Duration::from_millis(500)));
        for _ in 0..3 {
            turns.take(&address("http://h/"), &Stop::new(None)).unwrap();
        }
        turns.take(&address("http://other/"), &Stop::new(None)).unwrap();
        assert_eq!(waits(&pace), [500, 500]);
    }

    #[test]
    fn what_one_is_told_all_heed() {
        let (turns, pace) = turns(8, None);
        turns.hold(&address("http://h/a"), Duration::from_secs(7));
        turns.hold(&address("http://h/a"), Duration::from_secs(1));
        turns.take(&address("http://h/b"), &Stop::new(None)).unwrap();
        turns.take(&address("http://h/b"), &Stop::new(None)).unwrap();
        turns.take(&address("http://other/b"), &Stop::new(None)).unwrap();
        assert_eq!(waits(&pace), [7000]);
        let soon = Stop::new(Some(Instant::now() + Duration::from_secs(3)));
        turns.hold(&address("http://h/a"), Duration::from_secs(7200));
        let error = turns.take(&address("http://h/b"), &soon).err().unwrap();
        assert_eq!(error.code, "net.timeout");
        assert_eq!(waits(&pace).len(), 1, "a wait beyond the deadline is not begun");
    }
}
