//! What an expression reads: paths below `@ctx`, functions, and names from outside.

mod functions;
mod paths;
mod scope;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use super::ast::{Ast, Node};
pub use functions::{FUNCTIONS, Function};
pub(super) use functions::{function, is_app_function};
pub(super) use scope::free_variables;

/// What an expression reads, each with its bytes in the expression's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// Paths that begin with `@ctx`, in order of place.
    pub paths: Vec<ContextPath>,
    /// Calls of functions that the expression does not define itself, in order of place.
    pub calls: Vec<Call>,
    /// `$name`s that are bound nowhere in the expression and are no functions of the language:
    /// shared expressions, or script files in front of `.fn()`; in order of place.
    pub variables: Vec<Variable>,
    /// The functions of the language that are named without being bound, called or not.
    pub functions: BTreeSet<String>,
}

/// `@ctx.a.b[…].c`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextPath {
    /// From `@` to the end of the last step.
    pub range: Range<usize>,
    /// The steps behind `@ctx`; none when `@ctx` stands alone.
    pub segments: Vec<Segment>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The field; `None` for `*`, `**`, `%`, `(…)` and `{…}`.
    pub name: Option<String>,
    /// The bytes of the step without its predicates.
    pub range: Range<usize>,
    /// Whether something is computed at this step: a predicate, an order, a grouping, a binding,
    /// a call, or the step itself.
    pub dynamic: bool,
    /// Whether the field is called as a function, as in `@ctx.expressions.format(1)`.
    pub called: bool,
}

/// A call of a function by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The name without `$`; `fn` of `$file.fn()`.
    pub name: String,
    /// How the function is named.
    pub form: CallForm,
    /// The bytes of the name, `$` and file included.
    pub range: Range<usize>,
    /// How many arguments stand in the parentheses.
    pub arguments: usize,
    /// Whether a value comes in front by `~>` or by a path (`name.$length()`), so that one
    /// argument fewer may be written.
    pub chained: bool,
}

/// How a call names its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallForm {
    /// `$name(…)`
    Function,
    /// `$file.name(…)`, a JavaScript function of `scripts/expressions/<file>.js`.
    Script {
        /// The file without extension.
        file: String,
    },
    /// `name(…)` without `$`, which calls the value of a field.
    Bare,
}

/// A `$name` from outside the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name without `$`.
    pub name: String,
    /// The bytes of `$name`.
    pub range: Range<usize>,
    /// Whether it is called: `$name(…)`.
    pub called: bool,
    /// For `$i-1` where `$i` is bound: that the author most likely means a subtraction.
    pub looks_like_minus: bool,
}

/// Collects what a tree reads.
pub(super) fn collect(ast: &Ast) -> References {
    let mut references = References::default();
    paths::collect(&ast.root, &mut references.paths);
    scope::collect(&ast.root, &mut references);
    references.paths.sort_by_key(|path| path.range.start);
    references.calls.sort_by_key(|call| call.range.start);
    references.variables.sort_by_key(|variable| variable.range.start);
    references
}

impl References {
    /// The paths whose first steps are these names, such as `["datasources"]`.
    pub fn below<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a ContextPath> {
        self.paths.iter().filter(move |path| {
            let written = path.segments.iter().map(|segment| segment.name.as_deref());
            path.segments.len() >= names.len()
                && written.zip(names).all(|(name, wanted)| name == Some(wanted))
        })
    }
}

/// The callee of a call when it is named by a variable.
fn called_variable(callee: &Node) -> Option<&str> {
    match &callee.kind {
        super::ast::Kind::Variable(name) => Some(name),
        _ => None,
    }
}
