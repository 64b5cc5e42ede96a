//! Trees become a typed [`Project`].

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::collect::Collected;
use super::walk::{Findings, Interner, Reader, Walk, declared};
use super::{
    FileKind, GlobalAction, Index, Inputs, Loaded, Placed, Project, Screen, Script, Source, database,
    datasource, function, pages, schema, settings,
};
use crate::action::template;
use crate::diag::{Diagnostic, FileId, Files, Span};
use crate::expr::{Expression, SharedExpressions, Template, is_expression};
use crate::syntax::{self, Format, Node, Tree, push_token};

pub(super) fn lower(inputs: &Inputs<'_>, collected: Collected, files: &mut Files) -> Loaded {
    let mut diagnostics = collected.diagnostics;
    let mut sources = Vec::with_capacity(collected.entries.len());
    for entry in collected.entries {
        let file = files.get(entry.file);
        let (tree, found) = syntax::parse(entry.file, file.text(), Format::of_path(file.path()));
        diagnostics.extend(found);
        sources.push(Source { file: entry.file, path: entry.path, kind: entry.kind, id: entry.id, tree });
    }
    let settings = settings::lower(inputs, &sources, files, &mut diagnostics);
    let mut building = Building::new(files, diagnostics);
    for source in &sources {
        building.source(source);
    }
    let mut project = building.project;
    project.root = collected.root;
    project.scripts.extend(collected.scripts);
    project.settings = settings;
    if project.name.is_empty() {
        project.name =
            project.root.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    }
    project.index = Index::of(&project);
    let mut diagnostics = building.diagnostics;
    drop_repeated(&mut diagnostics);
    Loaded { project, sources, diagnostics }
}

/// What stands behind an anchor is found again at each of its aliases, and told once.
fn drop_repeated(diagnostics: &mut Vec<Diagnostic>) {
    let mut told = HashSet::new();
    diagnostics.retain(|found| told.insert((found.rule, found.span, found.message.clone())));
}

/// The sections of a single-file app; the index's keys stand beside them, or below `index`.
const SECTIONS: [(&str, FileKind); 7] = [
    ("jigs", FileKind::Jig),
    ("actions", FileKind::Action),
    ("functions", FileKind::Function),
    ("datasources", FileKind::Datasource),
    ("databases", FileKind::Database),
    ("components", FileKind::Component),
    ("translations", FileKind::Translation),
];

/// One part of an app: a whole file, or an entry of a single-file app.
struct Unit<'a> {
    kind: FileKind,
    id: &'a str,
    node: &'a Node,
    pointer: &'a str,
    tree: &'a Tree,
    file: FileId,
    source: &'a str,
}

struct Building<'f> {
    files: &'f Files,
    interner: Interner,
    diagnostics: Vec<Diagnostic>,
    project: Project,
    seen: BTreeMap<(FileKind, String), Span>,
}

impl<'f> Building<'f> {
    fn new(files: &'f Files, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            files,
            interner: Interner::default(),
            diagnostics,
            project: Project::empty(),
            seen: BTreeMap::new(),
        }
    }

    fn source(&mut self, source: &Source) {
        let root = &source.tree.root;
        if root.is_null() {
            // What could not be read is told already.
            let is_told = self.diagnostics.iter().any(|found| found.span.file == source.file);
            if !is_told && source.tree.damaged.is_empty() && source.kind != FileKind::Settings {
                self.empty_file(source);
            }
            return;
        }
        let text = self.files.get(source.file).text();
        let unit = Unit {
            kind: source.kind,
            id: &source.id,
            node: root,
            pointer: "",
            tree: &source.tree,
            file: source.file,
            source: text,
        };
        match source.kind {
            FileKind::SingleFile => self.single_file(&unit),
            FileKind::Settings => {}
            _ => self.unit(&unit),
        }
    }

    fn empty_file(&mut self, source: &Source) {
        let message = "the file is empty, so it is not part of the app";
        let span = source.tree.root.span;
        self.diagnostics
            .push(Diagnostic::info(pages::EMPTY_FILE, span, message).help("remove the file, or fill it"));
    }

    /// The form a generator writes: everything in one file (app-layout.md §7).
    fn single_file(&mut self, whole: &Unit<'_>) {
        schema::check_file(FileKind::SingleFile, whole.node, whole.tree, &mut self.diagnostics);
        for (section, kind) in SECTIONS {
            for entry in whole.node.get(section).map_or(&[][..], Node::entries) {
                let mut pointer = format!("/{section}");
                push_token(&mut pointer, &entry.key.text);
                let (id, node) = (&*entry.key.text, &entry.value);
                self.unit(&Unit { kind, id, node, pointer: &pointer, ..*whole });
            }
        }
        let scripts = whole.node.at("/scripts/expressions").map_or(&[][..], Node::entries);
        for entry in scripts {
            let script = entry.value.as_str().map_or_else(Script::default, Script::read);
            self.project.scripts.insert(entry.key.text.trim_end_matches(".js").to_owned(), script);
        }
        if let Some(index) = whole.node.get("index") {
            return self.home(&Unit { kind: FileKind::Index, node: index, pointer: "/index", ..*whole }, &[]);
        }
        let mut others = SECTIONS.map(|(section, _)| section).to_vec();
        others.push("scripts");
        self.home(&Unit { kind: FileKind::Index, ..*whole }, &others);
    }

    fn unit(&mut self, unit: &Unit<'_>) {
        schema::check_file(unit.kind, unit.node, unit.tree, &mut self.diagnostics);
        if !self.is_first(unit) {
            return;
        }
        match unit.kind {
            FileKind::Index => self.home(unit, &[]),
            FileKind::Jig => {
                let screen = self.screen(unit, &[]);
                self.project.jigs.insert(unit.id.to_owned(), screen);
            }
            FileKind::Component => {
                let screen = self.screen(unit, &[]);
                self.project.components.insert(unit.id.to_owned(), screen);
            }
            FileKind::Action => self.global_action(unit),
            FileKind::Function => self.function(unit),
            FileKind::Datasource => self.datasource(unit),
            FileKind::Database => {
                let database = database::lower(unit.file, unit.node);
                self.project.databases.insert(unit.id.to_owned(), database);
            }
            _ => {
                self.walk(unit);
            }
        }
    }

    fn is_first(&mut self, unit: &Unit<'_>) -> bool {
        self.is_new(unit.kind, unit.id, unit.node.span, "two files")
    }

    /// Whether nothing of this kind had the id before; if something had, that is told.
    fn is_new(&mut self, kind: FileKind, id: &str, span: Span, whose: &str) -> bool {
        let start = |span: Span| Span { end: span.start, ..span };
        match self.seen.entry((kind, id.to_owned())) {
            Entry::Vacant(place) => {
                place.insert(span);
                true
            }
            Entry::Occupied(first) => {
                let message = format!("`{id}` is the id of {whose}, and only the first is used");
                let diagnostic = Diagnostic::error(pages::DUPLICATE_FILE_ID, start(span), message)
                    .label(start(*first.get()), "the file that is used")
                    .help("give one of the files another name");
                self.diagnostics.push(diagnostic);
                false
            }
        }
    }

    fn home(&mut self, unit: &Unit<'_>, without: &[&str]) {
        if let Some(name) = unit.node.get("name").and_then(Node::as_str) {
            name.clone_into(&mut self.project.name);
        }
        let screen = self.screen(unit, without);
        self.project.home = Screen { id: String::new(), ..screen };
    }

    fn screen(&mut self, unit: &Unit<'_>, without: &[&str]) -> Screen {
        let findings = self.walk_without(unit, without);
        let mut actions = findings.actions;
        mark_table_changes(unit, &mut actions);
        let expressions = unit.node.get("expressions");
        let (shared, state) = self.reading(unit.file, |reader| {
            (shared(expressions, reader), state(unit.node.get("state"), reader))
        });
        Screen {
            id: unit.id.to_owned(),
            file: Some(unit.file),
            actions,
            datasources: findings.datasources,
            shared,
            shared_places: key_places(expressions),
            state,
            inputs: declared(unit.node.get("inputs")),
            expressions: findings.expressions,
            uses: findings.uses,
        }
    }

    fn walk(&mut self, unit: &Unit<'_>) -> Findings {
        self.walk_without(unit, &[])
    }

    fn walk_without(&mut self, unit: &Unit<'_>, keys: &[&str]) -> Findings {
        let walk = Walk::new(unit.file, unit.source, unit.tree, &mut self.interner, &mut self.diagnostics);
        walk.run_without(keys, unit.node, unit.pointer)
    }

    /// Reads a typed part, its expressions parsed by the interner.
    fn reading<T>(&mut self, file: FileId, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let interner = &mut self.interner;
        read(&mut Reader { file, parse: &mut |text: &str| interner.parse(text) })
    }

    fn global_action(&mut self, unit: &Unit<'_>) {
        let findings = self.walk(unit);
        let pointer = format!("{}/action", unit.pointer);
        let Some(mut placed) = findings.actions.into_iter().find(|p| p.action.pointer == pointer) else {
            return;
        };
        placed.event = None;
        let parameters = declared(unit.node.get("parameters"));
        let action = GlobalAction { placed, parameters, expressions: findings.expressions };
        self.project.actions.insert(unit.id.to_owned(), action);
    }

    fn function(&mut self, unit: &Unit<'_>) {
        let mut walk =
            Walk::new(unit.file, unit.source, unit.tree, &mut self.interner, &mut self.diagnostics);
        for key in ["inputTransform", "outputTransform", "errorTransform", "output", "records"] {
            if let Some((node, scalar)) = unit.node.get(key).and_then(|n| Some((n, n.as_scalar()?)))
                && !is_expression(&scalar.text)
            {
                walk.expression(scalar, node.span);
            }
        }
        let findings = walk.run(unit.node, unit.pointer);
        let function = self.reading(unit.file, |reader| function::lower(unit.id, unit.node, reader));
        // An id in the file stands for the file's name, and may be another file's.
        let renamed = function.id != unit.id;
        if renamed && !self.is_new(FileKind::Function, &function.id, function.span, "two functions") {
            return;
        }
        let function = function::Function { expressions: findings.expressions, ..function };
        self.project.functions.insert(function.id.clone(), function);
    }

    fn datasource(&mut self, unit: &Unit<'_>) {
        let findings = self.walk(unit);
        let mut lowered = self.reading(unit.file, |reader| datasource::lower(unit.id, unit.node, reader));
        lowered.expressions = findings.expressions;
        self.project.datasources.insert(unit.id.to_owned(), Arc::new(lowered));
    }
}

/// `onTableChanged` is a list of `{table, action}` (app-layout.md §5).
fn mark_table_changes(unit: &Unit<'_>, actions: &mut [Placed]) {
    let entries = unit.node.get("onTableChanged").map_or(&[][..], Node::items);
    for (n, entry) in entries.iter().enumerate() {
        let pointer = format!("{}/onTableChanged/{n}/action", unit.pointer);
        let Some(placed) = actions.iter_mut().find(|placed| placed.action.pointer == pointer) else {
            continue;
        };
        placed.event = Some("onTableChanged".to_owned());
        placed.table = entry.get("table").and_then(Node::as_str).map(str::to_owned);
    }
}

fn shared(node: Option<&Node>, reader: &mut Reader<'_>) -> SharedExpressions {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let mut parse = |value: &Node| match value.as_str() {
        Some(text) if is_expression(text) => (reader.parse)(text),
        // A value without `=` stands for itself, and JSON is an expression for itself.
        _ => Expression::parse(&value.to_value().to_string()).ok(),
    };
    entries.filter_map(|entry| Some((entry.key.text.to_string(), parse(&entry.value)?))).collect()
}

fn key_places(node: Option<&Node>) -> BTreeMap<String, Span> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    entries.map(|entry| (entry.key.text.to_string(), entry.key_span)).collect()
}

fn state(node: Option<&Node>, reader: &mut Reader<'_>) -> BTreeMap<String, Template> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let mut initial = |node: &Node| match node.get("initialValue") {
        Some(value) => template(value, reader.parse),
        None => Template::Literal(serde_json::Value::Null),
    };
    entries.map(|e| (e.key.text.to_string(), initial(&e.value))).collect()
}
