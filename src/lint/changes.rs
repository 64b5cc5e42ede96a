//! Which tables an action changes.

use super::Cx;
use super::entries::entries;
use crate::action::{ActionNode, Method, SyncRole};
use crate::diag::Span;
use crate::expr::is_expression;
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
            fetched.chain(tracking(action)).collect()
        }
        "action.execute-entity" | "action.execute-entities" | "action.submit-form" => {
            row(options).map(|table| Change { table, by }).into_iter().collect()
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

/// The table of an action that writes rows.
fn row(options: &Node) -> Option<&str> {
    const CALLS: [Method; 2] = [Method::FunctionCall, Method::Download];
    let method = options.get("method").and_then(literal)?;
    let writes = CALLS.iter().all(|call| call.word() != method);
    options.get("entity").and_then(literal).filter(|_| writes)
}

fn changes_rows(options: &Node) -> bool {
    const CHANGES: [&str; 4] = ["insert", "update", "delete", "replace"];
    let statements = options.get("statements").map_or(&[][..], Node::items).iter();
    let texts = statements.filter_map(|statement| statement.get("statement").and_then(literal));
    texts.map(str::to_ascii_lowercase).any(|text| CHANGES.iter().any(|change| text.contains(change)))
}

fn literal(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| !is_expression(text))
}
