//! Who calls which function.

use super::Cx;
use super::entries::Made;
use super::known::ALL;
use super::table::{Add, Sight};
use super::triggers::roots;
use crate::action::ActionNode;
use crate::app::{Datasource, Holds, Origin};
use crate::expr::{Expression, is_expression};
use crate::syntax::Node;

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// By a sync, so that its rows are written to a table.
    Sync,
    /// By an action that does not expect rows.
    Action,
}

/// Adds the calls of all actions and datasources; those by an expression stand under no function.
pub(super) fn callers(file: Sight<'_>, add: Add<'_, Caller>) {
    for part in file.parts() {
        for (root, _) in roots(part) {
            root.action.visit(&mut |action| {
                let node = file.source.tree.root.at(&action.pointer);
                if let Some(options) = node.and_then(|node| node.get("options")) {
                    of_action(action, options, add);
                }
            });
        }
        match &part.holds {
            Holds::Screen(screen) => screen.datasources.values().for_each(|found| of_datasource(found, add)),
            Holds::Datasource(datasource) => of_datasource(datasource, add),
            _ => {}
        }
    }
}

fn of_action(action: &ActionNode, options: &Node, add: Add<'_, Caller>) {
    let mut called = |id: &str, caller: Caller| {
        add(id, caller);
        if is_expression(id) {
            add(ALL, caller);
        }
    };
    if action.type_name.value == "action.sync-entities" {
        let entities = options.get("entities").map_or(&[][..], Node::items);
        entities.iter().filter_map(function_of).for_each(|id| called(id, Caller::Sync));
        // Entries that an expression makes name functions, too.
        let made = options.get("entities").and_then(Node::as_str).filter(|text| is_expression(text));
        if let Some(made) = made.and_then(|text| Expression::parse(text).ok()) {
            Made::within(made.root(), &mut |made| called(made.function, Caller::Sync));
        }
    } else if let Some(id) = function_of(options) {
        called(id, Caller::Action);
    }
}

fn of_datasource(datasource: &Datasource, add: Add<'_, Caller>) {
    let Origin::Sqlite(sqlite) = &datasource.origin else { return };
    let named = sqlite.entities.iter().filter_map(|entity| entity.function.as_ref());
    named.for_each(|function| add(&function.value, Caller::Sync));
}

fn function_of(node: &Node) -> Option<&str> {
    node.get("function").and_then(Node::as_str)
}

impl Cx<'_> {
    /// Whether a sync calls the function, so that its rows are written to a table.
    pub fn is_synced(&self, function: &str) -> bool {
        self.is_called(function, Caller::Sync)
    }

    /// Whether something else than a sync calls the function, or may.
    pub fn may_be_executed(&self, function: &str) -> bool {
        !self.rows(|known| &known.callers, ALL).is_empty() || self.is_executed(function)
    }

    /// Whether an action calls the function by its name.
    pub fn is_executed(&self, function: &str) -> bool {
        self.is_called(function, Caller::Action)
    }

    fn is_called(&self, function: &str, how: Caller) -> bool {
        self.rows(|known| &known.callers, function).iter().any(|(_, caller)| *caller == how)
    }
}
