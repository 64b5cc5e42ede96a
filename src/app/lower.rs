//! The tree of one file becomes the typed parts that it gives to its app.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::collect::Entry;
use super::walk::{Findings, Interner, Reader, Walk, declared};
use super::{
    FileKind, GlobalAction, Holds, Part, Placed, Screen, Script, Source, database, datasource, function,
    pages, schema,
};
use crate::action::template;
use crate::diag::{Diagnostic, FileId, Span};
use crate::expr::{Expression, SharedExpressions, Template, is_expression};
use crate::syntax::{self, DecodeError, Format, Kind, Node, Tree, push_token};

/// Reads one file of an app; nothing but its path and its text matters for the result. `broken` is
/// what is wrong with its bytes.
pub(super) fn lower(
    path: &Path,
    entry: &Entry,
    file: FileId,
    (text, broken): (&str, Option<&DecodeError>),
    interner: &mut Interner,
) -> Source {
    let (tree, found) = syntax::parse(file, text, Format::of_path(&entry.shown));
    let mut mistakes = Vec::from_iter(broken.map(|broken| undecoded(broken, file)));
    mistakes.extend(found);
    let kind = held(entry.kind, &tree.root);
    let lowering = Lowering { interner, mistakes, parts: Vec::new(), scripts: BTreeMap::new() };
    let lowered = lowering.file(kind, &entry.id, file, text, &tree);
    let mut mistakes = lowered.mistakes;
    mistakes.extend(lowered.parts.iter().flat_map(|part| part.mistakes.iter().cloned()));
    drop_repeated(&mut mistakes);
    if broken.is_some() {
        // The bytes that are no text stand in for others, so what else is wrong cannot be known.
        mistakes.truncate(1);
    }
    Source {
        file,
        path: path.to_path_buf(),
        kind,
        id: entry.id.clone(),
        tree,
        parts: lowered.parts.into_iter().map(Arc::new).collect(),
        scripts: lowered.scripts,
        mistakes,
    }
}

fn undecoded(broken: &DecodeError, file: FileId) -> Diagnostic {
    let span = Span::new(file, broken.offset, broken.offset);
    Diagnostic::error(broken.rule, span, broken.message.clone()).help(broken.help.clone())
}

/// What stands behind an anchor is found again at each of its aliases, and told once.
fn drop_repeated(diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.len() < 2 {
        return;
    }
    let mut told = HashSet::new();
    diagnostics.retain(|found| told.insert((found.rule, found.span, found.message.clone())));
}

/// The sections of a single-file app; the index's keys stand beside them, or below `index`.
pub(super) const SECTIONS: [(&str, FileKind); 7] = [
    ("jigs", FileKind::Jig),
    ("actions", FileKind::Action),
    ("functions", FileKind::Function),
    ("datasources", FileKind::Datasource),
    ("databases", FileKind::Database),
    ("components", FileKind::Component),
    ("translations", FileKind::Translation),
];

/// What a file holds once its keys are known: an index may have the whole app in it (interface.md §1).
fn held(kind: FileKind, root: &Node) -> FileKind {
    // An index has datasources and scripts of its own: they prove nothing.
    let is_section = |entry: &syntax::Entry| {
        let key = &*entry.key.text;
        let is_own = matches!(key, "datasources" | "scripts" | "assets");
        !is_own && (key == "index" || FileKind::of_section(key).is_some())
    };
    let is_map = |entry: &&syntax::Entry| matches!(entry.value.kind, Kind::Object(_));
    let has_all = kind == FileKind::Index && root.entries().iter().filter(is_map).any(is_section);
    if has_all { FileKind::SingleFile } else { kind }
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

struct Lowering<'i> {
    interner: &'i mut Interner,
    /// What is wrong whether or not another file's part of the same id is used in place of one here.
    mistakes: Vec<Diagnostic>,
    parts: Vec<Part>,
    scripts: BTreeMap<String, Arc<Script>>,
}

impl Lowering<'_> {
    fn file(mut self, kind: FileKind, id: &str, file: FileId, source: &str, tree: &Tree) -> Self {
        let node = &tree.root;
        let unit = Unit { kind, id, node, pointer: "", tree, file, source };
        match kind {
            // What could not be read is told already.
            FileKind::Settings => {}
            _ if node.is_null() && self.mistakes.is_empty() && tree.damaged.is_empty() => {
                self.empty_file(node.span);
            }
            _ if node.is_null() => {}
            FileKind::SingleFile => self.single_file(&unit),
            _ => self.unit(&unit),
        }
        self
    }

    fn empty_file(&mut self, span: Span) {
        let message = "the file is empty, so it is not part of the app";
        self.mistakes
            .push(Diagnostic::info(pages::EMPTY_FILE, span, message).help("remove the file, or fill it"));
    }

    fn empty_entry(&mut self, id: &str, key: Span) {
        let message = format!("`{id}` is empty, so it is not part of the app");
        self.mistakes.push(Diagnostic::info(pages::EMPTY_FILE, key, message).help("remove it, or fill it"));
    }

    /// The form a generator writes: everything in one file (app-layout.md §7).
    fn single_file(&mut self, whole: &Unit<'_>) {
        schema::check_file(FileKind::SingleFile, whole.node, whole.tree, &mut self.mistakes);
        for (section, kind) in SECTIONS {
            for entry in whole.node.get(section).map_or(&[][..], Node::entries) {
                let mut pointer = format!("/{section}");
                push_token(&mut pointer, &entry.key.text);
                let (id, node) = (&*entry.key.text, &entry.value);
                if node.is_null() {
                    self.empty_entry(id, entry.key_span);
                    continue;
                }
                self.unit(&Unit { kind, id, node, pointer: &pointer, ..*whole });
            }
        }
        let scripts = whole.node.at("/scripts/expressions").map_or(&[][..], Node::entries);
        for entry in scripts {
            let script = entry.value.as_str().map_or_else(Script::default, Script::read);
            self.scripts.insert(entry.key.text.trim_end_matches(".js").to_owned(), Arc::new(script));
        }
        if let Some(index) = whole.node.get("index") {
            let home = Unit { kind: FileKind::Index, node: index, pointer: "/index", ..*whole };
            return self.part(&home, |this, found| this.home(&home, &[], found));
        }
        let mut others = SECTIONS.map(|(section, _)| section).to_vec();
        others.push("scripts");
        let home = Unit { kind: FileKind::Index, ..*whole };
        self.part(&home, |this, found| this.home(&home, &others, found));
    }

    fn unit(&mut self, unit: &Unit<'_>) {
        schema::check_file(unit.kind, unit.node, unit.tree, &mut self.mistakes);
        self.part(unit, |this, found| match unit.kind {
            FileKind::Index => this.home(unit, &[], found),
            FileKind::Jig | FileKind::Component => {
                Holds::Screen(Arc::new(this.screen(unit, unit.id, &[], found)))
            }
            FileKind::Action => this.global_action(unit, found),
            FileKind::Function => this.function(unit, found),
            FileKind::Datasource => this.datasource(unit, found),
            FileKind::Database => Holds::Database(Arc::new(database::lower(unit.file, unit.node))),
            _ => {
                this.walk(unit, &[], found);
                Holds::Other
            }
        });
    }

    /// Adds what `lower` makes of a unit.
    fn part(&mut self, unit: &Unit<'_>, lower: impl FnOnce(&mut Self, &mut Vec<Diagnostic>) -> Holds) {
        let mut mistakes = Vec::new();
        let holds = lower(self, &mut mistakes);
        self.parts.push(Part { mistakes, ..Part::new(unit.kind, unit.id, unit.node.span, &holds) });
    }

    fn home(&mut self, unit: &Unit<'_>, without: &[&str], found: &mut Vec<Diagnostic>) -> Holds {
        let name = unit.node.get("name").and_then(Node::as_str).map(str::to_owned);
        Holds::Screen(Arc::new(Screen { name, ..self.screen(unit, "", without, found) }))
    }

    fn screen(&mut self, unit: &Unit<'_>, id: &str, without: &[&str], found: &mut Vec<Diagnostic>) -> Screen {
        let findings = self.walk(unit, without, found);
        let mut actions = findings.actions;
        mark_table_changes(unit, &mut actions);
        let expressions = unit.node.get("expressions");
        let (shared, state) = self.reading(unit.file, |reader| {
            (shared(expressions, reader), state(unit.node.get("state"), reader))
        });
        Screen {
            id: id.to_owned(),
            name: None,
            file: Some(unit.file),
            actions,
            datasources: findings.datasources,
            shared,
            shared_places: key_places(expressions),
            state,
            forms: forms(unit.node),
            inputs: declared(unit.node.get("inputs")),
            expressions: findings.expressions,
            uses: findings.uses,
        }
    }

    fn walk(&mut self, unit: &Unit<'_>, without: &[&str], found: &mut Vec<Diagnostic>) -> Findings {
        let walk = Walk::new(unit.file, unit.source, unit.tree, self.interner, found);
        walk.run_without(without, unit.node, unit.pointer)
    }

    /// Reads a typed part, its expressions parsed by the interner.
    fn reading<T>(&mut self, file: FileId, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let interner = &mut *self.interner;
        read(&mut Reader { file, parse: &mut |text: &str| interner.parse(text) })
    }

    fn global_action(&mut self, unit: &Unit<'_>, found: &mut Vec<Diagnostic>) -> Holds {
        let findings = self.walk(unit, &[], found);
        let pointer = format!("{}/action", unit.pointer);
        let Some(mut placed) = findings.actions.into_iter().find(|p| p.action.pointer == pointer) else {
            return Holds::Other;
        };
        placed.event = None;
        let parameters = declared(unit.node.get("parameters"));
        Holds::Action(Arc::new(GlobalAction { placed, parameters, expressions: findings.expressions }))
    }

    fn function(&mut self, unit: &Unit<'_>, found: &mut Vec<Diagnostic>) -> Holds {
        let mut walk = Walk::new(unit.file, unit.source, unit.tree, self.interner, found);
        for key in ["inputTransform", "outputTransform", "errorTransform", "output", "records"] {
            if let Some((node, scalar)) = unit.node.get(key).and_then(|n| Some((n, n.as_scalar()?)))
                && !is_expression(&scalar.text)
            {
                walk.expression(scalar, node.span);
            }
        }
        let findings = walk.run(unit.node, unit.pointer);
        let function = self.reading(unit.file, |reader| function::lower(unit.id, unit.node, reader));
        Holds::Function(Arc::new(function::Function { expressions: findings.expressions, ..function }))
    }

    fn datasource(&mut self, unit: &Unit<'_>, found: &mut Vec<Diagnostic>) -> Holds {
        let findings = self.walk(unit, &[], found);
        let mut lowered = self.reading(unit.file, |reader| datasource::lower(unit.id, unit.node, reader));
        lowered.expressions = findings.expressions;
        Holds::Datasource(Arc::new(lowered))
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
    entries.filter_map(|entry| Some((String::from(&*entry.key.text), parse(&entry.value)?))).collect()
}

/// The forms below a node with the components in each, however deep.
fn forms(node: &Node) -> BTreeMap<String, Vec<String>> {
    let mut forms = BTreeMap::new();
    components(node, &mut |component, type_name, id| {
        if type_name == "component.form" {
            let mut fields = Vec::new();
            let values = component.entries().iter().map(|entry| &entry.value);
            values.for_each(|inner| components(inner, &mut |_, _, id| fields.push(id.to_owned())));
            forms.insert(id.to_owned(), fields);
        }
    });
    forms
}

/// Visits the components at and below a node that have an id.
fn components<'n>(node: &'n Node, visit: &mut dyn FnMut(&'n Node, &'n str, &'n str)) {
    node.visit_maps(&mut |node| {
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        if let Some((type_name, id)) = text("type").zip(text("instanceId"))
            && type_name.starts_with("component.")
        {
            visit(node, type_name, id);
        }
    });
}

fn key_places(node: Option<&Node>) -> BTreeMap<String, Span> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    entries.map(|entry| (String::from(&*entry.key.text), entry.key_span)).collect()
}

fn state(node: Option<&Node>, reader: &mut Reader<'_>) -> BTreeMap<String, Template> {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let mut initial = |node: &Node| match node.get("initialValue") {
        Some(value) => template(value, reader.parse),
        None => Template::Literal(serde_json::Value::Null),
    };
    entries.map(|e| (String::from(&*e.key.text), initial(&e.value))).collect()
}
