//! What a rule may ask about the app it looks at, and where its findings go.

use std::collections::BTreeSet;
use std::ops::Range;

use super::facts::{Facts, Named};
use super::fetched::Fetched;
use super::triggers::Triggers;
use super::writes::{Writer, Writers};
use crate::action::{ActionNode, UseKind};
use crate::app::{Datasource, FileKind, Project, Reference, Screen, Source};
use crate::diag::{Diagnostic, FileId, RuleInfo, Severity, Span, did_you_mean};
use crate::expr::is_expression;
use crate::syntax::Node;

/// The app under a rule's eyes.
pub(super) struct Cx<'a> {
    pub project: &'a Project,
    /// The rule at work.
    pub rule: &'static RuleInfo,
    pub facts: &'a Facts<'a>,
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

    /// Whether some scope lists the id.
    pub fn is_member(&self, id: &str) -> bool {
        let members = self.facts.members.get_or_init(|| {
            let references = self.project.index.references();
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

    /// Who calls which global action.
    pub fn triggers(&self) -> &Triggers<'a> {
        self.facts.triggers.get_or_init(|| Triggers::of(self.project))
    }

    /// Whether some datasource reads a table that follows syncs.
    pub fn follows_syncs(&self) -> bool {
        self.facts.follows_syncs()
    }

    /// Whether something in the app takes care of interrupted scopes.
    pub fn knows_interruptions(&self) -> bool {
        self.facts.knows_interruptions()
    }

    /// The actions that write to a table, in order of the app.
    pub fn writers_to(&self, table: &str) -> &[Writer] {
        self.facts.writers.get_or_init(|| Writers::of(self, self.project)).to(table)
    }

    /// What syncs fetch, by table.
    pub fn fetched(&self) -> &Fetched<'a> {
        self.facts.fetched.get_or_init(|| Fetched::of(self))
    }

    /// The datasource of this id that something at `place` reads (datasources.md §1.2).
    pub fn datasource<'s>(&'s self, place: &'s Place<'_>, id: &str) -> Option<&'s Datasource> {
        let own = place.screen.and_then(|screen| screen.datasources.get(id));
        own.or_else(|| self.project.datasources.get(id)).map(AsRef::as_ref)
    }

    /// `did you mean …?` for an id of a kind, looked for once however often it is used.
    pub fn suggestion(&self, kind: UseKind, id: &str) -> Option<String> {
        let key = (kind, id.to_owned());
        let known = self.facts.suggestions.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = self.did_you_mean(id, self.project.index.ids(kind));
            self.facts.suggestions.borrow_mut().insert(key, found.clone());
            found
        })
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
        let help = self.suggestion(kind, id);
        Some(self.finding(span, format!("there is no {what} `{id}`")).maybe_help(help))
    }
}
