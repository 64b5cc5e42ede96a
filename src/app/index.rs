//! Definitions and uses of every id of an app.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{FileKind, Ordered, Part};
use crate::action::UseKind;
use crate::diag::{FileId, Span};

/// Where ids are defined and used. Read by the rules and by navigation.
#[derive(Debug, Default, Clone)]
pub struct Index {
    definitions: Ordered<(UseKind, String), Arc<[Definition]>>,
    /// The parts of the app by their files and their places in them.
    parts: Ordered<(FileId, usize), Arc<Part>>,
    databases: Arc<BTreeSet<String>>,
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
    /// Adds a part of the app, the `n`th of its file.
    pub(super) fn add(&mut self, file: FileId, n: usize, part: &Arc<Part>) {
        for (kind, id, definition) in &part.definitions {
            let mut places = self.definitions(*kind, id).to_vec();
            if places.iter().all(|place| place.span != definition.span) {
                let at = places.partition_point(|place| place.span.file <= file);
                places.insert(at, definition.clone());
                self.definitions.insert((*kind, id.clone()), places.into());
            }
        }
        if part.kind == FileKind::Database {
            Arc::make_mut(&mut self.databases).insert(part.id.clone());
        }
        self.parts.insert((file, n), Arc::clone(part));
    }

    /// Takes away the only part of a file.
    pub(super) fn remove(&mut self, file: FileId, part: &Part) {
        for (kind, id, _) in &part.definitions {
            let others: Vec<Definition> =
                self.definitions(*kind, id).iter().filter(|place| place.span.file != file).cloned().collect();
            let key = (*kind, id.clone());
            if others.is_empty() {
                self.definitions.remove(&key);
            } else {
                self.definitions.insert(key, others.into());
            }
        }
        if part.kind == FileKind::Database {
            Arc::make_mut(&mut self.databases).remove(&part.id);
        }
        self.parts.remove(&(file, 0));
    }

    /// The places that define an id, in order of the app's files; empty when nothing does.
    #[must_use]
    pub fn definitions(&self, kind: UseKind, id: &str) -> &[Definition] {
        let found = self.definitions.find(|(own, name)| own.cmp(&kind).then_with(|| name.as_str().cmp(id)));
        found.map_or(&[], |(_, places)| places)
    }

    /// All defined ids of a kind, sorted.
    pub fn ids(&self, kind: UseKind) -> impl Iterator<Item = &str> {
        self.all(kind).map(|(id, _)| id)
    }

    /// All definitions of a kind, by id.
    pub fn all(&self, kind: UseKind) -> impl Iterator<Item = (&str, &[Definition])> {
        self.definitions
            .range(move |(own, _)| own.cmp(&kind))
            .map(|((_, id), places)| (id.as_str(), &**places))
    }

    /// All uses, in order of the app's files.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.values().flat_map(|part| self.references_in(part))
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
