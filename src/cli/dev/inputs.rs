//! What guards and datasources read, and how that differs from one moment to the next: why a guard
//! that let its action through now does not.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use crate::cli::units::counted;
use crate::run::{Engine, Planned, PlannedAction, Trigger, Verdicts};

/// Datasources beyond these are not looked at.
const MOST_DATASOURCES: usize = 32;
/// No further datasource is looked at after this.
const MOST_TIME: Duration = Duration::from_millis(100);
/// Rows that take more room than this are only counted.
const MOST_BYTES: usize = 256 * 1024;
/// Values are shown up to so many characters.
const LONGEST: usize = 72;

/// What was read at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    /// By the paths of their actions.
    guards: BTreeMap<String, Guard>,
    datasources: BTreeMap<String, Rows>,
}

#[derive(Debug, Clone)]
struct Guard {
    /// The action, as people know it.
    action: String,
    verdict: Verdicts,
    why: Option<String>,
    reads: Vec<(String, String)>,
}

/// What a datasource gave, without times, which differ from run to run.
#[derive(Debug, Clone)]
struct Rows {
    value: Value,
    digest: u64,
}

/// Something that is read differently now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Difference {
    /// A value that a guard reads.
    Read {
        /// What is read.
        what: String,
        /// Its value before.
        before: String,
        /// Its value now.
        after: String,
    },
    /// The rows of a datasource.
    Datasource {
        /// Its id.
        id: String,
        /// What it gave before.
        before: String,
        /// What it gives now.
        after: String,
    },
    /// What a guard says.
    Guard {
        /// The action that it guards.
        action: String,
        /// What it said before.
        before: Verdicts,
        /// What it says now.
        after: Verdicts,
        /// Why.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

/// Looks at everything that the trigger's guards read, and at the datasources beside them.
pub(super) fn look(engine: &Engine<'_>, trigger: &Trigger, begun: Instant) -> Look {
    let mut look = Look::default();
    // What cannot be planned is told by the run that meets it.
    if let Ok(Planned { actions, .. }) = engine.plan(trigger) {
        actions.iter().for_each(|action| look.add(action));
    }
    let jig = match trigger {
        Trigger::Event { jig, .. } => jig.as_deref(),
        Trigger::Action { .. } => None,
    };
    let own = jig.and_then(|id| engine.project.jigs.get(id)).map(|screen| screen.datasources.keys());
    let ids: BTreeSet<&String> = own.into_iter().flatten().chain(engine.project.datasources.keys()).collect();
    for id in ids.into_iter().take(MOST_DATASOURCES) {
        if begun.elapsed() > MOST_TIME {
            break;
        }
        if let Ok(value) = engine.rows(id, jig) {
            look.datasources.insert(id.clone(), Rows::of(value));
        }
    }
    look
}

impl Look {
    fn add(&mut self, action: &PlannedAction) {
        let kind = action.type_name.strip_prefix("action.").unwrap_or(&action.type_name);
        let name = action.id.as_ref().unwrap_or(&action.path);
        let reads = action.reads.iter().filter(|read| read.what != "now");
        let guard = Guard {
            action: format!("{kind} {name}"),
            verdict: action.verdict,
            why: action.why.clone(),
            reads: reads.map(|read| (read.what.clone(), shown(read.value.as_ref()))).collect(),
        };
        self.guards.insert(action.path.clone(), guard);
        action.actions.iter().for_each(|inner| self.add(inner));
    }

    /// What differs from an earlier look; values first, then what follows from them.
    pub(super) fn differences(&self, earlier: &Self) -> Vec<Difference> {
        let both = || self.guards.iter().filter_map(|(path, now)| Some((earlier.guards.get(path)?, now)));
        let mut found: Vec<Difference> = Vec::new();
        for (before, now) in both() {
            for (what, after) in &now.reads {
                let known = before.reads.iter().find(|(other, _)| other == what);
                if let Some((_, before)) = known.filter(|(_, before)| before != after) {
                    let (what, before, after) = (what.clone(), before.clone(), after.clone());
                    found.push(Difference::Read { what, before, after });
                }
            }
        }
        // Several guards may read the same.
        found.sort_by_key(|difference| match difference {
            Difference::Read { what, .. } => what.clone(),
            _ => String::new(),
        });
        found.dedup();
        for (id, rows) in &self.datasources {
            if let Some(before) = earlier.datasources.get(id).filter(|before| before.digest != rows.digest) {
                found.push(Difference::rows(id, &before.value, &rows.value));
            }
        }
        found.extend(both().filter(|(before, now)| before.verdict != now.verdict).map(|(before, now)| {
            let (action, why) = (now.action.clone(), now.why.clone());
            Difference::Guard { action, before: before.verdict, after: now.verdict, why }
        }));
        found
    }
}

impl Rows {
    fn of(mut value: Value) -> Self {
        without_times(&mut value);
        let text = value.to_string();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self {
            value: if text.len() > MOST_BYTES { number_of(&value) } else { value },
            digest: hasher.finish(),
        }
    }
}

/// Takes away numbers that can only be times in epoch milliseconds.
fn without_times(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_times),
        Value::Object(map) => map.values_mut().for_each(without_times),
        Value::Number(number) if number.as_i64().is_some_and(|ms| (1 << 40..1 << 42).contains(&ms)) => {
            *value = Value::Null;
        }
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(mut inner) = serde_json::from_str(text) {
                without_times(&mut inner);
                *value = inner;
            }
        }
        _ => {}
    }
}

/// In place of rows that are too many to be kept.
fn number_of(value: &Value) -> Value {
    value.as_array().map_or(Value::Null, |rows| vec![Value::Null; rows.len()].into())
}

impl Difference {
    /// How the rows of a datasource differ: in number, or in one value of one row.
    fn rows(id: &str, before: &Value, now: &Value) -> Self {
        let told = |before: String, after: String| Self::Datasource { id: id.to_owned(), before, after };
        let (Value::Array(old), Value::Array(new)) = (before, now) else {
            return told(shown(Some(before)), shown(Some(now)));
        };
        if old.len() != new.len() {
            return told(counted(old.len() as u64, "row"), counted(new.len() as u64, "row"));
        }
        let other = old.iter().zip(new).enumerate().find(|(_, (old, new))| old != new);
        let Some((at, (old, new))) = other else {
            let rows = counted(new.len() as u64, "row");
            return told(rows.clone(), format!("{rows}, other values"));
        };
        let (place, old, new) = first_difference(old, new, format!("row {}", at + 1));
        told(format!("{place} {}", shown(old)), shown(new))
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Read { what, before, after } => format!("{what}  {before} → {after}"),
            Self::Datasource { id, before, after } => format!("datasource {id}  {before} → {after}"),
            Self::Guard { action, after, why, .. } => {
                let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                format!("{action}  {}{why}", verdict(*after))
            }
        }
    }
}

/// The first value that differs in two that differ, with the names that lead to it.
fn first_difference<'v>(
    old: &'v Value,
    new: &'v Value,
    place: String,
) -> (String, Option<&'v Value>, Option<&'v Value>) {
    let differs = |(name, new): (String, &'v Value), old: Option<&'v Value>| match old {
        Some(old) if old == new => None,
        Some(old) => Some(first_difference(old, new, format!("{place} {name}"))),
        None => Some((format!("{place} {name}"), None, Some(new))),
    };
    let found = match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            new.iter().find_map(|(name, value)| differs((name.clone(), value), old.get(name)))
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let both = old.iter().zip(new).enumerate();
            both.into_iter().find_map(|(at, (old, new))| differs(((at + 1).to_string(), new), Some(old)))
        }
        _ => None,
    };
    found.unwrap_or((place, Some(old), Some(new)))
}

fn verdict(verdict: Verdicts) -> &'static str {
    match verdict {
        Verdicts::Run => "would run now",
        Verdicts::Skip => "would be skipped now",
        Verdicts::Unsupported => "is not supported",
        Verdicts::Unknown => "depends on what comes before it now",
        Verdicts::Error => "would fail now",
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "missing".to_owned(), |value| clipped(&value.to_string()))
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn look(state: &Value, verdict: Verdicts, rows: &Value) -> Look {
        let guard = |path: &str| {
            let reads = vec![("scope all state".to_owned(), shown(Some(state)))];
            let why = (verdict == Verdicts::Skip).then(|| "`condition` does not hold".to_owned());
            (path.to_owned(), Guard { action: format!("action-list {path}"), verdict, why, reads })
        };
        Look {
            guards: [guard("a"), guard("b")].into(),
            datasources: [("tasks".to_owned(), Rows::of(rows.clone()))].into(),
        }
    }

    #[test]
    fn old_and_new_values_are_told_once_and_then_what_follows() {
        let before = look(&json!("none"), Verdicts::Run, &json!([]));
        let now = look(&json!("syncing"), Verdicts::Skip, &json!([{"id": 1}, {"id": 2}]));
        let texts: Vec<String> = now.differences(&before).iter().map(Difference::text).collect();
        assert_eq!(
            texts,
            [
                "scope all state  \"none\" → \"syncing\"",
                "datasource tasks  0 rows → 2 rows",
                "action-list a  would be skipped now: `condition` does not hold",
                "action-list b  would be skipped now: `condition` does not hold",
            ]
        );
        assert!(now.differences(&now).is_empty());
    }

    #[test]
    fn rows_that_are_as_many_as_before_may_be_others() {
        let (one, other) = (json!([{"id": 1}, {"id": 2}]), json!([{"id": 1}, {"id": 3}]));
        let differences =
            look(&json!(1), Verdicts::Run, &other).differences(&look(&json!(1), Verdicts::Run, &one));
        assert_eq!(
            differences.iter().map(Difference::text).collect::<Vec<_>>(),
            ["datasource tasks  row 2 id 2 → 3"]
        );
    }

    #[test]
    fn times_are_no_differences() {
        let row = |at: i64, text: &str| json!([{"id": 1, "lastSyncedAt": at, "details": text}]);
        let before = look(&json!(1), Verdicts::Run, &row(1_795_447_399_578, "{\"at\": 1795447399578}"));
        let now = look(&json!(1), Verdicts::Run, &row(1_795_447_400_000, "{\"at\": 1795447400000}"));
        assert_eq!(now.differences(&before), []);
    }

    #[test]
    fn what_was_not_there_before_is_no_difference() {
        assert!(look(&json!(1), Verdicts::Run, &json!([])).differences(&Look::default()).is_empty());
    }

    #[test]
    fn long_values_are_cut() {
        let text = clipped(&"漢".repeat(100));
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
