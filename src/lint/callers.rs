//! Who calls which function.

use std::collections::HashSet;

use super::Cx;
use super::facts::Facts;
use crate::action::ActionNode;
use crate::app::Origin;
use crate::expr::is_expression;
use crate::syntax::Node;

/// The calls of functions in an app.
#[derive(Default)]
pub(super) struct Callers<'a> {
    synced: HashSet<&'a str>,
    executed: HashSet<&'a str>,
    /// Whether some call names its function by an expression.
    dynamic: bool,
}

impl<'a> Callers<'a> {
    /// Finds the calls of all actions and datasources.
    pub fn of(facts: &Facts<'a>) -> Self {
        let mut callers = Self::default();
        let project = &facts.loaded.project;
        for placed in project.root_actions() {
            placed.action.visit(&mut |action| callers.action(facts, action));
        }
        let own = project.screens().flat_map(|screen| screen.datasources.values());
        for datasource in own.chain(project.datasources.values()) {
            let Origin::Sqlite(sqlite) = &datasource.origin else { continue };
            let named = sqlite.entities.iter().filter_map(|entity| entity.function.as_ref());
            callers.synced.extend(named.map(|function| function.value.as_str()));
        }
        callers
    }

    fn action(&mut self, facts: &Facts<'a>, action: &ActionNode) {
        let source = facts.source(action.span.file);
        let Some(node) = source.and_then(|source| source.tree.root.at(&action.pointer)) else { return };
        let Some(options) = node.get("options") else { return };
        if action.type_name.value == "action.sync-entities" {
            let entities = options.get("entities").map_or(&[][..], Node::items);
            let named: Vec<&str> = entities.iter().filter_map(function_of).collect();
            self.dynamic |= named.iter().any(|id| is_expression(id));
            self.synced.extend(named);
        } else if let Some(id) = function_of(options) {
            self.dynamic |= is_expression(id);
            self.executed.insert(id);
        }
    }
}

fn function_of(node: &Node) -> Option<&str> {
    node.get("function").and_then(Node::as_str)
}

impl Cx<'_> {
    /// Whether a sync calls the function, so that its rows are written to a table.
    pub fn is_synced(&self, function: &str) -> bool {
        self.callers().synced.contains(function)
    }

    /// Whether something else than a sync calls the function, or may.
    pub fn may_be_executed(&self, function: &str) -> bool {
        self.callers().dynamic || self.callers().executed.contains(function)
    }

    /// Whether an action calls the function by its name.
    pub fn is_executed(&self, function: &str) -> bool {
        self.callers().executed.contains(function)
    }

    fn callers(&self) -> &Callers<'_> {
        self.facts.callers.get_or_init(|| Callers::of(self.facts))
    }
}
