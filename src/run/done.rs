//! How an action ended, for those who wait for it.

use serde_json::{Map, Value};

use super::event::{Failure, Outcome};
use super::guard::Skip;

/// How performing one action went.
#[derive(Debug)]
pub(super) struct Done {
    /// How the action itself ended.
    pub(super) outcome: Outcome,
    /// What went wrong.
    pub(super) failure: Option<Failure>,
    /// `@ctx.actions.<id>.outputs`.
    pub(super) outputs: Map<String, Value>,
    /// What it means for others.
    pub(super) ended: Ended,
}

/// What the end of an action means for what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended {
    /// The gravest outcome that counts for the run.
    pub(super) outcome: Outcome,
    /// Whether a sequential list around it goes on.
    pub(super) then: Then,
}

/// Whether a sequential list goes on after an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Then {
    /// It does; also after failures of work in the background, such as a sync (actions.md §3).
    GoOn,
    /// It does not: the action could not be planned, or broke on the spot.
    Stop,
}

/// Whether an action took place, or turned out not to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// It took place.
    Done(Done),
    /// It did not.
    Skipped(Skip),
}

impl Ended {
    pub(super) const OK: Self = Self { outcome: Outcome::Ok, then: Then::GoOn };

    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, then: Then::GoOn }
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { outcome: self.outcome.max(other.outcome), then: self.then.max(other.then) }
    }
}

impl Done {
    pub(super) fn ok() -> Self {
        Self::from(Ended::OK)
    }

    /// It broke on the spot.
    pub(super) fn failed(failure: Failure) -> Self {
        let ended = Ended { outcome: Outcome::Failed, then: Then::Stop };
        Self { failure: Some(failure), ..Self::from(ended) }
    }

    /// It broke on the spot, with these words.
    pub(super) fn fail(code: &str, message: impl Into<String>) -> Self {
        Self::failed(Failure { code: code.to_owned(), message: message.into() })
    }

    /// Work in the background failed.
    pub(super) fn failed_later(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::from(Ended::of(Outcome::Failed)) }
    }

    /// It was stopped before its end.
    pub(super) fn interrupted(failure: Option<Failure>) -> Self {
        Self { failure, ..Self::from(Ended::of(Outcome::Interrupted)) }
    }

    /// Something newer took its place: it is over, and that is nobody's fault.
    pub(super) fn overtaken(failure: Failure) -> Self {
        Self { outcome: Outcome::Interrupted, failure: Some(failure), ..Self::ok() }
    }

    /// The same with an output.
    pub(super) fn with_output(mut self, name: &str, value: Value) -> Self {
        self.outputs.insert(name.to_owned(), value);
        self
    }
}

impl From<Ended> for Done {
    fn from(ended: Ended) -> Self {
        Self { outcome: ended.outcome, failure: None, outputs: Map::new(), ended }
    }
}
