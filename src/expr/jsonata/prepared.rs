//! An expression with its world, ready to be evaluated on any number of inputs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use jsonata_core::evaluator::{Context, Evaluator as Walker, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::super::print::Form;
use super::super::{EvalError, Expression, World};
use super::need::Need;
use super::program::Program;
use super::round::Round;
use super::{Evaluator, Host, blame, fault, value};

/// An expression that was made ready by [`Evaluator::prepare`].
pub struct Prepared<'e> {
    evaluator: &'e Evaluator,
    program: Rc<Program>,
    /// The needed part of the object behind `@ctx`.
    context: JValue,
    shared: Rc<BTreeMap<Box<str>, Rc<Program>>>,
}

impl std::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("text", &self.program.expression.text()).finish_non_exhaustive()
    }
}

impl Evaluator {
    pub(super) fn prepare_as(
        &self,
        expression: &Expression,
        world: &World<'_>,
        form: Form,
    ) -> Result<Prepared<'_>, EvalError> {
        let program = self.program(expression, form, world.shared)?;
        let shared = self.shared(&program, world)?;
        let mut need = Cow::Borrowed(if form == Form::Root { &program.input } else { &program.paths });
        for program in shared.values() {
            need.to_mut().join(&program.input);
        }
        let context = value::to_engine(world.ctx, &need)?;
        Ok(Prepared { evaluator: self, program, context, shared: Rc::new(shared) })
    }

    /// The shared expressions that are in reach.
    fn shared(
        &self,
        program: &Program,
        world: &World<'_>,
    ) -> Result<BTreeMap<Box<str>, Rc<Program>>, EvalError> {
        let mut found = BTreeMap::new();
        let mut names: Vec<Box<str>> = program.names.clone();
        while let Some(name) = names.pop() {
            let Some(expression) = world.shared.get(&*name) else { continue };
            if found.contains_key(&name) {
                continue;
            }
            let program = self.program(expression, Form::Bound, world.shared)?;
            names.extend(program.names.iter().cloned());
            found.insert(name, program);
        }
        Ok(found)
    }

    pub(super) fn options(&self) -> EvaluatorOptions {
        let time = u64::try_from(self.limits.time.as_millis()).unwrap_or(u64::MAX);
        EvaluatorOptions {
            timeout_ms: Some(time),
            cancel: None,
            max_stack_depth: Some(self.limits.depth),
            max_sequence_length: Some(self.limits.sequence),
        }
    }
}

impl Prepared<'_> {
    /// The value on a focus.
    ///
    /// # Errors
    /// When the evaluation fails or exceeds a limit.
    pub fn on(&self, focus: &Value) -> Result<Option<Value>, EvalError> {
        self.finish(&value::to_engine(focus, &Need::All)?)
    }

    /// The value on a focus that is read from a JSON text.
    ///
    /// # Errors
    /// The same, and code `json` when the text is no JSON.
    pub fn on_json(&self, focus: &str) -> Result<Option<Value>, EvalError> {
        self.finish(&parse(focus)?)
    }

    /// The value on a focus, both as JSON texts; the fastest way for large ones.
    ///
    /// # Errors
    /// The same.
    pub fn json_to_json(&self, focus: &str) -> Result<Option<String>, EvalError> {
        let result = self.run(&parse(focus)?)?;
        if result.is_undefined() || result.is_function() {
            return Ok(None);
        }
        value::to_json(&result, self.evaluator.limits.result).map(Some)
    }

    /// The value on the object behind `@ctx`.
    pub(super) fn on_context(&self) -> Result<Option<Value>, EvalError> {
        self.finish(&self.context)
    }

    fn finish(&self, input: &JValue) -> Result<Option<Value>, EvalError> {
        value::from_engine(&self.run(input)?, self.evaluator.limits.result)
    }

    fn run(&self, input: &JValue) -> Result<JValue, EvalError> {
        let outcome = self.run_program(&self.program, input, &self.evaluator.host, self.evaluator.options());
        outcome.map_err(|error| blame::blame(self, input, error))
    }

    /// Evaluates the whole or a part of it.
    pub(super) fn run_program(
        &self,
        program: &Program,
        input: &JValue,
        host: &Rc<dyn Host>,
        options: EvaluatorOptions,
    ) -> Result<JValue, EvalError> {
        let with_focus = !std::ptr::eq(input, &raw const self.context);
        let run = || {
            if program.calls_host || (with_focus && program.reads_context) {
                let round = Round::new(host, options, self.context.clone(), Rc::clone(&self.shared));
                return round.evaluate(program, input);
            }
            plainly(program, input, options).map_err(|error| fault::failed(&error))
        };
        // A bug of the engine on one expression must not end the process.
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(fault::broken()))
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    pub(super) fn evaluator(&self) -> &Evaluator {
        self.evaluator
    }
}

#[cfg(test)]
impl Evaluator {
    /// For the conformance cases: any input or none, and variables.
    pub(super) fn evaluate_bound(
        &self,
        expression: &Expression,
        input: Option<&Value>,
        bindings: &Value,
    ) -> Result<Option<Value>, EvalError> {
        let program = self.program(expression, Form::Root, &super::SharedExpressions::new())?;
        let input = input.map_or(Ok(JValue::Undefined), |input| value::to_engine(input, &Need::All))?;
        let bindings: Vec<_> = bindings.as_object().into_iter().flatten().collect();
        let outcome = if bindings.is_empty() {
            plainly(&program, &input, self.options())
        } else {
            let mut context = Context::new();
            for (name, value) in bindings {
                context.bind(name.clone(), value::to_engine(value, &Need::All)?);
            }
            Walker::with_options(context, self.options()).evaluate(program.compiled.ast(), &input)
        };
        value::from_engine(&outcome.map_err(|error| fault::failed(&error))?, self.limits.result)
    }
}

/// Evaluates what needs nothing from outside.
fn plainly(program: &Program, input: &JValue, options: EvaluatorOptions) -> Result<JValue, EvaluatorError> {
    if program.is_small {
        return program.compiled.evaluate_with_options(input, options);
    }
    Walker::with_options(Context::new(), options).evaluate(program.compiled.ast(), input)
}

fn parse(text: &str) -> Result<JValue, EvalError> {
    JValue::from_json_str(text).map_err(|error| fault::not_json(&error))
}
