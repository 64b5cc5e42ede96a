//! What an expression reads, its shared expressions included.

use std::collections::BTreeSet;

use serde_json::Value;

use super::session::null_path;
use crate::expr::{Expression, SharedExpressions};

/// The paths below `@ctx` that expressions read.
#[derive(Default)]
pub(super) struct Needs {
    paths: Vec<Vec<String>>,
    seen: BTreeSet<String>,
}

impl Needs {
    pub(super) fn of(expression: &Expression, shared: &SharedExpressions) -> Self {
        let mut needs = Self::default();
        needs.add(expression, shared);
        needs
    }

    pub(super) fn add(&mut self, expression: &Expression, shared: &SharedExpressions) {
        let references = expression.references();
        for path in &references.paths {
            // What comes behind a computed step depends on its value; up to there the path is known.
            let known = path.segments.iter().map_while(|segment| segment.name.clone());
            let names: Vec<String> = known.collect();
            if let [root, name, ..] = names.as_slice()
                && root == "expressions"
            {
                self.add_shared(name, shared);
            } else if !self.paths.contains(&names) {
                self.paths.push(names);
            }
        }
        for variable in &references.variables {
            self.add_shared(&variable.name, shared);
        }
    }

    fn add_shared(&mut self, name: &str, shared: &SharedExpressions) {
        if let Some(expression) = shared.get(name)
            && self.seen.insert(name.to_owned())
        {
            self.add(expression, shared);
        }
    }

    /// Every path, in order of first use.
    pub(super) fn into_paths(self) -> Vec<Vec<String>> {
        self.paths
    }

    /// Whether the slot at `path`, or a part of it, or something that it is a part of, is read.
    pub(super) fn overlap(&self, path: &[&str]) -> bool {
        self.paths.iter().any(|read| read.iter().zip(path).all(|(read, slot)| read == slot))
    }

    /// The datasources named.
    pub(super) fn datasources(&self) -> impl Iterator<Item = &str> {
        let named = |path: &'_ Vec<String>| path.first().is_some_and(|root| root == "datasources");
        self.paths.iter().filter(move |path| named(path)).filter_map(|path| path.get(1)).map(String::as_str)
    }

    /// Whether the datasources are read as a whole.
    pub(super) fn all_datasources(&self) -> bool {
        self.paths.iter().any(|path| path.is_empty() || path.len() == 1 && path[0] == "datasources")
    }

    /// Known-but-empty slots are null, not missing (expressions.md §4.1): state keys, so that
    /// comparisons with null hold.
    pub(super) fn null_slots(&self, ctx: &mut Value) {
        for path in &self.paths {
            if let Some(state) = path.iter().position(|name| name == "state")
                && path.len() > state + 1
            {
                null_path(ctx, &path[..state + 2]);
            }
        }
    }
}
