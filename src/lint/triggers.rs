//! What makes a global action run.

use std::collections::BTreeMap;

use crate::action::{ActionNode, UseKind};
use crate::app::{Placed, Project};

/// The calls of global actions, by the called action's id.
pub(super) struct Triggers<'a> {
    calls: BTreeMap<&'a str, Vec<Call<'a>>>,
}

/// One `action.execute-action`.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The action it stands in.
    pub root: &'a Placed,
    /// The calling action.
    pub action: &'a ActionNode,
    /// The global action that `root` is, when it is one.
    pub inside: Option<&'a str>,
}

impl<'a> Triggers<'a> {
    pub fn of(project: &'a Project) -> Self {
        let mut triggers = Self { calls: BTreeMap::new() };
        for root in project.screens().flat_map(|screen| &screen.actions) {
            triggers.add(root, None);
        }
        for (id, global) in &project.actions {
            triggers.add(&global.placed, Some(id));
        }
        triggers
    }

    /// The calls of a global action, in order of the app.
    pub fn calls(&self, id: &str) -> &[Call<'a>] {
        self.calls.get(id).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, root: &'a Placed, inside: Option<&'a str>) {
        root.action.visit(&mut |action| {
            for used in action.uses.iter().filter(|used| used.kind == UseKind::Action) {
                self.calls.entry(&used.id).or_default().push(Call { root, action, inside });
            }
        });
    }
}
