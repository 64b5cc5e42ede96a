//! The pure state machine of scopes: what an event makes of a scope, without SQL and without a clock.
//!
//! A scope tracks the instances that its start named. Every piece of work carries a [`Token`]; work whose
//! token is no longer current changes nothing. [`next()`] is total: it gives the state after an event or says
//! why the event does not apply, and the store commits that in one transaction with the data it speaks of.
//! The rules are those of the machine's design page (events 1–12, invariants I1–I8).

mod details;
mod transition;

pub use details::{EntityDetail, details};
pub use transition::next;

use std::fmt;

use serde::Serialize;

/// The state of a scope, of a status row and of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScopeState {
    /// Something is still open.
    Syncing,
    /// Everything ended well.
    Synced,
    /// Everything ended, something badly.
    Failed,
    /// Stopped before the end: by a signal, by the owner's death, or because members never began.
    Interrupted,
}

impl ScopeState {
    /// The word that apps compare with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Syncing => "syncing",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Syncing, Self::Synced, Self::Failed, Self::Interrupted].into_iter().find(|s| s.word() == word)
    }
}

impl fmt::Display for ScopeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The state of one member of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberState {
    /// Has not begun in this run.
    NotStarted,
    /// At work.
    Syncing,
    /// Ended badly.
    Failed,
    /// Ended well.
    Synced,
    /// Was at work when the run was interrupted.
    Interrupted,
}

impl MemberState {
    /// The word kept in the database and in `details`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "notStarted",
            Self::Syncing => "syncing",
            Self::Failed => "failed",
            Self::Synced => "synced",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::NotStarted, Self::Syncing, Self::Failed, Self::Synced, Self::Interrupted]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// How many members are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Members that have not begun.
    pub not_started: u32,
    /// Members at work.
    pub syncing: u32,
    /// Members that failed.
    pub failed: u32,
    /// Members that succeeded.
    pub synced: u32,
    /// Members that were at work when the run was interrupted.
    pub interrupted: u32,
}

impl Counts {
    /// Counts anew, always from the members.
    pub fn of(states: impl IntoIterator<Item = MemberState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            *counts.slot(state) += 1;
        }
        counts
    }

    /// The number of members.
    #[must_use]
    pub fn total(self) -> u32 {
        self.open() + self.failed + self.synced + self.interrupted
    }

    /// Members that have not ended.
    #[must_use]
    pub fn open(self) -> u32 {
        self.not_started + self.syncing
    }

    pub(super) fn slot(&mut self, state: MemberState) -> &mut u32 {
        match state {
            MemberState::NotStarted => &mut self.not_started,
            MemberState::Syncing => &mut self.syncing,
            MemberState::Failed => &mut self.failed,
            MemberState::Synced => &mut self.synced,
            MemberState::Interrupted => &mut self.interrupted,
        }
    }
}

/// What a piece of work must show to be heard: the one attempt of one instance in one run of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// The scope's id.
    pub scope: String,
    /// The run of the scope.
    pub epoch: i64,
    /// The member.
    pub instance: String,
    /// Which try of the member in this run, from 1.
    pub attempt: i64,
}

/// Why something ended badly: a stable code and words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Such as `http.503`, `owner.lost`, `interrupted`.
    pub code: String,
    /// What went wrong, lower case, no full stop.
    pub message: String,
}

impl Failure {
    /// Joins a code and its words.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// Why a run was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A signal or a stop by the owner.
    Stopped,
    /// The owner's process died.
    OwnerLost,
    /// The owner's process was suspended for longer than its lease.
    OwnerStalled,
    /// The owner ended and some members never began.
    Incomplete,
}

impl Reason {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Stopped => "interrupted",
            Self::OwnerLost => "owner.lost",
            Self::OwnerStalled => "owner.stalled",
            Self::Incomplete => "incomplete",
        }
    }

    /// The reason behind a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Stopped, Self::OwnerLost, Self::OwnerStalled, Self::Incomplete]
            .into_iter()
            .find(|r| r.code() == code)
    }

    /// The same as a failure of the work that was cut off.
    #[must_use]
    pub fn failure(self) -> Failure {
        let message = match self {
            Self::Stopped => "stopped before it ended",
            Self::OwnerLost => "the process that worked on it ended without a word",
            Self::OwnerStalled => "the process that worked on it was suspended",
            Self::Incomplete => "the run ended before every member had begun",
        };
        Failure::new(self.code(), message)
    }
}

/// One instance that a scope tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The instance's id.
    pub id: String,
    /// Where it stands in this run.
    pub state: MemberState,
    /// How often it has begun in this run.
    pub attempt: i64,
    /// When the newest attempt began, epoch milliseconds.
    pub started_at: Option<i64>,
    /// When it ended, epoch milliseconds.
    pub ended_at: Option<i64>,
    /// Why it ended badly.
    pub failure: Option<Failure>,
}

impl Member {
    /// A member that has not begun.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            state: MemberState::NotStarted,
            attempt: 0,
            started_at: None,
            ended_at: None,
            failure: None,
        }
    }
}

/// A scope that has a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The current run.
    pub epoch: i64,
    /// Who started the current run.
    pub owner: String,
    /// Where it stands.
    pub state: ScopeState,
    /// Its members in the order of the start.
    pub members: Vec<Member>,
    /// Epoch milliseconds.
    pub last_started_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_failed_at: Option<i64>,
    /// Epoch milliseconds.
    pub last_synced_at: Option<i64>,
    /// The last change of the row, epoch milliseconds.
    pub timestamp: i64,
    /// Why it is interrupted, when it is.
    pub reason: Option<Reason>,
}

impl Scope {
    /// The counts, from the members.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.members.iter().map(|m| m.state))
    }

    /// The member of that id.
    #[must_use]
    pub fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.id == id)
    }
}

/// All that is known of one scope id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The scope's id.
    pub id: String,
    /// The newest epoch ever given out for the id, 0 for none; outlives the row.
    pub last_epoch: i64,
    /// The row and its members; `None` without a row.
    pub scope: Option<Scope>,
}

impl Snapshot {
    /// An id that was never started.
    pub fn unknown(id: impl Into<String>) -> Self {
        Self { id: id.into(), last_epoch: 0, scope: None }
    }

    /// Whether work with this token may still change something.
    #[must_use]
    pub fn admits(&self, token: &Token) -> bool {
        self.scope.as_ref().is_some_and(|scope| {
            scope.state == ScopeState::Syncing
                && self.id == token.scope
                && scope.epoch == token.epoch
                && scope
                    .member(&token.instance)
                    .is_some_and(|m| m.state == MemberState::Syncing && m.attempt == token.attempt)
        })
    }

    /// Every token that is current.
    #[must_use]
    pub fn current_tokens(&self) -> Vec<Token> {
        let Some(scope) = self.scope.as_ref().filter(|s| s.state == ScopeState::Syncing) else {
            return Vec::new();
        };
        let at_work = scope.members.iter().filter(|m| m.state == MemberState::Syncing);
        at_work.map(|member| self.token(scope.epoch, member)).collect()
    }

    /// Looks for a broken invariant (I1–I8 of the machine's design).
    ///
    /// # Errors
    /// The invariant that does not hold, in words.
    pub fn check(&self) -> Result<(), String> {
        transition::check(self)
    }

    fn token(&self, epoch: i64, member: &Member) -> Token {
        Token { scope: self.id.clone(), epoch, instance: member.id.clone(), attempt: member.attempt }
    }
}

/// What a start does when the scope is already syncing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IfRunning {
    /// Begins a new run; the older one's work becomes stale.
    #[default]
    Restart,
    /// Leaves it alone; the action counts as skipped.
    Skip,
    /// Leaves it alone; the action fails with `scope.busy`.
    Error,
}

/// Something that happens to one scope.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// Wall clock, epoch milliseconds; shown to people, never used for order.
    pub at: i64,
    /// The owner on whose behalf it happens.
    pub by: &'a str,
    /// What happens.
    pub what: What<'a>,
}

/// What happens to a scope.
#[derive(Debug, Clone)]
pub enum What<'a> {
    /// Starts or restarts a run; duplicate ids count once.
    Start {
        /// The instances to track.
        members: &'a [String],
        /// What to do when it is syncing.
        if_running: IfRunning,
    },
    /// A member begins; a member that ran before in this run gets a further attempt.
    Begin(&'a str),
    /// Work brings data.
    Page(&'a Token),
    /// Work ended well.
    Succeed(&'a Token),
    /// Work ended badly, after its retries.
    Fail(&'a Token, &'a Failure),
    /// The owner stops.
    Interrupt,
    /// The owner named is dead or suspended; any process may say so.
    Recover {
        /// The owner that is no more.
        owner: &'a str,
        /// How it was lost.
        reason: Reason,
    },
    /// The owner has nothing more to run.
    Quiesce,
    /// The row is to go; epoch and history stay.
    Delete,
}

/// What an event makes of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The scope afterwards.
    pub after: Snapshot,
    /// The token of the work that may begin now.
    pub token: Option<Token>,
    /// Tokens that were current and are no more, other than by ending: their work is to stop.
    pub superseded: Vec<Token>,
    /// The run that came to its end with this event.
    pub ended: Option<RunEnd>,
}

/// The end of a run, as its history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// Which run.
    pub epoch: i64,
    /// How it ended.
    pub how: RunOutcome,
    /// When, epoch milliseconds; never before its start.
    pub at: i64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunOutcome {
    /// All members ended well.
    Synced,
    /// All members ended, some badly.
    Failed,
    /// Stopped before the end.
    Interrupted,
    /// A new run took its place.
    Restarted,
    /// The scope was deleted while it ran.
    Deleted,
}

impl RunOutcome {
    /// The word kept in the history.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Restarted => "restarted",
            Self::Deleted => "deleted",
        }
    }
}

/// Why an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// A start that skips: the scope is syncing.
    Skipped,
    /// A start that fails: the scope is syncing.
    Busy,
    /// The token is not current.
    Stale,
    /// The scope has no row, is not syncing, or is not the caller's.
    NotRunning,
    /// The scope does not track that instance.
    NotMember,
    /// There is nothing to do for this event.
    Nothing,
}

#[cfg(test)]
mod tests;
