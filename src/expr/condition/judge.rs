//! Evaluating a condition and keeping what it read.

use std::cell::RefCell;

use serde_json::Value;

use super::{Condition, ConditionError, Facts, Read, ScopeFacts, ScopeTest, StatusTest, Verdict};

/// The state of what has no row.
const NO_STATE: &str = "none";

pub(super) fn judge(condition: &Condition, facts: &dyn Facts) -> Result<Verdict, ConditionError> {
    let record = Record::new(facts);
    let holds = record.holds(condition)?;
    Ok(Verdict { holds, reads: record.reads.into_inner() })
}

/// Facts, and a note of each that was asked for.
pub(super) struct Record<'a> {
    facts: &'a dyn Facts,
    reads: RefCell<Vec<Read>>,
}

impl<'a> Record<'a> {
    pub fn new(facts: &'a dyn Facts) -> Self {
        Self { facts, reads: RefCell::default() }
    }

    fn holds(&self, condition: &Condition) -> Result<bool, ConditionError> {
        match condition {
            Condition::All(parts) => self.first_that_is(false, parts).map(|found| !found),
            Condition::Any(parts) => self.first_that_is(true, parts),
            Condition::Not(part) => self.holds(part).map(|holds| !holds),
            Condition::Scope(test) => Ok(self.scope_holds(test)),
            Condition::Status(test) => Ok(self.status_holds(test)),
            Condition::Expr(expression) => expression.holds(self),
        }
    }

    fn first_that_is(&self, wanted: bool, parts: &[Condition]) -> Result<bool, ConditionError> {
        for part in parts {
            if self.holds(part)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn scope_holds(&self, test: &ScopeTest) -> bool {
        let asks_state = test.is.is_some() || test.is_not.is_some();
        let id = &test.id;
        (!asks_state || state_fits(&self.scope_state(id), test.is.as_deref(), test.is_not.as_deref()))
            && self.is_within(id, Moment::Synced, test.synced_within)
            && self.is_within(id, Moment::Started, test.started_within)
            && self.is_within(id, Moment::Failed, test.failed_within)
    }

    fn status_holds(&self, test: &StatusTest) -> bool {
        let state = self.status_state(test.provider.as_deref(), &test.entity, test.function.as_deref());
        state_fits(&state, test.is.as_deref(), test.is_not.as_deref())
    }

    fn is_within(&self, id: &str, moment: Moment, limit: Option<i64>) -> bool {
        let Some(limit) = limit else { return true };
        self.age(id, moment).is_some_and(|age| age <= limit)
    }

    pub fn scope_state(&self, id: &str) -> String {
        let state = self.facts.scope(id).map_or_else(|| NO_STATE.to_owned(), |row| row.state);
        self.note(format!("scope {id} state"), state.as_str());
        state
    }

    pub fn scope_count(&self, id: &str, member: Member) -> i64 {
        let count = self.facts.scope(id).map_or(0, |row| member.of(&row));
        self.note(format!("scope {id} {}", member.column()), count);
        count
    }

    /// Milliseconds between the moment and now; `None` when it never was. A moment to come, of a clock that was
    /// set back since, is as old as it is far: else it would count as recent until the clock has caught up.
    pub fn age(&self, id: &str, moment: Moment) -> Option<i64> {
        let at = self.facts.scope(id).and_then(|row| moment.of(&row));
        self.note(format!("scope {id} {}", moment.column()), at);
        at.map(|at| i64::try_from(self.now().abs_diff(at)).unwrap_or(i64::MAX))
    }

    pub fn status_state(&self, provider: Option<&str>, entity: &str, function: Option<&str>) -> String {
        let state = self.facts.status(provider, entity, function).unwrap_or_else(|| NO_STATE.to_owned());
        let words = ["status"].into_iter().chain(provider).chain([entity]).chain(function).chain(["state"]);
        self.note(words.collect::<Vec<_>>().join(" "), state.as_str());
        state
    }

    pub fn online(&self) -> bool {
        let online = self.facts.online();
        self.note("online".into(), online);
        online
    }

    pub fn now(&self) -> i64 {
        let now = self.facts.now();
        self.note("now".into(), now);
        now
    }

    fn note(&self, what: String, value: impl Into<Value>) {
        let mut reads = self.reads.borrow_mut();
        if reads.iter().all(|read| read.what != what) {
            reads.push(Read { what, value: value.into() });
        }
    }
}

fn state_fits(state: &str, is: Option<&[String]>, is_not: Option<&[String]>) -> bool {
    let among = |states: &[String]| states.iter().any(|wanted| wanted == state);
    is.is_none_or(among) && !is_not.is_some_and(among)
}

/// A time that a scope keeps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Started,
    Failed,
    Synced,
}

impl Moment {
    /// As `scope::age` names them.
    pub const NAMES: [(&'static str, Self); 3] =
        [("started", Self::Started), ("failed", Self::Failed), ("synced", Self::Synced)];

    fn column(self) -> &'static str {
        match self {
            Self::Started => "lastStartedAt",
            Self::Failed => "lastFailedAt",
            Self::Synced => "lastSyncedAt",
        }
    }

    fn of(self, row: &ScopeFacts) -> Option<i64> {
        match self {
            Self::Started => row.last_started_at,
            Self::Failed => row.last_failed_at,
            Self::Synced => row.last_synced_at,
        }
    }
}

/// A number of members that a scope keeps.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    NotStarted,
    Syncing,
    Failed,
    Synced,
}

impl Member {
    /// As `scope::count` names them.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("notStarted", Self::NotStarted),
        ("syncing", Self::Syncing),
        ("failed", Self::Failed),
        ("synced", Self::Synced),
    ];

    fn column(self) -> &'static str {
        match self {
            Self::NotStarted => "notStarted",
            Self::Syncing => "syncing",
            Self::Failed => "failed",
            Self::Synced => "synced",
        }
    }

    fn of(self, row: &ScopeFacts) -> i64 {
        match self {
            Self::NotStarted => row.not_started,
            Self::Syncing => row.syncing,
            Self::Failed => row.failed,
            Self::Synced => row.synced,
        }
    }
}
