//! Colour, or none.

/// Colours text for a terminal, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// Escape sequences are written.
    Colour,
    /// Nothing is added.
    Plain,
}

impl Paint {
    /// For names that the eye looks for.
    pub(super) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// For what matters less.
    pub(super) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// For failures.
    pub(super) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    /// For what went well.
    pub(super) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// For what was not done, or was stopped.
    pub(super) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// For what goes on now.
    pub(super) fn cyan(self, text: &str) -> String {
        self.wrap("36", text)
    }

    /// A sync state in its colour.
    pub(super) fn state(self, state: &str) -> String {
        match state {
            "synced" | "ok" | "run" => self.green(state),
            "failed" | "error" => self.red(state),
            "syncing" => self.cyan(state),
            "interrupted" | "skip" | "unsupported" | "unknown" => self.yellow(state),
            _ => state.to_owned(),
        }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour if text.is_empty() => String::new(),
            Self::Colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}
