//! What a rule may ask about the app it looks at, and where its findings go.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::rule::Rule;
use super::triggers::Triggers;
use crate::action::{ActionNode, SyncRole, UseKind, type_names};
use crate::app::{Datasource, FileKind, Loaded, Project, Reference, Screen, Source};
use crate::diag::{Diagnostic, FileId, Files, RuleInfo, Severity, Span, did_you_mean};
use crate::expr::is_expression;
use crate::syntax::Node;

const MOST_COMPARISONS: usize = 1_000_000;

/// The app under a rule's eyes.
pub(super) struct Cx<'a> {
    pub project: &'a Project,
    /// The rule at work.
    pub rule: &'static RuleInfo,
    facts: &'a Facts<'a>,
    found: Vec<Diagnostic>,
}

/// Where something stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The file.
    pub source: &'a Source,
    /// The id of the part of the app.
    pub id: &'a str,
    /// The index, jig or component; `None` in a global action, datasource or function.
    pub screen: Option<&'a Screen>,
    /// What kind of part of the app it is.
    pub kind: FileKind,
}

/// What is known of the whole app besides its [`crate::app::Index`]; what few rules need is found when asked for.
pub(super) struct Facts<'a> {
    loaded: &'a Loaded,
    files: &'a Files,
    sources: HashMap<FileId, &'a Source>,
    damaged: Vec<&'a Source>,
    rules: HashSet<&'static str>,
    files_by_name: HashSet<(FileKind, &'a str)>,
    comparisons: Cell<usize>,
    named: OnceCell<HashMap<&'a str, Vec<Named<'a>>>>,
    dynamic: OnceCell<Dynamic>,
    members: OnceCell<HashSet<&'a str>>,
    shared: OnceCell<BTreeSet<&'a str>>,
    mistakes: OnceCell<BTreeSet<Span>>,
    triggers: OnceCell<Triggers<'a>>,
    tables: OnceCell<BTreeMap<&'a str, Vec<&'a str>>>,
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
        let damaged = loaded.sources.iter().filter(|source| !source.tree.damaged.is_empty());
        Self {
            loaded,
            files,
            sources: loaded.sources.iter().map(|source| (source.file, source)).collect(),
            damaged: damaged.collect(),
            rules: rules.iter().map(|rule| rule.info.id).collect(),
            files_by_name: loaded.sources.iter().map(|source| (source.kind, &*source.id)).collect(),
            comparisons: Cell::new(MOST_COMPARISONS),
            named: OnceCell::new(),
            dynamic: OnceCell::new(),
            members: OnceCell::new(),
            shared: OnceCell::new(),
            mistakes: OnceCell::new(),
            triggers: OnceCell::new(),
            tables: OnceCell::new(),
        }
    }

    pub fn source(&self, file: FileId) -> Option<&'a Source> {
        self.sources.get(&file).copied()
    }

    fn dynamic(&self) -> Dynamic {
        *self.dynamic.get_or_init(|| {
            let mut dynamic = Dynamic::default();
            let actions = self.loaded.project.root_actions();
            actions.for_each(|placed| placed.action.visit(&mut |action| dynamic.add(action)));
            dynamic
        })
    }

    fn named(&self) -> &HashMap<&'a str, Vec<Named<'a>>> {
        self.named.get_or_init(|| {
            let mut named = HashMap::new();
            for source in &self.loaded.sources {
                gather_named(&source.tree.root, &mut named);
            }
            named
        })
    }
}

/// Which ids of sync actions are expressions and so may be any id.
#[derive(Clone, Copy, Default)]
struct Dynamic {
    scopes: bool,
    members: bool,
}

impl Dynamic {
    fn add(&mut self, action: &ActionNode) {
        if !action.instance_id.as_ref().is_some_and(|id| is_expression(&id.value)) {
            return;
        }
        match action.body.sync() {
            Some(SyncRole::Scope(_)) => self.scopes = true,
            Some(SyncRole::Member) => self.members = true,
            None => {}
        }
    }
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

impl<'a> Cx<'a> {
    pub fn new(facts: &'a Facts<'a>, rule: &'static RuleInfo) -> Self {
        Self { project: &facts.loaded.project, rule, facts, found: Vec::new() }
    }

    /// Everything reported.
    pub fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    /// A finding of the current rule, to be added to and given to [`Cx::report`].
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        match self.rule.severity {
            Severity::Error => Diagnostic::error(self.rule.id, span, message),
            Severity::Warning => Diagnostic::warning(self.rule.id, span, message),
            Severity::Info => Diagnostic::info(self.rule.id, span, message),
        }
    }

    pub fn report(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    /// The place of a part of an expression or another text.
    pub fn part(&self, place: &Place<'_>, token: Span, range: Range<usize>) -> Span {
        place.source.place(token, range, self.facts.files)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &'a str {
        self.facts.files.get(file).text()
    }

    pub fn source(&self, file: FileId) -> Option<&'a Source> {
        self.facts.source(file)
    }

    /// The node an action was read from.
    pub fn node(&self, action: &ActionNode) -> Option<&'a Node> {
        self.source(action.span.file)?.tree.root.at(&action.pointer)
    }

    /// The node of these bytes.
    pub fn node_at(&self, span: Span) -> Option<&'a Node> {
        let mut node = &self.source(span.file)?.tree.root;
        while node.span != span {
            let values = node.entries().iter().map(|entry| &entry.value);
            node = values.chain(node.items()).find(|child| child.span.contains(span))?;
        }
        Some(node)
    }

    /// What carries this `instanceId`, whatever it is.
    pub fn named(&self, id: &str) -> &[Named<'a>] {
        self.facts.named().get(id).map_or(&[], Vec::as_slice)
    }

    /// Declared tables by database; databases without any are left out.
    pub fn tables(&self) -> &BTreeMap<&'a str, Vec<&'a str>> {
        self.facts.tables.get_or_init(|| {
            let databases = self.project.databases.iter().filter(|(_, database)| !database.tables.is_empty());
            let names =
                |tables: &'a [crate::app::Id]| tables.iter().map(|table| table.value.as_str()).collect();
            databases.map(|(id, database)| (id.as_str(), names(&database.tables))).collect()
        })
    }

    /// Whether some scope lists the id.
    pub fn is_member(&self, id: &str) -> bool {
        let members = self.facts.members.get_or_init(|| {
            let references = self.project.index.references().iter();
            references.filter(|used| used.kind == UseKind::Member).map(|used| used.id.as_str()).collect()
        });
        members.contains(id)
    }

    /// Names of shared expressions that something at `place` can read. What stands in no screen is
    /// evaluated for whichever screen uses it (expressions.md §5).
    pub fn shared<'s>(&'s self, place: &Place<'s>) -> Vec<&'s str> {
        let own = |screen: &'s Screen| screen.shared_places.keys().map(String::as_str);
        match place.screen {
            Some(screen) if place.kind != FileKind::Index => {
                own(screen).chain(own(&self.project.home)).collect()
            }
            _ => self.all_shared().iter().copied().collect(),
        }
    }

    /// Whether something at `place` can read a shared expression of this name.
    pub fn is_shared(&self, place: &Place<'_>, name: &str) -> bool {
        let own = |screen: &Screen| screen.shared_places.contains_key(name);
        match place.screen {
            Some(screen) if place.kind != FileKind::Index => own(screen) || own(&self.project.home),
            _ => self.all_shared().contains(name),
        }
    }

    fn all_shared(&self) -> &BTreeSet<&'a str> {
        let names = |screen: &'a Screen| screen.shared_places.keys().map(String::as_str);
        self.facts.shared.get_or_init(|| self.project.screens().flat_map(names).collect())
    }

    /// Whether a rule is at work.
    pub fn is_on(&self, rule: &str) -> bool {
        self.facts.rules.contains(rule)
    }

    /// Whether a shared expression, or another key of the index or of the file of `place`, may
    /// stand where it could not be read.
    pub fn may_be_key(&self, place: &Place<'_>, name: &str) -> bool {
        let mut damaged = self.facts.damaged.iter().filter(|source| {
            source.file == place.source.file || matches!(source.kind, FileKind::Index | FileKind::SingleFile)
        });
        damaged.any(|source| defines(self.text(source.file), "", name))
    }

    /// Whether the loader found nothing wrong in a part of a file. What a part with mistakes
    /// declares is not known for sure.
    pub fn is_sound(&self, part: Span) -> bool {
        let mistakes = self.facts.mistakes.get_or_init(|| {
            let errors =
                self.facts.loaded.diagnostics.iter().filter(|found| found.severity == Severity::Error);
            errors.map(|found| found.span).collect()
        });
        if self.facts.damaged.iter().any(|source| source.file == part.file) {
            return false;
        }
        let from = Span { end: part.start, ..part };
        mistakes.range(from..).next().is_none_or(|mistake| !part.contains(*mistake))
    }

    /// Who calls which global action.
    pub fn triggers(&self) -> &Triggers<'a> {
        self.facts.triggers.get_or_init(|| Triggers::of(self.project))
    }

    /// The datasource of this id that something at `place` reads (datasources.md §1.2).
    pub fn datasource<'s>(&'s self, place: &'s Place<'_>, id: &str) -> Option<&'s Datasource> {
        let own = place.screen.and_then(|screen| screen.datasources.get(id));
        own.or_else(|| self.project.datasources.get(id)).map(AsRef::as_ref)
    }

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
        dynamic || named || damaged.any(|source| defines(self.text(source.file), defining_key(kind), id))
    }

    /// `did you mean …?`. An app in which everything is wrong is not worth the time of comparing
    /// every name with every other, so there comes an end to the suggestions.
    pub fn did_you_mean<'n>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let left = &self.facts.comparisons;
        let affordable = candidates.into_iter().take_while(|_| {
            left.set(left.get().saturating_sub(1));
            left.get() > 0
        });
        did_you_mean(name, affordable)
    }

    /// Reports a use of an id that nothing defines; `what` says what it should name.
    pub fn unknown(&mut self, reference: &Reference, what: &str) {
        if let Some(finding) = self.unknown_id(reference.kind, &reference.id, reference.span, what) {
            self.report(finding);
        }
    }

    /// What to say of an id that nothing defines; `None` when something does, or may.
    pub fn unknown_id(&self, kind: UseKind, id: &str, span: Span, what: &str) -> Option<Diagnostic> {
        let unknown = self.project.index.definitions(kind, id).is_empty();
        if !unknown || is_expression(id) || self.may_be_defined(kind, id) {
            return None;
        }
        let help = self.did_you_mean(id, self.project.index.ids(kind));
        Some(self.finding(span, format!("there is no {what} `{id}`")).maybe_help(help))
    }
}

/// Whether a text that is not quite a file of an app seems to define an id: the id is a key in it,
/// or the value of a key that defines ids.
fn defines(text: &str, defining_key: &str, id: &str) -> bool {
    let unquoted = |rest: &str| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':');
    text.match_indices(id).any(|(at, _)| {
        let before = &text[..at];
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        let mut keys = line.match_indices(defining_key).filter(|_| !defining_key.is_empty());
        unquoted(&text[at + id.len()..]) || keys.any(|(at, key)| unquoted(&line[at + key.len()..]))
    })
}

/// The key whose value is an id of this kind.
fn defining_key(kind: UseKind) -> &'static str {
    match kind {
        UseKind::Member | UseKind::Scope => "instanceId",
        UseKind::Function => "functionId",
        _ => "",
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
