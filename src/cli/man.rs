//! `man`: the manual page.

use clap_mangen::Man;

use super::failure::Failure;
use super::shell::Shell;
use super::{Exit, args};

/// Prints the manual page in roff: `syncscope man | man -l -`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command that the page is about; without it, the page is about all of them
    command: Option<String>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let all = args::command();
    let page = match &args.command {
        None => all,
        Some(name) => one(&all, name)?,
    };
    let mut roff = Vec::new();
    Man::new(page).render(&mut roff)?;
    shell.out.print(&String::from_utf8_lossy(&roff))?;
    Ok(Exit::Clean)
}

fn one(all: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let names = || all.get_subcommands().map(clap::Command::get_name);
    let found = all.find_subcommand(name).cloned();
    let found = found.map(|command| {
        command.bin_name(format!("syncscope {name}")).display_name(format!("syncscope-{name}"))
    });
    found.ok_or_else(|| {
        let help = crate::diag::did_you_mean(name, names());
        Failure::usage(format!("there is no command `{name}`")).help(help)
    })
}
