//! `--profile-rules`: what each rule costs and finds.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::shell::Shell;
use super::super::table::{Cell, Table};
use super::super::units::count;
use crate::diag::Diagnostic;

/// The rules, dearest first.
pub(super) fn table(costs: &BTreeMap<&'static str, Duration>, found: &[Diagnostic], shell: &Shell) -> String {
    let mut rows: Vec<(&str, Duration)> = costs.iter().map(|(rule, time)| (*rule, *time)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut table = Table::new();
    for (rule, time) in rows {
        let findings = found.iter().filter(|finding| finding.rule == rule).count();
        table.row([
            Cell::number(format!("{:.3} ms", time.as_secs_f64() * 1000.0)),
            Cell::number(count(findings as u64)),
            Cell::text(rule).painted(|id| shell.out.paint_notes.bold(id)),
        ]);
    }
    format!("time, findings and rule, each rule run alone\n{}", table.render(""))
}
