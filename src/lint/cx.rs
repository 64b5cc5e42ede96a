//! What a rule may ask about the app it looks at, and where its findings go.

use std::cell::{Cell, OnceCell, RefCell};
use std::mem;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::columns::{Columns, ColumnsAtHand};
use super::doubt::Doubts;
use super::edit;
use super::facts::Facts;
use super::forms::{Forms, FormsAtHand};
use super::known::Known;
use super::log::{Log, Mark, Question};
use super::table::{Sight, Table};
use super::tally::Tally;
use super::view::View;
use crate::action::{ActionNode, UseKind};
use crate::app::{Datasource, FileKind, Reference, Screen, Source};
use crate::diag::{Diagnostic, FileId, RuleInfo, Severity, Span, did_you_mean};
use crate::expr::is_expression;
use crate::syntax::Node;

/// So many names are compared with one that nobody knows, and no more: in a large app in which all is
/// wrong, comparing everything with everything would take for ever.
const MOST_CANDIDATES: usize = 2000;

/// The app under a rule's eyes. Whatever a rule learns from it about other files is remembered, so that
/// it is asked again when the answer may be another one.
pub(super) struct Cx<'a> {
    pub project: View<'a>,
    /// The rule at work.
    pub rule: &'static RuleInfo,
    facts: &'a Facts<'a>,
    log: Rc<Log>,
    found: Vec<Diagnostic>,
    doubts: RefCell<HashMap<FileId, Rc<Doubts>>>,
    suggestions: RefCell<HashMap<(UseKind, String), Option<String>>>,
    forms: FormsAtHand<'a>,
    /// The names of all shared expressions of the app, sorted.
    all_shared: OnceCell<Vec<&'a str>>,
    pub(super) at_hand: ColumnsAtHand<'a>,
    columns: RefCell<HashMap<Span, (Option<Arc<Columns>>, Box<[Mark]>)>>,
    /// The action whose node was asked for last: all rules ask for it, one after the other.
    last_node: Cell<Option<(*const ActionNode, Option<&'a Node>)>>,
    /// The targets of the file that was asked for last.
    pub(super) targets: RefCell<Option<(FileId, HashSet<Span>)>>,
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

impl<'a> Place<'a> {
    /// The map that is the whole of the part of the app: a file, or its entry in a single-file app.
    pub fn node(&self) -> Option<&'a Node> {
        let root = &self.source.tree.root;
        if self.source.kind != FileKind::SingleFile {
            return Some(root);
        }
        let section = match self.kind {
            FileKind::Index => return Some(root.get("index").unwrap_or(root)),
            FileKind::Jig => "jigs",
            FileKind::Component => "components",
            FileKind::Action => "actions",
            FileKind::Function => "functions",
            FileKind::Datasource => "datasources",
            _ => return None,
        };
        root.get(section)?.get(self.id)
    }

    /// The values of that map, without those of the other parts that an index may stand beside.
    pub fn own_values(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        let root = &self.source.tree.root;
        let is_beside = self.source.kind == FileKind::SingleFile
            && self.kind == FileKind::Index
            && root.get("index").is_none();
        let entries = self.node().map_or(&[][..], Node::entries).iter();
        let own = entries.filter(move |entry| !is_beside || FileKind::of_section(&entry.key.text).is_none());
        own.map(|entry| &entry.value)
    }
}

impl<'a> Cx<'a> {
    pub fn new(facts: &'a Facts<'a>, rule: &'static RuleInfo, log: Log) -> Self {
        let log = Rc::new(log);
        Self {
            project: View::new(&facts.loaded.project, &log),
            rule,
            facts,
            log,
            found: Vec::new(),
            doubts: RefCell::default(),
            suggestions: RefCell::default(),
            forms: FormsAtHand::default(),
            all_shared: OnceCell::new(),
            at_hand: ColumnsAtHand::default(),
            columns: RefCell::default(),
            last_node: Cell::default(),
            targets: RefCell::default(),
        }
    }

    /// Everything reported and asked since the last time, by checks of `file` or of the whole app.
    pub fn take(&mut self, file: Option<FileId>) -> (Vec<Diagnostic>, Box<[Mark]>) {
        let found = mem::take(&mut self.found);
        for elsewhere in found.iter().flat_map(places).filter(|span| Some(span.file) != file) {
            self.log.note(Question::File(elsewhere.file));
        }
        (found, self.log.take())
    }

    /// A finding of the current rule, to be added to and given to [`Cx::report`].
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        match self.rule.severity {
            Severity::Error => Diagnostic::error(self.rule.id, span, message),
            Severity::Warning => Diagnostic::warning(self.rule.id, span, message),
            Severity::Info => Diagnostic::info(self.rule.id, span, message),
        }
    }

    /// Tells a finding. One that knows which name is meant offers to write it.
    pub fn report(&mut self, finding: Diagnostic) {
        let offer = finding.fix.is_none().then(|| {
            let meant = meant(finding.help.as_deref()?)?;
            edit::respelled(&finding, meant, self.text(finding.span.file))
        });
        self.found.push(match offer.flatten() {
            Some(fix) => finding.fix(fix),
            None => finding,
        });
    }

    /// The place of a part of an expression or another text.
    pub fn part(&self, place: &Place<'_>, token: Span, range: Range<usize>) -> Span {
        place.source.place(token, range, self.facts.files)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &'a str {
        self.log.note(Question::File(file));
        self.facts.files.get(file).text()
    }

    /// A file of the app.
    pub fn source(&self, file: FileId) -> Option<&'a Source> {
        self.log.note(Question::File(file));
        self.facts.loaded.source(file).map(AsRef::as_ref)
    }

    /// A file of the app with its parts.
    pub fn sight(&self, file: FileId) -> Option<Sight<'a>> {
        let source = self.source(file)?;
        Some(Sight { source, loaded: self.facts.loaded, files: self.facts.files })
    }

    /// What files add to a table for a key, in order of the files.
    pub fn rows<V: PartialEq + 'a>(&self, table: fn(&Known) -> &Table<V>, key: &str) -> &'a [(FileId, V)] {
        let table = table(self.facts.known);
        self.log.note(table.question(key));
        table.get(key, self.facts.loaded, self.facts.files)
    }

    /// All keys of a table, in no order.
    pub fn keys<V: PartialEq + 'a>(
        &self,
        table: fn(&Known) -> &Table<V>,
    ) -> impl Iterator<Item = &'a str> + use<'a, V> {
        let table = table(self.facts.known);
        self.log.note(table.whole());
        table.keys(self.facts.loaded, self.facts.files)
    }

    /// Whether a word stands in a text of some file, of another file than `but` if that is given.
    pub fn is_said(&self, word: &str, but: Option<FileId>) -> bool {
        self.log.note(Tally::question(word));
        self.facts.known.words.has(word, but, self.facts.loaded, self.facts.files)
    }

    /// What is wrong in a file.
    pub fn doubts(&self, file: FileId) -> Rc<Doubts> {
        if let Some(known) = self.doubts.borrow().get(&file) {
            self.log.note(Question::File(file));
            return Rc::clone(known);
        }
        let source = self.source(file);
        let found = source.map_or_else(Doubts::default, |source| Doubts::of(source, self.facts.loaded));
        let found = Rc::new(found);
        self.doubts.borrow_mut().insert(file, Rc::clone(&found));
        found
    }

    /// The fields of a datasource's rows, found by `find` when they are not known yet.
    pub fn columns_at(
        &self,
        datasource: Span,
        find: impl FnOnce() -> Option<Arc<Columns>>,
    ) -> Option<Arc<Columns>> {
        if let Some((known, asked)) = self.columns.borrow().get(&datasource) {
            self.log.note_again(asked);
            return known.clone();
        }
        let (found, asked) = self.log.noted(find);
        self.columns.borrow_mut().insert(datasource, (found.clone(), asked));
        found
    }

    /// The forms of the jig or component that a place is in.
    pub fn forms(&self, place: &Place<'_>) -> Option<Rc<Forms<'a>>> {
        self.forms.of(self.source(place.source.file)?, place)
    }

    /// The node an action was read from.
    pub fn node(&self, action: &ActionNode) -> Option<&'a Node> {
        let source = self.source(action.span.file)?;
        // The app stays as it is while it is looked at, so no other action comes to stand at the address.
        if let Some((_, node)) = self.last_node.get().filter(|(last, _)| std::ptr::eq(*last, action)) {
            return node;
        }
        let node = source.tree.root.at(&action.pointer);
        self.last_node.set(Some((std::ptr::from_ref(action), node)));
        node
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

    /// Names of shared expressions that something at `place` can read. What stands in no screen is
    /// evaluated for whichever screen uses it (expressions.md §5).
    pub fn shared<'s>(&'s self, place: &Place<'s>) -> Vec<&'s str> {
        let own = |screen: &'s Screen| screen.shared_places.keys().map(String::as_str);
        match place.screen {
            Some(screen) if place.kind != FileKind::Index => {
                own(screen).chain(own(self.project.home.screen())).collect()
            }
            _ => {
                let keys = self.keys(|known| &known.shared);
                let sorted = || {
                    let mut all: Vec<&str> = keys.collect();
                    all.sort_unstable();
                    all
                };
                self.all_shared.get_or_init(sorted).clone()
            }
        }
    }

    /// Whether something at `place` can read a shared expression of this name.
    pub fn is_shared(&self, place: &Place<'_>, name: &str) -> bool {
        let mut everywhere = self.rows(|known| &known.shared, name).iter();
        match place.screen {
            Some(screen) if place.kind != FileKind::Index => {
                screen.shared_places.contains_key(name)
                    || everywhere.any(|(_, kind)| *kind == FileKind::Index)
            }
            _ => everywhere.next().is_some(),
        }
    }

    /// Whether a rule is at work.
    pub fn is_on(&self, rule: &str) -> bool {
        self.facts.rules.contains(rule)
    }

    /// The datasource of this id that something at `place` reads (datasources.md §1.2).
    pub fn datasource<'s>(&'s self, place: &'s Place<'_>, id: &str) -> Option<&'s Datasource> {
        let own = place.screen.and_then(|screen| screen.datasources.get(id));
        own.map(AsRef::as_ref).or_else(|| self.project.datasources.get(id))
    }

    /// `did you mean …?` for an id of a kind, looked for once however often it is used.
    pub fn suggestion(&self, kind: UseKind, id: &str) -> Option<String> {
        let ids = self.project.index.ids(kind);
        let key = (kind, id.to_owned());
        self.suggestions.borrow_mut().entry(key).or_insert_with(|| self.did_you_mean(id, ids)).clone()
    }

    /// `did you mean …?`. Of very many names, only the first are looked at.
    #[allow(clippy::unused_self, reason = "rules ask it like all else")]
    pub fn did_you_mean<'n>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        did_you_mean(name, candidates.into_iter().take(MOST_CANDIDATES))
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
        let help = self.suggestion(kind, id);
        Some(self.finding(span, format!("there is no {what} `{id}`")).maybe_help(help))
    }
}

/// The name in a help that says no more than which name may be meant.
fn meant(help: &str) -> Option<&str> {
    help.strip_prefix("did you mean `")?.strip_suffix("`?").filter(|name| !name.contains('`'))
}

/// Every place that a finding speaks of.
fn places(found: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = found.labels.iter().map(|label| label.span);
    let edits = found.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
    std::iter::once(found.span).chain(labels).chain(edits)
}
