//! Whether an action may run: its `when` and its `condition`, with what they read.

use serde_json::Value;

use super::context::{Place, TableFacts, View};
use super::event::{Failure, SkipReason};
use crate::action::Guard;
use crate::expr::{Template, is_truthy};

/// The guards that let an action through, its own first; a scope start asks them again.
pub(super) struct Chain<'c> {
    pub(super) guard: &'c Guard,
    pub(super) place: &'c Place<'c>,
    pub(super) above: Option<&'c Chain<'c>>,
}

/// Whether an action runs.
pub(super) enum Decision {
    /// It does.
    Go,
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
    match guard.when.as_ref().map(|when| &when.value) {
        Some(when) if !holds(view, when) => {
            return Decision::Skip { reason: SkipReason::When, detail: explain(view, when) };
        }
        _ => {}
    }
    let Some(condition) = &guard.condition else { return Decision::Go };
    let facts = TableFacts::new(view.engine, view.tables);
    let verdict = condition.value.evaluate(&facts);
    if let Some(error) = facts.error() {
        return Decision::Fail(Failure { code: "store".to_owned(), message: error.to_string() });
    }
    match verdict {
        Ok(verdict) if verdict.holds => Decision::Go,
        Ok(verdict) => {
            let reads = verdict.reads.iter().map(|read| (read.what.clone(), Some(read.value.clone())));
            let detail = format!("`condition` does not hold{}", list(reads));
            Decision::Skip { reason: SkipReason::Condition, detail }
        }
        Err(error) => Decision::Fail(Failure { code: "condition".to_owned(), message: error.message }),
    }
}

/// A missing value, null and an error all count as false (expressions.md §6).
fn holds(view: &View<'_>, when: &Template) -> bool {
    view.template(when).ok().flatten().as_ref().is_some_and(is_truthy)
}

fn explain(view: &View<'_>, when: &Template) -> String {
    let Template::Expression(expression) = when else { return "`when` is false".to_owned() };
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
