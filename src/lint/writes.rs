//! Actions that write rows of a table, and the tables that the app's own actions write to.

use super::Cx;
use super::doubt::Doubts;
use super::table::{Add, Sight};
use super::triggers::roots;
use crate::action::{ActionNode, ProviderKind};
use crate::diag::Span;
use crate::expr::{Expression, Shape, is_expression};
use crate::syntax::{Entry, Kind, Node};

/// One `action.execute-entity`, `action.execute-entities` or `action.submit-form`.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    /// Its options.
    pub options: &'a Node,
    /// What it writes.
    pub rows: Rows,
}

/// What a write gets its rows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// `data`, one row.
    One,
    /// `data`, a list of rows.
    Many,
    /// The fields of a form.
    Form,
}

impl<'a> Write<'a> {
    /// `None` for an action that writes no rows, or whose options are not known for sure.
    pub fn of(cx: &Cx<'a>, action: &ActionNode) -> Option<Self> {
        Self::read(action, cx.node(action)?, &cx.doubts(action.span.file))
    }

    fn read(action: &ActionNode, node: &'a Node, doubts: &Doubts) -> Option<Self> {
        let rows = match action.type_name.value.as_str() {
            "action.execute-entity" => Rows::One,
            "action.execute-entities" => Rows::Many,
            "action.submit-form" => Rows::Form,
            _ => return None,
        };
        let options = node.get("options")?;
        (doubts.is_read(options.span) && !doubts.has_stray_key(options)).then_some(Self { options, rows })
    }

    /// An option that is written out.
    pub fn word(&self, key: &str) -> Option<(&'a Node, &'a str)> {
        let node = self.options.get(key)?;
        Some((node, node.as_str().filter(|text| !is_expression(text))?))
    }

    /// The provider, when it is known without running.
    pub fn provider(&self) -> Option<ProviderKind> {
        ProviderKind::from_constant(self.word("provider")?.1)
    }

    /// Whether the method, known without running, is one of these.
    pub fn is_method(&self, methods: &[&str]) -> bool {
        self.word("method").is_some_and(|(_, method)| methods.contains(&method))
    }
}

/// The names that a map, or each map of a list, surely has; `None` when they are not known without running.
pub(super) fn fields(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        Kind::Object(entries) => Some(entries.iter().map(|entry| String::from(&*entry.key.text)).collect()),
        Kind::String(scalar) if is_expression(&scalar.text) => {
            let shape = Expression::parse(&scalar.text).ok()?.shape();
            shape.fields().map(|fields| fields.iter().map(|field| field.name.clone()).collect())
        }
        Kind::Array(items) => {
            let mut lists = items.iter().map(fields).collect::<Option<Vec<_>>>()?.into_iter();
            let first = lists.next()?;
            Some(lists.fold(first, |all, next| all.into_iter().filter(|name| next.contains(name)).collect()))
        }
        _ => None,
    }
}

/// An entry of a map that is written like this but for capitals.
pub(super) fn miscased<'a>(node: &'a Node, key: &str) -> Option<&'a Entry> {
    node.entries().iter().find(|entry| *entry.key.text != *key && entry.key.text.eq_ignore_ascii_case(key))
}

/// Whether an expression surely gives a list.
pub(super) fn gives_list(text: &str) -> bool {
    Expression::parse(text).is_ok_and(|expression| match expression.shape() {
        Shape::List(_) => true,
        _ => is_list_call(expression.root()),
    })
}

fn is_list_call(node: &crate::expr::ExprNode) -> bool {
    use crate::expr::ExprKind as E;
    const LISTS: [&str; 10] =
        ["map", "split", "append", "sort", "distinct", "reverse", "shuffle", "zip", "keys", "spread"];
    match &node.kind {
        E::Call(callee, _) => matches!(&callee.kind, E::Variable(name) if LISTS.contains(&&**name)),
        E::Block(items) => items.last().is_some_and(is_list_call),
        _ => false,
    }
}

/// An action that writes to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writer {
    /// How.
    pub provider: ProviderKind,
    /// Where it names the table.
    pub span: Span,
}

/// Adds the actions that write to tables, by the table's name.
pub(super) fn writers(file: Sight<'_>, add: Add<'_, Writer>) {
    let doubts = Doubts::of(file.source, file.loaded);
    for (root, _) in file.parts().flat_map(roots) {
        root.action.visit(&mut |action| {
            let node = file.source.tree.root.at(&action.pointer);
            if let Some(write) = node.and_then(|node| Write::read(action, node, &doubts))
                && write.is_method(&["create", "update", "save", "delete"])
                && let (Some(provider), Some((node, table))) = (write.provider(), write.word("entity"))
            {
                add(table, Writer { provider, span: node.span });
            }
        });
    }
}

impl<'a> Cx<'a> {
    /// The actions that write to a table, in order of the app.
    pub fn writers_to(&self, table: &str) -> Vec<&'a Writer> {
        self.rows(|known| &known.writers, table).iter().map(|(_, writer)| writer).collect()
    }
}
