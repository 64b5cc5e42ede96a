//! What a rule is: its page, and the places of an app that it wants to see.

use super::query::Statement;
use super::{Cx, Place};
use crate::action::ActionNode;
use crate::app::{Datasource, FileKind, Found, Function, Placed, Reference, Screen};
use crate::diag::RuleInfo;
use crate::syntax::{Node, Scalar};

/// One rule. It keeps no state; what it finds goes to [`Cx::report`].
pub(super) struct Rule {
    /// Its page.
    pub info: RuleInfo,
    /// What it looks at.
    pub checks: &'static [Check],
}

/// A look at one kind of place.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// The whole app, once.
    App(fn(&mut Cx<'_>)),
    /// Every use of an id.
    Reference(fn(&mut Cx<'_>, &Reference)),
    /// Every action that is not inside another one.
    RootAction(fn(&mut Cx<'_>, &Place<'_>, &Placed)),
    /// Every action, outer before inner.
    Action(fn(&mut Cx<'_>, &Place<'_>, &ActionNode)),
    /// Every expression without a syntax mistake.
    Expression(fn(&mut Cx<'_>, &Place<'_>, &Found)),
    /// Every datasource.
    Datasource(fn(&mut Cx<'_>, &Place<'_>, &Datasource)),
    /// Every function.
    Function(fn(&mut Cx<'_>, &Place<'_>, &Function)),
    /// Every index, jig and component.
    Screen(fn(&mut Cx<'_>, &Place<'_>, &Screen)),
    /// Every file, settings, translations and assets included.
    File(fn(&mut Cx<'_>, &Place<'_>)),
    /// Every SQL statement that stands in a datasource, an action or a function.
    Statement(fn(&mut Cx<'_>, &Statement<'_>)),
    /// Every map of keys in a file, outer before inner; not in settings, translations and assets.
    Object(fn(&mut Cx<'_>, &Place<'_>, &Branch<'_>)),
    /// Every text that is no expression and has an `@` or a `$` in it.
    Text(TextCheck),
}

/// A map of keys in a file, and what it stands in.
pub(super) struct Branch<'a> {
    /// The map.
    pub node: &'a Node,
    /// The key whose value it is, or is an item of; `None` for the whole file.
    pub key: Option<&'a str>,
    /// The maps around it, outermost first, each with its own key.
    pub outer: &'a [(Option<&'a str>, &'a Node)],
    /// The `type` that it declares, if it does.
    declared: Option<&'a str>,
}

impl<'a> Branch<'a> {
    pub fn new(node: &'a Node, key: Option<&'a str>, outer: &'a [(Option<&'a str>, &'a Node)]) -> Self {
        let declared = node.get("type").and_then(Node::as_str);
        Self { node, key, outer, declared }
    }

    /// The `type` that it declares, if it does.
    pub fn declared_type(&self) -> Option<&'a str> {
        self.declared
    }

    /// The `type` that it declares; empty when there is none.
    pub fn type_name(&self) -> &'a str {
        self.declared.unwrap_or_default()
    }

    /// The kind of part of the app that it is the whole of, as a file or an entry of a single-file app.
    pub fn part(&self, place: &Place<'_>) -> Option<FileKind> {
        if place.source.kind != FileKind::SingleFile {
            return self.outer.is_empty().then_some(place.source.kind);
        }
        match (self.outer, self.key) {
            ([], _) | ([_], Some("index")) => Some(FileKind::Index),
            ([_, (Some("jigs"), _)], _) => Some(FileKind::Jig),
            ([_, (Some("components"), _)], _) => Some(FileKind::Component),
            _ => None,
        }
    }
}

/// Looks at a text and the key it stands at.
pub(super) type TextCheck = fn(&mut Cx<'_>, &Place<'_>, Option<&str>, &Node, &Scalar);
