//! SIGINT, SIGTERM and SIGHUP: the first asks to stop, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

use super::Exit;
use super::failure::Failure;

/// Listens to signals until it is dropped.
pub(super) struct Interrupts {
    first: Arc<AtomicU8>,
    handle: Handle,
}

impl Interrupts {
    /// Calls `stop` on the first signal, from a thread of its own.
    pub(super) fn listen(stop: impl Fn() + Send + 'static) -> Result<Self, Failure> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|error| Failure::environment(format!("cannot listen to signals: {error}")))?;
        let handle = signals.handle();
        let first = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&first);
        thread::spawn(move || {
            for signal in signals.forever() {
                let number = u8::try_from(signal).unwrap_or(0);
                if seen.swap(number, Ordering::SeqCst) != 0 {
                    // What was at work is marked as interrupted by the next process that looks.
                    signal_hook::low_level::exit(i32::from(Exit::Signal(number).code()));
                }
                stop();
            }
        });
        Ok(Self { first, handle })
    }

    /// How the process ends when it was asked to stop.
    pub(super) fn exit(&self) -> Option<Exit> {
        let number = self.first.load(Ordering::SeqCst);
        (number != 0).then_some(Exit::Signal(number))
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.handle.close();
    }
}
