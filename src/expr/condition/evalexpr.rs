//! Free conditions; the only file that knows the crate `evalexpr`.
//!
//! Only the functions of interface.md §3 exist. What can be told without a database is told when
//! the text is parsed: the condition is tried on made-up facts, so that a wrong type, a wrong
//! number of arguments or a result that is not boolean is found by the linter.

mod check;
mod library;

use evalexpr::{Context, EvalexprError, EvalexprResult, Node, Operator, Value, build_operator_tree};

use super::super::SyntaxError;
use super::ConditionError;
use super::judge::Record;
use library::Library;

/// A checked `evalexpr` text.
#[derive(Debug, Clone, PartialEq)]
pub struct EvalExpr {
    text: String,
    tree: Node,
}

impl EvalExpr {
    /// Parses and checks a free condition.
    ///
    /// # Errors
    /// The first mistake, with its bytes in `text` where they can be told, else all of them.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        check::before_parsing(text)?;
        let tree = build_operator_tree(text).map_err(|error| check::refused(text, &error))?;
        check::after_parsing(text, &tree)?;
        Ok(Self { text: text.to_owned(), tree })
    }

    /// The text as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn holds(&self, record: &Record<'_>) -> Result<bool, ConditionError> {
        evaluate(&self.tree, &Library { record }).map_err(|error| ConditionError { message: words(&error) })
    }

    /// The scopes named by a constant.
    pub(super) fn scopes(&self) -> Vec<&str> {
        let calls = calls(&self.tree).into_iter().filter(|call| call.function.starts_with("scope::"));
        calls.filter_map(|call| call.texts.first().copied()).collect()
    }

    /// The tables named by a constant.
    pub(super) fn entities(&self) -> Vec<&str> {
        let calls = calls(&self.tree).into_iter().filter(|call| call.function == "status::state");
        calls.filter_map(|call| call.texts.first().copied()).collect()
    }

    /// The functions named by a constant.
    pub(super) fn functions(&self) -> Vec<&str> {
        let calls = calls(&self.tree).into_iter().filter(|call| call.function == "status::state");
        calls.filter_map(|call| call.texts.get(1).copied()).collect()
    }

    /// The constants that states are compared with.
    pub(super) fn states(&self) -> Vec<&str> {
        let comparisons =
            self.tree.iter().filter(|node| matches!(node.operator(), Operator::Eq | Operator::Neq));
        comparisons
            .filter_map(|node| match node.children() {
                [state, other] if is_state(state) => constant_text(other),
                [other, state] if is_state(state) => constant_text(other),
                _ => None,
            })
            .collect()
    }
}

/// Whether a tree is the state of a scope or status, and nothing else.
fn is_state(node: &Node) -> bool {
    match (node.operator(), node.children()) {
        (Operator::RootNode, [only]) => is_state(only),
        (Operator::FunctionIdentifier { identifier }, _) => {
            matches!(identifier.as_str(), "scope::state" | "status::state")
        }
        _ => false,
    }
}

/// The boolean that a tree gives.
fn evaluate(tree: &Node, library: &Library<'_, '_>) -> EvalexprResult<bool> {
    refuse_zero(tree, library)?;
    match tree.eval_with_context(library)? {
        Value::Boolean(holds) => Ok(holds),
        other => {
            Err(EvalexprError::CustomMessage(format!("the result is {}, not true or false", kind(&other))))
        }
    }
}

/// What a value is, without the value: while a text is only checked, its facts are made up.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Tuple(_) => "a list",
        Value::Empty => "nothing",
    }
}

/// Divisions of fractions by zero, which `evalexpr` lets pass as infinity.
fn refuse_zero(node: &Node, library: &Library<'_, '_>) -> EvalexprResult<()> {
    if let (Operator::Div | Operator::Mod, [_, divisor]) = (node.operator(), node.children()) {
        let value = divisor.eval_with_context(library)?;
        if value.as_number().is_ok_and(|number| number == 0.0) {
            return Err(EvalexprError::CustomMessage("it divides by zero".into()));
        }
    }
    node.children().iter().try_for_each(|child| refuse_zero(child, library))
}

/// A call with the constant texts among its arguments, up to the first that is none.
struct Call<'a> {
    function: &'a str,
    texts: Vec<&'a str>,
}

fn calls(tree: &Node) -> Vec<Call<'_>> {
    tree.iter()
        .filter_map(|node| match node.operator() {
            Operator::FunctionIdentifier { identifier } => {
                let arguments = node.children().first().map_or(Vec::new(), arguments);
                let texts = arguments.into_iter().map_while(constant_text).collect();
                Some(Call { function: identifier, texts })
            }
            _ => None,
        })
        .collect()
}

fn arguments(node: &Node) -> Vec<&Node> {
    match (node.operator(), node.children()) {
        (Operator::RootNode, [only]) => arguments(only),
        (Operator::Tuple, children) => children.iter().collect(),
        _ => vec![node],
    }
}

fn constant_text(node: &Node) -> Option<&str> {
    match (node.operator(), node.children()) {
        (Operator::RootNode, [only]) => constant_text(only),
        (Operator::Const { value: Value::String(text) }, _) => Some(text),
        _ => None,
    }
}

/// An error of evaluation in our words.
fn words(error: &EvalexprError) -> String {
    match error {
        EvalexprError::CustomMessage(message) => message.clone(),
        EvalexprError::DivisionError { .. } | EvalexprError::ModulationError { .. } => {
            "it divides by zero".into()
        }
        EvalexprError::ExpectedString { actual } => {
            format!("a text is expected instead of {}", described(actual))
        }
        EvalexprError::ExpectedInt { actual }
        | EvalexprError::ExpectedFloat { actual }
        | EvalexprError::ExpectedNumber { actual } => {
            format!("a number is expected instead of {}", described(actual))
        }
        EvalexprError::ExpectedNumberOrString { actual } => {
            format!("a number or a text is expected instead of {}", described(actual))
        }
        EvalexprError::ExpectedBoolean { actual } => {
            format!("true or false is expected instead of {}", described(actual))
        }
        EvalexprError::WrongTypeCombination { operator, .. } => {
            format!("`{}` cannot work on values of these kinds", operator.to_string().trim())
        }
        EvalexprError::AdditionError { .. }
        | EvalexprError::SubtractionError { .. }
        | EvalexprError::MultiplicationError { .. }
        | EvalexprError::NegationError { .. } => "a number grows too large".into(),
        other => {
            let message = other.to_string();
            message.trim_end_matches('.').to_lowercase()
        }
    }
}

fn described(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text `{text}`"),
        Value::Float(number) => format!("the number `{number}`"),
        Value::Int(number) => format!("the number `{number}`"),
        Value::Boolean(value) => format!("`{value}`"),
        Value::Tuple(_) => "a list".into(),
        Value::Empty => "nothing".into(),
    }
}

impl Context for Library<'_, '_> {
    fn get_value(&self, _: &str) -> Option<&Value> {
        None
    }

    fn call_function(&self, name: &str, argument: &Value) -> EvalexprResult<Value> {
        let arguments = match argument {
            Value::Tuple(arguments) => arguments.as_slice(),
            Value::Empty => &[],
            single => std::slice::from_ref(single),
        };
        self.call(name, arguments)
    }

    fn are_builtin_functions_disabled(&self) -> bool {
        true
    }

    fn set_builtin_functions_disabled(&mut self, _: bool) -> EvalexprResult<()> {
        Err(EvalexprError::BuiltinFunctionsCannotBeEnabled)
    }
}
