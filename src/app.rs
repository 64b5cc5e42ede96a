//! An app: its files read, checked against their schemas and lowered to a typed [`Project`].
//!
//! [`discover`] finds the apps that given paths belong to, [`load`] reads one of them. Mistakes
//! of the author are diagnostics beside the project; only a world that cannot be read is an error.
//! The layout is described in `spec/app-layout.md`.

mod collect;
mod database;
mod datasource;
mod function;
mod index;
mod join;
mod lower;
mod ordered;
mod pages;
mod parallel;
mod part;
mod schema;
mod script;
mod settings;
#[cfg(test)]
mod tests;
mod walk;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::action::{ActionNode, Use};
use crate::diag::{Diagnostic, FileId, Files, RuleInfo, Span, Spanned};
use crate::expr::{Expression, SharedExpressions, Template};
use crate::syntax::Tree;

pub use collect::{AppPath, FilePattern, LoadError, discover, discover_new};
pub use database::Database;
pub use datasource::{Datasource, EntityRef, Origin, Sqlite};
pub use function::{
    Continuation, Conversion, ErrorRule, Format, Function, Guard, LocalQuery, Location, Parameter, Partition,
    ResultType, RowOperation, RowOperationKind, Rows,
};
pub use index::{DefinedBy, Definition, Index, Reference};
pub use ordered::Ordered;
pub(crate) use parallel::{each_in_parallel, in_parallel};
pub use part::{Holds, Part};
pub use schema::{RULES as SCHEMA_RULES, schema_names, schema_text};
pub use script::Script;
pub use settings::{
    DynamicSettings, HistorySettings, HttpSettings, LintSettings, Renewal, Secret, Settings, Sought,
    SqlConnection,
};
pub use workspace::{Change, Changes, Environment, Reload, Workspace};

/// Every rule of this room.
pub fn rules() -> impl Iterator<Item = &'static RuleInfo> {
    pages::RULES.iter().chain(schema::RULES)
}

/// Where an app is read from.
pub struct Inputs<'a> {
    /// The app.
    pub app: &'a AppPath,
    /// Texts that stand for files, by path: open buffers of an editor, standard input.
    pub overlay: BTreeMap<PathBuf, String>,
    /// Reads an environment variable, for `${env:…}` in the settings.
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// An app with everything found wrong with it so far: syntax, schemas, expressions, settings.
#[derive(Debug)]
pub struct Loaded {
    /// The app.
    pub project: Project,
    /// The files it was read from, in order of their paths.
    pub sources: Vec<Arc<Source>>,
    /// What is wrong with a file because of other files or of what is beside them.
    joint: BTreeMap<FileId, Vec<Diagnostic>>,
    /// The parts that stay out of the app because an earlier one has their id, by their places in
    /// [`Source::parts`].
    left_out: BTreeMap<FileId, Vec<usize>>,
}

impl Loaded {
    /// The file with this id, when it is part of the app.
    #[must_use]
    pub fn source(&self, file: FileId) -> Option<&Arc<Source>> {
        let at = self.sources.binary_search_by_key(&file, |source| source.file).ok()?;
        Some(&self.sources[at])
    }

    /// What is wrong, in no order.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let own = self.sources.iter().flat_map(|source| self.own_mistakes(source));
        own.chain(self.joint.values().flatten())
    }

    /// What is wrong with one file, in no order.
    pub fn diagnostics_in<'a>(&'a self, source: &'a Source) -> impl Iterator<Item = &'a Diagnostic> {
        self.own_mistakes(source).chain(self.joint.get(&source.file).into_iter().flatten())
    }

    /// The same of a file that need not be part of the app.
    pub fn diagnostics_at(&self, file: FileId) -> impl Iterator<Item = &Diagnostic> {
        let own = self.source(file).into_iter().flat_map(|source| self.own_mistakes(source));
        own.chain(self.joint.get(&file).into_iter().flatten())
    }

    /// The files that other files have another influence on than in `other`: what is wrong with them, and
    /// which of their parts are part of the app.
    #[must_use]
    pub fn influenced_otherwise(&self, other: &Self) -> BTreeSet<FileId> {
        fn differing<T: PartialEq>(
            one: &BTreeMap<FileId, T>,
            other: &BTreeMap<FileId, T>,
            out: &mut BTreeSet<FileId>,
        ) {
            out.extend(
                one.iter().filter(|(file, here)| other.get(file) != Some(here)).map(|(file, _)| *file),
            );
        }
        let mut files = BTreeSet::new();
        for (one, two) in [(self, other), (other, self)] {
            differing(&one.joint, &two.joint, &mut files);
            differing(&one.left_out, &two.left_out, &mut files);
        }
        files
    }

    /// The parts of a file that are part of the app.
    pub fn parts<'a>(&'a self, source: &'a Source) -> impl Iterator<Item = &'a Arc<Part>> {
        let left_out = self.left_out.get(&source.file);
        let is_in = move |n: usize| left_out.is_none_or(|left_out| !left_out.contains(&n));
        source.parts.iter().enumerate().filter(move |(n, _)| is_in(*n)).map(|(_, part)| part)
    }

    fn own_mistakes<'a>(&'a self, source: &'a Source) -> impl Iterator<Item = &'a Diagnostic> {
        let left_out = self.left_out.get(&source.file);
        let is_told = move |found: &&Diagnostic| {
            let mut parts = left_out.into_iter().flatten().map(|n| &source.parts[*n]);
            let elsewhere = || self.parts(source).any(|part| part.mistakes.contains(found));
            !parts.any(|part| part.mistakes.contains(found)) || elsewhere()
        };
        source.mistakes.iter().filter(is_told)
    }
}

/// Reads an app, adding its texts to `files`.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn load(inputs: &Inputs<'_>, files: &mut Files) -> Result<Loaded, LoadError> {
    workspace::load(inputs, files)
}

/// One file of an app.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub file: FileId,
    /// Where it is on disk, absolute.
    pub path: PathBuf,
    /// What the file holds.
    pub kind: FileKind,
    /// Its id: the base name without folder and ending.
    pub id: String,
    /// Its content.
    pub tree: Tree,
    /// What it gives to the app, one part unless the whole app is in it. Which of them the app takes
    /// is told by [`Loaded::parts`].
    pub parts: Vec<Arc<Part>>,
    /// The scripts that a single-file app has in it.
    scripts: BTreeMap<String, Arc<Script>>,
    /// What is wrong with it, as far as it alone can tell.
    mistakes: Vec<Diagnostic>,
}

impl Source {
    /// The place of a range of an expression's text; `token` is the place of the whole text.
    #[must_use]
    pub fn place(&self, token: Span, range: std::ops::Range<usize>, files: &Files) -> Span {
        walk::scalar_at(&self.tree.root, token)
            .map_or(token, |scalar| scalar.span_of(token, range, files.get(self.file).text()))
    }
}

/// What a file of an app holds (app-layout.md §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// `index.*`
    Index,
    /// `jigs/**`
    Jig,
    /// `actions/**`
    Action,
    /// `functions/**`
    Function,
    /// `datasources/**`
    Datasource,
    /// `databases/*`
    Database,
    /// `components/**`
    Component,
    /// `translations/*`
    Translation,
    /// `assets/icons.*`
    Icons,
    /// `assets/images.*`
    Images,
    /// `syncscope.yaml`
    Settings,
    /// Everything in one file.
    SingleFile,
}

impl FileKind {
    /// What the entries of a section of an app in one file are: those of `jigs` are jigs.
    #[must_use]
    pub fn of_section(key: &str) -> Option<Self> {
        lower::SECTIONS.iter().find(|(section, _)| *section == key).map(|(_, kind)| *kind)
    }
}

/// A whole app.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder of the app, or of its single file.
    pub root: PathBuf,
    /// `name` of the index, or the folder's name.
    pub name: String,
    /// `syncscope.yaml`, or the defaults.
    pub settings: Arc<Settings>,
    /// The index file's part.
    pub home: Arc<Screen>,
    /// Jigs by id.
    pub jigs: Ordered<String, Arc<Screen>>,
    /// Custom components by id.
    pub components: Ordered<String, Arc<Screen>>,
    /// Global actions by id.
    pub actions: Ordered<String, Arc<GlobalAction>>,
    /// Functions by id.
    pub functions: Ordered<String, Arc<Function>>,
    /// Global datasources by id.
    pub datasources: Ordered<String, Arc<Datasource>>,
    /// Databases by id.
    pub databases: Ordered<String, Arc<Database>>,
    /// The script files by name.
    pub scripts: BTreeMap<String, Arc<Script>>,
    /// Definitions and uses of every id.
    pub index: Index,
}

impl Project {
    /// The index, all jigs and all components.
    pub fn screens(&self) -> impl Iterator<Item = &Screen> {
        let screens = std::iter::once(&self.home).chain(self.jigs.values()).chain(self.components.values());
        screens.map(AsRef::as_ref)
    }

    /// Every action of the app that is not inside another one.
    pub fn root_actions(&self) -> impl Iterator<Item = &Placed> {
        self.screens()
            .flat_map(|screen| &screen.actions)
            .chain(self.actions.values().map(|global| &global.placed))
    }

    /// The first action with this instance id, with where it stands.
    #[must_use]
    pub fn action_with_instance_id(&self, id: &str) -> Option<(&Placed, &ActionNode)> {
        self.root_actions().find_map(|placed| {
            let mut found = None;
            placed.action.visit(&mut |action| {
                if found.is_none() && action.instance_id.as_ref().is_some_and(|own| own.value == id) {
                    found = Some(action);
                }
            });
            found.map(|action| (placed, action))
        })
    }

    /// Whether a table belongs to Dynamic Data: it is written with its database (sync.md §0).
    #[must_use]
    pub fn is_dynamic(&self, table: &str) -> bool {
        index::is_dynamic(table, |id| self.databases.contains_key(id))
    }

    /// The tables that databases declare, with their prefix: `default/tasks`.
    pub fn dynamic_tables(&self) -> impl Iterator<Item = String> {
        self.databases.iter().flat_map(|(id, db)| db.tables.iter().map(move |t| format!("{id}/{}", t.value)))
    }
}

/// The index, a jig or a component: what can hold actions, datasources and state.
#[derive(Debug, Default)]
pub struct Screen {
    /// Its id; empty for the index.
    pub id: String,
    /// The `name` of an index.
    pub name: Option<String>,
    /// Its file.
    pub file: Option<FileId>,
    /// Actions that stand in it, wherever, with the event that triggers them.
    pub actions: Vec<Placed>,
    /// Its own datasources by id.
    pub datasources: BTreeMap<String, Arc<Datasource>>,
    /// Its shared expressions.
    pub shared: SharedExpressions,
    /// The places of the names of its shared expressions, those with a syntax mistake included.
    pub shared_places: BTreeMap<String, Span>,
    /// State keys with their initial values.
    pub state: BTreeMap<String, Template>,
    /// The forms by `instanceId`, each with the ids of its fields.
    pub forms: BTreeMap<String, Vec<String>>,
    /// Declared inputs.
    pub inputs: BTreeMap<String, Declared>,
    /// All expressions in it, for checks.
    pub expressions: Vec<Found>,
    /// The ids that its parts outside of actions name.
    pub uses: Vec<Use>,
}

impl Screen {
    /// The actions that an event of the screen itself triggers, in order: `onLoad`, `onFocus`, ….
    pub fn on<'a>(&'a self, event: &'a str) -> impl Iterator<Item = &'a Placed> {
        self.actions.iter().filter(move |placed| placed.event.as_deref() == Some(event))
    }

    /// The action that it offers to others under this id (actions.md §4).
    #[must_use]
    pub fn callback(&self, id: &str) -> Option<&Placed> {
        self.actions.iter().find(|placed| placed.callback().as_deref() == Some(id))
    }

    /// The events of the screen itself that have an action.
    #[must_use]
    pub fn events(&self) -> Vec<&str> {
        let mut events: Vec<&str> =
            self.actions.iter().filter_map(|placed| placed.event.as_deref()).collect();
        events.sort_unstable();
        events.dedup();
        events
    }
}

/// An action that is not inside another, and where it stands.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The action.
    pub action: Arc<ActionNode>,
    /// Its file.
    pub file: FileId,
    /// The event of its screen that triggers it, when it stands at the screen's top level.
    pub event: Option<String>,
    /// For `onTableChanged`: the table.
    pub table: Option<String>,
}

impl Placed {
    /// The id under which a child of tabs offers it to `action.execute-action`: `actions: {<id>: <action>}`
    /// (actions.md §4).
    #[must_use]
    pub fn callback(&self) -> Option<String> {
        let mut tokens = self.action.pointer.rsplit('/');
        let (id, actions) = (tokens.next()?, tokens.next()?);
        let is_named = actions == "actions" && id.parse::<usize>().is_err();
        is_named.then(|| id.replace("~1", "/").replace("~0", "~"))
    }
}

/// A file under `actions/`.
#[derive(Debug)]
pub struct GlobalAction {
    /// The action.
    pub placed: Placed,
    /// Declared parameters.
    pub parameters: BTreeMap<String, Declared>,
    /// All expressions in it, for checks.
    pub expressions: Vec<Found>,
}

/// A declared input or parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name's place.
    pub span: Span,
    /// Whether it must be given.
    pub required: bool,
    /// What it is when it is not given.
    pub default: Option<Value>,
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub struct Found {
    /// The expression.
    pub expression: Expression,
    /// The text that holds it.
    pub span: Span,
}

/// An id with its place.
pub type Id = Spanned<String>;

impl Project {
    fn empty() -> Self {
        Self {
            root: PathBuf::new(),
            name: String::new(),
            settings: Arc::default(),
            home: Arc::default(),
            jigs: Ordered::default(),
            components: Ordered::default(),
            actions: Ordered::default(),
            functions: Ordered::default(),
            datasources: Ordered::default(),
            databases: Ordered::default(),
            scripts: BTreeMap::new(),
            index: Index::default(),
        }
    }
}
