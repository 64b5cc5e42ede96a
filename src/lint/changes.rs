//! Which tables an action changes.

use serde_json::Value;

use super::Cx;
use super::entries::entries;
use crate::action::{ActionNode, Method, SyncRole};
use crate::app::RowOperationKind;
use crate::diag::Span;
use crate::expr::{Template, is_expression};
use crate::syntax::Node;

/// A table that an action changes.
pub(super) struct Change<'a> {
    /// Its name as written.
    pub table: &'a str,
    /// What changes it.
    pub by: Span,
}

/// The tables that an action itself changes, as far as they are known without running.
pub(super) fn changes<'a>(cx: &Cx<'a>, action: &ActionNode) -> Vec<Change<'a>> {
    let Some(options) = cx.node(action).and_then(|node| node.get("options")) else { return Vec::new() };
    let by = action.type_name.span;
    let listed = |key: &str| {
        let names = options.get(key).map_or(&[][..], Node::items).iter().filter_map(literal);
        names.map(|table| Change { table, by }).collect()
    };
    match action.type_name.value.as_str() {
        "action.sync-entities" => {
            let fetched = entries(cx, action).into_iter();
            let fetched =
                fetched.filter_map(|entry| Some(Change { table: entry.table()?, by: entry.entity?.span }));
            let more = entries(cx, action).into_iter();
            let more = more.flat_map(|entry| by_function(cx, entry.node, entry.table(), by));
            fetched.chain(more).chain(tracking(action)).collect()
        }
        "action.execute-entity" | "action.execute-entities" | "action.submit-form" => {
            let own = row(options).map(|table| Change { table, by });
            let entity = options.get("entity").and_then(literal);
            own.into_iter().chain(by_function(cx, options, entity, by)).collect()
        }
        "action.execute-sql" if changes_rows(options) => listed("entities"),
        "action.find-replace" => listed("tables"),
        _ => tracking(action).collect(),
    }
}

/// The tables that follow a sync or a scope.
fn tracking<'a>(action: &ActionNode) -> impl Iterator<Item = Change<'a>> {
    let tables: &[&str] = match (action.type_name.value.as_str(), action.body.sync()) {
        (_, Some(SyncRole::Member)) if action.instance_id.is_some() => &["_syncStatus", "_syncScope"],
        (_, Some(SyncRole::Member)) | ("action.delete-sync-status", _) => &["_syncStatus"],
        (_, Some(SyncRole::Scope(_))) | ("action.delete-sync-scope", _) => &["_syncScope"],
        _ => &[],
    };
    let by = action.type_name.span;
    tables.iter().map(move |table| Change { table, by })
}

/// What the operations of the function change that stands in `owner`; those with a guard may do nothing.
fn by_function<'a>(cx: &Cx<'a>, owner: &'a Node, entity: Option<&'a str>, by: Span) -> Vec<Change<'a>> {
    let function = owner.get("function").and_then(literal).and_then(|id| cx.project.functions.get(id));
    let operations = function.and_then(|function| function.operations.as_ref()).into_iter().flatten();
    let tables =
        operations.filter(|operation| operation.when.is_none()).flat_map(|operation| match &operation.kind {
            RowOperationKind::ExecuteSql { statements, tables } => {
                let mut texts = statements.iter().filter_map(|(statement, _)| word(statement));
                if texts.any(changes_text) { tables.iter().map(String::as_str).collect() } else { Vec::new() }
            }
            RowOperationKind::FindReplace { tables, .. } => tables.iter().map(String::as_str).collect(),
            RowOperationKind::Unknown(_) => Vec::new(),
            _ => match &operation.table {
                Some(table) => word(table).into_iter().collect(),
                None => entity.into_iter().collect::<Vec<&str>>(),
            },
        });
    tables.map(|table| Change { table, by }).collect()
}

/// A value that is a text known without running.
fn word(template: &Template) -> Option<&str> {
    match template {
        Template::Literal(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The table of an action that writes rows.
fn row(options: &Node) -> Option<&str> {
    const CALLS: [Method; 2] = [Method::FunctionCall, Method::Download];
    let method = options.get("method").and_then(literal)?;
    let writes = CALLS.iter().all(|call| call.word() != method);
    options.get("entity").and_then(literal).filter(|_| writes)
}

fn changes_rows(options: &Node) -> bool {
    let statements = options.get("statements").map_or(&[][..], Node::items).iter();
    let mut texts = statements.filter_map(|statement| statement.get("statement").and_then(literal));
    texts.any(changes_text)
}

/// Whether a statement changes rows.
fn changes_text(statement: &str) -> bool {
    const CHANGES: [&str; 4] = ["insert", "update", "delete", "replace"];
    let text = statement.to_ascii_lowercase();
    CHANGES.iter().any(|change| text.contains(change))
}

fn literal(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| !is_expression(text))
}
