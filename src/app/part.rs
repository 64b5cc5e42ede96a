//! What one file gives to the app, known from that file alone: its definitions and its uses of ids.

use std::sync::Arc;

use super::{
    Database, Datasource, DefinedBy, Definition, FileKind, Function, GlobalAction, Origin, Placed, Reference,
    Screen,
};
use crate::action::{ActionNode, ProviderKind, SyncRole, Use, UseKind};
use crate::diag::{Diagnostic, Span, Spanned};
use crate::expr::is_expression;

/// One part of an app: what a file holds, or an entry of a single-file app.
#[derive(Debug)]
pub struct Part {
    /// What kind of part it is.
    pub kind: FileKind,
    /// The id that it goes by.
    pub id: String,
    /// The whole part.
    pub span: Span,
    /// What it is.
    pub holds: Holds,
    /// The ids that it uses, but for [`Part::tables`].
    pub(super) references: Vec<Reference>,
    /// Names of tables that are uses only when their prefix is a database's id.
    pub(super) tables: Vec<Reference>,
    /// The ids that it defines.
    pub(super) definitions: Vec<(UseKind, String, Definition)>,
    /// What is wrong in it, when it is part of the app: nobody hears of mistakes in a part that
    /// another one of the same id keeps out.
    pub(super) mistakes: Vec<Diagnostic>,
}

/// What a part of an app is.
#[derive(Debug, Clone)]
pub enum Holds {
    /// An index, a jig or a component.
    Screen(Arc<Screen>),
    /// A global action.
    Action(Arc<GlobalAction>),
    /// A function.
    Function(Arc<Function>),
    /// A global datasource.
    Datasource(Arc<Datasource>),
    /// A database.
    Database(Arc<Database>),
    /// Translations, pictures, or an action file without an action.
    Other,
}

impl Part {
    /// Gathers what `holds` defines and uses.
    pub(super) fn new(kind: FileKind, id: &str, span: Span, holds: &Holds) -> Self {
        let mut part = Self {
            kind,
            id: id.to_owned(),
            span,
            holds: holds.clone(),
            references: Vec::new(),
            tables: Vec::new(),
            definitions: Vec::new(),
            mistakes: Vec::new(),
        };
        match holds {
            Holds::Screen(screen) => part.screen(screen),
            Holds::Action(global) => part.global_action(global),
            Holds::Function(function) => part.function(function),
            Holds::Datasource(datasource) => part.global_datasource(datasource),
            Holds::Database(database) => part.database(database),
            Holds::Other => {}
        }
        part
    }

    /// The id that it goes by in the app; a function may give itself another than its file's name.
    #[must_use]
    pub fn own_id(&self) -> &str {
        self.renamed().map_or(&self.id, |(id, _)| id)
    }

    /// The ids that it defines.
    pub fn definitions(&self) -> impl Iterator<Item = (UseKind, &str)> {
        self.definitions.iter().map(|(kind, id, _)| (*kind, id.as_str()))
    }

    /// The ids that it uses, whatever else is part of the app.
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// Names of tables that it uses when their prefix is a database's id.
    pub fn perhaps_tables(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.id.as_str())
    }

    /// The id that a function gives itself in place of its file's name.
    pub(super) fn renamed(&self) -> Option<(&str, Span)> {
        match &self.holds {
            Holds::Function(function) if function.id != self.id => Some((&function.id, function.span)),
            _ => None,
        }
    }

    fn screen(&mut self, screen: &Screen) {
        let name = Some(screen.id.as_str());
        if self.kind == FileKind::Jig {
            let span = Span { start: 0, end: 0, ..self.span };
            self.define(UseKind::Jig, &screen.id, span, DefinedBy::File);
        }
        for placed in &screen.actions {
            self.callback(placed);
            self.placed(placed, name);
        }
        for used in &screen.uses {
            self.used(used, name);
        }
        for (id, datasource) in &screen.datasources {
            self.define(UseKind::Datasource, id, datasource.span, DefinedBy::LocalDatasource);
            self.datasource(datasource, name);
        }
    }

    fn global_action(&mut self, global: &GlobalAction) {
        let id = self.id.clone();
        self.define(UseKind::Action, &id, global.placed.action.span, DefinedBy::File);
        self.placed(&global.placed, None);
    }

    fn function(&mut self, function: &Function) {
        self.define(UseKind::Function, &function.id, function.span, DefinedBy::File);
        if let Some(guard) = &function.guard {
            self.refer(UseKind::Function, &guard.function, None);
        }
    }

    fn global_datasource(&mut self, datasource: &Datasource) {
        self.define(UseKind::Datasource, &datasource.id, datasource.span, DefinedBy::File);
        self.datasource(datasource, None);
    }

    fn database(&mut self, database: &Database) {
        for table in &database.tables {
            let id = format!("{}/{}", self.id, table.value);
            self.define(UseKind::Table, &id, table.span, DefinedBy::Table);
        }
    }

    fn datasource(&mut self, datasource: &Datasource, screen: Option<&str>) {
        match &datasource.origin {
            Origin::Sqlite(sqlite) => {
                for function in sqlite.entities.iter().filter_map(|entity| entity.function.as_ref()) {
                    self.refer(UseKind::Function, function, screen);
                    self.define(UseKind::Member, &datasource.id, datasource.span, DefinedBy::LocalDatasource);
                }
                let own = sqlite.entities.iter().filter(|entity| !entity.is_foreign);
                let with_database = own.filter(|entity| entity.entity.value.contains('/'));
                let used = with_database.map(|entity| reference(UseKind::Table, &entity.entity, screen));
                // The provider says it, even where the database is misspelt.
                match sqlite.provider {
                    Some(ProviderKind::Dynamic) => self.references.extend(used),
                    _ => self.tables.extend(used),
                }
            }
            Origin::Reference { id, .. } => self.refer(UseKind::Datasource, id, screen),
            Origin::Static(_) | Origin::System => {}
        }
    }

    fn placed(&mut self, placed: &Placed, screen: Option<&str>) {
        placed.action.visit(&mut |action| self.action(action, screen));
    }

    fn action(&mut self, action: &ActionNode, screen: Option<&str>) {
        if let Some(id) = action.instance_id.as_ref().filter(|id| !is_expression(&id.value)) {
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
            self.refer(UseKind::Scope, scope, screen);
        }
        for function in &action.guard.functions {
            self.refer(UseKind::Function, function, screen);
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
        let screen = screen.map(str::to_owned);
        self.references.push(Reference { kind: used.kind, id: used.id.clone(), span: used.span, screen });
    }

    fn refer(&mut self, kind: UseKind, id: &Spanned<String>, screen: Option<&str>) {
        self.references.push(reference(kind, id, screen));
    }

    fn define(&mut self, kind: UseKind, id: &str, span: Span, by: DefinedBy) {
        self.definitions.push((kind, id.to_owned(), Definition { span, by }));
    }
}

fn reference(kind: UseKind, id: &Spanned<String>, screen: Option<&str>) -> Reference {
    Reference { kind, id: id.value.clone(), span: id.span, screen: screen.map(str::to_owned) }
}
