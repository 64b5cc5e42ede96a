//! Trees become a typed [`Project`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::collect::Collected;
use super::walk::{Findings, Interner, Reader, Walk, push_token};
use super::{
    FileKind, GlobalAction, Index, Inputs, Loaded, Placed, Project, Screen, Source, database, datasource,
    function, pages, schema, settings,
};
use crate::action::template;
use crate::diag::{Diagnostic, FileId, Files};
use crate::expr::SharedExpressions;
use crate::syntax::{self, Format, Kind, Node, Tree};

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
    project.scripts = collected.scripts;
    project.settings = settings;
    if project.name.is_empty() {
        project.name =
            project.root.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    }
    project.index = Index::of(&project);
    Loaded { project, sources, diagnostics: building.diagnostics }
}

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
    seen: BTreeMap<(FileKind, String), crate::diag::Span>,
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
            if source.tree.damaged.is_empty() && source.kind != FileKind::Settings {
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
        const SECTIONS: [(&str, FileKind); 7] = [
            ("jigs", FileKind::Jig),
            ("actions", FileKind::Action),
            ("functions", FileKind::Function),
            ("datasources", FileKind::Datasource),
            ("databases", FileKind::Database),
            ("components", FileKind::Component),
            ("translations", FileKind::Translation),
        ];
        for (section, kind) in SECTIONS {
            for entry in whole.node.get(section).map_or(&[][..], Node::entries) {
                let mut pointer = format!("/{section}");
                push_token(&mut pointer, &entry.key.text);
                self.unit(&Unit {
                    kind,
                    id: &entry.key.text,
                    node: &entry.value,
                    pointer: &pointer,
                    ..*whole
                });
            }
        }
        let index = whole.node.get("index").unwrap_or(whole.node);
        let pointer = if std::ptr::eq(index, whole.node) { "" } else { "/index" };
        self.home(
            &Unit { kind: FileKind::Index, node: index, pointer, ..*whole },
            Some(&SECTIONS.map(|(s, _)| s)),
        );
    }

    fn unit(&mut self, unit: &Unit<'_>) {
        schema::check_file(unit.kind, unit.node, unit.tree, &mut self.diagnostics);
        if !self.is_first(unit) {
            return;
        }
        match unit.kind {
            FileKind::Index => self.home(unit, None),
            FileKind::Jig => {
                let screen = self.screen(unit, None);
                self.project.jigs.insert(unit.id.to_owned(), screen);
            }
            FileKind::Component => {
                let screen = self.screen(unit, None);
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
        let span = unit.node.span;
        match self.seen.entry((unit.kind, unit.id.to_owned())) {
            Entry::Vacant(place) => {
                place.insert(span);
                true
            }
            Entry::Occupied(first) => {
                let here = crate::diag::Span::new(span.file, span.start as usize, span.start as usize);
                let there = *first.get();
                let there = crate::diag::Span::new(there.file, there.start as usize, there.start as usize);
                let message = format!("`{}` is the id of two files, and only the first is used", unit.id);
                let diagnostic = Diagnostic::error(pages::DUPLICATE_FILE_ID, here, message)
                    .label(there, "the file that is used")
                    .help("give one of the files another name");
                self.diagnostics.push(diagnostic);
                false
            }
        }
    }

    fn home(&mut self, unit: &Unit<'_>, without: Option<&[&str]>) {
        if let Some(name) = unit.node.get("name").and_then(Node::as_str) {
            name.clone_into(&mut self.project.name);
        }
        let mut screen = self.screen(unit, without);
        screen.id = String::new();
        self.project.home = screen;
    }

    fn screen(&mut self, unit: &Unit<'_>, without: Option<&[&str]>) -> Screen {
        let findings = match without {
            None => self.walk(unit),
            Some(sections) => {
                let mut rest = unit.node.clone();
                if let Kind::Object(entries) = &mut rest.kind {
                    entries.retain(|entry| !sections.contains(&&*entry.key.text));
                }
                self.walk(&Unit { node: &rest, ..*unit })
            }
        };
        let mut actions = findings.actions;
        mark_table_changes(unit, &mut actions);
        let interner = &mut self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let mut reader = Reader { file: unit.file, parse: &mut parse };
        Screen {
            id: unit.id.to_owned(),
            file: Some(unit.file),
            actions,
            datasources: findings.datasources,
            shared: shared(unit.node.get("expressions"), &mut reader),
            shared_places: key_places(unit.node.get("expressions")),
            state: state(unit.node.get("state"), &mut reader),
            inputs: reader.declared(unit.node.get("inputs")),
            expressions: findings.expressions,
            uses: findings.uses,
        }
    }

    fn walk(&mut self, unit: &Unit<'_>) -> Findings {
        let walk = Walk::new(unit.file, unit.source, unit.tree, &mut self.interner, &mut self.diagnostics);
        walk.run(unit.node, unit.pointer)
    }

    fn global_action(&mut self, unit: &Unit<'_>) {
        let findings = self.walk(unit);
        let pointer = format!("{}/action", unit.pointer);
        let Some(mut placed) = findings.actions.into_iter().find(|p| p.action.pointer == pointer) else {
            return;
        };
        placed.event = None;
        let interner = &mut self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let parameters = Reader { file: unit.file, parse: &mut parse }.declared(unit.node.get("parameters"));
        let action = GlobalAction { placed, parameters, expressions: findings.expressions };
        self.project.actions.insert(unit.id.to_owned(), action);
    }

    fn function(&mut self, unit: &Unit<'_>) {
        let mut walk =
            Walk::new(unit.file, unit.source, unit.tree, &mut self.interner, &mut self.diagnostics);
        for key in ["inputTransform", "outputTransform", "errorTransform", "output", "records"] {
            if let Some((node, scalar)) = unit.node.get(key).and_then(|n| Some((n, n.as_scalar()?)))
                && !crate::expr::is_expression(&scalar.text)
            {
                walk.expression(scalar, node.span);
            }
        }
        let findings = walk.run(unit.node, unit.pointer);
        let interner = &mut self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let mut function =
            function::lower(unit.id, unit.node, &mut Reader { file: unit.file, parse: &mut parse });
        function.expressions = findings.expressions;
        self.project.functions.insert(function.id.clone(), function);
    }

    fn datasource(&mut self, unit: &Unit<'_>) {
        let findings = self.walk(unit);
        let interner = &mut self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let mut lowered =
            datasource::lower(unit.id, unit.node, &mut Reader { file: unit.file, parse: &mut parse });
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
    let parsed = entries.filter_map(|e| Some((e.key.text.to_string(), (reader.parse)(e.value.as_str()?)?)));
    parsed.collect()
}

fn key_places(node: Option<&Node>) -> BTreeMap<String, crate::diag::Span> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    entries.map(|entry| (entry.key.text.to_string(), entry.key_span)).collect()
}

fn state(node: Option<&Node>, reader: &mut Reader<'_>) -> BTreeMap<String, crate::expr::Template> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let mut initial = |node: &Node| match node.get("initialValue") {
        Some(value) => template(value, reader.parse),
        None => crate::expr::Template::Literal(serde_json::Value::Null),
    };
    entries.map(|e| (e.key.text.to_string(), initial(&e.value))).collect()
}
