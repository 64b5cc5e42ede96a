//! `schema`: prints the bundled JSON Schemas.

use super::Exit;
use super::failure::Failure;
use super::shell::Shell;
use crate::app::{schema_names, schema_text};
use crate::diag::did_you_mean;

/// Prints a JSON Schema of the app format (Draft 2020-12), for editors and other tools.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The schema; without it, all names are listed
    name: Option<String>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    match &args.name {
        None => shell.out.print(&(schema_names().join("\n") + "\n"))?,
        Some(name) => shell.out.line(&text(name.trim_end_matches(".json"))?)?,
    }
    Ok(Exit::Clean)
}

fn text(name: &str) -> Result<String, Failure> {
    schema_text(name).ok_or_else(|| {
        let all = || Some("`syncscope schema` lists them".to_owned());
        let help = did_you_mean(name, schema_names()).or_else(all);
        Failure::usage(format!("there is no schema `{name}`")).help(help)
    })
}
