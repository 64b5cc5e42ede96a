//! What is not known for sure, because part of the app could not be read. A mistake is told once,
//! where it is; what only follows from it is not worth telling.

use std::collections::BTreeSet;

use super::known::ALL;
use super::select::is_about_reading;
use super::table::{Add, Sight};
use super::{Cx, Place};
use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{FileKind, Holds, Loaded, Placed, Source};
use crate::diag::{Diagnostic, Severity, Span};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// What is wrong in one file.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// The places where reading stumbled.
    unread: BTreeSet<Span>,
    /// The places of what the loader found wrong.
    mistakes: BTreeSet<Span>,
}

impl Doubts {
    pub fn of(source: &Source, loaded: &Loaded) -> Self {
        let graver = loaded.diagnostics_in(source).filter(|found| found.severity > Severity::Info);
        let mistakes = graver.map(|found| found.span).collect();
        Self { unread: unread(source, loaded).collect(), mistakes }
    }

    /// Whether nothing that could not be read touches a part of the file.
    pub fn is_read(&self, part: Span) -> bool {
        let before = Span { start: part.end, end: u32::MAX, ..part };
        !self.unread.range(..=before).any(|bad| part.start <= bad.end)
    }

    /// Whether a map has a key that the loader complains about.
    pub fn has_stray_key(&self, map: &Node) -> bool {
        !self.mistakes.is_empty() && map.entries().iter().any(|entry| self.mistakes.contains(&entry.key_span))
    }
}

/// The places that could not be read, or not in full.
fn unread<'a>(source: &'a Source, loaded: &'a Loaded) -> impl Iterator<Item = Span> + 'a {
    let is_reading = |found: &&Diagnostic| found.severity == Severity::Error && is_about_reading(found.rule);
    let told = loaded.diagnostics_in(source).filter(is_reading).map(|found| found.span);
    told.chain(source.tree.damaged.iter().copied())
}

/// A word of a file that could not be read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Torn {
    /// What the file holds.
    kind: FileKind,
    /// The key that it seems to be the value of; `None` when it seems to be a key itself.
    value_of: Option<&'static str>,
}

/// The keys whose values are ids.
const DEFINING_KEYS: [&str; 2] = ["instanceId", "functionId"];

pub(super) fn torn(file: Sight<'_>, add: Add<'_, Torn>) {
    if unread(file.source, file.loaded).next().is_none() {
        return;
    }
    let kind = file.source.kind;
    for line in file.text().lines() {
        for (at, _) in line.match_indices(':') {
            words(&line[..at]).for_each(|key| add(key, Torn { kind, value_of: None }));
        }
        for key in DEFINING_KEYS {
            let values = line.match_indices(key).map(|(at, _)| &line[at + key.len()..]);
            let values =
                values.filter_map(|rest| rest.trim_start_matches(['"', '\'', ' ']).strip_prefix(':'));
            values.flat_map(values_in).for_each(|id| add(id, Torn { kind, value_of: Some(key) }));
        }
    }
}

/// What the key may be that a text ends with: all of the text, or its last word.
fn words(before_colon: &str) -> impl Iterator<Item = &str> {
    let text = before_colon.trim_matches(['"', '\'', ' ', '\t', '-', '{', ',', '?']);
    let last = text.rsplit(['"', '\'', ' ', '\t', '{', ',']).next().filter(|last| *last != text);
    [Some(text), last].into_iter().flatten().filter(|word| !word.is_empty())
}

/// What the value may be that a text begins with: all of the text, or its first word.
fn values_in(behind_colon: &str) -> impl Iterator<Item = &str> {
    let text = behind_colon.trim_matches(['"', '\'', ' ', '\t', ',', '}']);
    let first = text.split(['"', '\'', ' ', '\t', ',', '}', '#']).next().filter(|first| *first != text);
    [Some(text), first].into_iter().flatten().filter(|word| !word.is_empty())
}

pub(super) fn damaged(file: Sight<'_>, add: Add<'_, FileKind>) {
    if unread(file.source, file.loaded).next().is_some() {
        add(ALL, file.source.kind);
    }
}

/// Adds the words of a file that could not be read in full.
pub(super) fn damaged_words(file: Sight<'_>, add: Add<'_, ()>) {
    if unread(file.source, file.loaded).next().is_some() {
        let words = file.text().split(|c| !is_part(c)).filter(|word| !word.is_empty());
        words.collect::<BTreeSet<&str>>().into_iter().for_each(|word| add(word, ()));
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Whether a file could be read in full.
pub(super) fn is_whole(file: Sight<'_>) -> bool {
    unread(file.source, file.loaded).next().is_none()
}

/// Adds the kinds of ids of which a use may be missing from a file because of what is wrong there; `None`
/// stands for all kinds. What stands at a wrong place is still said, and settings name no parts of the app.
pub(super) fn hidden_uses(file: Sight<'_>, add: Add<'_, Option<UseKind>>) {
    if file.source.kind == FileKind::Settings {
        return;
    }
    if !is_whole(file) {
        return add(ALL, None);
    }
    let errors = file.loaded.diagnostics_in(file.source).filter(|found| found.severity == Severity::Error);
    for found in errors {
        let keys: Vec<&str> = match found.rule {
            "missing-key" => missing(&found.message).collect(),
            "wrong-type" => key_of_nothing(&file.source.tree.root, found.span).into_iter().collect(),
            _ => Vec::new(),
        };
        keys.into_iter().flat_map(kinds_at).for_each(|kind| add(ALL, *kind));
    }
}

/// The keys that a message says are missing: those in backticks before ` in `.
fn missing(message: &str) -> impl Iterator<Item = &str> {
    let keys = message.split_once(" in ").map_or(message, |(keys, _)| keys);
    keys.split('`').skip(1).step_by(2)
}

/// The key at which nothing, a number, `true` or `false` stands, at these bytes.
fn key_of_nothing(node: &Node, span: Span) -> Option<&str> {
    let is_nothing = |value: &Node| matches!(value.kind, Kind::Null | Kind::Bool(_) | Kind::Number(_));
    let own = node.entries().iter().find(|entry| entry.value.span == span && is_nothing(&entry.value));
    own.map(|entry| &*entry.key.text).or_else(|| {
        let values = node.entries().iter().map(|entry| &entry.value).chain(node.items());
        values.filter(|value| value.span.contains(span)).find_map(|value| key_of_nothing(value, span))
    })
}

/// The kinds of ids that may stand at a key or below it; `None` is any kind.
fn kinds_at(key: &str) -> &'static [Option<UseKind>] {
    match key {
        "function" | "functionId" => &[Some(UseKind::Function)],
        "action" | "actionId" => &[Some(UseKind::Action)],
        "datasource" | "datasourceId" => &[Some(UseKind::Datasource)],
        "entity" | "table" | "tables" | "query" | "statement" | "find" | "replace" | "source" => {
            &[Some(UseKind::Table)]
        }
        "entities" | "statements" => &[Some(UseKind::Table), Some(UseKind::Function)],
        "method" | "id" | "provider" | "connection" | "location" | "procedure" | "instanceId"
        | "instanceIds" | "formId" | "jigId" | "linkTo" | "modal" | "fileName" | "from" | "to"
        | "property" | "type" | "isSequential" | "isDocument" | "required" => &[],
        _ => &[None],
    }
}

pub(super) fn misplaced(file: Sight<'_>, add: Add<'_, ()>) {
    let unknown = file.loaded.diagnostics_in(file.source).filter(|found| found.rule == "unknown-key");
    unknown.filter_map(|found| value_behind(file.text(), found.span)).for_each(|value| add(value, ()));
}

/// The text behind a key on its line, without quotes.
fn value_behind(text: &str, key: Span) -> Option<&str> {
    let rest = text.get(key.end as usize..)?;
    let line = rest.lines().next()?.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
    Some(line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}')))
}

/// The kinds of ids of syncs that may be any id: they are expressions somewhere, or missing where they are
/// needed.
pub(super) fn computed_ids(file: Sight<'_>, add: Add<'_, ()>) {
    let mut look = |action: &ActionNode| {
        let is_known = action.instance_id.as_ref().map(|id| !is_expression(&id.value));
        match (action.body.sync(), is_known) {
            (Some(SyncRole::Scope(_)), Some(false) | None) => add(word(UseKind::Scope), ()),
            (Some(SyncRole::Member), Some(false)) => add(word(UseKind::Member), ()),
            _ => {}
        }
    };
    for part in file.parts() {
        let roots: &[Placed] = match &part.holds {
            Holds::Screen(screen) => &screen.actions,
            Holds::Action(global) => std::slice::from_ref(&global.placed),
            _ => &[],
        };
        roots.iter().for_each(|root| root.action.visit(&mut look));
    }
}

fn word(kind: UseKind) -> &'static str {
    if kind == UseKind::Scope { "scope" } else { "member" }
}

impl Cx<'_> {
    /// Whether the app may define the id where it cannot be seen, in a file that could not be read or
    /// by an expression. Then a use of it is no mistake that is known for sure.
    pub fn may_be_defined(&self, kind: UseKind, id: &str) -> bool {
        let (by_name, anywhere) = defining(kind);
        let computed = matches!(kind, UseKind::Member | UseKind::Scope)
            && !self.rows(|known| &known.computed_ids, word(kind)).is_empty();
        let defining_key = defining_key(kind);
        let is_key = |torn: &Torn| torn.value_of.is_none() || torn.value_of == defining_key;
        computed
            || by_name.is_some_and(|kind| self.is_file(kind, id))
            || !self.rows(|known| &known.misplaced, id).is_empty()
            || id.is_empty() && self.is_any_damaged(anywhere)
            || self.is_torn(id, |torn| anywhere.contains(&torn.kind) && is_key(torn))
    }

    /// Whether a name that should be a key below `section` of the file of `place`, or of the index,
    /// may stand where it could not be read.
    pub fn may_be_key(&self, place: &Place<'_>, section: &str, name: &str) -> bool {
        let index =
            self.rows(|known| &known.damaged, ALL).iter().filter(|(_, kind)| *kind == FileKind::Index);
        let near = index.map(|(file, _)| *file).chain([place.source.file]);
        let mut near = near.filter_map(|file| self.source(file));
        let own = self.rows(|known| &known.torn, name).iter();
        let mut own = own.filter(|(file, torn)| *file == place.source.file || torn.kind == FileKind::Index);
        own.any(|(_, torn)| torn.value_of.is_none())
            || near.any(|source| self.is_section_torn(source, section))
    }

    /// Whether reading stumbled in a section of a file, from its key up to the next one.
    fn is_section_torn(&self, source: &Source, section: &str) -> bool {
        let doubts = self.doubts(source.file);
        let entries = source.tree.root.entries();
        let Some(at) = entries.iter().position(|entry| &*entry.key.text == section) else {
            return source.kind == FileKind::SingleFile && !doubts.unread.is_empty();
        };
        let from = Span { end: 0, ..entries[at].key_span };
        let to = entries.get(at + 1).map_or(u32::MAX, |next| next.key_span.start);
        doubts.unread.range(from..).next().is_some_and(|bad| bad.start < to)
    }

    /// Whether a file that could not be read in full may use an id: it has all words of it.
    pub fn may_be_used(&self, id: &str) -> bool {
        let words = id.split(|c| !is_part(c)).filter(|word| !word.is_empty());
        let files = words.map(|word| self.rows(|known| &known.damaged_words, word));
        let mut files = files.map(|rows| rows.iter().map(|(file, ())| *file).collect::<BTreeSet<_>>());
        let first = files.next().unwrap_or_default();
        !files.fold(first, |all, next| &all & &next).is_empty()
    }

    /// The kinds of ids of which some use may be missing because of what is wrong; `None` is any kind.
    pub fn hidden_uses(&self) -> BTreeSet<Option<UseKind>> {
        self.rows(|known| &known.hidden_uses, ALL).iter().map(|(_, kind)| *kind).collect()
    }

    /// Whether every file could be read in full.
    pub fn is_all_read(&self) -> bool {
        self.rows(|known| &known.damaged, ALL).is_empty()
    }

    /// Whether some file of these kinds could not be read in full.
    pub fn is_any_damaged(&self, kinds: &[FileKind]) -> bool {
        self.rows(|known| &known.damaged, ALL).iter().any(|(_, kind)| kinds.contains(kind))
    }

    /// Whether a map has a key that the loader complains about. It may be any other key misspelt,
    /// so what the map lacks is not known for sure.
    pub fn has_stray_key(&self, map: &Node) -> bool {
        self.doubts(map.span.file).has_stray_key(map)
    }

    /// Whether the loader complains about exactly these bytes.
    pub fn is_mistake(&self, span: Span) -> bool {
        self.doubts(span.file).mistakes.contains(&span)
    }

    /// Whether the loader complains about this very place.
    pub fn is_told(&self, span: Span) -> bool {
        self.doubts(span.file).mistakes.contains(&span)
    }

    /// Whether nothing that could not be read touches a part of a file.
    pub fn is_read(&self, part: Span) -> bool {
        self.doubts(part.file).is_read(part)
    }

    /// Whether the loader found nothing wrong in a part of a file. What a part with mistakes
    /// declares is not known for sure.
    pub fn is_sound(&self, part: Span) -> bool {
        let doubts = self.doubts(part.file);
        let from = Span { end: part.start, ..part };
        let mut mistakes = doubts.mistakes.range(from..);
        doubts.unread.is_empty() && mistakes.next().is_none_or(|mistake| !part.contains(*mistake))
    }

    fn is_torn(&self, id: &str, is_meant: impl Fn(&Torn) -> bool) -> bool {
        self.rows(|known| &known.torn, id).iter().any(|(_, torn)| is_meant(torn))
    }
}

/// The key whose value is an id of this kind.
fn defining_key(kind: UseKind) -> Option<&'static str> {
    match kind {
        UseKind::Member | UseKind::Scope => Some("instanceId"),
        UseKind::Function => Some("functionId"),
        _ => None,
    }
}

/// The kind of file that defines an id by its own name, and all kinds that may define one in them.
fn defining(kind: UseKind) -> (Option<FileKind>, &'static [FileKind]) {
    use FileKind::{Action, Component, Database, Datasource, Function, Index, Jig, SingleFile};
    match kind {
        UseKind::Function => (Some(Function), &[Function, SingleFile]),
        UseKind::Action => (Some(Action), &[Action, Index, Jig, SingleFile]),
        UseKind::Jig => (Some(Jig), &[Jig, SingleFile]),
        UseKind::Datasource => (Some(Datasource), &[Datasource, SingleFile]),
        UseKind::Table => (None, &[Database, SingleFile]),
        UseKind::Member | UseKind::Scope => (None, &[Index, Jig, Action, Component, Datasource, SingleFile]),
        UseKind::StatusRow | UseKind::Form => (None, &[]),
    }
}
