//! The entries of a sync: which table is filled by which function.

use std::ops::Range;

use super::Cx;
use crate::action::ActionNode;
use crate::app::{Function, Rows};
use crate::expr::{ExprKind, ExprNode, Expression, is_expression};
use crate::syntax::Node;

/// One entry under `entities:` of `action.sync-entities`.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The whole entry.
    pub node: &'a Node,
    /// The table, when it is known without running.
    pub entity: Option<&'a Node>,
    /// The function, when it is known without running.
    pub function: Option<&'a Node>,
}

impl<'a> Entry<'a> {
    /// The table's name, when it is known without running.
    pub fn table(&self) -> Option<&'a str> {
        self.entity.and_then(Node::as_str)
    }

    /// The function that fills the table, when it is known without running.
    pub fn called<'c>(&self, cx: &'c Cx<'_>) -> Option<&'c Function> {
        let function = cx.project.functions.get(self.function?.as_str()?)?;
        cx.is_sound(function.span).then_some(function)
    }
}

/// The entries of a sync, as far as they are written out; none for any other action.
pub(super) fn entries<'a>(cx: &Cx<'a>, action: &ActionNode) -> Vec<Entry<'a>> {
    if action.type_name.value != "action.sync-entities" {
        return Vec::new();
    }
    let list = cx.node(action).and_then(|node| node.at("/options/entities"));
    list.map(entries_in).into_iter().flatten().collect()
}

/// The entries of a list under `entities:`.
pub(super) fn entries_in(list: &Node) -> impl Iterator<Item = Entry<'_>> {
    list.items().iter().map(entry)
}

/// The expression that makes the entries of a sync, and where it stands.
pub(super) fn computed_entities<'a>(cx: &Cx<'a>, action: &ActionNode) -> Option<(&'a Node, Expression)> {
    if action.type_name.value != "action.sync-entities" {
        return None;
    }
    let node = cx.node(action)?.at("/options/entities")?;
    let text = node.as_str().filter(|text| is_expression(text))?;
    Some((node, Expression::parse(text).ok()?))
}

/// An entry that an expression makes, with a table and a function that are written out in it.
pub(super) struct Made<'e> {
    pub table: &'e str,
    pub function: &'e str,
    /// Where the expression names the table, with its quotes.
    pub table_range: Range<usize>,
    /// Where it names the function, with its quotes.
    pub function_range: Range<usize>,
}

impl<'e> Made<'e> {
    /// The entry that an object of an expression is.
    pub fn of(pairs: &'e [(ExprNode, ExprNode)]) -> Option<Self> {
        let value = |wanted: &str| {
            let (_, value) = pairs.iter().find(|(key, _)| text(key) == Some(wanted))?;
            Some((text(value)?, value.bytes.range()))
        };
        let ((table, table_range), (function, function_range)) = (value("entity")?, value("function")?);
        Some(Self { table, function, table_range, function_range })
    }

    /// All entries that an expression makes somewhere.
    pub fn within(node: &'e ExprNode, visit: &mut dyn FnMut(Self)) {
        if let ExprKind::Object(pairs) = &node.kind {
            Self::of(pairs).into_iter().for_each(&mut *visit);
        }
        node.for_each_child(&mut |child| Self::within(child, visit));
    }
}

fn text(node: &ExprNode) -> Option<&str> {
    match &node.kind {
        ExprKind::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a call of the function removes all rows of the table that it fills (functions.md §6).
pub(super) fn wipes(function: &Function) -> bool {
    matches!(function.rows, Rows::Replace) && function.operations.is_none()
}

fn entry(node: &Node) -> Entry<'_> {
    let entity = if node.as_str().is_some() { Some(node) } else { node.get("entity") };
    Entry {
        node,
        entity: entity.filter(|node| is_literal(node)),
        function: node.get("function").filter(|node| is_literal(node)),
    }
}

fn is_literal(node: &Node) -> bool {
    node.as_str().is_some_and(|text| !is_expression(text))
}
