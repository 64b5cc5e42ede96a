//! Evaluation. This room alone knows the engine, `jsonata-core`.
//!
//! An expression is compiled when it is first evaluated and kept. Only the part of `@ctx` that
//! it reads is handed to the engine, so that a condition on one row costs what one row costs.

mod blame;
mod fault;
mod host;
mod need;
mod prepared;
mod program;
mod round;
#[cfg(test)]
mod tests;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::print::Form;
use super::{EvalError, Expression, SharedExpressions, Template, World};
pub use host::Host;
pub use prepared::Prepared;
use program::{Key, Program};
pub use value::is_truthy;

/// So many compiled expressions are kept; then all are dropped and compiled anew.
const MAX_PROGRAMS: usize = 8192;

/// What one evaluation may cost. Exceeding a limit is an [`EvalError`] whose code begins with
/// `limit.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock.
    pub time: Duration,
    /// Levels of nested evaluation; a call of a function takes about three.
    pub depth: usize,
    /// Items of one list that is made on the way.
    pub sequence: usize,
    /// Bytes of the result, roughly as JSON.
    pub result: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(5), depth: 3000, sequence: 1_000_000, result: 64 * 1024 * 1024 }
    }
}

/// Evaluates expressions; one for each thread.
pub struct Evaluator {
    host: Rc<dyn Host>,
    limits: Limits,
    programs: RefCell<HashMap<Key, Rc<Program>>>,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let programs = self.programs.borrow().len();
        f.debug_struct("Evaluator")
            .field("limits", &self.limits)
            .field("programs", &programs)
            .finish_non_exhaustive()
    }
}

impl Evaluator {
    /// An evaluator that takes time and ids from `host`.
    #[must_use]
    pub fn new(host: impl Host + 'static, limits: Limits) -> Self {
        Self { host: Rc::new(host), limits, programs: RefCell::default() }
    }

    /// The value of an expression; `None` when it is missing, which is not null. A function has
    /// no value as JSON and counts as missing.
    ///
    /// Whole numbers come back as integers, exact up to 2⁵³.
    ///
    /// # Errors
    /// When the evaluation fails or exceeds a limit.
    pub fn evaluate(&self, expression: &Expression, world: &World<'_>) -> Result<Option<Value>, EvalError> {
        match world.focus {
            Some(focus) => self.prepare(expression, world)?.on(focus),
            None => self.prepare_as(expression, world, Form::Root)?.on_context(),
        }
    }

    /// A template with every expression in it replaced by its value; `None` when the whole is a
    /// missing expression.
    ///
    /// # Errors
    /// The first failure, in order of place.
    pub fn fill(&self, template: &Template, world: &World<'_>) -> Result<Option<Value>, EvalError> {
        match template {
            Template::Literal(value) => Ok(Some(value.clone())),
            Template::Expression(expression) => self.evaluate(expression, world),
            Template::List(items) => {
                let filled = items.iter().filter_map(|item| self.fill(item, world).transpose());
                filled.collect::<Result<Vec<_>, _>>().map(|items| Some(Value::Array(items)))
            }
            Template::Map(entries) => {
                let filled = entries.iter().filter_map(|(key, value)| {
                    let value = self.fill(value, world).transpose()?;
                    Some(value.map(|value| (key.clone(), value)))
                });
                filled.collect::<Result<serde_json::Map<_, _>, _>>().map(|map| Some(Value::Object(map)))
            }
        }
    }

    /// Makes an expression ready to be evaluated on many focus values, such as the pages of a
    /// response; the world's own focus plays no part.
    ///
    /// # Errors
    /// When the engine refuses the expression.
    pub fn prepare(&self, expression: &Expression, world: &World<'_>) -> Result<Prepared<'_>, EvalError> {
        self.prepare_as(expression, world, Form::Bound)
    }

    fn program(
        &self,
        expression: &Expression,
        form: Form,
        shared: &SharedExpressions,
    ) -> Result<Rc<Program>, EvalError> {
        let key = Key::new(expression, form, shared);
        if let Some(program) = self.programs.borrow().get(&key) {
            return Ok(Rc::clone(program));
        }
        let program = Rc::new(Program::compile(expression, form, &key)?);
        let mut programs = self.programs.borrow_mut();
        if programs.len() >= MAX_PROGRAMS {
            programs.clear();
        }
        programs.insert(key, Rc::clone(&program));
        Ok(program)
    }
}
