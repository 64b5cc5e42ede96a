//! The machine of the design as a model, searched to its end; and the code held to it, transition by transition.

mod code;
mod machine;
mod replay;
mod search;

use std::collections::HashSet;

use machine::{Machine, Mutant};
use search::explore;

use crate::promises::executed;

/// The bounds of the design's own model.
const DESIGN: Machine = Machine { runs: 2, attempts: 2, whole: false, statuses: false, mutant: None };
/// Every event of the table, with owners that are lives of processes.
const WHOLE: Machine = Machine { whole: true, ..DESIGN };
/// The same with statuses, which makes it four times as large.
const ALL: Machine = Machine { statuses: true, ..WHOLE };

fn is_long() -> bool {
    std::env::var_os("SYNCSCOPE_LONG").is_some()
}

fn check(test: &str, machine: Machine, name: &str) {
    let mut code = code::Code::default();
    let (mut scopes, mut asked) = (HashSet::new(), 0);
    let found = explore(machine, |state, steps| {
        if scopes.insert((state.scope, state.next_run)) {
            asked += code::ask_everything(state.scope.as_ref(), state.next_run);
        }
        for (step, next) in steps {
            code.follow(state, *step, next);
        }
    });
    assert_eq!(found.broken, None);
    executed(test, &format!("states of {name}"), found.states.len());
    executed(test, &format!("steps of {name}"), found.edges);
    executed(test, &format!("distinct transitions of the code in {name}"), code.transitions());
    executed(test, &format!("events, allowed or not, put to the code in {name}"), asked);
}

#[test]
fn the_model_of_the_design_keeps_every_promise_and_the_code_follows() {
    check("the_model_of_the_design_keeps_every_promise_and_the_code_follows", DESIGN, "the design's model");
}

#[test]
fn the_model_of_all_events_keeps_every_promise_and_the_code_follows() {
    let machine = if is_long() { ALL } else { WHOLE };
    check(
        "the_model_of_all_events_keeps_every_promise_and_the_code_follows",
        machine,
        "the model of all events",
    );
}

#[test]
fn every_mutant_is_caught() {
    // What is switched off, what must be found, and how short the shortest way there is.
    let mutants = [
        (DESIGN, Mutant::Toctou, "two starts of one guard", 3),
        (DESIGN, Mutant::NoEpochFence, "the end of an older run was counted", 4),
        (DESIGN, Mutant::NoAttemptFence, "the end of an older attempt was counted", 5),
        (DESIGN, Mutant::NoDataFence, "late data was applied", 4),
        (DESIGN, Mutant::IncrementedCounts, "I1 the counts do not add up", 3),
        (DESIGN, Mutant::EpochReuse, "the end of an older run was counted", 6),
        (DESIGN, Mutant::NoRecovery, "L1 the owner is dead", 2),
        (WHOLE, Mutant::EmptyStaysOpen, "I4 syncing but nothing open", 1),
        (WHOLE, Mutant::QuiesceKeepsWork, "I6 members at work outside syncing", 3),
        (WHOLE, Mutant::SkipTakesOver, "a start that skips took over", 2),
        (ALL, Mutant::StatusIsForgotten, "a status says syncing", 3),
    ];
    executed("every_mutant_is_caught", "protections switched off", mutants.len());
    for (machine, mutant, promise, length) in mutants {
        let found = explore(Machine { mutant: Some(mutant), ..machine }, |_, _| ());
        let (broken, trace) = found.broken.unwrap_or_else(|| panic!("{mutant:?} is not caught"));
        assert!(broken.starts_with(promise), "{mutant:?}: {broken} by {trace:?}");
        assert_eq!(trace.len(), length, "{mutant:?}: {trace:?}");
    }
}

#[test]
fn the_store_follows_the_model_of_all_events() {
    let walks = if is_long() { 20_000 } else { 300 };
    let walked = replay::walk(Machine { runs: 3, ..ALL }, walks);
    executed("the_store_follows_the_model_of_all_events", "distinct transitions in SQLite", walked);
}
