//! The command line: the only room that prints, and a plain user of all other rooms.
//!
//! [`main`] takes the arguments and the [`Streams`] to talk through and gives an [`Exit`], so that
//! a test can run any command in its own process. A command is one file below this one and one
//! line in `args`. What people script against is written down in the README.

mod app;
mod args;
mod completions;
mod dev;
mod doctor;
mod eval;
mod explain;
mod failure;
mod findings;
mod graph;
mod init;
mod lint;
mod man;
mod output;
mod paint;
mod progress;
mod query;
mod redact;
mod run;
mod schema;
mod scopes;
mod serve;
mod session;
mod shell;
mod signals;
mod status;
mod streams;
mod table;
mod terminal;
mod units;

use std::ffi::OsString;
use std::process::ExitCode;

pub use streams::{Env, Sink, Source, Streams};

use args::Parsed;
use failure::Failure;
use shell::Shell;

/// How a command ended, as scripts see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done and clean, or the reader of the output went away.
    Clean,
    /// Problems found, or an action or a scope failed.
    Problems,
    /// Wrong usage or settings.
    Usage,
    /// The environment failed: a file that cannot be read, a full disk, a locked database.
    Environment,
    /// A signal with this number stopped it.
    Signal(u8),
}

impl Exit {
    /// The number that the process ends with: 0, 1, 2, 3, or 128 and the signal's number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Problems => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Signal(number) => number.saturating_add(128),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Runs the command that `args` (with the program's name first) ask for.
pub fn main(args: impl IntoIterator<Item = OsString>, streams: Streams) -> Exit {
    signals::outlive_file_limits();
    match args::parse(args) {
        Parsed::Cli(cli) => {
            let mut shell = Shell::new(&cli.global, streams);
            let ended = cli.command.run(&mut shell);
            finish(&shell, ended)
        }
        Parsed::Shown(shown) => shown.write(streams),
    }
}

fn finish(shell: &Shell, ended: Result<Exit, Failure>) -> Exit {
    match ended.and_then(|exit| shell.out.flush().map(|()| exit)) {
        Ok(exit) => exit,
        Err(Failure::ClosedPipe) => Exit::Clean,
        Err(Failure::Told(told)) => {
            shell.out.error(&shell.relative(&told.message), told.help.as_deref());
            told.exit
        }
    }
}
