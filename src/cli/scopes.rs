//! Scopes, statuses, their history and queued writes as tables for people.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::paint::Paint;
use super::table::{Cell, Table};
use super::units::{ago, between, count, counted, duration, moment};
use crate::store::sync::ScopeState;
use crate::store::{CommandRow, CommandState, RunRow, ScopeRow, StatusRow};

/// One scope: a line that sums it up, and a table of what its members did.
pub(super) fn scope(row: &ScopeRow, now: i64, paint: Paint) -> String {
    let details = Details::read(&row.details);
    let mut out = format!("{}  {}  {}\n", paint.bold(&row.id), paint.state(row.state.word()), counts(row));
    let _ = writeln!(out, "  {}", paint.dim(&times(row, now)));
    if let Some(reason) = &details.reason {
        let _ = writeln!(out, "  {}", paint.yellow(&format!("interrupted: {}", explained(reason))));
    }
    out.push_str(&members(&details, paint).render("  "));
    // Before the end, what has been changed is not known in full.
    if matches!(row.state, ScopeState::Synced | ScopeState::Failed) {
        let _ = writeln!(out, "  {}", changes(&details));
    }
    out
}

/// What the run of a scope did to its tables, in one line.
fn changes(details: &Details) -> String {
    let entities = details.members.iter().flat_map(|(_, member)| &member.entities);
    let told: Vec<String> = entities.filter_map(Entity::changes).collect();
    let told =
        if told.is_empty() { "no row changed".to_owned() } else { format!("changed: {}", told.join("; ")) };
    let noted = details.members.iter().flat_map(|(_, member)| &member.entities);
    let noted = noted.filter_map(|entity| Some(format!("; {} {}", entity.table, entity.note.as_ref()?)));
    told + &noted.collect::<String>()
}

/// The last runs of a scope, newest first.
pub(super) fn history(runs: &[RunRow], paint: Paint) -> String {
    const SHOWN: usize = 5;
    let mut table = Table::new();
    for run in runs.iter().rev().take(SHOWN) {
        table.row(run_cells(run, paint));
    }
    let mut out = format!("  {}\n{}", paint.dim("history"), table.render("    "));
    if runs.len() > SHOWN {
        let _ = writeln!(out, "    and {} before", counted((runs.len() - SHOWN) as u64, "run"));
    }
    out
}

/// All runs of all scopes, oldest first.
pub(super) fn whole_history(runs: &[RunRow], paint: Paint) -> String {
    let mut table = Table::new();
    for run in runs {
        let scope = Cell::text(&run.scope_id).painted(|id| paint.bold(id));
        table.row(std::iter::once(scope).chain(run_cells(run, paint)));
    }
    table.render("")
}

/// Statuses, one line each.
pub(super) fn statuses(rows: &[StatusRow], now: i64, paint: Paint) -> String {
    let mut table = Table::new();
    table.row(heads(&["id", "provider", "table", "function", "state", "when", "error"], paint));
    for row in rows {
        let error = row.error.as_deref().unwrap_or_default();
        let error = row.code.as_ref().map_or_else(|| error.to_owned(), |code| format!("{code}: {error}"));
        table.row([
            Cell::number(&row.id),
            Cell::text(row.provider.trim_start_matches("DATA_PROVIDER_")),
            Cell::text(&row.entity),
            Cell::text(row.function_id.as_deref().unwrap_or("-")),
            state(row.state.word(), paint),
            Cell::text(ago(Some(row.timestamp), now)),
            Cell::text(error).painted(|text| paint.red(text)),
        ]);
    }
    table.render("")
}

/// Writes that have not reached their back end, one line each.
pub(super) fn commands(rows: &[CommandRow], now: i64, paint: Paint) -> String {
    let mut table = Table::new();
    table.row(heads(&["command", "write", "table", "record", "state", "tries", "when", "error"], paint));
    for row in rows {
        let error = row.error.as_deref().unwrap_or_default();
        let error = row.code.as_ref().map_or_else(|| error.to_owned(), |code| format!("{code}: {error}"));
        table.row([
            Cell::text(&row.id),
            Cell::text(&row.kind),
            Cell::text(&row.entity),
            Cell::text(row.record_id.as_deref().unwrap_or("-")),
            state(row.state.word(), paint),
            Cell::number(row.attempts.to_string()),
            Cell::text(ago(Some(row.timestamp), now)),
            Cell::text(error).painted(|text| paint.red(text)),
        ]);
    }
    table.render("")
}

/// How many writes have not reached their back end, in one line; nothing without any.
pub(super) fn unsent(rows: &[CommandRow], paint: Paint) -> Option<String> {
    let count = |wanted: &[CommandState]| rows.iter().filter(|row| wanted.contains(&row.state)).count();
    let failed = count(&[CommandState::Failed]);
    let open = rows.len() - failed;
    let mut parts = Vec::new();
    if open > 0 {
        parts.push(paint.yellow(&format!("{} to be sent", counted(open as u64, "write"))));
    }
    if failed > 0 {
        parts.push(paint.red(&format!("{} failed", counted(failed as u64, "write"))));
    }
    (!parts.is_empty()).then(|| format!("{}; `syncscope status` shows them", parts.join(", ")))
}

/// `details` of a scope as far as it is shown (sync-semantics: who stands where).
#[derive(Debug, Default)]
struct Details {
    reason: Option<String>,
    members: Vec<(String, Member)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Member {
    state: String,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    attempt: i64,
    error: Option<Problem>,
    entities: Vec<Entity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entity {
    #[serde(rename = "entity")]
    table: String,
    state: String,
    rows: u64,
    inserted: Option<u64>,
    updated: Option<u64>,
    deleted: Option<u64>,
    note: Option<String>,
    error: Option<Problem>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    code: String,
    message: String,
}

impl Entity {
    /// `visits 3 new, 1 gone`; nothing when every row is as it was.
    fn changes(&self) -> Option<String> {
        let parts = [(self.inserted, "new"), (self.updated, "changed"), (self.deleted, "gone")];
        let some =
            parts.iter().filter_map(|(n, word)| Some(format!("{} {word}", count(n.filter(|n| *n > 0)?))));
        let told = some.collect::<Vec<_>>().join(", ");
        (!told.is_empty()).then(|| format!("{} {told}", self.table))
    }
}

impl Problem {
    fn told(&self) -> String {
        if self.message.is_empty() { self.code.clone() } else { format!("{}: {}", self.code, self.message) }
    }
}

impl Details {
    fn read(value: &Value) -> Self {
        let mut details = Self::default();
        for (key, value) in value.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(reason) if key == "reason" => details.reason = Some(reason.to_owned()),
                _ => details.members.push((key.clone(), Member::deserialize(value).unwrap_or_default())),
            }
        }
        details
    }
}

fn counts(row: &ScopeRow) -> String {
    let parts = [
        (row.synced, "synced"),
        (row.failed, "failed"),
        (row.syncing, "syncing"),
        (row.interrupted, "interrupted"),
        (row.not_started, "not started"),
    ];
    format!("{} of {}", told(&parts), row.total)
}

/// The numbers that are not zero, with their words.
fn told(parts: &[(i64, &str)]) -> String {
    let shown = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
    shown.collect::<Vec<_>>().join(", ")
}

fn times(row: &ScopeRow, now: i64) -> String {
    let mut out = format!("run {}, started {}", row.epoch, ago(row.last_started_at, now));
    let ended = row.last_synced_at.max(row.last_failed_at).filter(|end| Some(*end) >= row.last_started_at);
    if let Some(took) = between(row.last_started_at, ended).filter(|_| row.syncing == 0) {
        let _ = write!(out, ", took {}", duration(took));
    }
    out
}

fn explained(reason: &str) -> &str {
    match reason {
        "interrupted" => "the run was stopped",
        "owner.lost" => "the process that ran it died",
        "owner.stalled" => "the process that ran it stood still for too long",
        "incomplete" => "the run ended before every member had begun",
        other => other,
    }
}

fn members(details: &Details, paint: Paint) -> Table {
    let mut table = Table::new();
    if details.members.is_empty() {
        return table;
    }
    table.row(heads(
        &["instance", "table", "state", "rows", "new", "changed", "gone", "time", "error"],
        paint,
    ));
    for (id, member) in &details.members {
        member_rows(id, member, paint, &mut table);
    }
    table
}

fn member_rows(id: &str, member: &Member, paint: Paint, table: &mut Table) {
    let time = between(member.started_at, member.ended_at).map_or_else(String::new, duration);
    let tries = if member.attempt > 1 { format!("{id} (try {})", member.attempt) } else { id.to_owned() };
    if member.entities.is_empty() {
        let error = member.error.as_ref().map(Problem::told).unwrap_or_default();
        let blank = || Cell::text("");
        let cells = [
            Cell::text(tries),
            Cell::text("-"),
            state(&member.state, paint),
            blank(),
            blank(),
            blank(),
            blank(),
        ];
        table.row(
            cells.into_iter().chain([Cell::number(time), Cell::text(error).painted(|text| paint.red(text))]),
        );
        return;
    }
    for (n, entity) in member.entities.iter().enumerate() {
        let first = |text: &str| if n == 0 { text.to_owned() } else { String::new() };
        let number = |number: Option<u64>| Cell::number(number.map_or_else(|| "-".to_owned(), count));
        let error = entity.error.as_ref().map(Problem::told).unwrap_or_default();
        table.row([
            Cell::text(first(&tries)),
            Cell::text(&entity.table),
            state(&entity.state, paint),
            number(Some(entity.rows)),
            number(entity.inserted),
            number(entity.updated),
            number(entity.deleted),
            Cell::number(first(&time)),
            Cell::text(error).painted(|text| paint.red(text)),
        ]);
    }
}

fn run_cells(run: &RunRow, paint: Paint) -> Vec<Cell> {
    let parts = [
        (run.synced, "synced"),
        (run.failed, "failed"),
        (run.interrupted, "interrupted"),
        (run.not_started + run.syncing, "open"),
    ];
    let reason = run.reason.as_deref().map(|reason| format!("({})", explained(reason))).unwrap_or_default();
    vec![
        Cell::text(format!("run {}", run.epoch)),
        Cell::text(moment(run.started_at)),
        state(&run.state, paint),
        Cell::number(between(Some(run.started_at), run.ended_at).map_or_else(String::new, duration)),
        Cell::text(told(&parts)),
        Cell::text(reason).painted(|text| paint.dim(text)),
    ]
}

fn state(word: &str, paint: Paint) -> Cell {
    Cell::text(word).painted(|word| paint.state(word))
}

fn heads(names: &[&str], paint: Paint) -> Vec<Cell> {
    let numbers = ["rows", "new", "changed", "gone", "time", "id", "tries"];
    let cell = |name: &&str| if numbers.contains(name) { Cell::number(*name) } else { Cell::text(*name) };
    names.iter().map(cell).map(|cell| cell.painted(|text| paint.dim(text))).collect()
}
