//! Whether an action may run: its `when` and its `condition`, with what they read.

use std::sync::OnceLock;

use serde_json::Value;

use super::context::{Place, TableFacts, View};
use super::event::{Failure, SkipReason};
use crate::action::Guard;
use crate::expr::{Condition, Template, is_truthy};

/// The guards that let an action through, its own first; a scope start asks them again.
///
/// The first start below a guard settles it, because only that one decides: from then on either
/// the scope is ours (and the guard may well be false by our own doing), or somebody else was
/// faster and nothing below the guard runs any more.
pub(super) struct Chain<'c> {
    pub(super) guard: &'c Guard,
    pub(super) place: &'c Place<'c>,
    above: Option<&'c Chain<'c>>,
    settled: OnceLock<Settled>,
}

/// What a start was told when it asked a guard again.
enum Settled {
    Held,
    Refused(SkipReason, String),
}

impl<'c> Chain<'c> {
    pub(super) fn new(guard: &'c Guard, place: &'c Place<'c>, above: Option<&'c Chain<'c>>) -> Self {
        Self { guard, place, above, settled: OnceLock::new() }
    }

    /// The guards from this one upwards.
    pub(super) fn links(chain: Option<&'c Chain<'c>>) -> impl Iterator<Item = &'c Chain<'c>> {
        std::iter::successors(chain, |link| link.above)
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled.get().is_some()
    }

    /// Remembers what a start was told. Starts are one at a time, so the first stays.
    pub(super) fn settle(&self, decision: &Decision) {
        let settled = match decision {
            Decision::Go(_) => Settled::Held,
            Decision::Skip { reason, detail } => Settled::Refused(*reason, detail.clone()),
            Decision::Fail(failure) => Settled::Refused(SkipReason::Condition, failure.message.clone()),
        };
        let _ = self.settled.set(settled);
    }

    /// Why nothing below these guards runs any more, when a start was refused by one of them.
    pub(super) fn refused(chain: Option<&'c Chain<'c>>) -> Option<(SkipReason, String)> {
        Self::links(chain).find_map(|link| match link.settled.get()? {
            Settled::Refused(reason, detail) => Some((*reason, detail.clone())),
            Settled::Held => None,
        })
    }
}

/// Whether an action runs.
pub(super) enum Decision {
    /// It does; in words why, when something guards it.
    Go(Option<String>),
    /// It does not.
    Skip {
        /// Which guard says so.
        reason: SkipReason,
        /// In words, with what was read.
        detail: String,
    },
    /// Its condition gives no verdict.
    Fail(Failure),
}

/// Evaluates both guards; both must hold.
pub(super) fn decide(view: &View<'_>, guard: &Guard) -> Decision {
    let mut reasons = Vec::new();
    if let Some(when) = &guard.when {
        let detail = explain(view, &when.value);
        if !holds(view, &when.value) {
            return Decision::Skip { reason: SkipReason::When, detail };
        }
        reasons.push(detail);
    }
    if let Some(block) = &guard.condition {
        match condition(view, &block.value) {
            Decision::Go(detail) => reasons.extend(detail),
            other => return other,
        }
    }
    Decision::Go((!reasons.is_empty()).then(|| reasons.join("; ")))
}

fn condition(view: &View<'_>, block: &Condition) -> Decision {
    let facts = TableFacts::new(view.engine, view.tables);
    let verdict = block.evaluate(&facts);
    if let Some(error) = facts.error() {
        return Decision::Fail(Failure { code: error.code().to_owned(), message: error.to_string() });
    }
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(error) => {
            return Decision::Fail(Failure { code: "condition".to_owned(), message: error.message });
        }
    };
    let reads = list(verdict.reads.iter().map(|read| (read.what.clone(), Some(read.value.clone()))));
    if verdict.holds {
        return Decision::Go(Some(format!("`condition` holds{reads}")));
    }
    Decision::Skip { reason: SkipReason::Condition, detail: format!("`condition` does not hold{reads}") }
}

/// A missing value, null and an error all count as false (expressions.md §6).
fn holds(view: &View<'_>, when: &Template) -> bool {
    view.template(when).ok().flatten().as_ref().is_some_and(is_truthy)
}

fn explain(view: &View<'_>, when: &Template) -> String {
    let expression = match when {
        Template::Expression(expression) => expression,
        Template::Literal(value) => return format!("`when` is {}", clip(value)),
        _ => return "`when` is no expression".to_owned(),
    };
    let value = match view.value(expression) {
        Err(error) => return format!("`when` failed: {error}"),
        Ok(None) => "missing".to_owned(),
        Ok(Some(value)) => clip(&value),
    };
    let reads = view.reads(expression).unwrap_or_default();
    format!("`when` is {value}{}", list(reads.into_iter()))
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
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    text.chars().take(MOST).chain(['…']).collect()
}
