//! What is known of the whole app besides its index, found when first asked for.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::callers::Callers;
use super::columns::Columns;
use super::fetched::Fetched;
use super::forms::FormsByScreen;
use super::rule::Rule;
use super::select::is_about_reading;
use super::sql;
use super::texts::Texts;
use super::tracked::Tracked;
use super::triggers::Triggers;
use super::wiring::{InputReads, Wiring};
use super::writes::Writers;
use crate::action::{ActionNode, SyncRole, UseKind, type_names};
use crate::app::{FileKind, Loaded, Origin, Screen, Source};
use crate::diag::{Diagnostic, FileId, Files, Severity, Span};
use crate::expr::is_expression;
use crate::syntax::Node;

const MOST_COMPARISONS: usize = 200_000;
const MOST_SCANNED_BYTES: usize = 64 * 1024 * 1024;

/// What is known of the whole app besides its [`crate::app::Index`]; what few rules need is found when asked for.
pub(super) struct Facts<'a> {
    pub loaded: &'a Loaded,
    pub files: &'a Files,
    sources: HashMap<FileId, &'a Source>,
    screens: OnceCell<HashMap<FileId, &'a Screen>>,
    /// Files that could not be read in full.
    pub damaged: Vec<&'a Source>,
    /// The places where reading stumbled.
    pub unread: BTreeSet<Span>,
    misplaced: OnceCell<HashSet<&'a str>>,
    pub rules: HashSet<&'static str>,
    pub files_by_name: HashSet<(FileKind, &'a str)>,
    /// How many names may still be compared.
    pub comparisons: Cell<usize>,
    /// How many bytes of damaged files may still be looked through.
    pub scans: Cell<usize>,
    pub suggestions: RefCell<BTreeMap<(UseKind, String), Option<String>>>,
    named: OnceCell<HashMap<&'a str, Vec<Named<'a>>>>,
    dynamic: OnceCell<Dynamic>,
    pub members: OnceCell<HashSet<&'a str>>,
    pub shared: OnceCell<BTreeSet<&'a str>>,
    mistakes: OnceCell<BTreeSet<Span>>,
    pub triggers: OnceCell<Triggers<'a>>,
    wiring: OnceCell<Wiring<'a>>,
    inputs_read: OnceCell<InputReads<'a>>,
    pub fetched: OnceCell<Fetched<'a>>,
    interruptions: OnceCell<bool>,
    follows_syncs: OnceCell<bool>,
    /// Compiles the app's statements.
    pub sql: sql::Desk,
    shaped_by_sql: OnceCell<HashSet<String>>,
    /// The fields of datasources' rows, by the datasource's place.
    pub columns: RefCell<HashMap<Span, Option<Arc<Columns>>>>,
    pub writers: OnceCell<Writers<'a>>,
    pub callers: OnceCell<Callers<'a>>,
    pub forms: OnceCell<FormsByScreen<'a>>,
    pub texts: OnceCell<Texts<'a>>,
}

/// Something with an `instanceId`.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    /// Its `type`; empty when there is none.
    pub type_name: &'a str,
    /// The id's place.
    pub span: Span,
}

impl<'a> Facts<'a> {
    pub fn new(loaded: &'a Loaded, files: &'a Files, rules: &[&'static Rule]) -> Self {
        let unread = unread(loaded);
        let hurt: HashSet<FileId> = unread.iter().map(|span| span.file).collect();
        let damaged = loaded.sources.iter().filter(|source| hurt.contains(&source.file));
        Self {
            loaded,
            files,
            sources: loaded.sources.iter().map(|source| (source.file, source.as_ref())).collect(),
            screens: OnceCell::new(),
            damaged: damaged.map(AsRef::as_ref).collect(),
            unread,
            misplaced: OnceCell::new(),
            rules: rules.iter().map(|rule| rule.info.id).collect(),
            files_by_name: loaded.sources.iter().map(|source| (source.kind, &*source.id)).collect(),
            comparisons: Cell::new(MOST_COMPARISONS),
            scans: Cell::new(MOST_SCANNED_BYTES),
            suggestions: RefCell::default(),
            named: OnceCell::new(),
            dynamic: OnceCell::new(),
            members: OnceCell::new(),
            shared: OnceCell::new(),
            mistakes: OnceCell::new(),
            triggers: OnceCell::new(),
            wiring: OnceCell::new(),
            inputs_read: OnceCell::new(),
            fetched: OnceCell::new(),
            interruptions: OnceCell::new(),
            follows_syncs: OnceCell::new(),
            sql: sql::Desk::default(),
            shaped_by_sql: OnceCell::new(),
            columns: RefCell::default(),
            writers: OnceCell::new(),
            callers: OnceCell::new(),
            forms: OnceCell::new(),
            texts: OnceCell::new(),
        }
    }

    pub fn source(&self, file: FileId) -> Option<&'a Source> {
        self.sources.get(&file).copied()
    }

    /// The one screen of a file; `None` for a file of another kind and for one that holds a whole app.
    pub fn screen(&self, file: FileId) -> Option<&'a Screen> {
        let screens = self.screens.get_or_init(|| {
            let all = self.loaded.project.screens();
            all.filter_map(|screen| Some((screen.file?, screen))).collect()
        });
        let single = self.source(file).is_some_and(|source| source.kind == FileKind::SingleFile);
        screens.get(&file).copied().filter(|_| !single)
    }

    /// Which ids of sync actions are expressions.
    pub fn dynamic(&self) -> Dynamic {
        *self.dynamic.get_or_init(|| {
            let mut dynamic = Dynamic::default();
            let actions = self.loaded.project.root_actions();
            actions.for_each(|placed| placed.action.visit(&mut |action| dynamic.add(action)));
            dynamic
        })
    }

    /// The places of what the loader found wrong.
    pub fn mistakes(&self) -> &BTreeSet<Span> {
        self.mistakes.get_or_init(|| {
            let graver = self.loaded.diagnostics().filter(|found| found.severity > Severity::Info);
            graver.map(|found| found.span).collect()
        })
    }

    /// Values of keys that nobody knows: the key is most likely misspelt, and the value an id.
    pub fn misplaced(&self) -> &HashSet<&'a str> {
        self.misplaced.get_or_init(|| {
            let unknown = self.loaded.diagnostics().filter(|found| found.rule == "unknown-key");
            unknown
                .filter_map(|found| value_behind(self.files.get(found.span.file).text(), found.span))
                .collect()
        })
    }

    /// What the parts of the app set for one another.
    pub fn wiring(&self) -> &Wiring<'a> {
        self.wiring.get_or_init(|| Wiring::of(self.loaded))
    }

    /// The inputs that jigs, components and datasources read.
    pub fn inputs_read(&self) -> &InputReads<'a> {
        self.inputs_read.get_or_init(|| InputReads::of(&self.loaded.project))
    }

    /// Names in lower case of the tables that the app's own statements make or alter.
    pub fn shaped_by_sql(&self) -> &HashSet<String> {
        self.shaped_by_sql.get_or_init(|| {
            let mut shaped = HashSet::new();
            for source in &self.loaded.sources {
                gather_shaped(&source.tree.root, &mut shaped);
            }
            shaped
        })
    }

    /// Whether some datasource reads a table that follows syncs.
    pub fn follows_syncs(&self) -> bool {
        *self.follows_syncs.get_or_init(|| {
            let project = &self.loaded.project;
            let own = project.screens().flat_map(|screen| screen.datasources.values());
            own.chain(project.datasources.values()).any(|datasource| match &datasource.origin {
                Origin::Sqlite(sqlite) => {
                    sqlite.entities.iter().any(|used| Tracked::of(&used.entity.value).is_some())
                }
                _ => false,
            })
        })
    }

    /// Whether the word `interrupted` stands anywhere in the app.
    pub fn knows_interruptions(&self) -> bool {
        *self.interruptions.get_or_init(|| {
            let texts = self.loaded.sources.iter().map(|source| self.files.get(source.file).text());
            texts.into_iter().any(|text| text.contains("interrupted"))
        })
    }

    /// Everything with an `instanceId`, by that id.
    pub fn named(&self) -> &HashMap<&'a str, Vec<Named<'a>>> {
        self.named.get_or_init(|| {
            let mut named = HashMap::new();
            for source in &self.loaded.sources {
                gather_named(&source.tree.root, &mut named);
            }
            named
        })
    }
}

/// Which ids of sync actions may be any id, because they are expressions, or missing where they are needed.
#[derive(Clone, Copy, Default)]
pub(super) struct Dynamic {
    pub scopes: bool,
    pub members: bool,
}

impl Dynamic {
    fn add(&mut self, action: &ActionNode) {
        let is_known = action.instance_id.as_ref().map(|id| !is_expression(&id.value));
        match (action.body.sync(), is_known) {
            (Some(SyncRole::Scope(_)), Some(false) | None) => self.scopes = true,
            (Some(SyncRole::Member), Some(false)) => self.members = true,
            _ => {}
        }
    }
}

/// The places that could not be read, or not in full.
fn unread(loaded: &Loaded) -> BTreeSet<Span> {
    let is_reading = |found: &&Diagnostic| found.severity == Severity::Error && is_about_reading(found.rule);
    let told = loaded.diagnostics().filter(is_reading).map(|found| found.span);
    let damaged = loaded.sources.iter().flat_map(|source| &source.tree.damaged).copied();
    told.chain(damaged).collect()
}

/// The text behind a key on its line, without quotes.
fn value_behind(text: &str, key: Span) -> Option<&str> {
    let rest = text.get(key.end as usize..)?;
    let line = rest.lines().next()?.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
    Some(line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}')))
}

fn gather_shaped(node: &Node, shaped: &mut HashSet<String>) {
    if let Some(statement) = node.get("statement").and_then(Node::as_str) {
        shaped.extend(sql::shaped(statement));
    }
    node.entries().iter().for_each(|entry| gather_shaped(&entry.value, shaped));
    node.items().iter().for_each(|item| gather_shaped(item, shaped));
}

fn gather_named<'a>(node: &'a Node, named: &mut HashMap<&'a str, Vec<Named<'a>>>) {
    if let Some(id) = node.get("instanceId")
        && let Some(text) = id.as_str()
    {
        let type_name = node.get("type").and_then(Node::as_str).unwrap_or_default();
        named.entry(text).or_default().push(Named { type_name, span: id.span });
    }
    node.entries().iter().for_each(|entry| gather_named(&entry.value, named));
    node.items().iter().for_each(|item| gather_named(item, named));
}

impl Named<'_> {
    /// Whether it is an action of this type, or may have been meant as one: a type that nobody
    /// knows is a mistake of its own, and its consequences are not worth telling.
    pub fn may_be(&self, type_name: &str) -> bool {
        let written = self.type_name;
        let unclear = written.is_empty() || is_expression(written);
        let misspelt = written.starts_with("action") && !type_names().any(|known| known == written);
        unclear || misspelt || written == type_name
    }
}
