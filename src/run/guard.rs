//! Whether an action may run: its `when` and its `condition`, with what they read.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::context::{Place, View, verdict};
use super::event::{Failure, SkipReason};
use crate::action::Guard;
use crate::expr::{Condition, EvalError, Template, Verdict, is_truthy};

/// The guards that let an action through, its own first; a scope start asks them again
/// (sync-semantics.md §4).
pub(super) struct Chain<'c> {
    pub(super) guard: &'c Guard,
    pub(super) place: &'c Place<'c>,
    pub(super) above: Option<&'c Chain<'c>>,
    passage: Mutex<Passage>,
}

/// How sure a guard's verdict is.
enum Passage {
    /// It held when the action began, and others may have changed that since.
    Open,
    /// It held in a transaction that started a scope. From then on the action is under way, and its
    /// own effects, such as that scope, do not turn it back.
    Entered,
    /// It was found not to hold any more before anything was started: what is left of the action
    /// is skipped.
    Refused(Skip),
}

/// Why an action does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skip {
    /// Which guard says so.
    pub(super) reason: SkipReason,
    /// In words, with what was read.
    pub(super) detail: String,
}

/// Whether an action runs.
#[derive(Debug)]
pub(super) enum Decision {
    /// It does; in words why, when something guards it.
    Go(Option<String>),
    /// It does not.
    Skip(Skip),
    /// There is no verdict.
    Fail(Failure),
}

impl<'c> Chain<'c> {
    /// A guard that has just let an action through.
    pub(super) fn new(guard: &'c Guard, place: &'c Place<'c>, above: Option<&'c Self>) -> Self {
        Self { guard, place, above, passage: Mutex::new(Passage::Open) }
    }

    /// Asks every guard again that is still open, in the view that `view` gives of its place: the
    /// verdict of the first that does not hold. If that is not the first of the chain, what is
    /// left of its action is refused.
    pub(super) fn ask_again<'v>(&self, view: impl Fn(&'c Place<'c>) -> View<'v>) -> Option<Decision>
    where
        'c: 'v,
    {
        let mut link = Some(self);
        while let Some(this) = link {
            if !this.guard.is_empty() && matches!(*this.passage(), Passage::Open) {
                match decide(&view(this.place), this.guard) {
                    Decision::Go(_) => {}
                    Decision::Skip(skip) => {
                        if !std::ptr::eq(this, self) {
                            *this.passage() = Passage::Refused(skip.clone());
                        }
                        return Some(Decision::Skip(skip));
                    }
                    failed @ Decision::Fail(_) => return Some(failed),
                }
            }
            link = this.above;
        }
        None
    }

    /// Says that a scope was started while all guards held.
    pub(super) fn enter(&self) {
        let mut link = Some(self);
        while let Some(this) = link {
            *this.passage() = Passage::Entered;
            link = this.above;
        }
    }

    /// Why what is left of an action here is skipped, if it is.
    pub(super) fn refused(&self) -> Option<Skip> {
        let mut link = Some(self);
        while let Some(this) = link {
            if let Passage::Refused(skip) = &*this.passage() {
                return Some(skip.clone());
            }
            link = this.above;
        }
        None
    }

    fn passage(&self) -> MutexGuard<'_, Passage> {
        self.passage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evaluates both guards; both must hold.
pub(super) fn decide(view: &View<'_>, guard: &Guard) -> Decision {
    let mut reasons = Vec::new();
    if let Some(when) = &guard.when {
        match self::when(view, &when.value) {
            Decision::Go(detail) => reasons.extend(detail),
            other => return other,
        }
    }
    if let Some(block) = &guard.condition {
        match condition(view, &block.value) {
            Decision::Go(detail) => reasons.extend(detail),
            other => return other,
        }
    }
    Decision::Go((!reasons.is_empty()).then(|| reasons.join("; ")))
}

/// The verdict of a condition block on the database as the view sees it.
///
/// # Errors
/// When a row cannot be read, or the condition has no verdict; it never counts as true then.
pub(super) fn judge(view: &View<'_>, block: &Condition) -> Result<Verdict, Failure> {
    match verdict(block, view.engine, view.tables) {
        Ok(verdict) => {
            verdict.map_err(|error| Failure { code: "condition".to_owned(), message: error.message })
        }
        Err(error) => {
            let failure = Failure { code: error.code().to_owned(), message: error.to_string() };
            view.session.note_trouble(error);
            Err(failure)
        }
    }
}

fn condition(view: &View<'_>, block: &Condition) -> Decision {
    let verdict = match judge(view, block) {
        Ok(verdict) => verdict,
        Err(failure) => return Decision::Fail(failure),
    };
    let reads = list(verdict.reads.into_iter().map(|read| (read.what, Some(read.value))));
    if verdict.holds {
        return Decision::Go(Some(format!("`condition` holds{reads}")));
    }
    skip(SkipReason::Condition, format!("`condition` does not hold{reads}"))
}

/// A missing value, null and an error all count as false (expressions.md §6); only when the
/// database cannot be read, nobody knows.
fn when(view: &View<'_>, when: &Template) -> Decision {
    let value = match view.template(when) {
        Ok(value) => value,
        Err(error) if is_of_the_machine(&error) => {
            return Decision::Fail(Failure { code: error.code, message: error.message });
        }
        Err(error) => return skip(SkipReason::When, format!("`when` failed: {error}")),
    };
    let shown = value.as_ref().map_or_else(|| "missing".to_owned(), clip);
    let reads = match when {
        Template::Expression(expression) => list(view.reads(expression).into_iter()),
        _ => String::new(),
    };
    let detail = format!("`when` is {shown}{reads}");
    if value.as_ref().is_some_and(is_truthy) {
        return Decision::Go(Some(detail));
    }
    skip(SkipReason::When, detail)
}

/// Whether an expression failed because the database could not be read.
fn is_of_the_machine(error: &EvalError) -> bool {
    error.code.starts_with("database.") || error.code == "internal"
}

fn skip(reason: SkipReason, detail: String) -> Decision {
    Decision::Skip(Skip { reason, detail })
}

fn list(reads: impl Iterator<Item = (String, Option<Value>)>) -> String {
    let show = |(what, value): (String, Option<Value>)| {
        format!("{what} = {}", value.as_ref().map_or_else(|| "missing".to_owned(), clip))
    };
    let shown: Vec<String> = reads.map(show).collect();
    if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) }
}

/// A value in one line of bounded length.
pub(super) fn clip(value: &Value) -> String {
    const MOST: usize = 120;
    // Only so much of a large value is written out as is shown.
    let mut text = Clipped { text: String::new(), left: MOST };
    let whole = std::fmt::write(&mut text, format_args!("{value}")).is_ok();
    if !whole {
        text.text.push('…');
    }
    text.text
}

struct Clipped {
    text: String,
    left: usize,
}

impl std::fmt::Write for Clipped {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        for c in piece.chars() {
            if self.left == 0 {
                return Err(std::fmt::Error);
            }
            self.left -= 1;
            self.text.push(c);
        }
        Ok(())
    }
}
