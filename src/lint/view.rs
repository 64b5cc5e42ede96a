//! The app as rules see it: every look at something that stands elsewhere is remembered.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use super::log::{HomePart, Log, Question};
use crate::action::UseKind;
use crate::app::{
    Database, Datasource, Definition, FileKind, Function, GlobalAction, Ordered, Part, Placed, Project,
    Reference, Screen, Script, SqlConnection,
};
use crate::expr::Expression;

/// The app as rules see it. It has the fields of [`Project`].
pub(super) struct View<'a> {
    project: &'a Project,
    log: Rc<Log>,
    pub name: &'a str,
    pub home: Home<'a>,
    pub jigs: Parts<'a, Screen>,
    pub components: Parts<'a, Screen>,
    pub actions: Parts<'a, GlobalAction>,
    pub functions: Parts<'a, Function>,
    pub datasources: Parts<'a, Datasource>,
    pub databases: Parts<'a, Database>,
    pub scripts: Scripts<'a>,
    pub index: Uses<'a>,
}

/// The index file's part.
pub(super) struct Home<'a> {
    screen: &'a Screen,
    log: Rc<Log>,
}

/// Parts of one kind by id.
pub(super) struct Parts<'a, T> {
    by_id: &'a Ordered<String, Arc<T>>,
    kind: FileKind,
    log: Rc<Log>,
}

/// Scripts by name.
pub(super) struct Scripts<'a> {
    scripts: &'a BTreeMap<String, Arc<Script>>,
    log: Rc<Log>,
}

/// Where ids are defined and used.
pub(super) struct Uses<'a> {
    project: &'a Project,
    log: Rc<Log>,
}

impl<'a> View<'a> {
    pub fn new(project: &'a Project, log: &Rc<Log>) -> Self {
        let log = || Rc::clone(log);
        Self {
            project,
            log: log(),
            name: &project.name,
            home: Home { screen: &project.home, log: log() },
            jigs: Parts { by_id: &project.jigs, kind: FileKind::Jig, log: log() },
            components: Parts { by_id: &project.components, kind: FileKind::Component, log: log() },
            actions: Parts { by_id: &project.actions, kind: FileKind::Action, log: log() },
            functions: Parts { by_id: &project.functions, kind: FileKind::Function, log: log() },
            datasources: Parts { by_id: &project.datasources, kind: FileKind::Datasource, log: log() },
            databases: Parts { by_id: &project.databases, kind: FileKind::Database, log: log() },
            scripts: Scripts { scripts: &project.scripts, log: log() },
            index: Uses { project, log: log() },
        }
    }

    /// Whether a table belongs to Dynamic Data: it is written with its database.
    pub fn is_dynamic(&self, table: &str) -> bool {
        table.split_once('/').is_some_and(|(id, _)| id == "default" || self.databases.contains_key(id))
    }

    /// Whether the settings say that a named connection is a SQLite file. New settings begin everything
    /// anew, so that nobody has to remember who asked.
    pub fn is_sqlite(&self, connection: &str) -> bool {
        matches!(self.project.settings.sql.get(connection), Some(SqlConnection::Sqlite(_)))
    }

    /// The names of the SQL connections in the settings; see [`View::is_sqlite`].
    pub fn connections(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.project.settings.sql.keys().map(String::as_str)
    }

    /// The index, all jigs and all components.
    pub fn screens(&self) -> impl Iterator<Item = &'a Screen> + use<'a> {
        for kind in [FileKind::Index, FileKind::Jig, FileKind::Component] {
            self.log.note(Question::Parts(kind));
        }
        self.project.screens()
    }

    /// Every action of the app that is not inside another one.
    pub fn root_actions(&self) -> impl Iterator<Item = &'a Placed> + use<'a> {
        drop(self.screens());
        self.log.note(Question::Parts(FileKind::Action));
        self.project.root_actions()
    }
}

impl<'a> Home<'a> {
    /// The index, for as long as the app is there.
    pub fn screen(&self) -> &'a Screen {
        self.log.note(Question::Parts(FileKind::Index));
        self.screen
    }

    /// Whether it declares a state of this name.
    pub fn has_state(&self, name: &str) -> bool {
        self.log.note(Question::OfHome(HomePart::State, name));
        self.screen.state.contains_key(name)
    }

    /// Whether it declares a datasource of this id.
    pub fn has_datasource(&self, id: &str) -> bool {
        self.log.note(Question::OfHome(HomePart::Datasource, id));
        self.screen.datasources.contains_key(id)
    }

    /// Its shared expression of this name.
    pub fn shared(&self, name: &str) -> Option<&'a Expression> {
        self.log.note(Question::OfHome(HomePart::Shared, name));
        self.screen.shared.get(name)
    }
}

impl Deref for Home<'_> {
    type Target = Screen;

    fn deref(&self) -> &Screen {
        self.screen()
    }
}

impl<'a, T> Parts<'a, T> {
    pub fn get(&self, id: &str) -> Option<&'a T> {
        self.log.note(Question::Part(self.kind, id));
        self.by_id.get(id).map(AsRef::as_ref)
    }

    pub fn get_key_value(&self, id: &str) -> Option<(&'a str, &'a T)> {
        self.log.note(Question::Part(self.kind, id));
        self.by_id.get_key_value(id).map(|(id, part)| (id.as_str(), part.as_ref()))
    }

    pub fn is_empty(&self) -> bool {
        self.log.note(Question::AnyPart(self.kind));
        self.by_id.is_empty()
    }

    pub fn contains_key(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// All of them; whoever asks is asked again whenever one of them changes.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a T)> + use<'a, T> {
        self.log.note(Question::Parts(self.kind));
        self.by_id.iter().map(|(id, part)| (id.as_str(), part.as_ref()))
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a, T> {
        self.iter().map(|(id, _)| id)
    }

    pub fn values(&self) -> impl Iterator<Item = &'a T> + use<'a, T> {
        self.iter().map(|(_, part)| part)
    }
}

impl<'a> Scripts<'a> {
    pub fn get(&self, name: &str) -> Option<&'a Script> {
        self.log.note(Question::Script(name));
        self.scripts.get(name).map(AsRef::as_ref)
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.log.note(Question::Scripts);
        self.scripts.keys().map(String::as_str)
    }
}

impl<'a> Uses<'a> {
    /// The places that define an id, in order of the app's files; empty when nothing does.
    pub fn definitions(&self, kind: UseKind, id: &str) -> &'a [Definition] {
        self.log.note(Question::Definitions(kind, id));
        self.project.index.definitions(kind, id)
    }

    /// All defined ids of a kind, sorted.
    pub fn ids(&self, kind: UseKind) -> impl Iterator<Item = &'a str> + use<'a> {
        self.log.note(Question::Ids(kind));
        self.project.index.ids(kind)
    }

    /// All definitions of a kind, by id.
    pub fn all(&self, kind: UseKind) -> impl Iterator<Item = (&'a str, &'a [Definition])> + use<'a> {
        self.log.note(Question::Defined(kind));
        self.project.index.all(kind)
    }

    /// The uses of ids of a kind, in order of the app's files.
    pub fn uses(&self, kind: UseKind) -> impl Iterator<Item = &'a Reference> + use<'a> {
        self.log.note(Question::Uses(kind));
        self.project.index.references().filter(move |used| used.kind == kind)
    }

    /// The uses in one part of the app.
    pub fn references_in(&self, part: &'a Part) -> impl Iterator<Item = &'a Reference> + use<'a> {
        for table in part.perhaps_tables() {
            let database = table.split_once('/').map_or(table, |(database, _)| database);
            self.log.note(Question::Part(FileKind::Database, database));
        }
        self.project.index.references_in(part)
    }
}
