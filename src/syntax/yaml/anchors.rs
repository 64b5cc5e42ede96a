//! Anchors and aliases: an alias becomes a copy of what its anchor names, within a budget.

use super::build::{Body, Frame};
use crate::diag::Span;
use crate::syntax::{Entry, Kind, MAX_ALIAS_NODES, MAX_DEPTH, Node};

/// Aliases may add this many times the nodes that stand in the file.
const MAX_GROWTH: usize = 10;
/// Anchors after this many cannot be used.
const MAX_ANCHORS: usize = 10_000;

/// What the anchors of a document name.
#[derive(Default)]
pub(super) struct Anchors {
    /// By granit's ids, which count from 1.
    places: Vec<Option<Place>>,
    /// Anchored values that are in no tree: keys, merged maps, values of repeated keys.
    spare: Vec<Node>,
    added: usize,
    budget: Option<usize>,
}

/// Where an anchored value stands.
struct Place {
    root: Root,
    /// The position in its parent, level by level.
    path: Box<[u32]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Document,
    Spare(usize),
}

/// Why an alias has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its value was left out of the tree, which is told elsewhere.
    Lost,
    /// It stands within the value that it repeats.
    Endless,
    /// Together the aliases would add too much.
    Budget,
    /// Its value would be nested too deeply.
    Depth,
}

impl Anchors {
    /// Remembers that anchor `id` names the value about to be placed at the end of `frames`.
    pub(super) fn define(&mut self, id: usize, frames: &[Frame]) {
        let path = frames.iter().map(|frame| narrow(frame.body.len())).collect();
        self.put(id, Place { root: Root::Document, path });
    }

    /// Remembers a value that is in no tree.
    pub(super) fn define_spare(&mut self, id: usize, node: Node) {
        let root = Root::Spare(self.spare.len());
        self.spare.push(node);
        self.put(id, Place { root, path: Box::default() });
    }

    /// Keeps a finished value that would have stood at the end of `frames`, when an anchor in it needs it.
    pub(super) fn keep(&mut self, frames: &[Frame], node: &Node) {
        if self.places.is_empty() {
            return;
        }
        let prefix: Vec<u32> = frames.iter().map(|frame| narrow(frame.body.len())).collect();
        let root = Root::Spare(self.spare.len());
        let mut needed = false;
        for place in self.places.iter_mut().rev().flatten() {
            if place.root != Root::Document {
                continue;
            }
            let Some(rest) = place.path.strip_prefix(prefix.as_slice()) else { break };
            (place.path, place.root, needed) = (rest.into(), root, true);
        }
        if needed {
            self.spare.push(node.clone());
        }
    }

    /// A copy of what anchor `id` names, for a place below `frames`.
    pub(super) fn copy(
        &mut self,
        id: usize,
        frames: &[Frame],
        own_nodes: impl FnOnce() -> usize,
    ) -> Result<Node, Refused> {
        let budget =
            *self.budget.get_or_insert_with(|| own_nodes().saturating_mul(MAX_GROWTH).min(MAX_ALIAS_NODES));
        let mut room = budget.saturating_sub(self.added);
        if id > MAX_ANCHORS || room == 0 {
            return Err(Refused::Budget);
        }
        let node = self.find(id, frames)?;
        let copied = copy(node, MAX_DEPTH.saturating_sub(frames.len()), &mut room);
        // A refused copy is paid for too, or many of them would take for ever.
        self.added = budget - room;
        copied
    }

    fn put(&mut self, id: usize, place: Place) {
        let index = id.saturating_sub(1);
        if index >= MAX_ANCHORS {
            return;
        }
        if self.places.len() <= index {
            self.places.resize_with(index + 1, || None);
        }
        self.places[index] = Some(place);
    }

    fn find<'n>(&'n self, id: usize, frames: &'n [Frame]) -> Result<&'n Node, Refused> {
        let place = self.places.get(id.wrapping_sub(1)).and_then(Option::as_ref).ok_or(Refused::Lost)?;
        if let Root::Spare(index) = place.root {
            return self.spare.get(index).and_then(|node| descend(node, &place.path)).ok_or(Refused::Lost);
        }
        for (level, &index) in place.path.iter().enumerate() {
            // What the path does not reach yet is still open: the alias stands in it.
            let Some(frame) = frames.get(level) else { break };
            if let Some(child) = frame.body.child(index as usize) {
                return descend(child, &place.path[level + 1..]).ok_or(Refused::Lost);
            }
        }
        Err(Refused::Endless)
    }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn descend<'n>(node: &'n Node, path: &[u32]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, &index| match &node.kind {
        Kind::Array(items) => items.get(index as usize),
        Kind::Object(entries) => entries.get(index as usize).map(|entry| &entry.value),
        _ => None,
    })
}

fn copy(node: &Node, depth: usize, room: &mut usize) -> Result<Node, Refused> {
    *room = room.checked_sub(1).ok_or(Refused::Budget)?;
    let kind = match &node.kind {
        Kind::Array(items) => {
            let below = depth.checked_sub(1).ok_or(Refused::Depth)?;
            Kind::Array(items.iter().map(|item| copy(item, below, room)).collect::<Result<_, _>>()?)
        }
        Kind::Object(entries) => {
            let below = depth.checked_sub(1).ok_or(Refused::Depth)?;
            let copied = |entry: &Entry| {
                let value = copy(&entry.value, below, room)?;
                Ok(Entry { key: entry.key.clone(), key_span: entry.key_span, value })
            };
            Kind::Object(entries.iter().map(copied).collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    };
    Ok(Node { span: node.span, kind })
}

impl Body {
    fn child(&self, index: usize) -> Option<&Node> {
        match self {
            Self::Items(items) => items.get(index),
            Self::Entries(map) => map.entries.get(index).map(|entry| &entry.value),
        }
    }
}

/// The span of the node that replaces an alias: the alias itself.
pub(super) fn at(span: Span, node: Node) -> Node {
    Node { span, ..node }
}
