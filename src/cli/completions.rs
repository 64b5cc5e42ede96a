//! `completions`: scripts that let a shell complete our arguments.

use clap_complete::Shell as Dialect;

use super::failure::Failure;
use super::shell::Shell;
use super::{Exit, args};

/// Prints the completions for a shell, to be sourced or put where the shell looks for them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Dialect,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(), "syncscope", &mut script);
    shell.out.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Clean)
}
