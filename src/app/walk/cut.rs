//! An expression of which YAML took the end for a comment.

use super::super::pages::COMMENT_CUTS_EXPRESSION;
use crate::diag::{Diagnostic, Fix, Span};
use crate::expr::Expression;
use crate::syntax::{Scalar, Style, Tree};

/// What is wrong with an expression that cannot be read, when it can be with the comment behind it, or
/// when the comment closes its brackets (expressions.md §8).
pub(super) fn by_comment(scalar: &Scalar, token: Span, tree: &Tree, source: &str) -> Option<Diagnostic> {
    if scalar.style != Style::Plain {
        return None;
    }
    let next = tree.comments.partition_point(|comment| comment.span.start < token.end);
    let comment = tree.comments.get(next).filter(|comment| comment.trailing)?;
    let between = source.get(token.end as usize..comment.span.start as usize)?;
    let whole = source.get(token.start as usize..comment.span.end as usize)?.trim_end();
    let is_next = between.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    let is_readable = Expression::parse(whole).is_ok();
    if !is_next || !(is_readable || is_open(&scalar.text) && !is_open(whole)) {
        return None;
    }
    let written = Span::new(token.file, token.start as usize, token.start as usize + whole.len());
    let quoted = format!("'{}'", whole.replace('\'', "''"));
    let message = "the rest of this expression is read as a comment, because a blank and `#` begin one";
    let cut = Span { start: comment.span.start, ..written };
    let found = Diagnostic::error(COMMENT_CUTS_EXPRESSION, cut, message)
        .label(token, "all that is left of the expression")
        .help("put the whole expression in quotes");
    // Quotes alone do not mend what has another mistake besides.
    let fix = is_readable.then(|| Fix::safe("put the expression in quotes", written, quoted));
    Some(match fix {
        Some(fix) => found.fix(fix),
        None => found,
    })
}

/// Whether a bracket or a quote that begins in an expression does not end in it.
fn is_open(expression: &str) -> bool {
    let (mut depth, mut quote) = (0_usize, None);
    for character in expression.chars() {
        match (quote, character) {
            (Some(begun), _) if begun == character => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth > 0 || quote.is_some()
}
