//! Keys that are missing, unknown, or at the wrong level of an object.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::NEAR;
use super::mistakes::{MOST, Subject, parent};
use super::{fixes, rules, wording};
use crate::diag::{Diagnostic, Safety, Severity, Span, closest, slip};
use crate::syntax::{Entry, Kind, Node};

/// What is wrong with the keys of one object.
#[derive(Default)]
pub(super) struct Object {
    /// Pointer to the schema that lists the known keys.
    schema: String,
    missing: Vec<String>,
    unknown: Vec<String>,
}

impl Object {
    pub(super) fn missing(&mut self, name: &str) {
        if !self.missing.iter().any(|own| own == name) {
            self.missing.push(name.to_owned());
        }
    }

    pub(super) fn unknown(&mut self, schema: &str, names: &[String]) {
        schema.clone_into(&mut self.schema);
        self.unknown = names.iter().take(MOST).cloned().collect();
    }
}

type Objects = BTreeMap<String, Object>;

/// Tells of every object; a key at the wrong level or misspelled is not told again as a missing one.
pub(super) fn report(subject: Subject<'_>, mut objects: Objects) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let places: Vec<String> = objects.keys().cloned().collect();
    for place in &places {
        found.extend(misplaced(subject, place, &mut objects));
    }
    for (place, mut object) in objects {
        let free = free_keys(subject, &place, &object.schema);
        for name in std::mem::take(&mut object.unknown) {
            found.extend(unknown(subject, &place, &mut object, &name, &free));
        }
        found.extend(missing(subject, &place, &object.missing));
    }
    found
}

/// Keys that are known one level below or above, told once for each target.
fn misplaced(subject: Subject<'_>, place: &str, objects: &mut Objects) -> Vec<Diagnostic> {
    let Some(object) = objects.get_mut(place) else { return Vec::new() };
    let mut moves: BTreeMap<Target, Vec<String>> = BTreeMap::new();
    let schema = object.schema.clone();
    if is_near(subject.schema(&schema)) {
        return Vec::new();
    }
    object.unknown.retain(|name| match target(subject, place, &schema, name) {
        Some(target) => {
            moves.entry(target).or_default().push(name.clone());
            false
        }
        None => true,
    });
    let mut found = Vec::new();
    for (target, names) in moves {
        if let Target::Below(key) = &target
            && let Some(object) = objects.get_mut(place)
        {
            object.missing.retain(|missing| missing != key);
        }
        if let Some(object) = objects.get_mut(&target.place(place)) {
            object.missing.retain(|missing| !names.contains(missing));
        }
        let severity = severity(subject.schema(&schema));
        found.extend(moved(subject, place, &target, &names).map(|found| Diagnostic { severity, ..found }));
    }
    found
}

/// Where a key belongs.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// Under this key of the same object.
    Below(String),
    /// Beside the object.
    Above,
}

impl Target {
    fn place(&self, place: &str) -> String {
        match self {
            Self::Below(key) => format!("{place}/{key}"),
            Self::Above => parent(place).to_owned(),
        }
    }
}

fn target(subject: Subject<'_>, place: &str, schema: &str, name: &str) -> Option<Target> {
    if name == "type" {
        return None;
    }
    let node = subject.at(place);
    let below = properties(subject.schema(schema)).find(|(key, inner)| {
        let free = |child: &Node| child.get(name).is_none() && is_map_or_nothing(child);
        knows(subject.followed(inner), name) && node.get(key).is_none_or(free)
    });
    if let Some((key, _)) = below {
        return Some(Target::Below(key.clone()));
    }
    let above = parent(schema).strip_suffix("/properties")?;
    let beside = subject.at(parent(place));
    (knows(subject.schema(above), name) && beside.get(name).is_none()).then_some(Target::Above)
}

fn is_map_or_nothing(node: &Node) -> bool {
    node.is_null() || matches!(node.kind, Kind::Object(_))
}

fn moved(subject: Subject<'_>, place: &str, target: &Target, names: &[String]) -> Option<Diagnostic> {
    let node = subject.at(place);
    let mut spans = names.iter().filter_map(|name| Some((name, node.entry(name)?.key_span)));
    let (_, first) = spans.next()?;
    let keys = wording::listed(names.iter().map(String::as_str));
    let belongs = if names.len() == 1 { "belongs" } else { "belong" };
    let message = match target {
        Target::Below(key) => format!("{keys} {belongs} under `{key}`"),
        Target::Above => {
            let key = wording::last(place);
            format!("{keys} {belongs} beside `{key}`, not under it")
        }
    };
    let found = Diagnostic::error(rules::UNKNOWN_KEY, first, message);
    Some(spans.fold(found, |found, (name, span)| found.label(span, format!("`{name}` too"))))
}

fn unknown(
    subject: Subject<'_>,
    place: &str,
    object: &mut Object,
    name: &str,
    free: &[&str],
) -> Option<Diagnostic> {
    let node = subject.at(place);
    let entry = node.entry(name).filter(|entry| !subject.tree.is_damaged(entry.key_span))?;
    let schema = subject.schema(&object.schema);
    let wanted = closest(name, object.missing.iter().map(String::as_str)).map(str::to_owned);
    object.missing.retain(|missing| Some(missing) != wanted.as_ref());
    if wanted.is_none() && is_near(schema) {
        return slipped(subject, place, entry, free);
    }
    let near = wanted.as_deref().or_else(|| closest(name, free.iter().copied()));

    let message = format!("unknown key `{}` in {}", wording::shortened(name), wording::place(subject, place));
    let mut found = Diagnostic::error(rules::UNKNOWN_KEY, entry.key_span, message);
    if wanted.is_none() {
        found.severity = severity(schema);
    }
    // A key that stands where a needed one is missing is surely that one; any other guess is a guess.
    let safety = if wanted.is_some() { Safety::Safe } else { Safety::Unsafe };
    Some(match near {
        Some(near) => fixes::renaming(found, entry, near, safety),
        None => found.maybe_help(hint(name).or_else(|| known_keys(schema))),
    })
}

/// In a map that may have other keys, only a slip of a known one is a mistake.
fn slipped(subject: Subject<'_>, place: &str, entry: &Entry, free: &[&str]) -> Option<Diagnostic> {
    let name = &*entry.key.text;
    let meant = slip(name, free.iter().copied())?;
    let message = format!("unknown key `{}` in {}", wording::shortened(name), wording::place(subject, place));
    let found = Diagnostic::warning(rules::UNKNOWN_KEY, entry.key_span, message);
    Some(fixes::renaming(found, entry, meant, Safety::Safe))
}

fn is_near(schema: &Value) -> bool {
    schema.get(NEAR) == Some(&Value::Bool(true))
}

/// The known keys that an object does not have.
fn free_keys<'a>(subject: Subject<'a>, place: &str, schema: &str) -> Vec<&'a str> {
    let node = subject.at(place);
    let known = properties(subject.schema(schema)).map(|(key, _)| key.as_str());
    known.filter(|key| node.get(key).is_none()).collect()
}

/// Where the format is open, an unknown key may mean something to somebody.
fn severity(schema: &Value) -> Severity {
    let open = schema.get("x-unknown").and_then(Value::as_str) == Some("warning");
    if open { Severity::Warning } else { Severity::Error }
}

/// What authors look for under names that the format does not have (sync.md §1.2, app-layout.md §5).
fn hint(name: &str) -> Option<String> {
    let text = match name {
        "onError" | "onFailure" | "onFailed" => {
            "actions have no event for failures: they show in `_syncStatus` and `_syncScope`, \
             and functions have rules under `error`"
        }
        "guid" => "a function is known by the name of its file, or by `functionId`",
        _ => return None,
    };
    Some(text.to_owned())
}

fn known_keys(schema: &Value) -> Option<String> {
    const MOST: usize = 12;
    let current = |(key, inner): (&'_ String, &'_ Value)| {
        (inner.get("deprecated") != Some(&Value::Bool(true))).then(|| format!("`{key}`"))
    };
    let mut keys: Vec<String> = properties(schema).filter_map(current).collect();
    let all = keys.len();
    keys.truncate(MOST);
    if all > MOST {
        keys.push("…".to_owned());
    }
    (!keys.is_empty()).then(|| format!("known keys are {}", keys.join(", ")))
}

fn missing(subject: Subject<'_>, place: &str, names: &[String]) -> Option<Diagnostic> {
    let node = subject.at(place);
    if names.is_empty() || subject.tree.is_damaged(node.span) {
        return None;
    }
    let keys = wording::listed(names.iter().map(String::as_str));
    let message = format!("missing {keys} in {}", wording::place(subject, place));
    let found = Diagnostic::error(rules::MISSING_KEY, anchor(subject, place, node), message);
    Some(found.maybe_help(wording::about_keys(subject, place, names)))
}

/// A short place that stands for the object: what names its kind, or its first key.
fn anchor(subject: Subject<'_>, place: &str, node: &Node) -> Span {
    let kind = ["type", "provider"].iter().find_map(|key| subject.node.entry(key));
    if let (Some(kind), "" | "/options") = (kind, place) {
        return kind.value.span;
    }
    node.entries().first().map_or(node.span, |entry| entry.key_span)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn knows(schema: &Value, name: &str) -> bool {
    properties(schema).any(|(key, _)| key == name)
}
