//! The closing words of a run: what its scopes came to, and how they went before.

use super::human::Seen;
use crate::cli::paint::Paint;
use crate::cli::scopes;
use crate::cli::units::duration;
use crate::run::{Outcome, Summary};
use crate::store::{CommandRow, RunRow, ScopeRow, Store, StoreError};

/// What the database holds when a run has ended.
#[derive(Debug)]
pub(in crate::cli) struct Ended {
    /// Every scope with its runs.
    scopes: Vec<(ScopeRow, Vec<RunRow>)>,
    /// Writes that have not reached their back end.
    commands: Vec<CommandRow>,
}

impl Ended {
    pub(in crate::cli) fn read(store: &Store) -> Result<Self, StoreError> {
        let with_runs = |row: ScopeRow| {
            let runs = store.history(Some(&row.id))?;
            Ok((row, runs))
        };
        let scopes = store.scopes()?.into_iter().map(with_runs).collect::<Result<_, StoreError>>()?;
        Ok(Self { scopes, commands: store.commands()? })
    }

    /// The same without the runs before the last.
    pub(in crate::cli) fn without_history(&self) -> Self {
        let scopes = self.scopes.iter().map(|(row, _)| (row.clone(), Vec::new())).collect();
        Self { scopes, commands: self.commands.clone() }
    }
}

/// The sum of a run and its scopes; all scopes of the app when it touched none. Ages count up to `now`.
pub(in crate::cli) fn text(ended: &Ended, seen: &Seen, summary: &Summary, now: i64, paint: Paint) -> String {
    let mut out = format!("\n{}\n", sum(summary, seen.ms, paint));
    for id in &summary.taken_over {
        let text = format!("another process took the scope `{id}` over before this run had ended");
        out.push_str(&paint.yellow(&text));
        out.push('\n');
    }
    if let Some(line) = scopes::unsent(&ended.commands, paint) {
        out.push_str(&line);
        out.push('\n');
    }
    if seen.scopes.is_empty() && !ended.scopes.is_empty() {
        out.push_str("\nthe scopes are as they were:\n");
    }
    for (row, runs) in &ended.scopes {
        if seen.scopes.contains(&row.id) || seen.scopes.is_empty() {
            out.push('\n');
            out.push_str(&scopes::scope(row, now, paint));
            if runs.len() > 1 {
                out.push_str(&scopes::history(runs, paint));
            }
        }
    }
    out
}

/// `done in 57 ms, actions: 6 ok`
fn sum(summary: &Summary, ms: u64, paint: Paint) -> String {
    let word = match summary.outcome {
        Outcome::Ok => paint.green("done"),
        Outcome::Failed => paint.red("failed"),
        Outcome::Interrupted => paint.yellow("interrupted"),
    };
    let counts = &summary.counts;
    let parts = [
        (counts.ok, "ok"),
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
        (counts.interrupted, "interrupted"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    format!("{word} in {}, actions: {}", duration(ms), told.join(", "))
}
