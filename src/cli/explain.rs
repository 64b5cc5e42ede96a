//! `explain`: the pages of the rules.

use super::Exit;
use super::failure::Failure;
use super::shell::Shell;
use super::table::{Cell, Table};
use crate::diag::{RuleInfo, Severity, did_you_mean};
use crate::lint;

/// Prints the page of a rule: what it finds, why it matters, a bad and a good example.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule; without it, all rules are listed
    rule: Option<String>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let text = match &args.rule {
        None => list(shell),
        Some(id) => page(find(id)?, shell),
    };
    shell.out.print(&text)?;
    Ok(Exit::Clean)
}

fn find(id: &str) -> Result<&'static RuleInfo, Failure> {
    lint::rule(id).ok_or_else(|| {
        let all = || Some("`syncscope explain` lists them".to_owned());
        let help = did_you_mean(id, lint::rules().iter().map(|rule| rule.id)).or_else(all);
        Failure::usage(format!("there is no rule `{id}`")).help(help)
    })
}

fn list(shell: &Shell) -> String {
    let paint = shell.out.paint;
    let mut table = Table::new();
    for rule in lint::rules() {
        let severity = Cell::text(rule.severity.word()).painted(|word| match rule.severity {
            Severity::Error => paint.red(word),
            Severity::Warning => paint.yellow(word),
            Severity::Info => paint.cyan(word),
        });
        table.row([Cell::text(rule.id).painted(|id| paint.bold(id)), severity, Cell::text(rule.summary)]);
    }
    table.render("")
}

fn page(rule: &RuleInfo, shell: &Shell) -> String {
    let title = shell.out.paint.bold(rule.id);
    format!(
        "{title} ({}, {})\n{}\n\n{}\n",
        rule.group.word(),
        rule.severity.word(),
        rule.summary,
        rule.docs.trim()
    )
}
