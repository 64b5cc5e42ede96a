//! Why a command could not do its work, in words for its user.

use std::io;

use super::Exit;
use crate::app::LoadError;
use crate::watch::Trouble;

/// Ends a command early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Is told to the user.
    Told(Told),
    /// The reader of the output went away; nothing is wrong.
    ClosedPipe,
}

/// A message with its exit code.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) exit: Exit,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Failure {
    /// The user's words or settings are off.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::told(Exit::Usage, message)
    }

    /// Something of the app is broken or failed.
    pub(super) fn problem(message: impl Into<String>) -> Self {
        Self::told(Exit::Problems, message)
    }

    /// The machine is at fault.
    pub(super) fn environment(message: impl Into<String>) -> Self {
        Self::told(Exit::Environment, message)
    }

    /// Says what to do, when there is something to say.
    pub(super) fn help(mut self, help: Option<String>) -> Self {
        if let Self::Told(told) = &mut self {
            told.help = help.or(told.help.take());
        }
        self
    }

    /// The same for a command that goes on.
    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Self::Told(told) => Trouble { message: told.message, help: told.help },
            Self::ClosedPipe => Trouble::new("the reader of the output went away"),
        }
    }

    fn told(exit: Exit, message: impl Into<String>) -> Self {
        Self::Told(Told { exit, message: message.into(), help: None })
    }
}

impl From<io::Error> for Failure {
    /// For errors of the output streams; errors of files say which file.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::environment(format!("cannot write the output: {error}"))
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        let message = error.to_string();
        match error {
            LoadError::Unreadable(..) => Self::environment(message),
            _ => Self::usage(message),
        }
    }
}
