//! What an action comes to: the effect that it has on the world, as plain data.

use serde_json::{Map, Value};

use super::{ActionNode, Method, ProviderKind};

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
