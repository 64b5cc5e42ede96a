//! Definitions and uses of every id of an app.

use std::collections::BTreeMap;

use super::{Datasource, EntityRef, Origin, Placed, Project, Screen};
use crate::action::{ActionNode, SyncRole, Use, UseKind};
use crate::diag::{FileId, Span};

/// Where ids are defined and used. Read by the rules and by navigation.
#[derive(Debug, Default)]
pub struct Index {
    definitions: BTreeMap<UseKind, BTreeMap<String, Vec<Definition>>>,
    references: Vec<Reference>,
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
    pub(super) fn of(project: &Project) -> Self {
        let mut index = Self::default();
        index.files(project);
        for screen in project.screens() {
            index.screen(screen, project);
        }
        for global in project.actions.values() {
            index.placed(&global.placed, None);
        }
        for datasource in project.datasources.values() {
            index.datasource(datasource, None, project);
        }
        for guard in project.functions.values().filter_map(|function| function.guard.as_ref()) {
            index.refer(UseKind::Function, &guard.function.value, guard.function.span, None);
        }
        index
    }

    /// The places that define an id, in no order; empty when nothing does.
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
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    fn files(&mut self, project: &Project) {
        let start = |file: FileId| Span::new(file, 0, 0);
        for (id, jig) in &project.jigs {
            self.define(
                UseKind::Jig,
                id,
                jig.file.map_or_else(|| start(first_file(project)), start),
                DefinedBy::File,
            );
        }
        for (id, global) in &project.actions {
            self.define(UseKind::Action, id, global.placed.action.span, DefinedBy::File);
        }
        for (id, function) in &project.functions {
            self.define(UseKind::Function, id, function.span, DefinedBy::File);
        }
        for (id, datasource) in &project.datasources {
            self.define(UseKind::Datasource, id, datasource.span, DefinedBy::File);
        }
        for (database, tables) in project.databases.iter().map(|(id, db)| (id, &db.tables)) {
            for table in tables {
                let id = format!("{database}/{}", table.value);
                self.define(UseKind::Table, &id, table.span, DefinedBy::Table);
            }
        }
    }

    fn screen(&mut self, screen: &Screen, project: &Project) {
        for placed in &screen.actions {
            self.callback(placed);
            self.placed(placed, Some(&screen.id));
        }
        for used in &screen.uses {
            self.used(used, Some(&screen.id));
        }
        for (id, datasource) in &screen.datasources {
            self.define(UseKind::Datasource, id, datasource.span, DefinedBy::LocalDatasource);
            self.datasource(datasource, Some(&screen.id), project);
        }
    }

    fn datasource(&mut self, datasource: &Datasource, screen: Option<&str>, project: &Project) {
        match &datasource.origin {
            Origin::Sqlite(sqlite) => {
                for function in sqlite.entities.iter().filter_map(|entity| entity.function.as_ref()) {
                    self.refer(UseKind::Function, &function.value, function.span, screen);
                    self.define(UseKind::Member, &datasource.id, datasource.span, DefinedBy::LocalDatasource);
                }
                let dynamic = |entity: &&EntityRef| project.is_dynamic(&entity.entity.value);
                for entity in sqlite.entities.iter().filter(dynamic) {
                    self.refer(UseKind::Table, &entity.entity.value, entity.entity.span, screen);
                }
            }
            Origin::Reference { id, .. } => self.refer(UseKind::Datasource, &id.value, id.span, screen),
            Origin::Static(_) | Origin::System => {}
        }
    }

    fn placed(&mut self, placed: &Placed, screen: Option<&str>) {
        placed.action.visit(&mut |action| self.action(action, screen));
    }

    fn action(&mut self, action: &ActionNode, screen: Option<&str>) {
        if let Some(id) = action.instance_id.as_ref().filter(|id| !crate::expr::is_expression(&id.value)) {
            match action.body.sync() {
                Some(SyncRole::Scope(_)) => {
                    self.define(UseKind::Scope, &id.value, id.span, DefinedBy::InstanceId);
                }
                Some(SyncRole::Member) => {
                    self.define(UseKind::Member, &id.value, id.span, DefinedBy::InstanceId);
                }
                None => {}
            }
        }
        for scope in &action.guard.scopes {
            self.refer(UseKind::Scope, &scope.value, scope.span, screen);
        }
        for function in &action.guard.functions {
            self.refer(UseKind::Function, &function.value, function.span, screen);
        }
        for used in &action.uses {
            self.used(used, screen);
        }
    }

    /// A child of tabs may name actions for others to call.
    fn callback(&mut self, placed: &Placed) {
        if let Some(id) = placed.callback() {
            self.define(UseKind::Action, &id, placed.action.span, DefinedBy::Callback);
        }
    }

    fn used(&mut self, used: &Use, screen: Option<&str>) {
        self.refer(used.kind, &used.id, used.span, screen);
    }

    fn define(&mut self, kind: UseKind, id: &str, span: Span, by: DefinedBy) {
        let places = self.definitions.entry(kind).or_default().entry(id.to_owned()).or_default();
        if places.iter().all(|place| place.span != span) {
            places.push(Definition { span, by });
        }
    }

    fn refer(&mut self, kind: UseKind, id: &str, span: Span, screen: Option<&str>) {
        let screen = screen.map(str::to_owned);
        self.references.push(Reference { kind, id: id.to_owned(), span, screen });
    }
}

fn first_file(project: &Project) -> FileId {
    project.home.file.unwrap_or_else(FileId::first)
}
