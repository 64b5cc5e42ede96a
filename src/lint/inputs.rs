//! Jigs, components and datasources with the inputs that they are given.

use std::collections::BTreeMap;

use super::Cx;
use super::rule::Branch;
use crate::app::{Declared, FileKind};
use crate::diag::Span;
use crate::syntax::{Entry, Kind, Node};

/// One use of something that takes inputs, when it is known which and what it is given.
pub(super) struct Passing<'a, 'n> {
    /// What is used, for messages: `the jig`.
    pub what: &'static str,
    pub kind: FileKind,
    pub id: &'n str,
    /// Where the use names it.
    pub span: Span,
    /// What it declares.
    pub declared: &'a BTreeMap<String, Declared>,
    /// What it is given.
    pub given: Vec<&'n Entry>,
    /// Whether it may have been given its inputs before.
    pub again: bool,
}

impl<'a, 'n> Passing<'a, 'n> {
    /// The use that a map makes; `None` also when part of it could not be read.
    pub fn of(cx: &Cx<'a>, branch: &Branch<'n>) -> Option<Self> {
        let node = branch.node;
        let used = Used::of(cx, branch).filter(|used| !used.declared.is_empty())?;
        let maps = used.owners.iter().flat_map(|owner| ["inputs", "parameters"].map(|key| owner.get(key)));
        let mut given = Vec::new();
        for map in maps.flatten() {
            match &map.kind {
                Kind::Object(entries) => given.extend(entries),
                _ => return None,
            }
        }
        let is_read = cx.is_read(node.span) && !used.owners.iter().any(|owner| cx.has_stray_key(owner));
        let is_sound = used.declared.values().all(|declared| cx.is_sound(declared.span));
        (is_read && is_sound).then(|| Self {
            what: used.what,
            kind: used.kind,
            id: used.id,
            span: used.span,
            declared: used.declared,
            given,
            again: node.get("behaviour").is_some(),
        })
    }
}

/// What is used, and the maps that may hold its inputs.
struct Used<'a, 'n> {
    what: &'static str,
    kind: FileKind,
    id: &'n str,
    span: Span,
    declared: &'a BTreeMap<String, Declared>,
    owners: Vec<&'n Node>,
}

impl<'a, 'n> Used<'a, 'n> {
    fn of(cx: &Cx<'a>, branch: &Branch<'n>) -> Option<Self> {
        let node = branch.node;
        if branch.type_name() == "component.custom-component" {
            let options = node.get("options")?;
            return Self::component(cx, options.get("componentId")?, vec![node, options]);
        }
        if let Some(name) = node.get("linkTo").or_else(|| node.get("jigId")) {
            return Self::jig(cx, name, node).filter(|_| node.get("package").is_none());
        }
        let is_reference = branch.key.is_some() && matches!(branch.type_name(), "" | "datasource.reference");
        Self::datasource(cx, node.get("datasourceId").filter(|_| is_reference)?, node)
    }

    fn jig(cx: &Cx<'a>, name: &'n Node, owner: &'n Node) -> Option<Self> {
        let id = name.as_str()?;
        let declared = &cx.project.jigs.get(id)?.inputs;
        Some(Self {
            what: "the jig",
            kind: FileKind::Jig,
            id,
            span: name.span,
            declared,
            owners: vec![owner],
        })
    }

    fn component(cx: &Cx<'a>, name: &'n Node, owners: Vec<&'n Node>) -> Option<Self> {
        let id = name.as_str()?;
        let declared = &cx.project.components.get(id)?.inputs;
        let kind = FileKind::Component;
        Some(Self { what: "the component", kind, id, span: name.span, declared, owners })
    }

    fn datasource(cx: &Cx<'a>, name: &'n Node, owner: &'n Node) -> Option<Self> {
        let id = name.as_str()?;
        let declared = &cx.project.datasources.get(id)?.inputs;
        let kind = FileKind::Datasource;
        Some(Self { what: "the datasource", kind, id, span: name.span, declared, owners: vec![owner] })
    }
}
