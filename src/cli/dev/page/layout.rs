//! What goes where on a page, and what is left out when it is small. Pure.

use crate::cli::app::rendered;
use crate::cli::dev::model::Model;
use crate::cli::findings::Format;
use crate::cli::paint::Paint;
use crate::cli::run::tells_trouble;
use crate::cli::terminal::{Size, cut};
use crate::cli::units::{duration, time_of_day};
use crate::diag::Severity;
use crate::watch::{Finding, State};

/// What a page shows besides what the model knows.
#[derive(Default)]
pub(super) struct Content {
    pub(super) is_reading: bool,
    pub(super) change: Option<String>,
    /// Findings of this reading or a later one are new.
    pub(super) latest: u64,
    pub(super) notes: Vec<String>,
    pub(super) differences: Vec<String>,
    pub(super) run: Vec<String>,
    /// Stands in place of everything but the first lines and the last.
    pub(super) panel: Option<Shown>,
}

/// A panel.
pub(super) struct Shown {
    pub(super) lines: Vec<String>,
    /// The key that takes it away.
    pub(super) key: &'static str,
}

/// In less room than this, findings come first and nothing is left blank.
const AMPLE: usize = 10;

/// The lines of the page, no more than there are rows and no wider than there are columns.
pub(super) fn layout(content: &Content, model: &Model, size: Size, paint: Paint) -> Vec<String> {
    let has_findings = content.panel.is_none()
        && model
            .apps
            .iter()
            .any(|app| app.state.as_ref().is_some_and(|state| state.findings().next().is_some()));
    // One finding is worth more than all but the first line.
    let least = usize::from(has_findings);
    let foot = usize::from(size.rows > 1 + least);
    let mut top = top(content, model, paint);
    top.truncate(size.rows.saturating_sub(foot + least).max(1));
    let room = size.rows.saturating_sub(top.len() + foot);
    let body = match &content.panel {
        Some(shown) => std::iter::once(String::new()).chain(shown.lines.iter().cloned()).take(room).collect(),
        None => body(content, model, room, paint),
    };
    let mut page = top;
    page.extend(body);
    if foot > 0 {
        page.resize(size.rows - 1, String::new());
        page.push(keys(content, model, paint));
    }
    page.iter().map(|line| cut(line, size.columns)).collect()
}

/// The name, how it stands, and when that was found out.
pub(super) fn headline(model: &Model, paint: Paint) -> String {
    let counts = model.counts();
    let trigger = model.trigger();
    let state = match (model.is_good(), model.running, model.has_failed) {
        (_, Some(_), _) => paint.cyan(format!("running {trigger}").trim_end()),
        (true, None, false) => paint.green("ready"),
        (true, None, true) => paint.red(format!("{trigger} failed").trim_start()),
        (false, None, false) => paint.red("broken"),
        (false, None, true) => paint.red(&format!("broken, {trigger} failed")),
    };
    let text = counts.text();
    let read = model.read.map(|(at, took)| {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        paint.dim(&format!("{} at {}", duration(ms), time_of_day(at)))
    });
    let name = model.name();
    let parts = [paint.bold(if name.is_empty() { "syncscope" } else { &name }), state, text];
    parts.into_iter().chain(read).collect::<Vec<_>>().join("  ")
}

fn top(content: &Content, model: &Model, paint: Paint) -> Vec<String> {
    let mut lines = match (content.is_reading, model.read) {
        (true, None) => vec![format!("{}  {}", paint.bold("syncscope"), paint.cyan("reading"))],
        (true, Some(_)) => vec![format!("{}  {}", headline(model, paint), paint.cyan("reading"))],
        (false, _) => vec![headline(model, paint)],
    };
    lines.extend(model.old_version().filter(|_| model.read.is_some()).map(|old| paint.yellow(&old)));
    lines.extend(content.change.as_ref().map(|change| paint.dim(change)));
    lines
}

fn keys(content: &Content, model: &Model, paint: Paint) -> String {
    let with_runs =
        [("r", "run"), ("l", "lint"), ("s", "status"), ("c", "clear"), ("?", "help"), ("q", "quit")];
    let needed = |key: &str| model.runs.is_some() || !matches!(key, "r" | "s");
    let back = content.panel.as_ref().map(|shown| shown.key);
    let told = with_runs.iter().filter(|(key, _)| needed(key)).map(|(key, does)| {
        let does = if back == Some(*key) { paint.bold("back") } else { paint.dim(does) };
        format!("{} {does}", paint.bold(key))
    });
    told.collect::<Vec<_>>().join("  ")
}

/// Notes and findings, what guards read, the run; each gets its share when there is not room for all.
fn body(content: &Content, model: &Model, room: usize, paint: Paint) -> Vec<String> {
    let found = model.findings();
    if room < AMPLE && !found.is_empty() {
        return small_body(content, &found, room, paint);
    }
    let mut left = room;
    let differences = section(&content.differences, (room / 4).max(3), From::Start, paint);
    let least_run = content.run.len().min(room / 3);
    left = left.saturating_sub(lines_with_gap(differences.len()) + lines_with_gap(least_run));
    let notes = section(&content.notes, (room / 6).max(1), From::End, paint);
    left = left.saturating_sub(lines_with_gap(notes.len()));
    let findings = findings(&found, content.latest, left.saturating_sub(1), paint);
    left = left.saturating_sub(lines_with_gap(findings.len()));
    let run = run(&content.run, least_run + left, paint);
    let sections = [notes, findings, differences, run];
    let mut lines: Vec<String> = Vec::new();
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        lines.push(String::new());
        lines.extend(section);
    }
    lines.truncate(room);
    lines
}

/// Findings, and the rest as far as there is room.
fn small_body(content: &Content, found: &[(&State, Finding<'_>)], room: usize, paint: Paint) -> Vec<String> {
    let mut lines = findings(found, content.latest, room, paint);
    lines.extend(section(&content.notes, room.saturating_sub(lines.len()).min(1), From::End, paint));
    lines.extend(run(&content.run, room.saturating_sub(lines.len()), paint));
    lines
}

/// A run; what failed or was skipped stays when there is not room for all.
fn run(lines: &[String], most: usize, paint: Paint) -> Vec<String> {
    let Some(room) = most.checked_sub(1).filter(|_| lines.len() > most) else {
        return section(lines, most, From::End, paint);
    };
    let (trouble, rest): (Vec<usize>, Vec<usize>) =
        (0..lines.len()).rev().partition(|at| tells_trouble(&lines[*at], paint));
    let mut kept: Vec<usize> = trouble.into_iter().rev().chain(rest).take(room).collect();
    kept.sort_unstable();
    let more = paint.dim(&format!("… {} more", lines.len() - room));
    std::iter::once(more).chain(kept.into_iter().map(|at| lines[at].clone())).collect()
}

fn lines_with_gap(lines: usize) -> usize {
    if lines == 0 { 0 } else { lines + 1 }
}

/// Which end of a text is worth more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Start,
    End,
}

fn section(lines: &[String], most: usize, from: From, paint: Paint) -> Vec<String> {
    if lines.len() <= most {
        return lines.to_vec();
    }
    let Some(room) = most.checked_sub(1) else { return Vec::new() };
    let more = paint.dim(&format!("… {} more", lines.len() - room));
    match from {
        From::Start => lines[..room].iter().cloned().chain([more]).collect(),
        From::End => std::iter::once(more).chain(lines[lines.len() - room..].iter().cloned()).collect(),
    }
}

/// One line each, and for the first ones the lines of the source as far as there is room.
fn findings(found: &[(&State, Finding<'_>)], latest: u64, room: usize, paint: Paint) -> Vec<String> {
    if found.is_empty() || room == 0 {
        return Vec::new();
    }
    let shown = if found.len() <= room { found.len() } else { (room - 1).max(1) };
    let mut left = room - shown.max(1);
    let mut lines = Vec::new();
    let mut all_so_far = true;
    for (state, finding) in &found[..shown] {
        let whole = if all_so_far { snippet(state, finding, paint) } else { Vec::new() };
        // A snippet takes the place of a line, and has a gap after it.
        if all_so_far && whole.len() <= left {
            left -= whole.len();
            lines.extend(whole);
            lines.push(String::new());
        } else {
            all_so_far = false;
            lines.push(line(state, finding, latest, paint));
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if found.len() > shown && lines.len() < room {
        lines.push(paint.dim(&format!("… {} more, `syncscope lint` shows all", found.len() - shown)));
    }
    lines
}

fn snippet(state: &State, finding: &Finding<'_>, paint: Paint) -> Vec<String> {
    let text = rendered(std::slice::from_ref(finding.diagnostic), &state.checked.files, Format::Human, paint);
    text.trim_end().lines().map(str::to_owned).collect()
}

fn line(state: &State, finding: &Finding<'_>, latest: u64, paint: Paint) -> String {
    let diagnostic = finding.diagnostic;
    let file = state.checked.files.get(diagnostic.span.file);
    let place = file.position(diagnostic.span.start);
    let word = format!("{}[{}]", diagnostic.severity.word(), diagnostic.rule);
    let word = match diagnostic.severity {
        Severity::Error => paint.red(&word),
        Severity::Warning => paint.yellow(&word),
        Severity::Info => paint.cyan(&word),
    };
    let mark = if finding.since >= latest { paint.bold("+") } else { " ".to_owned() };
    let message = diagnostic.message.replace(['\n', '\r'], " ");
    format!("{mark} {}:{}:{} {word} {message}", file.path(), place.line, place.column)
}

#[cfg(test)]
mod tests;
