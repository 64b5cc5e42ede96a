//! Actions: what each type means, from its YAML to the effect it has.
//!
//! An action type is one file below this one and one line in [`REGISTRY`]. Its `lower` reads the
//! options once, remembers which ids they use, and gives an [`Action`]; its `plan` evaluates the
//! options when the action runs and says what is to be done as plain data. Nothing here reads or
//! changes the world. The format is described in `spec/actions.md` and `spec/sync.md`.

mod action_list;
mod confirm;
mod delete_sync_scope;
mod delete_sync_status;
mod evaluate;
mod execute_action;
mod execute_entity;
mod execute_sql;
mod find_replace;
mod guard;
mod lowering;
mod pages;
mod plan;
mod provider;
mod queue_commands;
mod reset_state;
mod set_state;
mod start_sync_scope;
mod sync_entities;
#[cfg(test)]
mod tests;
mod ui;

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::Value;

use crate::diag::{Span, Spanned};
use crate::expr::{EvalError, Expression, Template};

pub use guard::{Guard, StatusUse};
pub use lowering::{Lowering, is_action, lower, template};
pub use pages::RULES;
pub use plan::{
    Arguments, Effect, EntityRequest, IfRunning, OnEmpty, Order, Plan, Protect, QueueChange, QueueOperation,
    WriteRows, percent,
};
pub use provider::{Method, ProviderKind};

/// One action where it stands in the app.
#[derive(Debug, Clone)]
pub struct ActionNode {
    /// The type's canonical name, such as `action.sync-entities`, with the place it is written at.
    pub type_name: Spanned<String>,
    /// The envelope's `instanceId`.
    pub instance_id: Option<Spanned<String>>,
    /// The same where it is an expression without mistakes.
    pub computed_id: Option<Expression>,
    /// What must hold for the action to run.
    pub guard: Guard,
    /// The whole action.
    pub span: Span,
    /// JSON pointer of the action in its file.
    pub pointer: String,
    /// The ids that its own options name (those of actions inside it are theirs).
    pub uses: Vec<Use>,
    /// What it does.
    pub body: Arc<dyn Action>,
    /// The action under `options.onSuccess`, run after this one has succeeded (actions.md §7).
    pub success: Option<Box<ActionNode>>,
    /// What is told on the screen after a success: the other form of `options.onSuccess`.
    pub toast: Option<Template>,
    /// Actions elsewhere in its options, which only a phone can run: buttons of a toast, for example.
    pub others: Vec<ActionNode>,
}

impl ActionNode {
    /// Calls `visit` for this action and all actions inside it, outer first.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a ActionNode)) {
        visit(self);
        let inside = self.body.children().into_iter().chain(self.success.as_deref());
        for child in inside.chain(&self.others) {
            child.visit(visit);
        }
    }
}

/// What an action of one type does.
pub trait Action: Debug + Send + Sync {
    /// Evaluates the options, now, to what is to be done.
    ///
    /// # Errors
    /// When an option cannot be evaluated or has no usable value.
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError>;

    /// The actions inside, in order.
    fn children(&self) -> Vec<&ActionNode> {
        Vec::new()
    }

    /// The options as they stand, for plans and effects that show them.
    fn options(&self) -> &Template;

    /// What it declares or does for sync scopes, known without running.
    fn sync(&self) -> Option<SyncRole<'_>> {
        None
    }
}

/// Evaluates templates in the world of the action that is being planned.
pub trait Fill {
    /// The value of a template; `None` when it is missing.
    ///
    /// # Errors
    /// When an expression in it fails.
    fn fill(&mut self, template: &Template) -> Result<Option<Value>, EvalError>;
}

/// The part an action plays in sync scopes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SyncRole<'a> {
    /// Declares a scope with these members.
    Scope(&'a [Spanned<String>]),
    /// Does the work of a member.
    Member,
}

/// Why an action could not be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// An expression in its options failed.
    #[error("{0}")]
    Eval(#[from] EvalError),
    /// An option has no usable value: the option, what was expected, and what was found.
    #[error("option `{option}` must be {expected}, found {found}")]
    Option {
        /// The option's key.
        option: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// An option asks for what this runtime does not do.
    #[error("option `{option}` is not supported by this runtime; nothing was written")]
    Unsupported {
        /// The option's key.
        option: &'static str,
    },
}

/// An id that an action names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What kind of thing the id names.
    pub kind: UseKind,
    /// The id.
    pub id: String,
    /// Where it is written.
    pub span: Span,
}

/// The kinds of things that ids name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UseKind {
    /// A member of a scope: the `instanceId` of a sync action or a datasource.
    Member,
    /// A sync scope.
    Scope,
    /// A status row, by its number.
    StatusRow,
    /// A function file.
    Function,
    /// A global action.
    Action,
    /// A jig.
    Jig,
    /// A datasource.
    Datasource,
    /// A table of Dynamic Data, with its database.
    Table,
    /// A form in the same jig.
    Form,
}

/// An action type: its name and how its options are read.
#[derive(Debug, Clone, Copy)]
pub struct ActionType {
    /// The canonical name.
    pub name: &'static str,
    lower: fn(&mut Lowering<'_>) -> Arc<dyn Action>,
}

/// Every action type this runtime knows, by name.
pub static REGISTRY: &[ActionType] = &[
    ActionType { name: "action.action-list", lower: action_list::lower },
    ActionType { name: "action.clear-queue", lower: queue_commands::lower_clear },
    ActionType { name: "action.confirm", lower: confirm::lower },
    ActionType { name: "action.delete-queue-command", lower: queue_commands::lower_delete },
    ActionType { name: "action.delete-sync-scope", lower: delete_sync_scope::lower },
    ActionType { name: "action.delete-sync-status", lower: delete_sync_status::lower },
    ActionType { name: "action.evaluate", lower: evaluate::lower },
    ActionType { name: "action.execute-action", lower: execute_action::lower },
    ActionType { name: "action.execute-entities", lower: execute_entity::lower },
    ActionType { name: "action.execute-entity", lower: execute_entity::lower },
    ActionType { name: "action.execute-sql", lower: execute_sql::lower },
    ActionType { name: "action.find-replace", lower: find_replace::lower },
    ActionType { name: "action.reset-jig-state", lower: reset_state::lower_jig },
    ActionType { name: "action.reset-solution-state", lower: reset_state::lower_solution },
    ActionType { name: "action.reset-state", lower: reset_state::lower },
    ActionType { name: "action.retry-queue-command", lower: queue_commands::lower_retry },
    ActionType { name: "action.set-jig-state", lower: set_state::lower_jig },
    ActionType { name: "action.set-solution-state", lower: set_state::lower_solution },
    ActionType { name: "action.set-state", lower: set_state::lower },
    ActionType { name: "action.start-sync-scope", lower: start_sync_scope::lower },
    ActionType { name: "action.submit-form", lower: execute_entity::lower },
    ActionType { name: "action.sync-entities", lower: sync_entities::lower },
];

/// Action types whose effect is on a screen: validated, and reported when they would run.
pub static UI_TYPES: &[&str] = ui::TYPES;

/// The names of all action types, sorted within each group.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().map(|t| t.name).chain(UI_TYPES.iter().copied())
}

/// The canonical name for a misspelling that real apps and the format's own pages contain
/// (actions.md §14), or `None`.
#[must_use]
pub fn canonical_alias(name: &str) -> Option<&'static str> {
    const OTHER: [(&str, &str); 1] = [("action.sync-entity", "action.sync-entities")];
    let known = |wanted: &str| type_names().find(|n| *n == wanted);
    if known(name).is_some() {
        return None;
    }
    if let Some((_, right)) = OTHER.iter().find(|(wrong, _)| *wrong == name) {
        return Some(right);
    }
    let rest = name.strip_prefix("action").and_then(|rest| rest.strip_prefix(['-', '.', '_']))?;
    known(&format!("action.{}", rest.replace(['.', '_'], "-")))
}
