//! What an action list does for sync scopes, step by step.

use super::Cx;
use super::edit::with_key;
use crate::action::{ActionNode, SyncRole, UseKind};
use crate::diag::Fix;
use crate::expr::is_expression;
use crate::syntax::{Kind, Node};

const LIST: &str = "action.action-list";

/// One item of a list with all actions inside it.
pub(super) struct Step<'s> {
    /// The item.
    pub action: &'s ActionNode,
    /// The item, or in its place the items of a list that it is.
    pub items: Vec<&'s ActionNode>,
    /// The scopes it starts.
    pub starts: Vec<&'s ActionNode>,
    /// The syncs it runs, in this file or in global actions that it calls.
    pub syncs: Vec<&'s ActionNode>,
    /// Whether it runs actions that are not known.
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

/// The steps of a list that starts a scope; `None` for any other action.
pub(super) fn scope_steps<'s, 'a: 's>(cx: &Cx<'a>, list: &'s ActionNode) -> Option<Vec<Step<'s>>> {
    let mut steps = steps(list)?;
    if steps.iter().all(|step| step.starts.is_empty()) {
        return None;
    }
    steps.iter_mut().for_each(|step| called(cx, step));
    Some(steps)
}

/// The steps of a list; `None` for any other action.
fn steps(list: &ActionNode) -> Option<Vec<Step<'_>>> {
    if list.type_name.value != LIST {
        return None;
    }
    Some(list.body.children().into_iter().map(step).collect())
}

/// The first item of a list that is `earlier`, and an item after it that is `later`. The items of
/// lists in the list count as its own, but a pair within one of them is that list's. What stands in a
/// question or behind `onSuccess` runs at a time of its own and does not count.
pub(super) fn pair(
    list: &ActionNode,
    earlier: impl Fn(&ActionNode) -> bool,
    later: impl Fn(&ActionNode) -> bool,
) -> Option<(&ActionNode, &ActionNode)> {
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
    with_key(options, "isSequential", "true", text).map(|(place, key)| Fix::safe(title, place, key))
}

/// The members that a start lists, when all are known without running and exist.
pub(super) fn members<'s>(cx: &Cx<'_>, start: &'s ActionNode) -> Option<Vec<&'s str>> {
    let Some(SyncRole::Scope(ids)) = start.body.sync() else { return None };
    let written = cx.node(start)?.at("/options/instanceIds")?;
    let literal = |item: &Node| item.as_str().is_some_and(|text| !is_expression(text));
    let exists = |id: &str| !cx.project.index.definitions(UseKind::Member, id).is_empty();
    let known = !written.items().is_empty() && written.items().iter().all(literal);
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

/// Adds the syncs of the global actions that a step calls; what those call in turn is not looked at.
fn called<'s, 'a: 's>(cx: &Cx<'a>, step: &mut Step<'s>) {
    if !step.calls {
        return;
    }
    let (mut syncs, mut unknown) = (Vec::new(), false);
    step.action.visit(&mut |inner| {
        if inner.type_name.value != "action.execute-action" {
            return;
        }
        let id = inner.uses.iter().find(|used| used.kind == UseKind::Action).map(|used| used.id.as_str());
        let Some(global) = id.and_then(|id| cx.project.actions.get(id)) else {
            unknown = true;
            return;
        };
        global.placed.action.visit(&mut |inner| {
            unknown |= inner.type_name.value == "action.execute-action";
            if inner.body.sync() == Some(SyncRole::Member) {
                syncs.push(inner);
            }
        });
    });
    step.syncs.extend(syncs);
    step.calls = unknown;
}
