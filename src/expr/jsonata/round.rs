//! One evaluation that calls back: our functions, and shared expressions evaluated when they
//! are reached.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Instant;

use jsonata_core::Expression as Compiled;
use jsonata_core::evaluator::{Context, Evaluator as Walker, EvaluatorError, EvaluatorOptions};
use jsonata_core::value::JValue;

use super::super::EvalError;
use super::super::print::{CONTEXT, SHARED};
use super::program::Program;
use super::{Host, fault};

/// Shared expressions that use each other this deep are taken for a mistake.
const MAX_CHAIN: usize = 100;

/// What the host functions of one evaluation know.
pub(super) struct Round {
    host: Rc<dyn Host>,
    options: EvaluatorOptions,
    begun: Instant,
    now: Cell<Option<i64>>,
    context: JValue,
    shared: Rc<BTreeMap<Box<str>, Rc<Program>>>,
    values: RefCell<HashMap<Box<str>, Known>>,
    chain: Cell<usize>,
    /// A failure that the engine's error cannot carry.
    failure: RefCell<Option<EvalError>>,
}

enum Known {
    /// Being evaluated: whoever asks now asks for itself.
    Running,
    Value(JValue),
}

impl Round {
    pub fn new(
        host: &Rc<dyn Host>,
        options: EvaluatorOptions,
        context: JValue,
        shared: Rc<BTreeMap<Box<str>, Rc<Program>>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            host: Rc::clone(host),
            options,
            begun: Instant::now(),
            now: Cell::new(None),
            context,
            shared,
            values: RefCell::default(),
            chain: Cell::new(0),
            failure: RefCell::default(),
        })
    }

    pub fn evaluate(self: &Rc<Self>, program: &Program, input: &JValue) -> Result<JValue, EvalError> {
        let outcome = self.walk(program, input);
        // A function among the values may hold this round.
        self.values.borrow_mut().clear();
        outcome.map_err(|error| self.failure.borrow_mut().take().unwrap_or_else(|| fault::failed(&error)))
    }

    fn walk(self: &Rc<Self>, program: &Program, input: &JValue) -> Result<JValue, EvaluatorError> {
        let mut context = Context::new();
        context.bind(CONTEXT.to_owned(), self.context.clone());
        let mut options = self.options.clone();
        let spent = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        options.timeout_ms = options.timeout_ms.map(|limit| limit.saturating_sub(spent));
        let mut walker = Walker::with_options(context, options);
        self.register(&mut walker)?;
        walker.evaluate(program.compiled.ast(), input)
    }

    fn register(self: &Rc<Self>, walker: &mut Walker) -> Result<(), EvaluatorError> {
        let round = |_: &str| Rc::clone(self);
        let this = round(SHARED);
        walker.register_fn(SHARED, move |args: &[JValue]| this.shared_value(text(args.first())))?;
        for name in ["uuid", "uuid_v4"] {
            let this = round(name);
            walker.register_fn(name, move |_: &[JValue]| Ok(JValue::from(this.host.uuid())))?;
        }
        walker.register_fn("isTempId", |args: &[JValue]| Ok(is_temp_id(args)))?;
        walker.register_fn("in", |args: &[JValue]| Ok(is_in(args)))?;
        let this = round("random");
        walker.register_fn_override("random", move |_: &[JValue]| Ok(JValue::from(this.host.random())))?;
        let this = round("millis");
        walker.register_fn_override("millis", move |_: &[JValue]| Ok(JValue::from(this.now())))?;
        let this = round("now");
        walker.register_fn_override("now", move |args: &[JValue]| this.format_now(args))
    }

    /// The time of this evaluation.
    fn now(&self) -> i64 {
        let now = self.now.get().unwrap_or_else(|| self.host.now_ms());
        self.now.set(Some(now));
        now
    }

    /// `$now(picture, zone)`, by what the engine does with other times.
    fn format_now(&self, args: &[JValue]) -> Result<JValue, EvaluatorError> {
        let refused = |_| EvaluatorError::EvaluationError("the engine has no $fromMillis".into());
        let format = Compiled::compile("$fromMillis(now, picture, zone)").map_err(refused)?;
        let mut input = vec![("now".to_owned(), JValue::from(self.now()))];
        for (name, value) in ["picture", "zone"].into_iter().zip(args) {
            if !value.is_undefined() {
                input.push((name.to_owned(), value.clone()));
            }
        }
        format.evaluate(&JValue::Object(Rc::new(input.into_iter().collect())))
    }

    /// The value of a shared expression; missing when there is none of this name.
    fn shared_value(self: &Rc<Self>, name: &str) -> Result<JValue, EvaluatorError> {
        let Some(program) = self.shared.get(name) else { return Ok(JValue::Undefined) };
        match self.values.borrow().get(name) {
            Some(Known::Value(value)) => return Ok(value.clone()),
            Some(Known::Running) => return Err(self.fail(fault::cycle(name))),
            None => {}
        }
        if self.chain.get() >= MAX_CHAIN {
            return Err(self.fail(fault::long_chain(name)));
        }
        self.chain.set(self.chain.get() + 1);
        self.values.borrow_mut().insert(name.into(), Known::Running);
        let outcome = self.walk(program, &self.context);
        self.chain.set(self.chain.get() - 1);
        match &outcome {
            Ok(value) => self.values.borrow_mut().insert(name.into(), Known::Value(value.clone())),
            Err(_) => self.values.borrow_mut().remove(name),
        };
        outcome
    }

    fn fail(&self, error: EvalError) -> EvaluatorError {
        let message = error.message.clone();
        self.failure.borrow_mut().get_or_insert(error);
        EvaluatorError::EvaluationError(message)
    }
}

fn text(value: Option<&JValue>) -> &str {
    value.and_then(JValue::as_str).unwrap_or_default()
}

/// `$isTempId(id)`: temporary ids begin with `_tmp_` (expressions.md §4).
fn is_temp_id(args: &[JValue]) -> JValue {
    JValue::Bool(text(args.first()).starts_with("_tmp_"))
}

/// `$in(value, list)`; a single value counts as a list of one.
fn is_in(args: &[JValue]) -> JValue {
    let found = match args {
        [value, _] if value.is_undefined() => false,
        [value, JValue::Array(items)] => items.iter().any(|item| item == value),
        [value, other] => other == value,
        _ => false,
    };
    JValue::Bool(found)
}
