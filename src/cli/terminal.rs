//! The terminal itself: its size, keys as they are pressed, and its state before we came.

use std::sync::{Arc, Mutex, PoisonError};

use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Shows the other screen, and no cursor.
pub(super) const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[H\u{1b}[2J";
/// Shows the cursor and the screen that was there before.
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// A terminal that gives keys one by one and shows none of them; clones share it. It is as it was
/// again when the last clone is dropped, or earlier when asked.
#[derive(Clone)]
pub(super) struct Terminal {
    inner: Arc<Inner>,
}

struct Inner {
    /// What it is like for others.
    usual: Termios,
    is_ours: Mutex<bool>,
}

impl Terminal {
    /// The terminal of this process; `None` when it has none.
    pub(super) fn of_process() -> Option<Self> {
        let usual = tcgetattr(stdin()).ok()?;
        tcgetattr(stdout()).ok()?;
        Some(Self { inner: Arc::new(Inner { usual, is_ours: Mutex::new(false) }) })
    }

    /// Gives keys one by one from now on. Ctrl-C and Ctrl-Z stay signals.
    pub(super) fn enter(&self) {
        let mut ours = self.inner.usual.clone();
        ours.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        ours.special_codes[SpecialCodeIndex::VMIN] = 1;
        ours.special_codes[SpecialCodeIndex::VTIME] = 0;
        let mut is_ours = self.inner.is_ours.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that cannot do this gives keys line by line.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &ours);
        *is_ours = true;
    }

    /// Makes it as it was.
    pub(super) fn leave(&self) {
        self.inner.leave();
    }

    /// The size of the terminal now.
    pub(super) fn size() -> Size {
        let size = tcgetwinsize(stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or(Size { columns: 80, rows: 24 }, |size| Size {
            columns: usize::from(size.ws_col),
            rows: usize::from(size.ws_row),
        })
    }
}

impl Inner {
    fn leave(&self) {
        let mut is_ours = self.is_ours.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut *is_ours) {
            // Nobody is left to be told when the terminal is gone.
            let _ = rustix::io::write(stdout(), LEAVE);
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.usual);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The line cut to a number of columns; sequences for colour take none and are kept whole.
pub(super) fn cut(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    console::truncate_str(line, columns, "…").into_owned()
}

/// How many columns a line takes.
pub(super) fn width(line: &str) -> usize {
    console::measure_text_width(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_by_what_is_seen() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("\u{1b}[31mabcd\u{1b}[0m", 4), "\u{1b}[31mabcd\u{1b}[0m");
        assert_eq!(cut("\u{1b}[31mabcd\u{1b}[0m", 3), "\u{1b}[31mab…\u{1b}[0m");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
    }
}
