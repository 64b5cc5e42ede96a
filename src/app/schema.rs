//! Our JSON Schemas, and what they find told in words for authors.
//!
//! The branch is chosen before anything is validated: an action by its `type`, a function by its
//! `provider`, a datasource by its `type`. A schema describes what is nested in it only as far as
//! choosing that branch needs, and whoever walks the tree calls [`check_action`] and
//! [`check_datasource`] for what it finds. So nobody hears of branches that do not apply, and one
//! mistake is one finding. This room is the only owner of `jsonschema`.

mod branch;
mod catalogue;
mod document;
mod fixes;
mod instance;
mod mistakes;
mod objects;
mod rules;
mod shape;
#[cfg(test)]
mod tests;
mod wording;

use self::catalogue::FILES;
use self::document::Schema;
use super::FileKind;
use crate::diag::Diagnostic;
use crate::syntax::{Node, Tree};

pub use rules::RULES;

/// Checks a whole file, or an entry of a single-file app, by what it holds.
///
/// Actions inside are left to [`check_action`], datasources inside to [`check_datasource`].
pub fn check_file(kind: FileKind, node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    let name = match kind {
        FileKind::Function => return branch::function(node, tree, out),
        FileKind::Datasource => return branch::datasource(node, tree, out),
        FileKind::Index => "index",
        FileKind::Jig => "jig",
        FileKind::Action => "action-file",
        FileKind::Database => "database",
        FileKind::Component => "component",
        FileKind::Translation => "translations",
        FileKind::Icons => "icons",
        FileKind::Images => "images",
        FileKind::Settings => "settings",
        FileKind::SingleFile => "single-file",
    };
    mistakes::check(Schema::bundled(name), node, tree, out);
}

/// Checks one action by the schema of its type; the actions in its options are not entered.
///
/// It is meant for nodes whose `type` begins with `action` and `.`, `-` or `_`; that other types do
/// not stand where an action must, the schemas of what is around them say.
/// An alias of a type is a warning with a fix and then checked as what it stands for
/// (actions.md §14); a type that nobody knows is one finding and nothing more is said.
pub fn check_action(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    branch::action(node, tree, out);
}

/// Checks one datasource by the schema of its type (datasources.md §1).
pub fn check_datasource(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    branch::datasource(node, tree, out);
}

/// Checks what all components have in common; what stands in its options is not entered.
pub fn check_component(node: &Node, tree: &Tree, out: &mut Vec<Diagnostic>) {
    mistakes::check(Schema::bundled("component-node"), node, tree, out);
}

/// Whether a `type` is that of a component, or meant as one.
#[must_use]
pub fn is_component(type_name: &str) -> bool {
    branch::is_component(type_name)
}

/// The names of all schemas, sorted: file kinds, `action.<type>`, `datasource.<type>`, `function.<provider>`.
#[must_use]
pub fn schema_names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// A schema as a JSON document that needs no other file, or `None` for an unknown name.
#[must_use]
pub fn schema_text(name: &str) -> Option<String> {
    let document = Schema::named(name)?.document();
    serde_json::to_string_pretty(&document).ok()
}
