//! Which part of an expression made it fail.
//!
//! The engine gives no places. So the parts that have the context of the whole are evaluated
//! once more, from the outside in, until one fails whose own parts do not.

use std::rc::Rc;
use std::time::{Duration, Instant};

use jsonata_core::value::JValue;

use super::super::EvalError;
use super::super::ast::{Bytes, Kind, Node, Operator};
use super::prepared::Prepared;
use super::{Host, is_truthy, value};

/// Finding the place may take so long.
const PATIENCE: Duration = Duration::from_millis(200);

/// The same error with its place, where it has one.
pub(super) fn blame(prepared: &Prepared<'_>, input: &JValue, error: EvalError) -> EvalError {
    let placeless = error.code.starts_with("limit.") || matches!(error.code.as_str(), "cycle" | "engine");
    if placeless {
        return error;
    }
    let host: Rc<dyn Host> = Rc::new(Frozen { now: prepared.evaluator().host.now_ms() });
    let trial = Trial { prepared, input, host, code: &error.code, deadline: Instant::now() + PATIENCE };
    let root = &prepared.program().expression.inner.ast.root;
    let place = trial.find(&mut Vec::new(), root);
    EvalError { range: Some(place.range()), ..error }
}

/// Trying again must not use up ids.
struct Frozen {
    now: i64,
}

impl Host for Frozen {
    fn now_ms(&self) -> i64 {
        self.now
    }

    fn uuid(&self) -> String {
        String::new()
    }
}

/// What can fail in a step of a path.
fn step(node: &Node) -> Bytes {
    match &node.kind {
        Kind::Filter(of, predicate) if matches!(of.kind, Kind::Name(_)) => predicate.bytes,
        _ => node.bytes,
    }
}

struct Trial<'a> {
    prepared: &'a Prepared<'a>,
    input: &'a JValue,
    host: Rc<dyn Host>,
    code: &'a str,
    deadline: Instant,
}

impl<'a> Trial<'a> {
    /// The place within a node that is known to fail behind these steps.
    fn find(&self, before: &mut Vec<&'a Node>, node: &'a Node) -> Bytes {
        match &node.kind {
            Kind::Block(items) => self.find_in_block(before, items).unwrap_or(node.bytes),
            Kind::Condition { test, then, otherwise } => {
                let branch = if self.holds(before, test) { Some(then) } else { otherwise.as_ref() };
                let parts = [test].into_iter().chain(branch).map(|part| &**part);
                self.first_failing(before, parts).unwrap_or(node.bytes)
            }
            // What stands behind a path runs on each of its items.
            Kind::Path(left, right) => self.first_failing(before, [&**left]).unwrap_or_else(|| step(right)),
            Kind::Filter(of, predicate) => self.first_failing(before, [&**of]).unwrap_or(predicate.bytes),
            Kind::Group(of, _)
            | Kind::Sort(of, _)
            | Kind::KeepArray(of)
            | Kind::Focus(of, _)
            | Kind::Index(of, _)
            | Kind::Binary { op: Operator::Apply, left: of, .. } => {
                self.first_failing(before, [&**of]).unwrap_or(node.bytes)
            }
            Kind::Call(_, arguments) => self.first_failing(before, arguments).unwrap_or(node.bytes),
            Kind::Lambda { .. } | Kind::Transform { .. } => node.bytes,
            _ => {
                let mut parts = Vec::new();
                node.for_each_child(&mut |part| parts.push(part));
                self.first_failing(before, parts).unwrap_or(node.bytes)
            }
        }
    }

    fn find_in_block(&self, before: &mut Vec<&'a Node>, items: &'a [Node]) -> Option<Bytes> {
        let outer = before.len();
        let mut place = None;
        for item in items {
            if self.fails(before, item) {
                place = Some(self.find(before, item));
                break;
            }
            before.push(item);
        }
        before.truncate(outer);
        place
    }

    fn first_failing(
        &self,
        before: &mut Vec<&'a Node>,
        parts: impl IntoIterator<Item = &'a Node>,
    ) -> Option<Bytes> {
        let part = parts.into_iter().find(|part| self.fails(before, part))?;
        Some(self.find(before, part))
    }

    fn fails(&self, before: &[&Node], node: &Node) -> bool {
        matches!(self.attempt(before, node), Some(Err(error)) if error.code == self.code)
    }

    fn holds(&self, before: &[&Node], node: &Node) -> bool {
        let found = self.attempt(before, node).and_then(Result::ok);
        let found = found.and_then(|found| value::from_engine(&found, usize::MAX).ok().flatten());
        found.is_some_and(|found| is_truthy(&found))
    }

    /// Evaluates a part; `None` when patience ended or the engine refuses it.
    fn attempt(&self, before: &[&Node], node: &Node) -> Option<Result<JValue, EvalError>> {
        let left = self.deadline.checked_duration_since(Instant::now())?;
        let program = self.prepared.program().part(before, node)?;
        let mut options = self.prepared.evaluator().options();
        options.timeout_ms = u64::try_from(left.as_millis()).ok();
        Some(self.prepared.run_program(&program, self.input, &self.host, options))
    }
}
