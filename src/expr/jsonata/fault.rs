//! The engine's errors in our words.

use std::fmt::Display;

use jsonata_core::evaluator::{EvaluatorError, error_code_prefix};
use jsonata_core::parser::ParserError;

use super::super::EvalError;

/// Some messages of the engine quote whole values.
const MAX_MESSAGE: usize = 160;

/// Codes of the engine that mean a limit.
const LIMITS: [(&str, &str, &str); 5] = [
    ("D1011", "limit.depth", "the evaluation is nested too deeply; does a function call itself for ever"),
    ("U1001", "limit.depth", "the evaluation is nested too deeply; does a function call itself for ever"),
    ("U1002", "limit.depth", "the expression is nested too deeply"),
    ("D1012", "limit.time", "the evaluation takes too long"),
    ("D2015", "limit.size", "a list grows too long"),
];

/// The engine failed on an input.
pub(super) fn failed(error: &EvaluatorError) -> EvalError {
    coded(error.message())
}

/// The engine refused a text that our parser accepted.
pub(super) fn refused(error: &ParserError) -> EvalError {
    let message = error.display_message();
    let message = message.strip_prefix("Parse error: ").unwrap_or(&message);
    coded(message.strip_prefix("Invalid syntax: ").unwrap_or(message))
}

/// The engine broke.
pub(super) fn broken() -> EvalError {
    new("engine", "the expression engine broke on this expression; please report it".into())
}

pub(super) fn not_json(error: &dyn Display) -> EvalError {
    new("json", format!("this is no JSON: {error}"))
}

pub(super) fn cycle(name: &str) -> EvalError {
    new("cycle", format!("the shared expression `{name}` uses itself"))
}

pub(super) fn long_chain(name: &str) -> EvalError {
    new("limit.depth", format!("too many shared expressions use each other before `{name}`"))
}

fn new(code: &str, message: String) -> EvalError {
    EvalError { code: code.into(), message, range: None }
}

fn coded(text: &str) -> EvalError {
    let text = text.strip_prefix("Signature validation failed: ").unwrap_or(text);
    let code = error_code_prefix(text).unwrap_or("engine");
    if let Some((_, code, message)) = LIMITS.iter().find(|(engine, ..)| *engine == code) {
        return new(code, (*message).to_owned());
    }
    let message = text.strip_prefix(code).map_or(text, |rest| rest.trim_start_matches(':'));
    new(code, in_our_style(message.trim()))
}

/// Lower case at the start, one line without full stop, values in backticks.
fn in_our_style(message: &str) -> String {
    let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "`");
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    let message = message.trim_end_matches('.').to_owned();
    let mut chars = message.chars();
    let Some(first) = chars.next() else { return message };
    let keeps_case = chars.clone().next().is_some_and(char::is_uppercase);
    if keeps_case { message } else { first.to_lowercase().chain(chars).collect() }
}
