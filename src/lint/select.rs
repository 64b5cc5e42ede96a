//! Which findings are wanted: the settings' and the request's choice of rules, severities, files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::rule::Rule;
use super::{Request, rules, unknown_rule};
use crate::app::{FilePattern, LintSettings, Loaded};
use crate::diag::{Diagnostic, FileId, Group, Severity, Spanned, closest};

/// Stands for every rule.
const ALL: &str = "all";

/// Settings and request in which every name is a rule's.
pub(super) struct Selection<'a> {
    choice: Choice,
    severity: BTreeMap<&'a str, Severity>,
    per_file: &'a [(FilePattern, Vec<Spanned<String>>)],
    paths: &'a [PathBuf],
    loaded: &'a Loaded,
}

/// Which rules are on.
struct Choice {
    select: Vec<String>,
    ignore: Vec<String>,
}

/// Whether a name is a rule's or stands for several.
pub(super) fn is_known(id: &str) -> bool {
    id == ALL || Group::ALL.iter().any(|group| group.word() == id) || super::rule(id).is_some()
}

/// The rule or group that a wrong name probably means.
pub(super) fn closest_rule(id: &str) -> Option<&'static str> {
    closest(id, rules().iter().map(|rule| rule.id).chain(Group::ALL.map(Group::word)))
}

/// Whether a name stands for a rule: it is the rule's own, its group's or that of all rules.
pub(super) fn stands_for(name: &str, rule: &str) -> bool {
    name == rule || name == ALL || super::rule(rule).is_some_and(|rule| rule.group.word() == name)
}

impl<'a> Selection<'a> {
    /// Joins the app's settings with the request; mistakes in the settings are added to `found`.
    pub fn new(loaded: &'a Loaded, request: &'a Request, found: &mut Vec<Diagnostic>) -> Self {
        let settings = &loaded.project.settings.lint;
        found.extend(unknown_names(loaded));
        Self {
            choice: Choice::new(settings, request),
            severity: settings.severity.iter().map(|(id, severity)| (id.value.as_str(), *severity)).collect(),
            per_file: &settings.per_file,
            paths: &request.paths,
            loaded,
        }
    }

    /// The rules of this room that somebody wants to hear of.
    pub fn rules(&self) -> Vec<&'static Rule> {
        super::RULES.iter().copied().filter(|rule| self.is_on(rule.info.id)).collect()
    }

    /// Whether anybody wants to hear of a rule.
    pub fn is_on(&self, rule: &str) -> bool {
        self.choice.is_on(rule)
    }

    /// Whether a finding is wanted; gives it the severity that the settings ask for.
    pub fn admits(&self, diagnostic: &mut Diagnostic) -> bool {
        let group = super::rule(diagnostic.rule).map(|rule| rule.group.word());
        let names = [Some(diagnostic.rule), group, Some(ALL)];
        let severity = names.into_iter().flatten().find_map(|name| self.severity.get(name));
        diagnostic.severity = severity.copied().unwrap_or(diagnostic.severity);
        self.is_on(diagnostic.rule) && self.admits_place(diagnostic)
    }

    /// Whether anybody wants to hear of a rule in a file.
    pub fn is_on_in(&self, rule: &str, file: FileId) -> bool {
        self.is_on(rule) && !self.loaded.source(file).is_some_and(|source| self.is_off_at(rule, &source.path))
    }

    fn admits_place(&self, diagnostic: &Diagnostic) -> bool {
        let Some(source) = self.loaded.source(diagnostic.span.file) else { return true };
        let path = &source.path;
        let wanted = self.paths.is_empty() || self.paths.iter().any(|wanted| path.starts_with(wanted));
        wanted && !self.is_off_at(diagnostic.rule, path)
    }

    fn is_off_at(&self, rule: &str, path: &Path) -> bool {
        let is_off = |(files, off): &(FilePattern, Vec<Spanned<String>>)| {
            off.iter().any(|id| turns_off(&id.value, rule)) && files.matches(path)
        };
        self.per_file.iter().any(is_off)
    }
}

impl Choice {
    fn new(settings: &LintSettings, request: &Request) -> Self {
        let own = |ids: &[Spanned<String>]| ids.iter().map(|id| id.value.clone()).collect::<Vec<_>>();
        let select = if request.select.is_empty() { own(&settings.select) } else { request.select.clone() };
        // What a person asks for by name is on, whatever the settings turn off.
        let mut ignore = own(&settings.ignore);
        ignore.retain(|id| !request.select.contains(id));
        ignore.extend_from_slice(&request.ignore);
        Self { select, ignore }
    }

    /// A rule's own name counts more than its group's, and that more than `all`. Between two names that
    /// count the same, the one that turns off wins.
    fn is_on(&self, rule: &str) -> bool {
        let closest = |ids: &[String]| ids.iter().map(|id| precision(id, rule)).max().unwrap_or(0);
        if is_no_text(rule) {
            return !self.ignore.iter().any(|id| turns_off(id, rule));
        }
        // What cannot be read cannot be checked either: silence about it would look like praise.
        let anyway = u8::from(self.select.is_empty() || is_about_reading(rule));
        closest(&self.select).max(anyway) > closest(&self.ignore)
    }
}

/// Whether a name under `ignore` or `perFile` turns a rule off. A file of which nothing could be checked
/// must not look clean because somebody turned off all rules or a group: only the rule's own name does it.
fn turns_off(name: &str, rule: &str) -> bool {
    if is_no_text(rule) { name == rule } else { stands_for(name, rule) }
}

/// Whether a rule says that a file is no text at all, so that nothing in it was looked at.
fn is_no_text(rule: &str) -> bool {
    matches!(rule, "not-utf8" | "file-too-large")
}

/// How closely a name stands for a rule; 0 when it does not.
fn precision(name: &str, rule: &str) -> u8 {
    match name {
        _ if name == rule => 3,
        ALL => 1,
        _ if stands_for(name, rule) => 2,
        _ => 0,
    }
}

/// Whether a rule says that a file could not be read, or not in full.
#[must_use]
pub fn is_about_reading(rule: &str) -> bool {
    crate::syntax::RULES.iter().any(|info| info.id == rule && info.severity == Severity::Error)
}

/// The names in the settings that are no rule's.
pub(super) fn unknown_names(loaded: &Loaded) -> impl Iterator<Item = Diagnostic> {
    let settings = &loaded.project.settings.lint;
    names(settings).filter(|name| !is_known(&name.value)).map(unknown_rule::in_settings)
}

/// Every name of a rule in the settings.
fn names(settings: &LintSettings) -> impl Iterator<Item = &Spanned<String>> {
    let severity = settings.severity.iter().map(|(id, _)| id);
    let per_file = settings.per_file.iter().flat_map(|(_, off)| off);
    settings.select.iter().chain(&settings.ignore).chain(severity).chain(per_file)
}
