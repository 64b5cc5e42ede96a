//! The entries of a sync: which table is filled by which function.

use super::Cx;
use crate::action::ActionNode;
use crate::app::{Function, Rows};
use crate::expr::is_expression;
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
