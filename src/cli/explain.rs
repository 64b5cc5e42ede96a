//! `explain`: the pages of the rules.

use super::Exit;
use super::failure::Failure;
use super::shell::Shell;
use super::table::{Cell, Table};
use crate::diag::{Group, RuleInfo, Severity, did_you_mean};
use crate::lint;

/// Prints the page of a rule: what it finds, why it matters, a bad and a good example.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule, or a group of rules, which is listed; without it, all rules are
    rule: Option<String>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let text = match &args.rule {
        None => list(&Group::ALL, shell),
        Some(id) => match Group::ALL.into_iter().find(|group| group.word() == id) {
            Some(group) => list(&[group], shell),
            None => page(find(id)?, shell),
        },
    };
    shell.out.print(&text)?;
    Ok(Exit::Clean)
}

fn find(id: &str) -> Result<&'static RuleInfo, Failure> {
    lint::rule(id).ok_or_else(|| {
        let all = || Some("`syncscope explain` lists them".to_owned());
        let names = lint::rules().iter().map(|rule| rule.id).chain(Group::ALL.map(Group::word));
        let help = did_you_mean(id, names).or_else(all);
        Failure::usage(format!("there is no rule `{id}`")).help(help)
    })
}

/// The rules by groups, whose names stand for all their rules.
fn list(groups: &[Group], shell: &Shell) -> String {
    let mut table = Table::new();
    for &group in groups {
        let rules: Vec<&RuleInfo> = lint::rules().iter().filter(|rule| rule.group == group).collect();
        let heading = Cell::text(group.word()).painted(|word| shell.out.paint.cyan(word));
        table.row([heading]);
        for rule in rules {
            table.row(line(rule, shell));
        }
        table.row([]);
    }
    let how = "a rule, a group or `all` can be named in `--select`, `--ignore`, settings and comments";
    format!("{}{how}\n", table.render(""))
}

fn line(rule: &RuleInfo, shell: &Shell) -> [Cell; 3] {
    let paint = shell.out.paint;
    let severity = Cell::text(rule.severity.word()).painted(|word| match rule.severity {
        Severity::Error => paint.red(word),
        Severity::Warning => paint.yellow(word),
        Severity::Info => paint.cyan(word),
    });
    let id = Cell::text(format!("  {}", rule.id)).painted(|id| paint.bold(id));
    [id, severity, Cell::text(rule.summary)]
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
