//! A dry run for people: the plan as a tree, with everything that its guards read.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::paint::Paint;
use crate::cli::units::moment;
use crate::run::{Planned, PlannedAction, PlannedCommand, Reading, Verdicts};

/// The plan with its legend.
pub(super) fn text(planned: &Planned, paint: Paint) -> String {
    let mut out = String::from("dry run: nothing is written or sent\n\n");
    for command in &planned.queue {
        let PlannedCommand { kind, entity, record, .. } = command;
        let record = record.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let _ =
            writeln!(out, "{}  {kind} {entity}{record} {}", paint.state("send"), paint.dim("from the queue"));
    }
    for action in &planned.actions {
        one(action, 0, paint, &mut out);
    }
    out
}

fn one(action: &PlannedAction, depth: usize, paint: Paint, out: &mut String) {
    let indent = "  ".repeat(depth);
    let type_name = action.type_name.strip_prefix("action.").unwrap_or(&action.type_name);
    let id = action.id.as_ref().map_or_else(|| paint.dim(&action.path), |id| paint.bold(id));
    let why = action.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let _ = writeln!(out, "{indent}{} {type_name} {id}{why}", verdict(action.verdict, paint));
    let mut detail = |label: &str, text: &str| {
        let _ = writeln!(out, "{indent}      {} {text}", paint.dim(label));
    };
    for read in &action.reads {
        detail("reads", &reading(read));
    }
    if let Some(effect) = &action.effect {
        detail("does", effect);
    }
    for option in options(&action.options) {
        detail("with", &option);
    }
    for unknown in &action.unknown {
        detail("unknown", unknown);
    }
    for inner in &action.actions {
        one(inner, depth + 1, paint, out);
    }
}

fn verdict(verdict: Verdicts, paint: Paint) -> String {
    let word = match verdict {
        Verdicts::Run => "run",
        Verdicts::Skip => "skip",
        Verdicts::Unsupported => "unsupported",
        Verdicts::Unknown => "unknown",
        Verdicts::Error => "error",
    };
    let blanks = " ".repeat(5_usize.saturating_sub(word.len()));
    format!("{}{blanks}", paint.state(word))
}

fn reading(read: &Reading) -> String {
    let value = read.value.as_ref().map_or_else(|| "missing".to_owned(), short);
    let is_time = read.what == "now" || read.what.ends_with("At");
    let time = read.value.as_ref().and_then(Value::as_i64).filter(|_| is_time).map(moment);
    let time = time.map(|time| format!(" ({time})")).unwrap_or_default();
    format!("{} = {value}{time}", read.what)
}

/// Options one by one: an entry of a list or of a map each.
fn options(options: &Value) -> Vec<String> {
    match options {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(short).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| format!("{key}: {}", short(value))).collect(),
        other => vec![short(other)],
    }
}

/// A value on one line, cut when it is long.
fn short(value: &Value) -> String {
    const LONGEST: usize = 160;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}
