//! What an action list does for sync scopes, step by step.

use super::Cx;
use crate::action::{ActionNode, SyncRole};
use crate::diag::{Fix, Span};
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

const LIST: &str = "action.action-list";

/// One item of a list with all actions inside it.
pub(super) struct Step<'a> {
    /// The item.
    pub action: &'a ActionNode,
    /// The item, or in its place the items of a list that it is.
    pub items: Vec<&'a ActionNode>,
    /// The scopes it starts.
    pub starts: Vec<&'a ActionNode>,
    /// The syncs it runs.
    pub syncs: Vec<&'a ActionNode>,
    /// Whether it runs actions that stand elsewhere.
    pub calls: bool,
}

/// Whether the items of a list wait for one another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    Sequential,
    Together,
    /// An expression decides.
    Unknown,
}

/// The steps of a list; `None` for any other action.
pub(super) fn steps(list: &ActionNode) -> Option<Vec<Step<'_>>> {
    if list.type_name.value != LIST {
        return None;
    }
    Some(list.body.children().into_iter().map(step).collect())
}

/// The first item of a list that is `earlier`, and an item after it that is `later`. The items of
/// lists in the list count as its own, but a pair within one of them is that list's. What stands in a
/// question or behind `onSuccess` runs at a time of its own and does not count.
pub(super) fn pair<'a>(
    list: &'a ActionNode,
    earlier: impl Fn(&ActionNode) -> bool,
    later: impl Fn(&ActionNode) -> bool,
) -> Option<(&'a ActionNode, &'a ActionNode)> {
    let steps = steps(list)?;
    let at = steps.iter().position(|step| step.items.iter().any(|item| earlier(item)))?;
    let first = steps[at].items.iter().find(|item| earlier(item))?;
    let second = steps[at + 1..].iter().flat_map(|step| &step.items).find(|item| later(item))?;
    Some((first, second))
}

fn flatten<'a>(item: &'a ActionNode, found: &mut Vec<&'a ActionNode>) {
    match item.type_name.value.as_str() {
        LIST => item.body.children().into_iter().for_each(|inner| flatten(inner, found)),
        _ => found.push(item),
    }
}

/// Whether an action changes rows, here or at a back end (actions.md §5, §6, §8, §9).
pub(super) fn is_write(action: &ActionNode) -> bool {
    matches!(
        action.type_name.value.as_str(),
        "action.execute-entity"
            | "action.execute-entities"
            | "action.execute-sql"
            | "action.find-replace"
            | "action.submit-form"
    )
}

/// The order of a list.
pub(super) fn sequence(cx: &Cx<'_>, list: &ActionNode) -> Sequence {
    let node = cx.node(list).and_then(|node| node.at("/options/isSequential"));
    match node.map(|node| &node.kind) {
        Some(Kind::Bool(true)) => Sequence::Sequential,
        None | Some(Kind::Bool(false) | Kind::Null) => Sequence::Together,
        Some(_) => Sequence::Unknown,
    }
}

/// What adds or turns on `isSequential`.
pub(super) fn made_sequential(cx: &Cx<'_>, list: &ActionNode) -> Option<Fix> {
    let title = "make the list sequential";
    let text = cx.text(list.span.file);
    let options = cx.node(list)?.get("options")?;
    if let Some(written) = options.get("isSequential") {
        let is_written = matches!(written.kind, Kind::Bool(_));
        return is_written.then(|| Fix::safe(title, written.span, "true"));
    }
    let first = options.entries().first()?.key_span;
    let (before, after) = text.split_at_checked(first.start as usize)?;
    let indent = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let added = match (in_braces(options, text), after.starts_with('"')) {
        (true, true) => "\"isSequential\": true, ".to_owned(),
        (true, false) => "isSequential: true, ".to_owned(),
        // Only where the first key stands alone on its line is it known how the next line begins.
        (false, _) if indent.chars().all(|c| c == ' ') => format!("isSequential: true\n{indent}"),
        (false, _) => return None,
    };
    Some(Fix::safe(title, Span { end: first.start, ..first }, added))
}

/// The members that a start lists, when all are known without running and exist.
pub(super) fn members<'a>(cx: &Cx<'_>, start: &'a ActionNode) -> Option<Vec<&'a str>> {
    let Some(SyncRole::Scope(ids)) = start.body.sync() else { return None };
    let written = cx.node(start)?.at("/options/instanceIds")?;
    let literal = |item: &Node| item.as_str().is_some_and(|text| !is_expression(text));
    let exists = |id: &str| !cx.project.index.definitions(crate::action::UseKind::Member, id).is_empty();
    let known = matches!(written.kind, Kind::Array(_)) && written.items().iter().all(literal);
    (known && ids.iter().all(|id| exists(&id.value)))
        .then(|| ids.iter().map(|id| id.value.as_str()).collect())
}

/// The id of a sync, when it is known without running.
pub(super) fn literal_id(action: &ActionNode) -> Option<&str> {
    action.instance_id.as_ref().map(|id| id.value.as_str()).filter(|id| !is_expression(id))
}

/// The scope's id as messages show it.
pub(super) fn scope_name(start: &ActionNode) -> &str {
    literal_id(start).unwrap_or("this scope")
}

fn step(action: &ActionNode) -> Step<'_> {
    let mut step = Step { action, items: Vec::new(), starts: Vec::new(), syncs: Vec::new(), calls: false };
    flatten(action, &mut step.items);
    action.visit(&mut |inner| match inner.body.sync() {
        Some(SyncRole::Scope(_)) => step.starts.push(inner),
        Some(SyncRole::Member) => step.syncs.push(inner),
        None => step.calls |= inner.type_name.value == "action.execute-action",
    });
    step
}

fn in_braces(node: &Node, text: &str) -> bool {
    text.get(node.span.range()).is_some_and(|written| written.starts_with('{'))
}
