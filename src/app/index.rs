//! Definitions and uses of every id of an app.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Part;
use crate::action::UseKind;
use crate::diag::Span;

/// Where ids are defined and used. Read by the rules and by navigation.
#[derive(Debug, Default)]
pub struct Index {
    definitions: BTreeMap<UseKind, BTreeMap<String, Vec<Definition>>>,
    parts: Vec<Arc<Part>>,
    databases: BTreeSet<String>,
}

/// A place that defines an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What defines it.
    pub span: Span,
    /// How it is defined.
    pub by: DefinedBy,
}

/// What defines an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinedBy {
    /// The `instanceId` of an action.
    InstanceId,
    /// A file, or a key of a single-file app.
    File,
    /// A key under `datasources:` of a screen.
    LocalDatasource,
    /// A key under `tables:`.
    Table,
    /// A key under `actions:` of a child of tabs.
    Callback,
}

/// A place that uses an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What kind of thing it names.
    pub kind: UseKind,
    /// The id.
    pub id: String,
    /// Where.
    pub span: Span,
    /// The screen it stands in; `None` in a global action, datasource or function.
    pub screen: Option<String>,
}

impl Index {
    /// The index of the parts that make up an app, in their order, and of its databases' ids.
    pub(super) fn of(parts: Vec<Arc<Part>>, databases: BTreeSet<String>) -> Self {
        let mut definitions: BTreeMap<UseKind, BTreeMap<String, Vec<Definition>>> = BTreeMap::new();
        for (kind, id, definition) in parts.iter().flat_map(|part| &part.definitions) {
            let places = definitions.entry(*kind).or_default().entry(id.clone()).or_default();
            if places.iter().all(|place| place.span != definition.span) {
                places.push(definition.clone());
            }
        }
        Self { definitions, parts, databases }
    }

    /// The places that define an id, in order of the app's files; empty when nothing does.
    #[must_use]
    pub fn definitions(&self, kind: UseKind, id: &str) -> &[Definition] {
        self.definitions.get(&kind).and_then(|of_kind| of_kind.get(id)).map_or(&[], Vec::as_slice)
    }

    /// All defined ids of a kind, sorted.
    pub fn ids(&self, kind: UseKind) -> impl Iterator<Item = &str> {
        self.definitions.get(&kind).into_iter().flat_map(BTreeMap::keys).map(String::as_str)
    }

    /// All definitions of a kind, by id.
    pub fn all(&self, kind: UseKind) -> impl Iterator<Item = (&str, &[Definition])> {
        let of_kind = self.definitions.get(&kind).into_iter().flatten();
        of_kind.map(|(id, places)| (id.as_str(), places.as_slice()))
    }

    /// All uses, in order of the app's files.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().flat_map(|part| self.references_in(part))
    }

    /// The uses in one part of the app.
    pub fn references_in<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Reference> {
        let is_dynamic = |used: &&Reference| is_dynamic(&used.id, |id| self.databases.contains(id));
        part.references.iter().chain(part.tables.iter().filter(is_dynamic))
    }
}

/// Whether a table belongs to Dynamic Data: it is written with its database (sync.md §0).
pub(super) fn is_dynamic(table: &str, is_database: impl Fn(&str) -> bool) -> bool {
    table.split_once('/').is_some_and(|(id, _)| id == "default" || is_database(id))
}
