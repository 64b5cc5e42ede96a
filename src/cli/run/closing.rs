//! The closing words of a run: what its scopes came to, and how they went before.

use super::human::Seen;
use crate::cli::failure::Failure;
use crate::cli::paint::Paint;
use crate::cli::scopes;
use crate::cli::units::duration;
use crate::run::{Clock, Outcome, Summary, SystemClock};
use crate::store::Store;

/// The sum of a run and its scopes; all scopes of the app when it touched none.
pub(super) fn text(store: &Store, seen: &Seen, summary: &Summary, paint: Paint) -> Result<String, Failure> {
    let now = SystemClock.now();
    let mut out = format!("\n{}\n", sum(summary, seen.ms, paint));
    let rows = store.scopes()?;
    if seen.scopes.is_empty() && !rows.is_empty() {
        out.push_str("\nthe scopes are as they were:\n");
    }
    for row in rows {
        if seen.scopes.contains(&row.id) || seen.scopes.is_empty() {
            out.push('\n');
            out.push_str(&scopes::scope(&row, now, paint));
            let runs = store.history(Some(&row.id))?;
            if runs.len() > 1 {
                out.push_str(&scopes::history(&runs, paint));
            }
        }
    }
    Ok(out)
}

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
