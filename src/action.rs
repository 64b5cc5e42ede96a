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

use serde_json::{Map, Value};

use crate::diag::{Span, Spanned};
use crate::expr::{EvalError, Expression, Template};

pub use guard::{Guard, StatusUse};
pub use lowering::{Lowering, is_action, lower, template};
pub use pages::RULES;

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
}

/// What an action comes to once its options are known.
#[derive(Debug)]
pub enum Plan<'a> {
    /// One effect.
    Perform(Effect),
    /// Several actions, one after the other or side by side.
    List {
        /// The actions.
        actions: &'a [ActionNode],
        /// Whether each waits for the one before it.
        order: Order,
    },
    /// A global action.
    Call {
        /// Its id.
        action: String,
        /// The other solution that holds it, which this runtime does not load.
        package: Option<String>,
        /// What it reads as `@ctx.action.parameters`.
        parameters: Map<String, Value>,
    },
    /// A question to the user.
    Confirm {
        /// What is asked, evaluated.
        modal: Value,
        /// Whether it is taken as answered with yes.
        automatic: bool,
        /// What follows a yes.
        confirmed: Option<&'a ActionNode>,
    },
    /// An action that only a phone can perform; reported, not performed.
    Ui {
        /// Its options, evaluated.
        options: Value,
    },
    /// Nobody knows this type.
    Unsupported,
}

/// Whether the actions of a list wait for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Top to bottom, each after the one before has ended.
    Sequential,
    /// Started in order without waiting.
    Together,
}

/// A change of the world, as plain data.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Starts or restarts a scope (sync.md §2).
    StartScope {
        /// The members' instance ids.
        instance_ids: Vec<String>,
        /// What happens when it is running already.
        if_running: IfRunning,
    },
    /// Fetches tables (sync.md §1).
    Sync {
        /// Where from.
        provider: ProviderKind,
        /// Whether to fetch everything, whatever is known already.
        force: bool,
        /// What, in order.
        entities: Vec<EntityRequest>,
    },
    /// Removes a scope's row (sync.md §3).
    DeleteScope {
        /// The scope.
        id: String,
    },
    /// Removes a status row (sync.md §4).
    DeleteStatus {
        /// The row.
        id: String,
    },
    /// Keeps a value as the action's output (actions.md §10).
    Evaluate {
        /// The value.
        value: Value,
    },
    /// Sets state slots (actions.md §11).
    SetState {
        /// Paths below `@ctx` and their new values.
        changes: Vec<(Vec<String>, Value)>,
    },
    /// Puts state slots back to their initial values (actions.md §11).
    ResetState {
        /// Paths below `@ctx`; a path that ends at `state` means all keys.
        paths: Vec<Vec<String>>,
    },
    /// Writes rows of one table (actions.md §5).
    WriteRows(WriteRows),
    /// Runs SQL statements in one transaction (actions.md §8).
    ExecuteSql {
        /// Statements with their parameters.
        statements: Vec<(String, Map<String, Value>)>,
        /// The tables they change.
        entities: Vec<String>,
    },
    /// Puts a text in the place of another (actions.md §9).
    FindReplace {
        /// The text.
        find: String,
        /// The text in its place.
        replace: String,
        /// The tables.
        tables: Vec<String>,
        /// Whether queued commands change too.
        queue: bool,
    },
    /// Changes the queue of writes (actions.md §5.4).
    Queue(QueueChange),
}

/// What is done with queued commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueChange {
    /// They are sent again.
    Retry {
        /// The commands.
        ids: Vec<String>,
    },
    /// One is dropped.
    Delete {
        /// The command.
        id: String,
    },
    /// All of a record are dropped.
    Clear {
        /// The record.
        record: String,
    },
}

/// What a scope start does when the scope is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfRunning {
    /// Start anew; running work is told to stop.
    #[default]
    Restart,
    /// Do nothing; the action counts as skipped.
    Skip,
    /// Fail with `scope.busy`.
    Error,
}

/// One table to fetch.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityRequest {
    /// The local table.
    pub entity: String,
    /// The function that fetches it, where the provider needs one.
    pub function: Option<String>,
    /// Arguments of the function.
    pub parameters: Map<String, Value>,
    /// When its rows stay although the fetch went well.
    pub protect: Protect,
}

/// When a fetch that brings too few rows does not replace those of a table. What is not said is decided farther
/// out: by the options of the action, then by the settings.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Protect {
    /// What a fetch without rows means.
    pub on_empty: Option<OnEmpty>,
    /// Per cent of its rows that a table may lose.
    pub max_shrink: Option<f64>,
}

/// What a fetch without rows means for a table that has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnEmpty {
    /// Something is wrong: the rows stay, and the fetch has failed.
    Keep,
    /// The table is empty now.
    Replace,
}

impl Protect {
    /// With what is said farther out for what is not said here.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self { on_empty: self.on_empty.or(outer.on_empty), max_shrink: self.max_shrink.or(outer.max_shrink) }
    }
}

impl OnEmpty {
    /// The word in apps.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "keep" => Some(Self::Keep),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

/// The number of `50%`, from 0 to 100.
#[must_use]
pub fn percent(text: &str) -> Option<f64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    number.parse().ok().filter(|part| is_plain && (0.0..=100.0).contains(part))
}

/// Rows to write to one table.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteRows {
    /// Where the table belongs.
    pub provider: ProviderKind,
    /// The table.
    pub entity: String,
    /// What to do with the rows.
    pub method: Method,
    /// The rows.
    pub rows: Vec<Map<String, Value>>,
    /// The function that carries the write to the back end.
    pub function: Option<String>,
    /// What the function is given.
    pub arguments: Arguments,
    /// What becomes of queued commands of the same record.
    pub queue: QueueOperation,
    /// The form in the same jig whose fields are part of the row.
    pub form: Option<String>,
}

/// What a function that carries writes is given (actions.md §5.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// The properties of each row.
    OfRow,
    /// The same for every row.
    Same(Map<String, Value>),
    /// One call for each.
    Each(Vec<Map<String, Value>>),
}

/// What becomes of queued commands when another comes (actions.md §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueueOperation {
    /// They stay.
    #[default]
    Add,
    /// Those of the same record and method go.
    Replace,
}

/// What `execute-entity` does with its rows (actions.md §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Inserts.
    Create,
    /// Merges top-level properties into existing rows.
    Update,
    /// Inserts or merges.
    Save,
    /// Removes.
    Delete,
    /// Calls the function only.
    FunctionCall,
    /// Fetches a file.
    Download,
}

impl Method {
    /// All methods with their spelling.
    pub const ALL: [(&'static str, Self); 6] = [
        ("create", Self::Create),
        ("update", Self::Update),
        ("save", Self::Save),
        ("delete", Self::Delete),
        ("functionCall", Self::FunctionCall),
        ("download", Self::Download),
    ];

    /// The spelling in the app format.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, m)| *m == self).map_or("", |(word, _)| word)
    }
}

/// Where data comes from or goes to (`DATA_PROVIDER_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderKind {
    /// Dynamic Data, the platform's own tables.
    Dynamic,
    /// A REST service described by a function.
    Rest,
    /// A SQL server described by a function.
    Sql,
    /// Only on this device.
    Local,
    /// Salesforce objects.
    Salesforce,
    /// Files of `OneDrive`.
    OneDrive,
    /// A SOAP service described by a function.
    Soap,
}

impl ProviderKind {
    /// All providers with their constants.
    pub const ALL: [(&'static str, Self); 7] = [
        ("DATA_PROVIDER_DYNAMIC", Self::Dynamic),
        ("DATA_PROVIDER_REST", Self::Rest),
        ("DATA_PROVIDER_SQL", Self::Sql),
        ("DATA_PROVIDER_LOCAL", Self::Local),
        ("DATA_PROVIDER_SALESFORCE", Self::Salesforce),
        ("DATA_PROVIDER_ONEDRIVE", Self::OneDrive),
        ("DATA_PROVIDER_SOAP", Self::Soap),
    ];

    /// The provider with this constant.
    #[must_use]
    pub fn from_constant(constant: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == constant).map(|(_, kind)| *kind)
    }

    /// The constant of the app format.
    #[must_use]
    pub fn constant(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether a sync entry needs a function with this provider (sync.md §1.3).
    #[must_use]
    pub fn needs_function(self) -> bool {
        matches!(self, Self::Rest | Self::Sql | Self::Soap)
    }
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
