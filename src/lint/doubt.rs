//! What is not known for sure, because part of the app could not be read. A mistake is told once,
//! where it is; what only follows from it is not worth telling.

use super::{Cx, Place};
use crate::action::UseKind;
use crate::app::{FileKind, Source};
use crate::diag::Span;
use crate::syntax::Node;

impl Cx<'_> {
    /// Whether the app may define the id where it cannot be seen, in a file that could not be read or
    /// by an expression. Then a use of it is no mistake that is known for sure.
    pub fn may_be_defined(&self, kind: UseKind, id: &str) -> bool {
        let (by_name, anywhere) = defining(kind);
        let dynamic = match kind {
            UseKind::Member => self.facts.dynamic().members,
            UseKind::Scope => self.facts.dynamic().scopes,
            _ => false,
        };
        let named = by_name.is_some_and(|kind| self.facts.files_by_name.contains(&(kind, id)));
        let mut damaged = self.facts.damaged.iter().filter(|source| anywhere.contains(&source.kind));
        dynamic
            || named
            || self.facts.misplaced().contains(id)
            || damaged.any(|source| self.may_define(source, defining_key(kind), id))
    }

    /// Whether a name that should be a key below `section` of the file of `place`, or of the index,
    /// may stand where it could not be read.
    pub fn may_be_key(&self, place: &Place<'_>, section: &str, name: &str) -> bool {
        let near = |source: &&&Source| source.file == place.source.file || source.kind == FileKind::Index;
        let mut damaged = self.facts.damaged.iter().filter(near);
        damaged.any(|source| self.is_torn(source, section) || self.may_define(source, None, name))
    }

    /// Whether reading stumbled in a section of a file, from its key up to the next one.
    fn is_torn(&self, source: &Source, section: &str) -> bool {
        let entries = source.tree.root.entries();
        let Some(at) = entries.iter().position(|entry| &*entry.key.text == section) else {
            return source.kind == FileKind::SingleFile;
        };
        let from = Span { end: 0, ..entries[at].key_span };
        let to = entries.get(at + 1).map_or(u32::MAX, |next| next.key_span.start);
        self.facts.unread.range(from..).next().is_some_and(|bad| bad.file == from.file && bad.start < to)
    }

    /// Whether a map has a key that the loader complains about. It may be any other key misspelt,
    /// so what the map lacks is not known for sure.
    pub fn has_stray_key(&self, map: &Node) -> bool {
        let mistakes = self.facts.mistakes();
        !mistakes.is_empty() && map.entries().iter().any(|entry| mistakes.contains(&entry.key_span))
    }

    /// Whether the loader complains about this very place.
    pub fn is_told(&self, span: Span) -> bool {
        self.facts.mistakes().contains(&span)
    }

    /// Whether nothing that could not be read touches a part of a file.
    pub fn is_read(&self, part: Span) -> bool {
        let in_file = Span { start: 0, end: 0, ..part };
        let mut bad = self.facts.unread.range(in_file..).take_while(|bad| bad.file == part.file);
        !bad.any(|bad| bad.start <= part.end && part.start <= bad.end)
    }

    /// Whether the loader found nothing wrong in a part of a file. What a part with mistakes
    /// declares is not known for sure.
    pub fn is_sound(&self, part: Span) -> bool {
        if self.facts.damaged.iter().any(|source| source.file == part.file) {
            return false;
        }
        let from = Span { end: part.start, ..part };
        self.facts.mistakes().range(from..).next().is_none_or(|mistake| !part.contains(*mistake))
    }

    /// Whether a file that could not be read in full seems to define an id.
    fn may_define(&self, source: &Source, defining_key: Option<&str>, id: &str) -> bool {
        let text = self.scanned(source);
        text.is_none_or(|text| id.is_empty() || defines(text, defining_key, id))
    }

    /// Whether a file that could not be read in full may use an id.
    pub fn may_be_used(&self, id: &str) -> bool {
        let mut damaged = self.facts.damaged.iter();
        damaged.any(|source| self.scanned(source).is_none_or(|text| text.contains(id)))
    }

    /// The text of a damaged file, as long as looking through such files does not take too long.
    fn scanned(&self, source: &Source) -> Option<&str> {
        let text = self.text(source.file);
        let left = self.facts.scans.get();
        self.facts.scans.set(left.saturating_sub(text.len()));
        (left >= text.len()).then_some(text)
    }
}

/// Whether the id is a key in the text, or the value of the key that defines ids.
fn defines(text: &str, defining_key: Option<&str>, id: &str) -> bool {
    text.match_indices(id).any(|(at, _)| {
        let line = line_before(text, at);
        let mut keys = defining_key.into_iter().flat_map(|key| line.match_indices(key));
        is_colon_next(&text[at + id.len()..]) || keys.any(|(at, key)| is_colon_next(&line[at + key.len()..]))
    })
}

/// What stands before an offset on its line, as far as a key can be away.
fn line_before(text: &str, at: usize) -> &str {
    const FAR: usize = 200;
    let from = at.saturating_sub(FAR);
    let before = (from..=at).find_map(|from| text.get(from..at)).unwrap_or_default();
    &before[before.rfind('\n').map_or(0, |at| at + 1)..]
}

fn is_colon_next(rest: &str) -> bool {
    rest.chars().take(8).find(|c| !matches!(c, '"' | '\'' | ' ')) == Some(':')
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
