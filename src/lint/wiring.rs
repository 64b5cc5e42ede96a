//! What the parts of an app set for one another: states, ids of components, screens within screens.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::app::{FileKind, Found, Loaded, Project, Source};
use crate::diag::{FileId, Span};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

/// What is set where, joined from what each file sets.
#[derive(Default)]
pub(super) struct Wiring<'a> {
    /// Keys of the app's state that an action sets, and where first.
    solution: HashMap<&'a str, Span>,
    /// Keys of screens' states that an action sets.
    jigs: HashSet<&'a str>,
    /// Keys of components' states that an action sets.
    components: HashSet<&'a str>,
    /// Expressions that name a state to be set or reset, and do not read it.
    targets: HashSet<Span>,
    /// Whether an action sets a state that only running it tells.
    open: bool,
    /// Jigs that stand within others.
    embedded: HashSet<&'a str>,
    /// Files with jigs within them.
    embedding: HashSet<FileId>,
    /// Files with components or ids that only running tells.
    dynamic: HashSet<FileId>,
}

impl<'a> Wiring<'a> {
    pub fn of(loaded: &'a Loaded) -> Self {
        let mut wiring = Self::default();
        let parts = |source: &&Arc<Source>| {
            !matches!(
                source.kind,
                FileKind::Settings | FileKind::Translation | FileKind::Icons | FileKind::Images
            )
        };
        for source in loaded.sources.iter().filter(parts) {
            wiring.node(source, &source.tree.root);
        }
        wiring
    }

    /// Whether an action sets this key of the app's state, or may.
    pub fn may_set_solution(&self, key: &str) -> bool {
        self.open || self.solution.contains_key(key)
    }

    /// Keys of the app's state that actions set.
    pub fn solution_keys(&self) -> impl Iterator<Item = (&'a str, Span)> {
        self.solution.iter().map(|(key, span)| (*key, *span))
    }

    /// Whether an action sets this key of some screen's state, or may.
    pub fn may_set_jig(&self, key: &str) -> bool {
        self.open || self.jigs.contains(key)
    }

    /// Whether an action sets this key of some component's state, or may.
    pub fn may_set_component(&self, key: &str) -> bool {
        self.open || self.components.contains(key)
    }

    /// Whether an expression names a state to be set or reset, and does not read it.
    pub fn is_target(&self, expression: Span) -> bool {
        self.targets.contains(&expression)
    }

    /// Whether a jig is part of another one, or has others as parts; they may share components.
    pub fn is_composed(&self, jig: &str, file: FileId) -> bool {
        self.embedded.contains(jig) || self.embedding.contains(&file)
    }

    /// Whether only running tells which components a file has.
    pub fn has_dynamic_components(&self, file: FileId) -> bool {
        self.dynamic.contains(&file)
    }

    /// Whether only running tells which components some file has.
    pub fn is_dynamic(&self) -> bool {
        !self.dynamic.is_empty()
    }

    fn node(&mut self, source: &Source, node: &'a Node) {
        match &node.kind {
            Kind::Object(entries) => {
                self.object(source, node);
                entries.iter().for_each(|entry| self.node(source, &entry.value));
            }
            Kind::Array(items) => items.iter().for_each(|item| self.node(source, item)),
            _ => {}
        }
    }

    fn object(&mut self, source: &Source, node: &'a Node) {
        let is_computed = |key: &str| node.get(key).and_then(Node::as_str).is_some_and(is_expression);
        if is_computed("instanceId") || is_computed("children") {
            self.dynamic.insert(source.file);
        }
        // The tabs of the index show one jig at a time.
        if let Some(jig) = node.get("jigId").and_then(Node::as_str)
            && source.kind != FileKind::Index
        {
            self.embedding.insert(source.file);
            self.embedded.insert(jig);
        }
        let option = |key: &str| node.get("options").and_then(|options| options.get(key));
        match node.get("type").and_then(Node::as_str) {
            Some("action.set-state") => self.set(option("state")),
            Some("action.reset-state") => self.targets.extend(option("state").map(|node| node.span)),
            Some("action.set-solution-state") => match option("changes").map(|node| &node.kind) {
                Some(Kind::Object(entries)) => {
                    let keys = entries.iter().map(|entry| (&*entry.key.text, entry.key_span));
                    self.solution.extend(keys);
                }
                _ => self.open = true,
            },
            Some("action.set-jig-state" | "action.set-component-state") => {
                match option("changes").map(|node| &node.kind) {
                    Some(Kind::Object(entries)) => {
                        self.jigs.extend(entries.iter().map(|entry| &*entry.key.text));
                        self.components.extend(entries.iter().map(|entry| &*entry.key.text));
                    }
                    _ => self.open = true,
                }
            }
            // A component may be bound to a state and set it.
            _ => {
                let bound = node.get("state").or(option("state"));
                if let Some(names) = bound.and_then(Node::as_str).and_then(target)
                    && let ["solution", "state", key, ..] = names[..]
                {
                    self.solution.entry(key).or_insert(node.span);
                }
            }
        }
    }

    /// `state: =@ctx.….state.KEY` of an action that sets it (actions.md §11).
    fn set(&mut self, state: Option<&'a Node>) {
        let Some(state) = state else { return };
        self.targets.insert(state.span);
        let names = state.as_str().and_then(target);
        match names.as_deref() {
            Some(["solution", "state", key, ..]) => {
                self.solution.entry(key).or_insert(state.span);
            }
            Some(["jig", "state", key, ..]) => _ = self.jigs.insert(key),
            Some([.., "state", key]) => _ = self.components.insert(key),
            _ => self.open = true,
        }
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

/// The inputs that a jig or component reads.
#[derive(Default)]
pub(super) struct InputReads<'a> {
    /// By kind and id of the screen; `None` when all of them are read at once.
    by_screen: BTreeMap<(FileKind, &'a str), Option<HashSet<&'a str>>>,
}

impl<'a> InputReads<'a> {
    pub fn of(project: &'a Project) -> Self {
        let mut reads = Self::default();
        for (id, jig) in &project.jigs {
            reads.screen((FileKind::Jig, id), &jig.expressions, &["jig", "inputs"]);
        }
        for (id, component) in &project.components {
            reads.screen((FileKind::Component, id), &component.expressions, &["inputs"]);
        }
        for (id, datasource) in &project.datasources {
            reads.screen((FileKind::Datasource, id), &datasource.expressions, &["inputs"]);
        }
        reads
    }

    /// Whether an input is read, or may be.
    pub fn may_read(&self, kind: FileKind, id: &str, input: &str) -> bool {
        match self.by_screen.get(&(kind, id)) {
            Some(Some(names)) => names.contains(input),
            Some(None) => true,
            None => false,
        }
    }

    fn screen(&mut self, screen: (FileKind, &'a str), expressions: &'a [Found], path: &[&str]) {
        let names = self.by_screen.entry(screen).or_insert_with(|| Some(HashSet::new()));
        for found in expressions {
            for read in &found.expression.references().paths {
                let written = read.segments.iter().map(|segment| segment.name.as_deref());
                if !written.zip(path).all(|(name, wanted)| name == Some(wanted)) {
                    continue;
                }
                match read.segments.get(path.len()).map(|segment| segment.name.as_deref()) {
                    Some(Some(name)) => names.iter_mut().for_each(|names| _ = names.insert(name)),
                    _ => *names = None,
                }
            }
        }
    }
}
