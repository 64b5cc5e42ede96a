//! Initial values of state (actions.md §11): evaluated once, when something first reads state.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::app::Screen;
use crate::expr::{EvalError, Evaluator, SharedExpressions, World};

/// The initial values of one screen's state keys.
#[derive(Debug, Default)]
pub(in crate::run) struct InitialState {
    /// By key; keys without one are null.
    pub(super) values: Map<String, Value>,
    /// Keys whose initial value cannot be evaluated.
    pub(super) errors: BTreeMap<String, EvalError>,
}

impl InitialState {
    /// Evaluates them; they see the app and the user, but no state and no data.
    pub(super) fn of(screen: &Screen, ctx: &Value, shared: &SharedExpressions, by: &Evaluator) -> Self {
        let world = World { ctx, focus: None, shared };
        let mut state = Self::default();
        for (key, initial) in &screen.state {
            match by.fill(initial, &world) {
                Ok(value) => {
                    state.values.insert(key.clone(), value.unwrap_or(Value::Null));
                }
                Err(error) => {
                    let message = format!("the initial value of the state `{key}` failed: {error}");
                    state.values.insert(key.clone(), Value::Null);
                    state.errors.insert(key.clone(), EvalError { message, ..error });
                }
            }
        }
        state
    }
}
