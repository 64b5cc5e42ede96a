//! Declared inputs and parameters with the values that were given.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::event::Failure;
use crate::app::{Declared, GlobalAction, Screen};

/// `@ctx.action.parameters` of a call (actions.md §4).
///
/// # Errors
/// `config.parameter` when a required one is missing.
pub(super) fn bound_parameters(
    id: &str,
    action: &GlobalAction,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let bound = with_defaults(&action.parameters, given);
    match missing(&action.parameters, &bound) {
        None => Ok(bound),
        Some(name) => {
            let message = format!("the action `{id}` needs the parameter `{name}`");
            Err(Failure { code: "config.parameter".to_owned(), message })
        }
    }
}

/// `@ctx.jig.inputs` of a screen that is opened (app-layout.md §4).
///
/// # Errors
/// `config.input` when a required one is missing.
pub(super) fn bound_inputs(
    screen: &Screen,
    given: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let bound = with_defaults(&screen.inputs, given);
    match missing(&screen.inputs, &bound) {
        None => Ok(bound),
        Some(name) => {
            let message = format!("the jig `{}` needs the input `{name}`", screen.id);
            Err(Failure { code: "config.input".to_owned(), message })
        }
    }
}

/// Declared defaults with the given values over them; what is given without being declared stays,
/// because declaring is optional in practice.
pub(super) fn with_defaults(
    declared: &BTreeMap<String, Declared>,
    given: Map<String, Value>,
) -> Map<String, Value> {
    let default = |(name, declared): (&String, &Declared)| Some((name.clone(), declared.default.clone()?));
    let mut bound: Map<String, Value> = declared.iter().filter_map(default).collect();
    bound.extend(given);
    bound
}

/// The first declared name that must have a value and has none.
pub(super) fn missing<'d>(
    declared: &'d BTreeMap<String, Declared>,
    bound: &Map<String, Value>,
) -> Option<&'d str> {
    let missing = declared.iter().find(|(name, declared)| declared.required && !bound.contains_key(*name));
    missing.map(|(name, _)| name.as_str())
}
