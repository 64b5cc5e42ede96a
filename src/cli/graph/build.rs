//! The graph of an app, from its typed project.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::action::{ActionNode, SyncRole, UseKind};
use crate::app::{Datasource, Found, Origin, Placed, Project, Screen};
use crate::diag::{FileId, Files, Span};
use crate::expr::{Expression, Template};

/// Things of an app and what they lead to, in the order of the app.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// One thing of an app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Node {
    /// Kind and name, unique.
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) name: String,
    /// `file:line` of its definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<String>,
}

/// That one thing leads to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// What the first does to the second.
    pub(super) label: &'static str,
}

/// The kinds of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Event,
    Action,
    Scope,
    Instance,
    Function,
    Table,
    Datasource,
    Jig,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Action => "action",
            Self::Scope => "scope",
            Self::Instance => "instance",
            Self::Function => "function",
            Self::Table => "table",
            Self::Datasource => "datasource",
            Self::Jig => "jig",
        }
    }
}

impl Graph {
    /// The part that leads to things of this name, and that they lead to; `None` when there are none.
    pub(super) fn around(&self, name: &str) -> Option<Self> {
        let named = |node: &&Node| node.name == name || node.id == name;
        let start: Vec<&str> = self.nodes.iter().filter(named).map(|node| node.id.as_str()).collect();
        if start.is_empty() {
            return None;
        }
        let forward = self.reach(&start, |edge| (&edge.from, &edge.to));
        let backward = self.reach(&start, |edge| (&edge.to, &edge.from));
        let kept = |id: &String| forward.contains(id.as_str()) || backward.contains(id.as_str());
        let along = |edge: &&Edge| {
            let both =
                |set: &BTreeSet<&str>| set.contains(edge.from.as_str()) && set.contains(edge.to.as_str());
            both(&forward) || both(&backward)
        };
        Some(Self {
            nodes: self.nodes.iter().filter(|node| kept(&node.id)).cloned().collect(),
            edges: self.edges.iter().filter(along).cloned().collect(),
        })
    }

    fn reach<'a>(
        &'a self,
        start: &[&'a str],
        ends: impl Fn(&'a Edge) -> (&'a String, &'a String),
    ) -> BTreeSet<&'a str> {
        let mut seen: BTreeSet<&str> = start.iter().copied().collect();
        let mut next: Vec<&str> = start.to_vec();
        while let Some(id) = next.pop() {
            for (from, to) in self.edges.iter().map(&ends) {
                if from == id && seen.insert(to) {
                    next.push(to);
                }
            }
        }
        seen
    }
}

/// The whole graph of an app.
pub(super) fn graph(project: &Project, files: &Files) -> Graph {
    let mut building = Building { project, files, graph: Graph::default(), at: BTreeMap::new() };
    for screen in project.screens() {
        building.screen(screen);
    }
    for (id, global) in &project.actions {
        let action = building.node(Kind::Action, id, Some(global.placed.action.span));
        building.placed(&global.placed, &action, None);
    }
    for datasource in project.datasources.values() {
        building.datasource(datasource, None);
    }
    for id in project.functions.keys() {
        building.function(id);
    }
    building.graph
}

struct Building<'p> {
    project: &'p Project,
    files: &'p Files,
    graph: Graph,
    at: BTreeMap<String, usize>,
}

impl Building<'_> {
    /// The id of a thing, which is added when it is new.
    fn node(&mut self, kind: Kind, name: &str, span: Option<Span>) -> String {
        let id = format!("{}:{name}", kind.word());
        let place = span.map(|span| place(span, self.files));
        if let Some(at) = self.at.get(&id) {
            let known = &mut self.graph.nodes[*at].place;
            *known = known.take().or(place);
            return id;
        }
        self.at.insert(id.clone(), self.graph.nodes.len());
        self.graph.nodes.push(Node { id: id.clone(), kind, name: name.to_owned(), place });
        id
    }

    fn edge(&mut self, from: &str, to: &str, label: &'static str) {
        let edge = Edge { from: from.to_owned(), to: to.to_owned(), label };
        if from != to && !self.graph.edges.contains(&edge) {
            self.graph.edges.push(edge);
        }
    }

    fn screen(&mut self, screen: &Screen) {
        let name = if screen.id.is_empty() { "index" } else { &screen.id };
        let jig = self.node(Kind::Jig, name, screen.file.map(|file| Span::new(file, 0, 0)));
        for placed in &screen.actions {
            let from = match &placed.event {
                Some(event) => {
                    let event = self.node(Kind::Event, &format!("{name}.{event}"), Some(placed.action.span));
                    self.edge(&jig, &event, "has");
                    event
                }
                None => jig.clone(),
            };
            self.placed(placed, &from, Some(screen));
        }
        for datasource in screen.datasources.values() {
            self.datasource(datasource, Some(screen));
        }
        for id in datasources_read(screen.expressions.iter().map(|found: &Found| &found.expression)) {
            let datasource = self.datasource_id(&id, Some(screen));
            self.edge(&datasource, &jig, "shown by");
        }
    }

    fn placed(&mut self, placed: &Placed, from: &str, screen: Option<&Screen>) {
        self.action(&placed.action, placed.file, from, screen);
    }

    fn action(&mut self, action: &ActionNode, file: FileId, from: &str, screen: Option<&Screen>) {
        let node = self.action_node(action, file);
        self.edge(from, &node, "runs");
        self.guards(action, &node, screen);
        match action.body.sync() {
            Some(SyncRole::Scope(members)) => {
                for member in members {
                    let instance = self.node(Kind::Instance, &member.value, None);
                    self.edge(&node, &instance, "tracks");
                }
            }
            Some(SyncRole::Member) => self.entries(action, &node),
            None => self.uses(action, &node, screen),
        }
        for child in action.body.children().into_iter().chain(action.success.as_deref()) {
            self.action(child, file, &node, screen);
        }
    }

    /// Scopes and instances go by their ids, all else by its type and place.
    fn action_node(&mut self, action: &ActionNode, file: FileId) -> String {
        let id = action.instance_id.as_ref().map(|id| id.value.as_str());
        let path = format!("{}#{}", self.files.get(file).path(), action.pointer);
        let (kind, name) = match (action.body.sync(), id) {
            (Some(SyncRole::Scope(_)), Some(id)) => (Kind::Scope, id.to_owned()),
            (Some(SyncRole::Member), Some(id)) => (Kind::Instance, id.to_owned()),
            (_, Some(id)) => (Kind::Action, id.to_owned()),
            (_, None) => {
                let type_name = action.type_name.value.trim_start_matches("action.");
                (Kind::Action, format!("{type_name} {path}"))
            }
        };
        self.node(kind, &name, Some(action.span))
    }

    fn guards(&mut self, action: &ActionNode, node: &str, screen: Option<&Screen>) {
        for scope in &action.guard.scopes {
            let scope = self.node(Kind::Scope, &scope.value, None);
            self.edge(node, &scope, "guarded by");
        }
        let mut expressions = Vec::new();
        if let Some(when) = &action.guard.when {
            when.value.expressions(&mut |expression| expressions.push(expression));
        }
        for id in datasources_read(expressions.into_iter()) {
            let datasource = self.datasource_id(&id, screen);
            self.edge(node, &datasource, "guarded by");
        }
    }

    fn uses(&mut self, action: &ActionNode, node: &str, screen: Option<&Screen>) {
        for used in &action.uses {
            let (to, label) = match used.kind {
                UseKind::Scope => (self.node(Kind::Scope, &used.id, None), "deletes"),
                UseKind::Function => (self.function(&used.id), "calls"),
                UseKind::Action => (self.node(Kind::Action, &used.id, None), "calls"),
                UseKind::Jig => (self.node(Kind::Jig, &used.id, None), "opens"),
                UseKind::Datasource => (self.datasource_id(&used.id, screen), "uses"),
                UseKind::Table => (self.table(&used.id), "writes"),
                UseKind::Member | UseKind::StatusRow | UseKind::Form => continue,
            };
            self.edge(node, &to, label);
        }
    }

    /// The tables that an instance fetches, through their functions where it names them.
    fn entries(&mut self, action: &ActionNode, instance: &str) {
        for (entity, function) in entries(action.body.options()) {
            let table = self.table(&entity);
            match function {
                None => self.edge(instance, &table, "fetches"),
                Some(function) => {
                    let function = self.function(&function);
                    self.edge(instance, &function, "calls");
                    self.edge(&function, &table, "fills");
                }
            }
        }
    }

    fn datasource(&mut self, datasource: &Datasource, screen: Option<&Screen>) {
        let node = self.datasource_id(&datasource.id, screen);
        match &datasource.origin {
            Origin::Sqlite(sqlite) => {
                for used in &sqlite.entities {
                    let table = self.table(&used.entity.value);
                    self.edge(&table, &node, "read by");
                    if let Some(function) = &used.function {
                        let function = self.function(&function.value);
                        self.edge(&function, &table, "fills");
                    }
                }
            }
            Origin::Reference { id, .. } => {
                let other = self.datasource_id(&id.value, None);
                self.edge(&other, &node, "read by");
            }
            Origin::Static(_) | Origin::System => {}
        }
        for id in datasources_read(datasource.expressions.iter().map(|found| &found.expression)) {
            let other = self.datasource_id(&id, screen);
            self.edge(&other, &node, "read by");
        }
    }

    /// A datasource of the screen goes before a global one of the same name.
    fn datasource_id(&mut self, id: &str, screen: Option<&Screen>) -> String {
        let own = screen.and_then(|screen| Some((screen, screen.datasources.get(id)?)));
        if let Some((screen, datasource)) = own {
            let owner = if screen.id.is_empty() { "index" } else { &screen.id };
            return self.node(Kind::Datasource, &format!("{owner}.{id}"), Some(datasource.span));
        }
        let span = self.project.datasources.get(id).map(|datasource| datasource.span);
        self.node(Kind::Datasource, id, span)
    }

    fn function(&mut self, id: &str) -> String {
        let span = self.project.functions.get(id).map(|function| function.span);
        self.node(Kind::Function, id, span)
    }

    fn table(&mut self, name: &str) -> String {
        let declared = self.project.index.definitions(UseKind::Table, name).first().map(|place| place.span);
        self.node(Kind::Table, name, declared)
    }
}

/// `@ctx.datasources.<id>` of all these expressions, each id once, in order.
fn datasources_read<'a>(expressions: impl Iterator<Item = &'a Expression>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for expression in expressions {
        for path in expression.references().below(&["datasources"]) {
            let id = path.segments.get(1).and_then(|segment| segment.name.clone());
            ids.extend(id.filter(|id| !ids.contains(id)));
        }
    }
    ids
}

/// Literal `entities` of a sync action: table and function.
fn entries(options: &Template) -> Vec<(String, Option<String>)> {
    let Some(entities) = entry(options, "entities") else { return Vec::new() };
    let items: Vec<Template> = match entities {
        Template::List(items) => items,
        Template::Literal(Value::Array(items)) => items.into_iter().map(Template::Literal).collect(),
        _ => Vec::new(),
    };
    let named = items.iter().filter_map(|item| match item {
        Template::Literal(Value::String(entity)) => Some((entity.clone(), None)),
        map => Some((text(entry(map, "entity")?)?, entry(map, "function").and_then(text))),
    });
    named.collect()
}

fn entry(template: &Template, key: &str) -> Option<Template> {
    match template {
        Template::Map(entries) => {
            entries.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone())
        }
        Template::Literal(Value::Object(map)) => map.get(key).cloned().map(Template::Literal),
        _ => None,
    }
}

fn text(template: Template) -> Option<String> {
    match template {
        Template::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn place(span: Span, files: &Files) -> String {
    let file = files.get(span.file);
    format!("{}:{}", file.path(), file.position(span.start).line)
}
