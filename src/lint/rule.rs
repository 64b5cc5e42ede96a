//! What a rule is: its page, and the places of an app that it wants to see.

use super::{Cx, Place};
use crate::action::ActionNode;
use crate::app::{Datasource, Found, Function, Placed, Reference};
use crate::diag::RuleInfo;
use crate::syntax::{Node, Scalar};

/// One rule. It keeps no state; what it finds goes to [`Cx::report`].
pub(super) struct Rule {
    /// Its page.
    pub info: RuleInfo,
    /// What it looks at; nothing when its findings come from elsewhere in this room.
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
    /// Every text that is no expression and has an `@` or a `$` in it.
    Text(TextCheck),
}

/// Looks at a text and the key it stands at.
pub(super) type TextCheck = fn(&mut Cx<'_>, &Place<'_>, Option<&str>, &Node, &Scalar);
