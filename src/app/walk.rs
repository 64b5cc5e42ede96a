//! The one walk over a file: every expression, action and datasource is found wherever it stands.

mod cut;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::HashMap;
use serde_json::Value;

use super::pages::EXPRESSION_SYNTAX;
use super::{Declared, Found, Placed, datasource, datasource::Datasource, schema};
use crate::action::{self, Use, UseKind, is_action, template};
use crate::diag::{Diagnostic, Edit, FileId, Fix, Safety, Span};
use crate::expr::{Expression, SyntaxError, Template, is_expression};
use crate::syntax::{Entry, Kind, Node, Scalar, Tree, push_token};

/// Parsed expressions by text: the same text is parsed once, however often it stands in an app.
#[derive(Default)]
pub(super) struct Interner {
    parsed: HashMap<Box<str>, Result<Expression, Vec<SyntaxError>>>,
}

impl Interner {
    fn get(&mut self, text: &str) -> &Result<Expression, Vec<SyntaxError>> {
        if !self.parsed.contains_key(text) {
            self.parsed.insert(text.into(), Expression::parse(text));
        }
        &self.parsed[text]
    }

    /// The expression, when its text has no mistake.
    pub(super) fn parse(&mut self, text: &str) -> Option<Expression> {
        self.get(text).as_ref().ok().cloned()
    }
}

/// What the readers of typed parts need.
pub(super) struct Reader<'a> {
    pub(super) file: FileId,
    pub(super) parse: &'a mut (dyn FnMut(&str) -> Option<Expression> + 'a),
}

impl Reader<'_> {
    pub(super) fn template_or_null(&mut self, node: Option<&Node>) -> Template {
        node.map_or(Template::Literal(Value::Null), |node| template(node, self.parse))
    }
}

/// Reads declarations of inputs or parameters: `{name: {type, required, default}}`.
pub(super) fn declared(node: Option<&Node>) -> BTreeMap<String, Declared> {
    let entries = node.map_or(&[][..], Node::entries);
    let declared = entries.iter().map(|entry| {
        let required = entry.value.get("required").and_then(Node::as_bool) == Some(true);
        let default = entry.value.get("default").or_else(|| entry.value.get("value")).map(Node::to_value);
        (String::from(&*entry.key.text), Declared { span: entry.key_span, required, default })
    });
    declared.collect()
}

/// What the walk finds in one part of an app.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) expressions: Vec<Found>,
    pub(super) actions: Vec<Placed>,
    pub(super) datasources: BTreeMap<String, Arc<Datasource>>,
    pub(super) uses: Vec<Use>,
}

/// Walks one part of an app.
pub(super) struct Walk<'a> {
    pub(super) file: FileId,
    pub(super) source: &'a str,
    pub(super) tree: &'a Tree,
    pub(super) interner: &'a mut Interner,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
    pub(super) findings: Findings,
    pointer: String,
    depth: usize,
    inside: Inside,
}

/// Whether an action has been entered: those inside it are its own business.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Screen,
    Action,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        file: FileId,
        source: &'a str,
        tree: &'a Tree,
        interner: &'a mut Interner,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let findings = Findings::default();
        let pointer = String::new();
        Self {
            file,
            source,
            tree,
            interner,
            diagnostics,
            findings,
            pointer,
            depth: 0,
            inside: Inside::Screen,
        }
    }

    /// Walks `node`, which stands at `pointer` in its file.
    pub(super) fn run(self, node: &Node, pointer: &str) -> Findings {
        self.run_without(&[], node, pointer)
    }

    /// The same without the entries of these keys.
    pub(super) fn run_without(mut self, keys: &[&str], node: &Node, pointer: &str) -> Findings {
        pointer.clone_into(&mut self.pointer);
        match &node.kind {
            Kind::Object(entries) if !keys.is_empty() => {
                for entry in entries.iter().filter(|entry| !keys.contains(&&*entry.key.text)) {
                    self.child(&entry.key.text, &entry.value, Some(&entry.key.text));
                }
            }
            _ => self.children(node),
        }
        self.findings
    }

    /// Checks a text that is an expression with or without `=` and remembers it.
    pub(super) fn expression(&mut self, scalar: &Scalar, span: Span) {
        match self.interner.get(&scalar.text) {
            Ok(expression) => {
                let expression = expression.clone();
                self.findings.expressions.push(Found { expression, span });
            }
            Err(errors) => {
                if let Some(cut) = cut::by_comment(scalar, span, self.tree, self.source) {
                    self.diagnostics.push(cut);
                    return;
                }
                let report = errors.iter().map(|error| syntax_error(error, scalar, span, self.source));
                self.diagnostics.extend(report);
            }
        }
    }

    fn children(&mut self, node: &Node) {
        match &node.kind {
            Kind::Object(entries) => {
                self.note_jigs(entries);
                for entry in entries {
                    self.child(&entry.key.text, &entry.value, Some(&entry.key.text));
                }
            }
            Kind::Array(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.child(&n.to_string(), item, None);
                }
            }
            Kind::String(scalar) if is_expression(&scalar.text) => self.expression(scalar, node.span),
            _ => {}
        }
    }

    fn child(&mut self, token: &str, node: &Node, key: Option<&str>) {
        if is_plain(node) {
            return;
        }
        let length = self.pointer.len();
        push_token(&mut self.pointer, token);
        self.depth += 1;
        self.visit(node, key);
        self.depth -= 1;
        self.pointer.truncate(length);
    }

    fn visit(&mut self, node: &Node, key: Option<&str>) {
        match type_of(node) {
            _ if is_action(node) => self.action(node, key),
            Some(name) if name.starts_with("datasource.") => self.datasource(node, key),
            _ if self.is_named_datasource(node) => self.datasource(node, key),
            Some(name) if schema::is_component(name) => {
                schema::check_component(node, self.tree, self.diagnostics);
                self.children(node);
            }
            _ => self.children(node),
        }
    }

    /// A datasource by its place: one listing of the format omits the type of a reference
    /// (datasources.md §1.3), and one with a mistake in its type is still there.
    fn is_named_datasource(&self, node: &Node) -> bool {
        self.pointer.rsplit('/').nth(1) == Some("datasources") && matches!(node.kind, Kind::Object(_))
    }

    /// Jigs that tabs, widgets and links of components name; an action's links are its own.
    fn note_jigs(&mut self, entries: &[Entry]) {
        let inside = self.inside;
        let names_jig = |key: &str| key == "jigId" || (key == "linkTo" && inside == Inside::Screen);
        for entry in entries.iter().filter(|entry| names_jig(&entry.key.text)) {
            let elsewhere = entries.iter().any(|other| &*other.key.text == "package");
            if let Some(id) = entry.value.as_str().filter(|id| !elsewhere && !is_expression(id)) {
                self.findings.uses.push(Use {
                    kind: UseKind::Jig,
                    id: id.to_owned(),
                    span: entry.value.span,
                });
            }
        }
    }

    fn action(&mut self, node: &Node, key: Option<&str>) {
        schema::check_action(node, self.tree, self.diagnostics);
        let outside = self.inside;
        if outside == Inside::Screen {
            self.place(node, key);
            self.inside = Inside::Action;
        }
        self.children(node);
        self.inside = outside;
    }

    fn place(&mut self, node: &Node, key: Option<&str>) {
        let interner = &mut *self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let lowered = action::lower(node, &self.pointer, self.source, &mut parse, self.diagnostics);
        let Some(lowered) = lowered else { return };
        let event = key.filter(|key| self.depth == 1 && is_event(key)).map(str::to_owned);
        self.findings.actions.push(Placed { action: Arc::new(lowered), file: self.file, event, table: None });
    }

    fn datasource(&mut self, node: &Node, key: Option<&str>) {
        // Apps from before 2022 name a component in place of a type, and phones still read them.
        if node.get("componentId").is_none() {
            schema::check_datasource(node, self.tree, self.diagnostics);
        }
        let before = self.findings.expressions.len();
        self.children(node);
        let Some(id) = key else { return };
        let interner = &mut *self.interner;
        let mut parse = |text: &str| interner.parse(text);
        let mut lowered = datasource::lower(id, node, &mut Reader { file: self.file, parse: &mut parse });
        lowered.expressions = self.findings.expressions[before..].to_vec();
        let lowered = Arc::new(lowered);
        // Widgets have datasources of their own; those of the screen itself come first.
        if self.depth == 2 {
            self.findings.datasources.insert(id.to_owned(), lowered);
        } else {
            self.findings.datasources.entry(id.to_owned()).or_insert(lowered);
        }
    }
}

/// The scalar whose token is `span`.
pub(super) fn scalar_at(node: &Node, span: Span) -> Option<&Scalar> {
    if node.span == span
        && let Some(scalar) = node.as_scalar()
    {
        return Some(scalar);
    }
    let inside = |child: &&Node| child.span.contains(span);
    let values = node.entries().iter().map(|entry| &entry.value);
    values.chain(node.items()).filter(inside).find_map(|child| scalar_at(child, span))
}

fn syntax_error(error: &SyntaxError, scalar: &Scalar, token: Span, source: &str) -> Diagnostic {
    let place = |range: &Range<usize>| scalar.span_of(token, range.clone(), source);
    let is_exact = |(range, _): &(Range<usize>, &str)| {
        source.get(place(range).range()).is_some_and(|written| written == &scalar.text[range.clone()])
    };
    let diagnostic = Diagnostic::error(EXPRESSION_SYNTAX, place(&error.range), error.message.clone())
        .maybe_help(error.help.clone());
    let edit = |(range, text): &(Range<usize>, &str)| Edit { span: place(range), text: (*text).to_owned() };
    let edits: Vec<Edit> = error.repair.iter().map(edit).collect();
    let Some((_, written)) = error.repair.first().filter(|_| error.repair.iter().all(is_exact)) else {
        return diagnostic;
    };
    let title = format!("write `{}`", written.trim().trim_end_matches('('));
    diagnostic.fix(Fix { title, safety: Safety::Safe, edits })
}

fn type_of(node: &Node) -> Option<&str> {
    node.get("type").and_then(Node::as_str)
}

fn is_event(key: &str) -> bool {
    key.strip_prefix("on").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn is_plain(node: &Node) -> bool {
    match &node.kind {
        Kind::String(scalar) => !is_expression(&scalar.text),
        Kind::Object(_) | Kind::Array(_) => false,
        _ => true,
    }
}
