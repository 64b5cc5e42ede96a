//! `--statistics`: how many findings each rule has, in place of the findings.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::failure::Failure;
use super::super::findings::{Findings, Format};
use super::super::paint::Paint;
use super::super::shell::Shell;
use super::super::table::{Cell, Table};
use super::super::units::{count, counted};
use super::Args;
use super::checked::save;
use crate::diag::{Diagnostic, Safety, Severity};
use crate::lint;

#[derive(Serialize)]
struct Document {
    version: u32,
    files: usize,
    statistics: Vec<Row>,
}

/// One rule that found something.
#[derive(Serialize)]
struct Row {
    rule: &'static str,
    group: &'static str,
    severity: &'static str,
    count: usize,
    /// How many of them `--fix` mends.
    fixable: usize,
}

/// Writes the counts, most first, in place of the findings.
pub(super) fn write(findings: &Findings<'_>, args: &Args, shell: &Shell) -> Result<(), Failure> {
    let rows = rows(findings.found);
    let text = if args.main_format() == Format::Json {
        let document = Document { version: 1, files: findings.checked, statistics: rows };
        let text = serde_json::to_string_pretty(&document).expect("BUG: counts are no JSON");
        format!("{text}\n")
    } else {
        let paint = if args.output.is_some() { Paint::Plain } else { shell.out.paint };
        format!("{}{}\n", table(&rows, paint), closing_line(findings))
    };
    match &args.output {
        Some(path) => save(&text, path, shell),
        None => shell.out.print(&text),
    }
}

fn rows(found: &[Diagnostic]) -> Vec<Row> {
    let mut by_rule: BTreeMap<(&'static str, Severity), Row> = BTreeMap::new();
    for finding in found {
        let group = lint::rule(finding.rule).map_or("", |rule| rule.group.word());
        let row = by_rule.entry((finding.rule, finding.severity)).or_insert(Row {
            rule: finding.rule,
            group,
            severity: finding.severity.word(),
            count: 0,
            fixable: 0,
        });
        row.count += 1;
        row.fixable += usize::from(finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe));
    }
    let mut rows: Vec<Row> = by_rule.into_values().collect();
    rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.rule.cmp(b.rule)));
    rows
}

fn table(rows: &[Row], paint: Paint) -> String {
    let mut table = Table::new();
    for row in rows {
        let severity = Cell::text(row.severity).painted(|word| match row.severity {
            "error" => paint.red(word),
            "warning" => paint.yellow(word),
            _ => paint.cyan(word),
        });
        let fixable =
            if row.fixable > 0 { format!("{} fixable", count(row.fixable as u64)) } else { String::new() };
        let rule = Cell::text(row.rule).painted(|id| paint.bold(id));
        table.row([Cell::number(count(row.count as u64)), severity, rule, Cell::text(fixable)]);
    }
    table.render("")
}

fn closing_line(findings: &Findings<'_>) -> String {
    format!(
        "{}, {}",
        findings.summary(),
        match findings.found.len() as u64 {
            0 => "no problems".to_owned(),
            found => counted(found, "finding"),
        }
    )
}
