//! Finding the mistakes of a free condition, and where they stand.

use std::ops::Range;

use evalexpr::{EvalexprError, Node, Operator, Value};

use super::super::super::SyntaxError;
use super::super::judge::Record;
use super::super::scan::{Piece, PieceKind, pieces};
use super::super::{Facts, ScopeFacts};
use super::library::{Library, NAMES};
use super::{evaluate, words};
use crate::diag::did_you_mean;

/// `evalexpr` recurses for every sign; these bounds keep it far from the end of the stack.
const MAX_LENGTH: usize = 4096;
const MAX_WEIGHT: usize = 500;

/// What other languages write, and what is written here.
const FOREIGN: [(&str, &str); 7] = [
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("=", "write `==` to compare"),
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("<>", "write `!=`"),
];

pub(super) fn before_parsing(text: &str) -> Result<(), SyntaxError> {
    if text.trim().is_empty() {
        return Err(error(
            0..text.len(),
            "this condition is empty",
            Some("write an expression such as `online()`"),
        ));
    }
    let pieces = if text.len() > MAX_LENGTH { Vec::new() } else { pieces(text) };
    let weight: usize = pieces.iter().map(weight).sum();
    if pieces.is_empty() || weight > MAX_WEIGHT {
        return Err(error(
            0..text.len(),
            "this condition is too long",
            Some("split it with `all:` and `any:`"),
        ));
    }
    check_brackets(&pieces)?;
    pieces.iter().find_map(|piece| foreign(text, piece)).map_or(Ok(()), Err)
}

/// Each sign may be a level of the tree.
fn weight(piece: &Piece) -> usize {
    if piece.kind == PieceKind::Sign { piece.range.len() } else { 1 }
}

fn check_brackets(pieces: &[Piece]) -> Result<(), SyntaxError> {
    let mut open = Vec::new();
    for Piece { kind, range } in pieces {
        match kind {
            PieceKind::OpenText => {
                let start = range.start..range.start + 1;
                return Err(error(start, "this text is never closed", Some("add `\"` where it ends")));
            }
            PieceKind::Open => open.push(range.clone()),
            PieceKind::Close if open.pop().is_none() => {
                return Err(error(range.clone(), "`)` closes nothing", Some("remove it")));
            }
            _ => {}
        }
    }
    let unclosed = open.pop();
    unclosed.map_or(Ok(()), |range| Err(error(range, "this `(` is never closed", Some("add `)`"))))
}

fn foreign(text: &str, piece: &Piece) -> Option<SyntaxError> {
    let written = &text[piece.range.clone()];
    if piece.kind == PieceKind::Word && written.starts_with('\'') {
        return Some(error(
            piece.range.clone(),
            "texts stand in double quotes",
            Some("write `\"` instead of `'`"),
        ));
    }
    if !matches!(piece.kind, PieceKind::Word | PieceKind::Sign) {
        return None;
    }
    let (_, help) = FOREIGN.iter().find(|(foreign, _)| *foreign == written)?;
    Some(error(piece.range.clone(), &format!("`{written}` is no operator here"), Some(help)))
}

/// `evalexpr` refused the text.
pub(super) fn refused(text: &str, reason: &EvalexprError) -> SyntaxError {
    let message = match reason {
        EvalexprError::AppendedToLeafNode | EvalexprError::MissingOperatorOutsideOfBrace => {
            "an operator is missing between two values".to_owned()
        }
        EvalexprError::WrongOperatorArgumentAmount { .. } => "an operator lacks a value".to_owned(),
        EvalexprError::UnmatchedPartialToken { first, .. } => format!("`{first}` is no operator here"),
        other => words(other),
    };
    error(trimmed(text), &message, None)
}

/// Checks what needs no database.
pub(super) fn after_parsing(text: &str, tree: &Node) -> Result<(), SyntaxError> {
    check_signs(text, tree)?;
    check_names(text, tree)?;
    let record = Record::new(&MadeUp);
    let library = Library { record: &record };
    evaluate(tree, &library).map_err(|reason| {
        let message = words(&reason);
        error(blamed(text, &message), &message, None)
    })?;
    check_comparisons(text, tree, &library)
}

/// Assignments and lists mean nothing in a condition.
fn check_signs(text: &str, tree: &Node) -> Result<(), SyntaxError> {
    let wrong = tree.iter().find_map(|node| match node.operator() {
        Operator::Assign
        | Operator::AddAssign
        | Operator::SubAssign
        | Operator::MulAssign
        | Operator::DivAssign
        | Operator::ModAssign
        | Operator::ExpAssign
        | Operator::AndAssign
        | Operator::OrAssign => Some("a condition assigns nothing"),
        Operator::Chain => Some("`;` has no meaning in a condition"),
        _ => None,
    });
    wrong.map_or(Ok(()), |message| {
        Err(error(trimmed(text), message, Some("combine tests with `&&` and `||`")))
    })
}

/// Functions that do not exist, and variables, of which there are none.
fn check_names(text: &str, tree: &Node) -> Result<(), SyntaxError> {
    for node in tree.iter() {
        match node.operator() {
            Operator::FunctionIdentifier { identifier } if !NAMES.contains(&identifier.as_str()) => {
                let help = did_you_mean(identifier, NAMES);
                let help = help.unwrap_or_else(|| format!("known are `{}`", NAMES.join("`, `")));
                return Err(error(
                    place_of(text, identifier),
                    &format!("unknown function `{identifier}`"),
                    Some(&help),
                ));
            }
            Operator::VariableIdentifierRead { identifier }
            | Operator::VariableIdentifierWrite { identifier } => {
                let range = place_of(text, identifier);
                return Err(error(
                    range,
                    &format!("unknown name `{identifier}`"),
                    Some(&name_help(identifier)),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn name_help(name: &str) -> String {
    if NAMES.contains(&name) {
        return format!("write `{name}(…)` to call the function");
    }
    let text = || format!("write `\"{name}\"` if a text is meant");
    did_you_mean(name, NAMES).unwrap_or_else(text)
}

/// A comparison of a text with a number is never equal.
fn check_comparisons(text: &str, node: &Node, library: &Library<'_, '_>) -> Result<(), SyntaxError> {
    if let (Operator::Eq | Operator::Neq, [left, right]) = (node.operator(), node.children()) {
        let kind = |node: &Node| node.eval_with_context(library).ok().map(|value| kind(&value));
        if let (Some(left), Some(right)) = (kind(left), kind(right))
            && left != right
        {
            let message = format!("{left} is compared with {right}, which are never equal");
            return Err(error(trimmed(text), &message, None));
        }
    }
    node.children().iter().try_for_each(|child| check_comparisons(text, child, library))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Float(_) | Value::Int(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Tuple(_) => "a list",
        Value::Empty => "nothing",
    }
}

/// The bytes of the first thing in backticks that stands in the text, else of everything.
fn blamed(text: &str, message: &str) -> Range<usize> {
    let quoted = message.split('`').skip(1).step_by(2);
    let pieces = pieces(text);
    // A wrong text is a better place than the function that it is given to.
    let texts = quoted.clone().find_map(|word| {
        let is_it = |piece: &&Piece| {
            piece.kind == PieceKind::Text && text[piece.range.clone()] == format!("\"{word}\"")
        };
        pieces.iter().find(is_it).map(|piece| piece.range.clone())
    });
    let words = || {
        quoted.clone().find_map(|word| {
            let is_it = |piece: &&Piece| piece.kind == PieceKind::Word && &text[piece.range.clone()] == word;
            pieces.iter().find(is_it).map(|piece| piece.range.clone())
        })
    };
    texts.or_else(words).unwrap_or_else(|| trimmed(text))
}

fn place_of(text: &str, name: &str) -> Range<usize> {
    let is_it = |piece: &Piece| piece.kind == PieceKind::Word && &text[piece.range.clone()] == name;
    pieces(text).into_iter().find(is_it).map_or_else(|| trimmed(text), |piece| piece.range)
}

fn trimmed(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

fn error(range: Range<usize>, message: &str, help: Option<&str>) -> SyntaxError {
    SyntaxError { range, message: message.to_owned(), help: help.map(str::to_owned), repair: Vec::new() }
}

/// Facts to try a condition on; numbers that hardly anybody subtracts.
struct MadeUp;

impl Facts for MadeUp {
    fn scope(&self, _: &str) -> Option<ScopeFacts> {
        Some(ScopeFacts {
            state: "synced".into(),
            not_started: 7919,
            syncing: 7927,
            failed: 7933,
            synced: 7937,
            last_started_at: Some(104_729),
            last_failed_at: Some(104_743),
            last_synced_at: Some(104_759),
        })
    }

    fn status(&self, _: Option<&str>, _: &str, _: Option<&str>) -> Option<String> {
        Some("synced".into())
    }

    fn online(&self) -> bool {
        true
    }

    fn now(&self) -> i64 {
        1_299_709
    }
}
