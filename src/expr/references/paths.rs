//! Paths that begin with `@ctx`.

use super::super::ast::{Bytes, Kind, Node};
use super::{ContextPath, Segment};

/// Finds every path in the tree.
pub(super) fn collect(node: &Node, found: &mut Vec<ContextPath>) {
    if let Some(path) = context_path(node) {
        found.push(path);
        insides(node, found);
    } else {
        node.for_each_child(&mut |child| collect(child, found));
    }
}

/// The path that a node is, when it begins with `@ctx`.
fn context_path(node: &Node) -> Option<ContextPath> {
    let mut steps = Vec::new();
    flatten(node, &mut steps);
    let (first, rest) = steps.split_first()?;
    if !matches!(first.node.kind, Kind::Ctx) {
        return None;
    }
    let end = rest.last().map_or(first.node.bytes, |step| step.node.bytes);
    Some(ContextPath {
        range: first.node.bytes.to(end).range(),
        segments: rest.iter().map(segment).collect(),
    })
}

struct Step<'a> {
    node: &'a Node,
    dynamic: bool,
}

/// The steps of a path from left to right.
fn flatten<'a>(node: &'a Node, steps: &mut Vec<Step<'a>>) {
    match &node.kind {
        Kind::Path(left, right) => {
            flatten(left, steps);
            flatten(right, steps);
        }
        Kind::KeepArray(of) => flatten(of, steps),
        Kind::Filter(of, _)
        | Kind::Sort(of, _)
        | Kind::Group(of, _)
        | Kind::Focus(of, _)
        | Kind::Index(of, _) => {
            flatten(of, steps);
            if let Some(last) = steps.last_mut() {
                last.dynamic = true;
            }
        }
        _ => steps.push(Step { node, dynamic: false }),
    }
}

fn segment(step: &Step<'_>) -> Segment {
    let (name, bytes, computed): (Option<&str>, Bytes, bool) = match &step.node.kind {
        Kind::Name(name) | Kind::Text(name) => (Some(name), step.node.bytes, false),
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Name(name) => (Some(name), callee.bytes, true),
            _ => (None, step.node.bytes, true),
        },
        _ => (None, step.node.bytes, true),
    };
    let called = computed && name.is_some();
    Segment { name: name.map(str::to_owned), range: bytes.range(), dynamic: computed || step.dynamic, called }
}

/// Finds the paths inside the predicates, groupings and calls of a path.
fn insides(node: &Node, found: &mut Vec<ContextPath>) {
    match &node.kind {
        Kind::Ctx => {}
        Kind::Path(left, right) => {
            insides(left, found);
            insides(right, found);
        }
        Kind::KeepArray(of)
        | Kind::Filter(of, _)
        | Kind::Sort(of, _)
        | Kind::Group(of, _)
        | Kind::Focus(of, _)
        | Kind::Index(of, _) => {
            insides(of, found);
            let mut first = true;
            node.for_each_child(&mut |child| {
                if !std::mem::take(&mut first) {
                    collect(child, found);
                }
            });
        }
        _ => node.for_each_child(&mut |child| collect(child, found)),
    }
}
