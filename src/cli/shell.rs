//! What every command is given: its streams, tamed.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::{ColorChoice, Global};
use super::failure::Failure;
use super::output::{Output, Verbosity};
use super::paint::Paint;
use super::streams::{Env, Sink, Source, Streams};

/// The world of one command.
pub(super) struct Shell {
    /// Where results, notes and errors go.
    pub(super) out: Output,
    /// Whether somebody watches the error stream, so that live progress makes sense.
    pub(super) live: Live,
    /// The folder that relative paths start from.
    pub(super) cwd: PathBuf,
    screen: Screen,
    env: Env,
    stdin: Source,
}

/// What results are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    /// A terminal, which can be cleared.
    Clearable,
    /// A stream that only grows.
    Growing,
}

/// Whether progress is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Live {
    /// On the error stream.
    Drawn,
    /// Not at all.
    Hidden,
}

impl Shell {
    pub(super) fn new(global: &Global, streams: Streams) -> Self {
        let Streams { stdin, stdout, stderr, env, cwd } = streams;
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
        let live =
            if stderr.is_terminal() && verbosity > Verbosity::Quiet { Live::Drawn } else { Live::Hidden };
        let screen = if stdout.is_terminal() { Screen::Clearable } else { Screen::Growing };
        let paints = (paint(global.color, &stdout, &*env), paint(global.color, &stderr, &*env));
        Self { out: Output::new(stdout, stderr, paints, verbosity), live, cwd, screen, env, stdin }
    }

    /// The value of an environment variable.
    pub(super) fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }

    /// Whether results that come again may replace what is on the screen.
    pub(super) fn redraws(&self) -> bool {
        self.screen == Screen::Clearable
    }

    /// Whether a page that changes in place can be shown to a person who can press keys.
    pub(super) fn is_interactive(&self) -> bool {
        self.redraws() && self.stdin.is_terminal() && self.env("TERM").is_none_or(|term| term != "dumb")
    }

    /// Reads a variable of the environment, for longer than the command's first look at it.
    pub(super) fn shared_env(&self) -> Env {
        Env::clone(&self.env)
    }

    /// Standard input, for whoever asks first.
    pub(super) fn take_stdin(&mut self) -> Box<dyn Read + Send> {
        std::mem::replace(&mut self.stdin, Source::Pipe(Box::new(io::empty()))).into_reader()
    }

    /// All of standard input as text.
    pub(super) fn read_stdin(&mut self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let read = self.take_stdin().read_to_end(&mut bytes);
        read.map_err(|error| Failure::environment(format!("cannot read standard input: {error}")))?;
        String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8 text"))
    }

    /// The message with paths below the working folder as the user knows them.
    pub(super) fn relative(&self, message: &str) -> String {
        message.replace(&format!("`{}/", self.cwd.display()), "`")
    }

    /// A path of the user, seen from the working folder.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.cwd.join(path)
    }
}

/// `--color` counts most, then `NO_COLOR` (no-color.org), then whether a person watches.
fn paint(choice: ColorChoice, sink: &Sink, env: &dyn Fn(&str) -> Option<String>) -> Paint {
    let unwanted = || env("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = || env("TERM").is_some_and(|term| term == "dumb");
    let colour = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => sink.is_terminal() && !unwanted() && !dumb(),
    };
    if colour { Paint::Colour } else { Paint::Plain }
}
