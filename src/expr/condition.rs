//! Condition blocks (interface.md §3): what they are, what they read, whether they hold.

mod evalexpr;
mod judge;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

pub use evalexpr::EvalExpr;

/// A parsed `condition:` block.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Holds when every part holds; an empty list holds.
    All(Vec<Condition>),
    /// Holds when one part holds; an empty list does not.
    Any(Vec<Condition>),
    /// Holds when the part does not.
    Not(Box<Condition>),
    /// About one scope.
    Scope(ScopeTest),
    /// About one status row.
    Status(StatusTest),
    /// A free expression.
    Expr(EvalExpr),
}

impl Condition {
    /// Whether it holds, and what was read to find out. Parts after the one that decides are not
    /// read.
    ///
    /// # Errors
    /// When a part cannot be told, such as a free expression that divides by zero.
    pub fn evaluate(&self, facts: &dyn Facts) -> Result<Verdict, ConditionError> {
        judge::judge(self, facts)
    }

    /// The ids of the scopes it names.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<&str> {
        self.names(&|part| match part {
            Self::Scope(test) => vec![test.id.as_str()],
            Self::Expr(expression) => expression.scopes(),
            _ => Vec::new(),
        })
    }

    /// The tables whose status it asks for.
    #[must_use]
    pub fn entities(&self) -> BTreeSet<&str> {
        self.names(&|part| match part {
            Self::Status(test) => vec![test.entity.as_str()],
            Self::Expr(expression) => expression.entities(),
            _ => Vec::new(),
        })
    }

    /// The functions whose status it asks for.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<&str> {
        self.names(&|part| match part {
            Self::Status(test) => test.function.as_deref().into_iter().collect(),
            Self::Expr(expression) => expression.functions(),
            _ => Vec::new(),
        })
    }

    /// The words that formulas in it compare states with.
    #[must_use]
    pub fn states(&self) -> BTreeSet<&str> {
        self.names(&|part| match part {
            Self::Expr(expression) => expression.states(),
            _ => Vec::new(),
        })
    }

    fn names<'a>(&'a self, of_part: &dyn Fn(&'a Self) -> Vec<&'a str>) -> BTreeSet<&'a str> {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().flat_map(|part| part.names(of_part)).collect()
            }
            Self::Not(part) => part.names(of_part),
            _ => of_part(self).into_iter().collect(),
        }
    }
}

/// `scope: {id, is|isNot, syncedWithin|startedWithin|failedWithin}`; every given part must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeTest {
    /// Row id in `_syncScope`.
    pub id: String,
    /// The state must be one of these.
    pub is: Option<Vec<String>>,
    /// The state must be none of these.
    pub is_not: Option<Vec<String>>,
    /// `lastSyncedAt` lies at most so many milliseconds back.
    pub synced_within: Option<i64>,
    /// The same for `lastStartedAt`.
    pub started_within: Option<i64>,
    /// The same for `lastFailedAt`.
    pub failed_within: Option<i64>,
}

/// `status: {provider?, entity, function?, is|isNot}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusTest {
    /// Provider constant; any when absent.
    pub provider: Option<String>,
    /// Table.
    pub entity: String,
    /// Function id; any when absent.
    pub function: Option<String>,
    /// The state must be one of these (`none` without a row).
    pub is: Option<Vec<String>>,
    /// The state must be none of these.
    pub is_not: Option<Vec<String>>,
}

/// What conditions ask of the database and the clock.
pub trait Facts {
    /// The scope's row; `None` without one.
    fn scope(&self, id: &str) -> Option<ScopeFacts>;
    /// The state of the newest matching status row; `None` without one.
    fn status(&self, provider: Option<&str>, entity: &str, function: Option<&str>) -> Option<String>;
    /// Whether the network may be used.
    fn online(&self) -> bool;
    /// Wall clock, epoch milliseconds.
    fn now(&self) -> i64;
}

/// The parts of a `_syncScope` row that conditions read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScopeFacts {
    /// `syncing`, `synced`, `failed`, `interrupted`.
    pub state: String,
    /// Members that have not begun.
    pub not_started: i64,
    /// Members at work.
    pub syncing: i64,
    /// Members that failed.
    pub failed: i64,
    /// Members that succeeded.
    pub synced: i64,
    /// Epoch milliseconds.
    pub last_started_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_failed_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_synced_at: Option<i64>,
}

/// The outcome of a condition with everything it read on the way, for people to see why.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether it holds.
    pub holds: bool,
    /// What was read, in order of first use.
    pub reads: Vec<Read>,
}

/// One value that a condition read.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// What was asked, such as `scope morning-load state`, and once however often it is asked.
    pub what: String,
    /// The answer.
    pub value: Value,
}

/// Why a condition gave no verdict. It never counts as true.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// What went wrong, lower case, no full stop.
    pub message: String,
}
