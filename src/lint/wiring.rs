//! What the parts of an app set for one another: states, ids of components, screens within screens.

use foldhash::HashSet;

use super::Cx;
use super::known::ALL;
use super::table::{Add, Sight};
use crate::app::{FileKind, Found, Holds};
use crate::diag::{FileId, Span};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// Something that a file sets, or that hides what it sets.
enum Thread<'n> {
    /// A key of the app's state that an action sets.
    Solution(&'n str, Span),
    /// A key of a screen's state that an action sets.
    Jig(&'n str),
    /// A key of a component's state that an action sets.
    Component(&'n str),
    /// An expression that names a state to be set or reset, and does not read it.
    Target(Span),
    /// An action that sets a state that only running it tells.
    Open,
    /// A jig within this one.
    Embedded(&'n str),
    /// Components or ids that only running tells.
    Dynamic,
}

/// What is known of a key of a state, of a jig, or of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    /// An action sets this key of the app's state.
    Solution,
    /// An action sets this key of a screen's state.
    Jig,
    /// An action sets this key of a component's state, or a component of the app declares it.
    Component,
    /// This jig stands within another one.
    Embedded,
    /// The file is of the kind that the key tells.
    File,
}

// Keys that stand for files; no name of the app begins like them.
/// Files with actions that set states that only running them tells.
const OPEN: &str = "= open";
/// Files with jigs within them.
const EMBEDDING: &str = "= embedding";
/// Files with components or ids that only running tells.
const DYNAMIC: &str = "= dynamic";

/// Adds what a file sets.
pub(super) fn wires(file: Sight<'_>, add: Add<'_, Wire>) {
    for part in file.parts().filter(|part| part.kind == FileKind::Component) {
        if let Holds::Screen(component) = &part.holds {
            component.state.keys().for_each(|key| add(key, Wire::Component));
        }
    }
    let (mut is_open, mut is_embedding, mut is_dynamic) = (false, false, false);
    threads(file, &mut |thread| match thread {
        Thread::Solution(key, _) => add(key, Wire::Solution),
        Thread::Jig(key) => add(key, Wire::Jig),
        Thread::Component(key) => add(key, Wire::Component),
        Thread::Target(_) => {}
        Thread::Open => is_open = true,
        Thread::Embedded(jig) => {
            add(jig, Wire::Embedded);
            is_embedding = true;
        }
        Thread::Dynamic => is_dynamic = true,
    });
    let of_file = [(OPEN, is_open), (EMBEDDING, is_embedding), (DYNAMIC, is_dynamic)];
    of_file.into_iter().filter(|(_, holds)| *holds).for_each(|(key, _)| add(key, Wire::File));
}

/// Adds the jigs that the app shows first: those of the first tab, and the widgets of the old home screen.
pub(super) fn shown_first(file: Sight<'_>, add: Add<'_, ()>) {
    if !matches!(file.source.kind, FileKind::Index | FileKind::SingleFile) {
        return;
    }
    let root = &file.source.tree.root;
    let section = |key: &str| root.get(key).or_else(|| root.get("index")?.get(key));
    let tab = section("tabs").and_then(|tabs| tabs.entries().first()).map(|entry| &entry.value);
    let widgets = section("widgets").map_or(&[][..], Node::items);
    let jigs = tab.into_iter().chain(widgets).filter_map(|shown| shown.get("jigId")?.as_str());
    jigs.for_each(|jig| add(jig, ()));
}

/// Adds a file with a link that only running tells.
pub(super) fn dynamic_links(file: Sight<'_>, add: Add<'_, ()>) {
    let is_dynamic = |node: &Node, key| node.get(key).and_then(Node::as_str).is_some_and(is_expression);
    let links = |node: &Node| is_dynamic(node, "linkTo") || is_dynamic(node, "jigId");
    if file.source.tree.root.has_map(&links) {
        add(ALL, ());
    }
}

/// Adds a file with a misspelt action or key, which may be a link that nobody can follow.
pub(super) fn hidden_links(file: Sight<'_>, add: Add<'_, ()>) {
    let mut found = file.loaded.diagnostics_in(file.source);
    if found.any(|found| matches!(found.rule, "unknown-action-type" | "unknown-key")) {
        add(ALL, ());
    }
}

fn threads<'n>(file: Sight<'n>, see: &mut dyn FnMut(Thread<'n>)) {
    let root = &file.source.tree.root;
    match file.source.kind {
        FileKind::Settings | FileKind::Translation | FileKind::Icons | FileKind::Images => {}
        // What stands in no section of a whole app is its index.
        FileKind::SingleFile => root.entries().iter().for_each(|entry| {
            let is_index = !is_section(&entry.key.text);
            entry.value.visit_maps(&mut |node| object(node, is_index, see));
        }),
        kind => root.visit_maps(&mut |node| object(node, kind == FileKind::Index, see)),
    }
}

/// Whether a key of a whole app in one file holds parts by their ids.
fn is_section(key: &str) -> bool {
    matches!(key, "jigs" | "components" | "actions")
}

fn object<'n>(node: &'n Node, is_index: bool, see: &mut dyn FnMut(Thread<'n>)) {
    let is_computed = |key: &str| node.get(key).and_then(Node::as_str).is_some_and(is_expression);
    if is_computed("instanceId") || is_computed("children") {
        see(Thread::Dynamic);
    }
    // The tabs of the index show one jig at a time.
    if let Some(jig) = node.get("jigId").and_then(Node::as_str).filter(|_| !is_index) {
        see(Thread::Embedded(jig));
    }
    let option = |key: &str| node.get("options").and_then(|options| options.get(key));
    let changes = || match option("changes").map(|node| &node.kind) {
        Some(Kind::Object(entries)) => Some(entries.iter()),
        _ => None,
    };
    match node.get("type").and_then(Node::as_str) {
        Some("action.set-state") => set(option("state"), see),
        Some("action.reset-state") => {
            option("state").into_iter().for_each(|node| see(Thread::Target(node.span)));
        }
        Some("action.set-solution-state") => match changes() {
            Some(entries) => entries.for_each(|entry| see(Thread::Solution(&entry.key.text, entry.key_span))),
            None => see(Thread::Open),
        },
        Some("action.set-jig-state" | "action.set-component-state" | "action.set-custom-component-state") => {
            match changes() {
                Some(entries) => entries.for_each(|entry| {
                    see(Thread::Jig(&entry.key.text));
                    see(Thread::Component(&entry.key.text));
                }),
                None => see(Thread::Open),
            }
        }
        // A component may be bound to a state and set it.
        _ => {
            let bound = node.get("state").or(option("state"));
            if let Some(names) = bound.and_then(Node::as_str).and_then(target)
                && let ["solution", "state", key, ..] = names[..]
            {
                see(Thread::Solution(key, node.span));
            }
        }
    }
}

/// `state: =@ctx.….state.KEY` of an action that sets it (actions.md §11).
fn set<'n>(state: Option<&'n Node>, see: &mut dyn FnMut(Thread<'n>)) {
    let Some(state) = state else { return };
    see(Thread::Target(state.span));
    let names = state.as_str().and_then(target);
    see(match names.as_deref() {
        Some(["solution", "state", key, ..]) => Thread::Solution(key, state.span),
        Some(["jig", "state", key, ..]) => Thread::Jig(key),
        Some([.., "state", key]) => Thread::Component(key),
        _ => Thread::Open,
    });
}

/// What is set where.
pub(super) struct Wiring<'c, 'a> {
    cx: &'c Cx<'a>,
}

impl<'a> Cx<'a> {
    /// Whether only running tells where some link leads.
    pub fn has_dynamic_links(&self) -> bool {
        !self.rows(|known| &known.dynamic_links, ALL).is_empty()
    }

    /// Whether a jig is part of what the app shows first.
    pub fn is_shown_first(&self, jig: &str) -> bool {
        !self.rows(|known| &known.shown_first, jig).is_empty()
    }

    /// Whether a misspelt action or key may be a link that nobody can follow. That mistake is told itself.
    pub fn has_hidden_links(&self) -> bool {
        !self.rows(|known| &known.hidden_links, ALL).is_empty()
    }

    /// What the parts of the app set for one another.
    pub fn wiring(&self) -> Wiring<'_, 'a> {
        Wiring { cx: self }
    }
}

impl<'a> Wiring<'_, 'a> {
    /// Whether an action sets this key of the app's state, or may.
    pub fn may_set_solution(&self, key: &str) -> bool {
        self.is_open() || self.wires(key).any(|wire| *wire == Wire::Solution)
    }

    /// Keys of the app's state that actions set, in no order.
    pub fn solution_keys(&self) -> impl Iterator<Item = &'a str> {
        self.cx.keys(|known| &known.wires).filter(|key| self.wires(key).any(|wire| *wire == Wire::Solution))
    }

    /// Where an action first sets this key of the app's state. The place moves with every line that comes or
    /// goes above it, so it is not kept with what is known of the key.
    pub fn solution_place(&self, key: &str) -> Option<Span> {
        let mut rows = self.cx.rows(|known| &known.wires, key).iter();
        let (file, _) = rows.find(|(_, wire)| *wire == Wire::Solution)?;
        let mut first = None;
        threads(self.cx.sight(*file)?, &mut |thread| match thread {
            Thread::Solution(name, span) if name == key => _ = first.get_or_insert(span),
            _ => {}
        });
        first
    }

    /// Whether an action sets this key of some screen's state, or may.
    pub fn may_set_jig(&self, key: &str) -> bool {
        self.is_open() || self.wires(key).any(|wire| *wire == Wire::Jig)
    }

    /// Whether an action sets this key of some component's state, or may.
    pub fn may_set_component(&self, key: &str) -> bool {
        self.is_open() || self.wires(key).any(|wire| *wire == Wire::Component)
    }

    /// Whether an expression names a state to be set or reset, and does not read it.
    pub fn is_target(&self, expression: Span) -> bool {
        let mut known = self.cx.targets.borrow_mut();
        if known.as_ref().is_none_or(|(file, _)| *file != expression.file) {
            *known = Some((expression.file, self.targets(expression.file)));
        }
        known.as_ref().is_some_and(|(_, targets)| targets.contains(&expression))
    }

    fn targets(&self, file: FileId) -> HashSet<Span> {
        let mut targets = HashSet::default();
        if let Some(file) = self.cx.sight(file) {
            threads(file, &mut |thread| {
                if let Thread::Target(span) = thread {
                    targets.insert(span);
                }
            });
        }
        targets
    }

    /// Whether a jig is part of another one, or has others as parts; they may share components.
    pub fn is_composed(&self, jig: &str, file: FileId) -> bool {
        self.is_in(EMBEDDING, file) || self.wires(jig).any(|wire| *wire == Wire::Embedded)
    }

    /// Whether only running tells which components a file has.
    pub fn has_dynamic_components(&self, file: FileId) -> bool {
        self.is_in(DYNAMIC, file)
    }

    /// Whether only running tells which components some file has.
    pub fn is_dynamic(&self) -> bool {
        self.wires(DYNAMIC).next().is_some()
    }

    fn is_open(&self) -> bool {
        self.wires(OPEN).next().is_some()
    }

    fn is_in(&self, key: &str, file: FileId) -> bool {
        self.cx.rows(|known| &known.wires, key).binary_search_by_key(&file, |(file, _)| *file).is_ok()
    }

    fn wires(&self, key: &str) -> impl Iterator<Item = &'a Wire> + use<'a> {
        self.cx.rows(|known| &known.wires, key).iter().map(|(_, wire)| wire)
    }
}

/// The names of a path without anything computed in it.
fn target(text: &str) -> Option<Vec<&str>> {
    let path = text.trim().strip_prefix('=')?.trim();
    let path = path.strip_prefix("@ctx.").or_else(|| path.strip_prefix("@."))?;
    let is_name =
        |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let names: Vec<&str> = path.split('.').collect();
    names.iter().all(is_name).then_some(names)
}

/// Adds the inputs that a jig, a component or a datasource reads, by their kinds and ids; `None` where
/// all of them are read at once.
pub(super) fn inputs_read(file: Sight<'_>, add: Add<'_, Option<String>>) {
    for part in file.parts() {
        let (expressions, path): (&[Found], &[&str]) = match (&part.holds, part.kind) {
            (Holds::Screen(screen), FileKind::Jig) => (&screen.expressions, &["jig", "inputs"]),
            (Holds::Screen(screen), FileKind::Component) => (&screen.expressions, &["inputs"]),
            (Holds::Datasource(datasource), _) => (&datasource.expressions, &["inputs"]),
            _ => continue,
        };
        let key = reader(part.kind, &part.id);
        for read in expressions.iter().flat_map(|found| &found.expression.references().paths) {
            let mut written = read.segments.iter().map(|segment| segment.name.as_deref());
            let begins = path.iter().all(|wanted| written.next().is_none_or(|name| name == Some(wanted)));
            if begins {
                add(&key, written.next().flatten().map(str::to_owned));
            }
        }
    }
}

fn reader(kind: FileKind, id: &str) -> String {
    format!("{kind:?} {id}")
}

impl Cx<'_> {
    /// Whether a jig, a component or a datasource reads an input, or may.
    pub fn may_read_input(&self, kind: FileKind, id: &str, input: &str) -> bool {
        let read = self.rows(|known| &known.inputs_read, &reader(kind, id));
        read.iter().any(|(_, name)| name.as_deref().is_none_or(|name| name == input))
    }
}
