use std::sync::Arc;

use serde_json::Value;

use super::{Action, ActionNode, Guard, REGISTRY, Use, UseKind, canonical_alias, ui};
use crate::diag::{Diagnostic, Span, Spanned};
use crate::expr::{Expression, Template, is_expression};
use crate::syntax::{Kind, Node, push_token};

/// Gives the parsed form of an expression's text, or `None` when it has mistakes (which whoever
/// walks the file reports once).
pub type Parse<'a> = dyn FnMut(&str) -> Option<Expression> + 'a;

/// What reading one action's options needs and gathers.
pub struct Lowering<'a> {
    /// The canonical name of the action's type.
    pub type_name: &'a str,
    options: Option<&'a Node>,
    pointer: &'a str,
    source: &'a str,
    parse: &'a mut Parse<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    uses: Vec<Use>,
    /// The places of the actions inside that were read, below `options`.
    taken: Vec<String>,
}

/// Reads an action from its node. `pointer` is the node's JSON pointer, `source` its file's text.
/// Shape mistakes are the schemas' business: what is missing here is simply absent.
pub fn lower(
    node: &Node,
    pointer: &str,
    source: &str,
    parse: &mut Parse<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ActionNode> {
    let type_node = node.get("type")?;
    let written = type_node.as_str()?;
    let name = canonical_alias(written).unwrap_or(written);
    let guard = Guard::lower(node, source, parse, diagnostics);
    let mut lowering = Lowering {
        type_name: name,
        options: node.get("options"),
        pointer,
        source,
        parse,
        diagnostics,
        uses: Vec::new(),
        taken: Vec::new(),
    };
    let body = lowering.body();
    let success = lowering.action("onSuccess").map(Box::new);
    let toast = if success.is_none() { lowering.toast() } else { None };
    let instance_id = node.get("instanceId").and_then(spanned_text);
    let computed = instance_id.as_ref().filter(|id| is_expression(&id.value));
    let computed_id = computed.and_then(|id| (lowering.parse)(&id.value));
    let others = lowering.others();
    Some(ActionNode {
        type_name: Spanned::new(name.to_owned(), type_node.span),
        instance_id,
        computed_id,
        guard,
        span: node.span,
        pointer: pointer.to_owned(),
        uses: lowering.uses,
        body,
        success,
        toast,
        others,
    })
}

impl<'a> Lowering<'a> {
    fn body(&mut self) -> Arc<dyn Action> {
        let known = REGISTRY.iter().find(|action_type| action_type.name == self.type_name);
        let lower = known.map_or(ui::lower as fn(&mut Self) -> Arc<dyn Action>, |known| known.lower);
        lower(self)
    }

    /// The option's node, when it is there.
    #[must_use]
    pub fn node(&self, key: &str) -> Option<&'a Node> {
        self.options.and_then(|options| options.get(key))
    }

    /// The option as a template, when it is there.
    pub fn template(&mut self, key: &str) -> Option<Template> {
        self.node(key).map(|node| template(node, self.parse))
    }

    /// All options as one template, without the actions inside them.
    pub fn options(&mut self) -> Template {
        self.options.map_or_else(|| Template::Map(Vec::new()), |node| without_actions(node, self.parse))
    }

    /// The option as text that is not an expression, with its place.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Spanned<String>> {
        self.node(key).and_then(spanned_text).filter(|text| !is_expression(&text.value))
    }

    /// The items of the option that are texts and not expressions, with their places.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<Spanned<String>> {
        let items = self.node(key).map_or(&[][..], Node::items);
        items.iter().filter_map(spanned_text).filter(|text| !is_expression(&text.value)).collect()
    }

    /// Remembers that the option's text, if it is literal, names something.
    pub fn note(&mut self, kind: UseKind, key: &str) {
        if let Some(text) = self.text(key) {
            self.note_at(kind, text);
        }
    }

    /// Remembers that a text names something.
    pub fn note_at(&mut self, kind: UseKind, text: Spanned<String>) {
        self.uses.push(Use { kind, id: text.value, span: text.span });
    }

    /// The action that the option holds.
    pub fn action(&mut self, key: &str) -> Option<ActionNode> {
        let node = self.node(key)?;
        self.inner(node, format!("/{key}"))
    }

    /// The toast under `onSuccess`: an object that is no action (actions.md §7).
    fn toast(&mut self) -> Option<Template> {
        let node = self.node("onSuccess").filter(|node| matches!(node.kind, Kind::Object(_)))?;
        (!is_action(node)).then(|| without_actions(node, self.parse))
    }

    /// The actions that the option lists.
    pub fn actions(&mut self, key: &str) -> Vec<ActionNode> {
        let items = self.node(key).map_or(&[][..], Node::items);
        let places = items.iter().enumerate().map(|(n, item)| (format!("/{key}/{n}"), item));
        places.filter_map(|(place, item)| self.inner(item, place)).collect()
    }

    fn inner(&mut self, node: &Node, place: String) -> Option<ActionNode> {
        let pointer = format!("{}/options{place}", self.pointer);
        self.taken.push(place);
        lower(node, &pointer, self.source, self.parse, self.diagnostics)
    }

    /// The actions inside that stand where this type runs none: buttons of a toast, for example.
    fn others(&mut self) -> Vec<ActionNode> {
        let mut found = Vec::new();
        if let Some(options) = self.options {
            find_actions(options, &mut String::new(), &mut found);
        }
        found.retain(|(place, _)| !self.taken.contains(place));
        found.into_iter().filter_map(|(place, node)| self.inner(node, place)).collect()
    }
}

/// The outermost actions below a node, with their places.
fn find_actions<'n>(node: &'n Node, place: &mut String, found: &mut Vec<(String, &'n Node)>) {
    if is_action(node) {
        return found.push((place.clone(), node));
    }
    let length = place.len();
    for entry in node.entries() {
        push_token(place, &entry.key.text);
        find_actions(&entry.value, place, found);
        place.truncate(length);
    }
    for (n, item) in node.items().iter().enumerate() {
        push_token(place, &n.to_string());
        find_actions(item, place, found);
        place.truncate(length);
    }
}

/// A node as a template: expressions parsed, all else literal. An expression that has mistakes
/// becomes `null`.
pub fn template(node: &Node, parse: &mut Parse<'_>) -> Template {
    match &node.kind {
        Kind::String(scalar) if is_expression(&scalar.text) => {
            parse(&scalar.text).map_or(Template::Literal(Value::Null), Template::Expression)
        }
        Kind::Array(items) => fold_list(items.iter().map(|item| template(item, parse)).collect()),
        Kind::Object(entries) => {
            let pairs = entries.iter().map(|e| (String::from(&*e.key.text), template(&e.value, parse)));
            fold_map(pairs.collect())
        }
        _ => Template::Literal(node.to_value()),
    }
}

/// A node as a template without the actions in it, which are evaluated when they run.
fn without_actions(node: &Node, parse: &mut Parse<'_>) -> Template {
    match &node.kind {
        Kind::Array(items) => {
            let items = items.iter().filter(|item| !is_action(item));
            fold_list(items.map(|item| without_actions(item, parse)).collect())
        }
        Kind::Object(entries) => {
            let entries =
                entries.iter().filter(|entry| !is_action(&entry.value) && !holds_actions(&entry.value));
            let pairs = entries.map(|e| (String::from(&*e.key.text), without_actions(&e.value, parse)));
            fold_map(pairs.collect())
        }
        _ => template(node, parse),
    }
}

/// Whether a node is an action: its type is written like one.
#[must_use]
pub fn is_action(node: &Node) -> bool {
    let written = node.get("type").and_then(Node::as_str);
    let rest = written.and_then(|written| written.strip_prefix("action"));
    rest.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

fn holds_actions(node: &Node) -> bool {
    !node.items().is_empty() && node.items().iter().all(is_action)
}

fn fold_list(items: Vec<Template>) -> Template {
    if items.iter().all(is_literal) {
        return Template::Literal(Value::Array(items.into_iter().map(into_literal).collect()));
    }
    Template::List(items)
}

fn fold_map(entries: Vec<(String, Template)>) -> Template {
    if entries.iter().all(|(_, value)| is_literal(value)) {
        return Template::Literal(Value::Object(
            entries.into_iter().map(|(k, v)| (k, into_literal(v))).collect(),
        ));
    }
    Template::Map(entries)
}

fn is_literal(template: &Template) -> bool {
    matches!(template, Template::Literal(_))
}

fn into_literal(template: Template) -> Value {
    if let Template::Literal(value) = template { value } else { Value::Null }
}

fn spanned_text(node: &Node) -> Option<Spanned<String>> {
    node.as_str().map(|text| Spanned::new(text.to_owned(), node.span))
}

/// The place of a range inside a text node.
pub(super) fn place(node: &Node, range: std::ops::Range<usize>, source: &str) -> Span {
    node.as_scalar().map_or(node.span, |scalar| scalar.span_of(node.span, range, source))
}
