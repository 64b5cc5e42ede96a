//! Panics of other threads are caught and told as news; their usual words would garble the page.

use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::thread;

use crate::cli::terminal::Terminal;

/// Keeps panics of other threads quiet until it is dropped.
pub(super) struct Quiet {
    usual: Arc<Hook>,
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

impl Quiet {
    /// A panic of the calling thread ends the session, so it is told as usual, once the terminal is
    /// as it was.
    pub(super) fn around(terminal: Option<Terminal>) -> Self {
        let usual: Arc<Hook> = panic::take_hook().into();
        let (told, own) = (Arc::clone(&usual), thread::current().id());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == own {
                if let Some(terminal) = &terminal {
                    terminal.leave();
                }
                told(info);
            }
        }));
        Self { usual }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // While it panics, a thread may not change what is done about that.
        if !thread::panicking() {
            let usual = Arc::clone(&self.usual);
            panic::set_hook(Box::new(move |info| usual(info)));
        }
    }
}
