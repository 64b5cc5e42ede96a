//! What a command talks through. Reads the process' environment, once, for the real command.

use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything of the outside world that the command line itself uses.
pub struct Streams {
    /// Standard input.
    pub stdin: Source,
    /// Results.
    pub stdout: Sink,
    /// Progress, logs and errors.
    pub stderr: Sink,
    /// Reads an environment variable; one that is not text counts as not set.
    pub env: Env,
    /// The folder that relative paths start from.
    pub cwd: PathBuf,
}

/// A place to read from.
pub enum Source {
    /// A terminal at which a person can press keys.
    Terminal(Box<dyn Read + Send>),
    /// A file or another program.
    Pipe(Box<dyn Read + Send>),
}

/// Reads a variable of the environment.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A place to write to.
pub enum Sink {
    /// A terminal that a person looks at; takes colour and live progress.
    Terminal(Box<dyn Write + Send>),
    /// A file or another program.
    Pipe(Box<dyn Write + Send>),
}

impl Streams {
    /// The streams, variables and folder of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            stdin: Source::of(io::stdin(), io::stdin().is_terminal()),
            stdout: Sink::of(io::stdout(), io::stdout().is_terminal()),
            stderr: Sink::of(io::stderr(), io::stderr().is_terminal()),
            env: Arc::new(|name| std::env::var(name).ok()),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        }
    }
}

impl Source {
    fn of(stream: impl Read + Send + 'static, terminal: bool) -> Self {
        if terminal { Self::Terminal(Box::new(stream)) } else { Self::Pipe(Box::new(stream)) }
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Terminal(stream) | Self::Pipe(stream) => stream,
        }
    }
}

impl Sink {
    fn of(stream: impl Write + Send + 'static, terminal: bool) -> Self {
        if terminal { Self::Terminal(Box::new(stream)) } else { Self::Pipe(Box::new(stream)) }
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    pub(super) fn into_writer(self) -> Box<dyn Write + Send> {
        match self {
            Self::Terminal(stream) | Self::Pipe(stream) => stream,
        }
    }
}
