//! The app under check with what is known of it.

use std::collections::HashSet;

use super::known::Known;
use super::rule::Rule;
use crate::app::Loaded;
use crate::diag::Files;

/// The app under check with what is known of it.
pub(super) struct Facts<'a> {
    pub loaded: &'a Loaded,
    pub files: &'a Files,
    pub known: &'a Known,
    /// The rules at work.
    pub rules: HashSet<&'static str>,
}

impl<'a> Facts<'a> {
    pub fn new(loaded: &'a Loaded, files: &'a Files, known: &'a Known, rules: &[&'static Rule]) -> Self {
        Self { loaded, files, known, rules: rules.iter().map(|rule| rule.info.id).collect() }
    }
}
