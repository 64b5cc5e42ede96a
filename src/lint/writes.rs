//! Actions that write rows of a table, and the tables that the app's own actions write to.

use std::collections::HashMap;

use super::Cx;
use crate::action::{ActionNode, ProviderKind};
use crate::app::Project;
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
        let rows = match action.type_name.value.as_str() {
            "action.execute-entity" => Rows::One,
            "action.execute-entities" => Rows::Many,
            "action.submit-form" => Rows::Form,
            _ => return None,
        };
        let options = cx.node(action)?.get("options")?;
        (cx.is_read(options.span) && !cx.has_stray_key(options)).then_some(Self { options, rows })
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
        Kind::Object(entries) => Some(entries.iter().map(|entry| entry.key.text.to_string()).collect()),
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

/// The actions that write to each table, by its name.
pub(super) struct Writers<'a> {
    by_table: HashMap<&'a str, Vec<Writer>>,
}

/// An action that writes to a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer {
    /// How.
    pub provider: ProviderKind,
    /// Where it names the table.
    pub span: Span,
}

impl<'a> Writers<'a> {
    pub fn of(cx: &Cx<'a>, project: &'a Project) -> Self {
        let mut by_table: HashMap<&str, Vec<Writer>> = HashMap::new();
        for root in project.root_actions() {
            root.action.visit(&mut |action| {
                if let Some(write) = Write::of(cx, action)
                    && write.is_method(&["create", "update", "save", "delete"])
                    && let (Some(provider), Some((node, table))) = (write.provider(), write.word("entity"))
                {
                    by_table.entry(table).or_default().push(Writer { provider, span: node.span });
                }
            });
        }
        Self { by_table }
    }

    /// The actions that write to a table, in order of the app.
    pub fn to(&self, table: &str) -> &[Writer] {
        self.by_table.get(table).map_or(&[], Vec::as_slice)
    }
}
