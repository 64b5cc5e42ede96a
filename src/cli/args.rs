//! The arguments: which commands there are and what holds for all of them.

use std::ffi::OsString;
use std::io::Write;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use super::failure::Failure;
use super::shell::Shell;
use super::streams::Streams;
use super::{
    Exit, completions, dev, doctor, eval, explain, graph, init, lint, man, query, run, schema, serve, status,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const CODES: &str = "Exit codes:
  0  done and clean
  1  problems found, or an action or a scope failed
  2  wrong usage or settings
  3  the environment failed (cannot read, disk full, database locked)
  130, 143  stopped by SIGINT or SIGTERM";

/// Checks and runs declarative sync apps, without a phone.
#[derive(Debug, Parser)]
#[command(name = "syncscope", version, styles = STYLES, after_help = CODES, max_term_width = 100)]
#[command(propagate_version = false, disable_help_subcommand = true, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What holds for all commands.
#[derive(Debug, clap::Args)]
pub(super) struct Global {
    /// When to colour the output; `auto` honours `NO_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    pub(super) color: ColorChoice,
    /// Tell errors only, beside the results
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(super) quiet: bool,
    /// Tell more about what goes on
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(super) verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check apps
    Lint(lint::Args),
    /// Trigger an event or action of an app and perform what follows
    Run(run::Args),
    /// Watch an app: check every save, keep the last good version, run what was asked again
    Dev(dev::Args),
    /// Show the sync scopes and statuses of an app
    Status(status::Args),
    /// Look the database of an app over, and repair it
    Doctor(doctor::Args),
    /// Evaluate an expression or a condition in an app's context
    Eval(eval::Args),
    /// Print the rows of a datasource or of a statement of your own
    Query(query::Args),
    /// Show what in an app refers to what
    Graph(graph::Args),
    /// Serve a folder of tables as a back end for development
    Serve(serve::Args),
    /// Print a JSON Schema of the app format
    Schema(schema::Args),
    /// Print the page of a rule
    Explain(explain::Args),
    /// Make a small working app to start from
    Init(init::Args),
    /// Print the completions for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

impl Command {
    pub(super) fn run(self, shell: &mut Shell) -> Result<Exit, Failure> {
        match self {
            Self::Lint(args) => lint::run(&args, shell),
            Self::Run(args) => run::run(&args, shell),
            Self::Dev(args) => dev::run(&args, shell),
            Self::Status(args) => status::run(&args, shell),
            Self::Doctor(args) => doctor::run(&args, shell),
            Self::Eval(args) => eval::run(&args, shell),
            Self::Query(args) => query::run(&args, shell),
            Self::Graph(args) => graph::run(&args, shell),
            Self::Serve(args) => serve::run(&args, shell),
            Self::Schema(args) => schema::run(&args, shell),
            Self::Explain(args) => explain::run(&args, shell),
            Self::Init(args) => init::run(&args, shell),
            Self::Completions(args) => completions::run(&args, shell),
            Self::Man(args) => man::run(&args, shell),
        }
    }
}

/// The whole command line, for completions and the manual.
pub(super) fn command() -> clap::Command {
    Cli::command()
}

/// What the arguments come to.
pub(super) enum Parsed {
    /// Something to do.
    Cli(Box<Cli>),
    /// Help, the version, or what is wrong with the arguments.
    Shown(Shown),
}

/// A text of the argument parser.
pub(super) struct Shown {
    error: clap::Error,
}

pub(super) fn parse(args: impl IntoIterator<Item = OsString>) -> Parsed {
    match Cli::try_parse_from(args) {
        Ok(cli) => Parsed::Cli(Box::new(cli)),
        Err(error) => Parsed::Shown(Shown { error }),
    }
}

impl Shown {
    pub(super) fn write(self, streams: Streams) -> Exit {
        let asked_for = matches!(self.error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        let (sink, exit) =
            if asked_for { (streams.stdout, Exit::Clean) } else { (streams.stderr, Exit::Usage) };
        let colour = sink.is_terminal() && (streams.env)("NO_COLOR").is_none_or(|value| value.is_empty());
        let rendered = self.error.render();
        let text = if colour { rendered.ansi().to_string() } else { rendered.to_string() };
        let mut stream = sink.into_writer();
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(error) if asked_for && error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Environment,
            _ => exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
