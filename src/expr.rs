//! Expressions and conditions: what authors write after `=`, in `when` and in `condition:`.
//!
//! Our own recovering parser gives every node its place and every mistake its exact bytes;
//! `jsonata-core` evaluates what the printer makes of the tree. Nothing here reads the world:
//! values come in through [`World`] and [`Facts`].

mod ast;
mod condition;
#[cfg(test)]
mod corpus;
mod focus;
mod jsonata;
mod leading;
mod lex;
mod parse;
mod print;
mod projection;
mod references;
mod shape;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

pub use ast::{Binding, Bytes, Direction, Kind as ExprKind, Node as ExprNode, Operator, Pair, Term};
pub use condition::{
    Condition, ConditionError, EvalExpr, Facts, Read, ScopeFacts, ScopeTest, StatusTest, Verdict,
};
pub use focus::FocusReads;
pub use jsonata::{Evaluator, Host, Limits, Prepared, is_truthy};
pub use leading::{Leading, Made, Start};
pub use projection::{Around, Picked, Projection};
pub use references::{Call, CallForm, ContextPath, FUNCTIONS, Function, References, Segment, Variable};
pub use shape::{Field, Shape};

/// A parsed expression; cheap to clone, usable from any thread.
#[derive(Debug, Clone)]
pub struct Expression {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    text: Box<str>,
    /// Printed when it is first asked for: who only checks an app never asks.
    jsonata: OnceLock<Box<str>>,
    references: References,
    ast: ast::Ast,
}

/// A mistake in an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the text given to [`Expression::parse`].
    pub range: Range<usize>,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// Bytes to replace, and by what, when it is clear what the author means.
    pub repair: Vec<(Range<usize>, &'static str)>,
}

/// Why an expression gave no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvalError {
    /// JSONata's code (`T2001`, `D3030`, …) or one of ours: `limit.time`, `limit.depth`,
    /// `limit.size`, `cycle`, `json` (a focus text that is no JSON), `engine` (the engine failed
    /// without a code).
    pub code: String,
    /// What went wrong, lower case, no full stop.
    pub message: String,
    /// Bytes of the expression's text that are to blame: the smallest part that fails by itself.
    /// `None` for limits, cycles and failures of the engine.
    pub range: Option<Range<usize>>,
}

/// Whether a text of the app is an expression: its first non-blank character is `=`
/// (expressions.md §1).
#[must_use]
pub fn is_expression(text: &str) -> bool {
    text.trim_start().starts_with('=')
}

impl Expression {
    /// Parses an expression with or without its leading `=`.
    ///
    /// # Errors
    /// Every syntax mistake found, in order of place; never empty.
    pub fn parse(text: &str) -> Result<Self, Vec<SyntaxError>> {
        Self::parse_as(text, parse::Dialect::App)
    }

    fn parse_as(text: &str, dialect: parse::Dialect) -> Result<Self, Vec<SyntaxError>> {
        let ast = parse::parse(text, dialect)?;
        let references = references::collect(&ast);
        Ok(Self { inner: Arc::new(Inner { text: text.into(), jsonata: OnceLock::new(), references, ast }) })
    }

    /// The text as written, the `=` included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// Its tree.
    #[must_use]
    pub fn root(&self) -> &ExprNode {
        &self.inner.ast.root
    }

    /// What it reads.
    #[must_use]
    pub fn references(&self) -> &References {
        &self.inner.references
    }

    /// What it reads of the value that it starts from.
    #[must_use]
    pub fn focus_reads(&self) -> FocusReads {
        focus::collect(&self.inner.ast.root)
    }

    /// The form of what it gives, as far as the text alone tells.
    #[must_use]
    pub fn shape(&self) -> Shape {
        shape::of(&self.inner.ast.root)
    }

    /// What it picks, when it does nothing but that.
    #[must_use]
    pub fn projection(&self) -> Option<Projection> {
        projection::of(&self.inner.ast.root)
    }

    /// The plain path that it begins with.
    #[must_use]
    pub fn leading(&self) -> Option<Leading> {
        leading::of(&self.inner.ast.root)
    }

    /// What a field is of the object that it makes.
    #[must_use]
    pub fn field(&self, name: &str) -> Made {
        leading::of_field(&self.inner.ast.root, name)
    }

    /// The same in canonical JSONata, as the evaluator gets it.
    #[must_use]
    pub fn to_jsonata(&self) -> &str {
        self.inner.jsonata.get_or_init(|| print::print(&self.inner.ast, print::Form::Root, &[]).text.into())
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

/// Shared expressions by name (expressions.md §5), read as `$name` or `@ctx.expressions.name`.
pub type SharedExpressions = BTreeMap<String, Expression>;

/// What an expression can see.
#[derive(Debug, Clone, Copy)]
pub struct World<'a> {
    /// The object behind `@ctx`.
    pub ctx: &'a Value,
    /// What `$`, `$$` and bare names start from; `None` means `ctx`. Transforms have a response
    /// body or the parameters here (functions.md §4); `@ctx` stays what it is.
    pub focus: Option<&'a Value>,
    /// Expressions that may be used by name.
    pub shared: &'a SharedExpressions,
}

/// A value in which any leaf, or the whole, may be an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Nothing to evaluate.
    Literal(Value),
    /// Evaluated as a whole.
    Expression(Expression),
    /// Evaluated item by item; missing items are left out.
    List(Vec<Template>),
    /// Evaluated value by value; missing values leave out their key.
    Map(Vec<(String, Template)>),
}

impl Template {
    /// Every expression in it.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match self {
            Self::Literal(_) => {}
            Self::Expression(expression) => visit(expression),
            Self::List(items) => items.iter().for_each(|item| item.expressions(visit)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.expressions(visit)),
        }
    }
}
