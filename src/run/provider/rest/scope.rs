//! What expressions in a function see: an isolated world (functions.md §2).

use serde_json::{Map, Value};

use super::exact::Exact;
use super::plain::{self, Root};
use super::project;
use crate::app::Function;
use crate::expr::{EvalError, Evaluator, Expression, Picked, SharedExpressions, Template, World};
use crate::run::provider::FetchError;

/// Evaluates the expressions of one call.
pub(super) struct Scope<'a> {
    function: &'a Function,
    evaluator: Evaluator,
    shared: &'a SharedExpressions,
    /// The object behind `@ctx`.
    ctx: Value,
    /// What some of the numbers in it and in the page stand for.
    numbers: Exact,
}

/// What `$` is for a page that has been read: the transform's result, and the body for what the
/// result does not have (functions.md §5).
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) result: Value,
    /// `None` when it is the result.
    pub(super) body: Option<Value>,
    /// What some of the numbers in both stand for.
    pub(super) numbers: Exact,
    pub(super) lack: Lack,
}

/// What it means that rows are looked for and not found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Lack {
    /// There are none.
    #[default]
    NoRows,
    /// A failure, where they would take the place of others.
    FailsToReplace,
    /// A failure.
    Fails,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        function: &'a Function,
        evaluator: Evaluator,
        shared: &'a SharedExpressions,
        world: &Value,
    ) -> Self {
        let ctx = if world.is_object() { world.clone() } else { Value::Object(Map::new()) };
        Self { function, evaluator, shared, ctx, numbers: Exact::default() }
    }

    /// Begins with another page, whose long numbers these are.
    pub(super) fn turn_to(&mut self, numbers: &Exact) {
        for key in ["response", "output", "record"] {
            if let Some(old) = self.ctx.get_mut(key) {
                *old = self.numbers.restored(old.take());
            }
        }
        self.numbers = numbers.clone();
    }

    /// Puts a value at `@ctx.<key>`, in place of one that was there.
    pub(super) fn put(&mut self, key: &str, value: Value) {
        if let Value::Object(ctx) = &mut self.ctx {
            ctx.insert(key.to_owned(), value);
        }
    }

    /// The value of a template before there is an answer.
    pub(super) fn value(&self, what: &str, template: &Template) -> Result<Option<Value>, FetchError> {
        if let Template::Literal(value) = template {
            return Ok(Some(value.clone()));
        }
        let value = self.on(None, |world| self.evaluator.fill(template, world));
        let value = value.map_err(|error| self.failed("config.expression", what, &error))?;
        Ok(value.map(|value| self.numbers.restored(value)))
    }

    /// The value of a template after a page: from the transform's result, else from the body.
    pub(super) fn value_after(
        &self,
        what: &str,
        template: &Template,
        roots: &Roots,
    ) -> Result<Option<Value>, FetchError> {
        let path = plain_path(template);
        let on = |focus: &Value| {
            if let Some(found) = path.as_ref().and_then(|path| simple(focus, path)) {
                return Ok(found);
            }
            self.on(Some(focus), |world| self.evaluator.fill(template, world))
                .map_err(|error| self.failed("decode.transform", what, &error))
        };
        let value = match &roots.body {
            Some(body) if is_about(template, body, &roots.result) => on(body)?,
            Some(body) => match on(&roots.result)? {
                None => on(body)?,
                value => value,
            },
            None => on(&roots.result)?,
        };
        Ok(value.map(|value| roots.numbers.restored(value)))
    }

    /// The value of a transform over `focus`.
    pub(super) fn transform(
        &self,
        what: &str,
        expression: &Expression,
        focus: &Value,
    ) -> Result<Option<Value>, FetchError> {
        let value = self.on(Some(focus), |world| self.evaluator.evaluate(expression, world));
        value.map_err(|error| self.failed("decode.transform", what, &error))
    }

    /// The value of something, in which long numbers that are passed on stay what they are.
    fn on(
        &self,
        focus: Option<&Value>,
        evaluate: impl Fn(&World<'_>) -> Result<Option<Value>, EvalError>,
    ) -> Result<Option<Value>, EvalError> {
        self.numbers.through([Some(&self.ctx), focus], |[ctx, focus]| {
            evaluate(&World { ctx: ctx.unwrap_or(&Value::Null), focus, shared: self.shared })
        })
    }

    fn failed(&self, code: &str, what: &str, error: &EvalError) -> FetchError {
        FetchError::lasting(code, format!("`{what}` of the function `{}` failed: {error}", self.function.id))
    }
}

/// Whether everything that an expression reads is missing in the transform's result, and some of it is in the body:
/// a count of what is missing is 0 and looks like an answer (functions.md §5).
fn is_about(template: &Template, body: &Value, result: &Value) -> bool {
    let Template::Expression(expression) = template else { return false };
    let reads = expression.focus_reads();
    let all = || reads.fields.iter().map(|(name, _)| name.as_str());
    !reads.open && all().any(|name| has(body, name)) && !all().any(|name| has(result, name))
}

fn has(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => members.contains_key(name),
        Value::Array(items) => items.iter().any(|item| has(item, name)),
        _ => false,
    }
}

/// The path that a template is, when it is nothing else; what stands at it needs no evaluator, which would take
/// all of a page to itself.
fn plain_path(template: &Template) -> Option<Picked> {
    let Template::Expression(expression) = template else { return None };
    let is_relative = !expression.text().contains(['@', ']']);
    let (root, names) = plain::path(expression).filter(|_| is_relative)?;
    (root == Root::Focus && !names.is_empty()).then_some(Picked::Path(names))
}

/// A single value at a path, or that there is none; `None` where an evaluator might see it otherwise.
#[expect(clippy::option_option, reason = "no answer is not the answer that there is nothing")]
fn simple(focus: &Value, path: &Picked) -> Option<Option<Value>> {
    let found = project::lookup(focus, path).ok()?;
    let is_simple = match &found {
        None | Some(Value::Null | Value::Bool(_) | Value::String(_)) => true,
        Some(Value::Number(number)) => number.is_i64() || number.is_u64(),
        Some(Value::Array(_) | Value::Object(_)) => false,
    };
    is_simple.then_some(found)
}
