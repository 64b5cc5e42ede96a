//! The keys.

use std::io::Read;
use std::thread;

use super::queue::{Bringer, Event};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Run what was asked, or `onLoad`.
    Run,
    /// Read and check everything anew, and show all of it.
    Lint,
    /// Show scopes and statuses, or no longer.
    Status,
    /// Take away what was told so far.
    Clear,
    /// Show the keys, or no longer.
    Help,
    /// End.
    Quit,
    /// Run another event or action from now on, the n-th of those that are shown.
    Choose(usize),
}

impl Key {
    /// What the byte that a terminal sends means.
    pub(super) fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'r' | b'R' => Self::Run,
            b'l' | b'L' => Self::Lint,
            b's' | b'S' => Self::Status,
            b'c' | b'C' => Self::Clear,
            b'?' | b'h' => Self::Help,
            // 4 is Ctrl-D.
            b'q' | b'Q' | 4 => Self::Quit,
            b'1'..=b'9' => Self::Choose(usize::from(byte - b'1')),
            _ => return None,
        })
    }
}

/// Brings keys until the terminal is gone. The thread waits in the terminal and ends with the process.
pub(super) fn follow(mut stdin: Box<dyn Read + Send>, events: Bringer) {
    thread::spawn(move || {
        let mut bytes = [0; 64];
        while let Ok(count @ 1..) = stdin.read(&mut bytes) {
            // Arrows and the like send several bytes that begin with this one.
            let typed = if bytes[0] == 0x1B { &[][..] } else { &bytes[..count] };
            for byte in typed {
                if events.send(Event::Key(*byte)).is_err() {
                    return;
                }
            }
        }
    });
}
