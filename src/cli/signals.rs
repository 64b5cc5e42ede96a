//! Signals. SIGINT, SIGTERM and SIGHUP: the first asks to stop, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGSTOP, SIGTERM, SIGTSTP, SIGWINCH, SIGXFSZ};
use signal_hook::iterator::{Handle, Signals};

use super::Exit;
use super::failure::Failure;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// To come to an end.
    Stop,
    /// To let go of everything and then [`suspend`].
    Suspend,
    /// To look at the size of the terminal.
    Resize,
}

/// Listens to signals until it is dropped.
pub(super) struct Interrupts {
    first: Arc<AtomicU8>,
    suspended: Arc<AtomicBool>,
    handle: Handle,
}

impl Interrupts {
    /// Calls `stop` on the first signal, from a thread of its own.
    pub(super) fn listen(stop: impl Fn() + Send + 'static) -> Result<Self, Failure> {
        Self::start(&[SIGINT, SIGTERM, SIGHUP], move |_| stop(), || ())
    }

    /// The same for an owner of runs: suspension asks it to stop as well, for whoever does not go on
    /// must not look as if he did (sync-semantics.md §2, event 7). It is suspended by
    /// [`Interrupts::let_go`].
    pub(super) fn of_owner(stop: impl Fn() + Send + 'static) -> Result<Self, Failure> {
        Self::start(&[SIGINT, SIGTERM, SIGHUP, SIGTSTP], move |_| stop(), || ())
    }

    /// Hears of suspension and of the terminal as well. `last` is called when the process is about
    /// to end at once.
    pub(super) fn hear(
        heard: impl Fn(Heard) + Send + 'static,
        last: impl Fn() + Send + 'static,
    ) -> Result<Self, Failure> {
        Self::start(&[SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH], heard, last)
    }

    fn start(
        numbers: &[i32],
        heard: impl Fn(Heard) + Send + 'static,
        last: impl Fn() + Send + 'static,
    ) -> Result<Self, Failure> {
        let mut signals = Signals::new(numbers)
            .map_err(|error| Failure::environment(format!("cannot listen to signals: {error}")))?;
        let handle = signals.handle();
        let first = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&first);
        let suspended = Arc::new(AtomicBool::new(false));
        let suspending = Arc::clone(&suspended);
        thread::spawn(move || {
            for signal in signals.forever() {
                let what = meaning(signal);
                let number = u8::try_from(signal).unwrap_or(0);
                if what == Heard::Stop && seen.swap(number, Ordering::SeqCst) != 0 {
                    last();
                    // What was at work is marked as interrupted by the next process that looks.
                    signal_hook::low_level::exit(i32::from(Exit::Signal(number).code()));
                }
                if what == Heard::Suspend {
                    suspending.store(true, Ordering::SeqCst);
                }
                heard(what);
            }
        });
        Ok(Self { first, suspended, handle })
    }

    /// How the process ends when it was asked to stop.
    pub(super) fn exit(&self) -> Option<Exit> {
        let number = self.first.load(Ordering::SeqCst);
        (number != 0).then_some(Exit::Signal(number))
    }

    /// Stops this process, when it was asked to, until it is told to go on; gives what it ends with
    /// then, as there is nothing left to go on with.
    pub(super) fn let_go(&self) -> Option<Exit> {
        if !self.suspended.load(Ordering::SeqCst) {
            return None;
        }
        suspend();
        Some(Exit::Signal(u8::try_from(SIGTSTP).unwrap_or(0)))
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Lets a file that grows beyond what the system allows be an error, which is told, in place of the end of the
/// process.
pub(super) fn outlive_file_limits() {
    // Without a handler all stays as it is.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Stops this process until it is told to go on.
pub(super) fn suspend() {
    // It goes on at once when the system does not let it stop.
    let _ = signal_hook::low_level::raise(SIGSTOP);
}

fn meaning(signal: i32) -> Heard {
    match signal {
        SIGTSTP => Heard::Suspend,
        SIGWINCH => Heard::Resize,
        _ => Heard::Stop,
    }
}
