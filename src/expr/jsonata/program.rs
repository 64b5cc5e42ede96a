//! An expression compiled by the engine.

use jsonata_core::Expression as Compiled;

use super::super::ast::Node;
use super::super::print::{self, Form, Printed};
use super::super::references::References;
use super::super::{EvalError, Expression, SharedExpressions};
use super::fault;
use super::need::Need;

/// The jumps of the engine's compiled code reach 32,767 instructions and wrap silently; larger
/// trees are walked instead.
const MAX_COMPILED_SIZE: u32 = 4000;

/// What a compiled expression is kept under.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Where the parsed expression lies; the program holds it, so that the place is not reused.
    place: usize,
    with_focus: bool,
    /// Functions of the language that a shared expression replaces.
    shadowed: Vec<Box<str>>,
}

impl Key {
    pub fn new(expression: &Expression, form: Form, shared: &SharedExpressions) -> Self {
        let place = std::sync::Arc::as_ptr(&expression.inner).addr();
        let shadowed = if shared.is_empty() { Vec::new() } else { shadowed(expression.references(), shared) };
        Self { place, with_focus: form == Form::Bound, shadowed }
    }
}

fn shadowed(references: &References, shared: &SharedExpressions) -> Vec<Box<str>> {
    let names = references.functions.iter().filter(|name| shared.contains_key(name.as_str()));
    names.map(|name| name.as_str().into()).collect()
}

fn borrowed(names: &[Box<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

/// A compiled expression.
pub(super) struct Program {
    pub compiled: Compiled,
    /// Our functions or names from outside occur, which compiled code cannot call.
    pub calls_host: bool,
    pub reads_context: bool,
    /// Small enough for compiled code.
    pub is_small: bool,
    /// Names from outside.
    pub names: Vec<Box<str>>,
    /// The part of the object behind `@ctx` that is read, if the input is something else.
    pub paths: Need,
    /// The same if that object is the input.
    pub input: Need,
    pub expression: Expression,
    form: Form,
    shadowed: Vec<Box<str>>,
}

impl Program {
    pub fn compile(expression: &Expression, form: Form, key: &Key) -> Result<Self, EvalError> {
        let printed = print::print(&expression.inner.ast, form, &borrowed(&key.shadowed));
        Self::of(expression, form, &key.shadowed, printed)
    }

    /// A part of the expression that has the context of the whole, as a program of its own,
    /// behind the steps of a block that bind what it uses; `None` when the engine refuses it.
    pub fn part(&self, before: &[&Node], node: &Node) -> Option<Self> {
        let shadowed = borrowed(&self.shadowed);
        let printed = print::print_part(&self.expression.inner.ast, self.form, &shadowed, before, node);
        Self::of(&self.expression, self.form, &self.shadowed, printed).ok()
    }

    fn of(
        expression: &Expression,
        form: Form,
        shadowed: &[Box<str>],
        printed: Printed,
    ) -> Result<Self, EvalError> {
        let compiled = Compiled::compile(&printed.text).map_err(|error| fault::refused(&error))?;
        let paths = Need::of(expression.references());
        Ok(Self {
            compiled,
            calls_host: printed.calls_host,
            reads_context: printed.reads_context,
            is_small: expression.inner.ast.size <= MAX_COMPILED_SIZE,
            names: printed.names.into_iter().collect(),
            input: if printed.reads_input { Need::All } else { paths.clone() },
            paths,
            expression: expression.clone(),
            form,
            shadowed: shadowed.to_vec(),
        })
    }
}
