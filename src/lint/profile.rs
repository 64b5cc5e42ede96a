//! What each rule costs.

use std::time::{Duration, Instant};

use super::facts::Facts;
use super::known::Known;
use super::log::Log;
use super::rule::Rule;
use super::select::Selection;
use super::walk::Walker;
use super::{RULES, Request};
use crate::app::Loaded;
use crate::diag::Files;

/// The time that each rule takes when it runs alone over an app that is loaded, the walk to its places
/// and the facts that it asks for included. Rules that are off do not run and are not listed; what the
/// loader finds is found while loading and costs nothing of its own.
#[must_use]
pub fn profile(loaded: &Loaded, files: &Files, request: &Request) -> Vec<(&'static str, Duration)> {
    let selection = Selection::new(loaded, request, &mut Vec::new());
    let active = RULES.iter().copied().filter(|rule| selection.is_on(rule.info.id));
    active.map(|rule| (rule.info.id, time(rule, loaded, files))).collect()
}

fn time(rule: &'static Rule, loaded: &Loaded, files: &Files) -> Duration {
    let start = Instant::now();
    let known = Known::new();
    let walker = Walker::new(vec![rule]);
    let facts = Facts::new(loaded, files, &known, &walker.rules);
    drop(walker.look(&facts, &walker.units(loaded), Log::default));
    start.elapsed()
}
