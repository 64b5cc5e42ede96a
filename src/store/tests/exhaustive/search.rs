//! Breadth-first search through every state that a machine can reach.
//!
//! A hundred lines of our own and not a model checker from outside: `stateright` keeps hashes of 64 bits in place of
//! states, so "exhaustive" would be a matter of luck, and it brings a web server and some thirty crates into every
//! build of the tests.

use std::collections::HashSet;

use super::machine::{Machine, State, Step};

/// All that was reached.
pub struct Explored {
    /// In the order in which they were found, the initial one first.
    pub states: Vec<State>,
    /// How each was reached first.
    from: Vec<Option<(u32, Step)>>,
    /// Steps looked at.
    pub edges: usize,
    /// The first broken promise, with the shortest way there.
    pub broken: Option<(&'static str, Vec<Step>)>,
}

impl Explored {
    fn trace(&self, mut at: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Some((before, step)) = self.from[at] {
            steps.push(step);
            at = before as usize;
        }
        steps.reverse();
        steps
    }
}

/// Looks at every state; stops at the first that breaks a promise. `each` hears of every state with its steps.
pub fn explore(machine: Machine, mut each: impl FnMut(&State, &[(Step, State)])) -> Explored {
    let initial = State::initial();
    let mut known = HashSet::from([initial]);
    let mut found = Explored { states: vec![initial], from: vec![None], edges: 0, broken: None };
    let mut left_alone = None;
    let mut at = 0;
    while at < found.states.len() {
        let state = found.states[at];
        if let Some(promise) = state.check() {
            found.broken = Some((promise, found.trace(at)));
            return found;
        }
        let steps = machine.steps(&state);
        found.edges += steps.len();
        if left_alone.is_none() && state.is_left_alone(&steps) {
            left_alone = Some(at);
        }
        each(&state, &steps);
        for (step, next) in steps {
            if known.insert(next) {
                found.states.push(next);
                found.from.push(Some((u32::try_from(at).unwrap(), step)));
            }
        }
        at += 1;
    }
    found.broken = left_alone.map(|at| {
        ("L1 the owner is dead, another process lives, and nothing mends the scope", found.trace(at))
    });
    found
}
