//! The app format's SQL (datasources.md §2.2) made plain SQLite: the `'$.path'` shorthand becomes
//! `json_extract`, the app's own package name becomes the database, and every byte of the outcome knows where it
//! came from. All of it works on tokens, never on bare text.

mod names;
mod token;

use std::ops::Range;

pub(super) use token::{Kind as TokenKind, Token};
use token::{Kind, tokens};

/// Which parts of the dialect a query uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect<'a> {
    /// Whether `'$.path'` is rewritten (`rewriteQuery`).
    pub shorthand: bool,
    /// The name under which the app's own database may be written, as in `[package].[entity]`.
    pub package: Option<&'a str>,
}

impl Default for Dialect<'_> {
    fn default() -> Self {
        Self { shorthand: true, package: None }
    }
}

/// A query in plain SQLite and the way back to the author's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rewritten {
    /// What SQLite gets.
    pub(super) sql: String,
    /// What the author wrote.
    pub(super) original: String,
    pieces: Vec<Piece>,
    /// The author's text in tokens.
    pub(super) tokens: Vec<Token>,
    shorthands: Vec<Range<usize>>,
}

/// A stretch of the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the outcome.
    out: usize,
    /// Where it comes from.
    origin: Range<usize>,
    /// Whether it is the author's text unchanged.
    copied: bool,
}

/// A parameter in a query, as the author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterUse {
    /// The name without its sign.
    pub name: String,
    /// `@` is bound; `:`, `$`, `#` and `?` are not and stay NULL.
    pub sign: char,
    /// Bytes in the author's text.
    pub range: Range<usize>,
    /// Whether it is one value to compare with: it stands behind `=`, `LIKE` or in the brackets of `IN (…)`.
    pub is_compared: bool,
}

/// Makes a query plain SQLite.
pub(super) fn rewrite(sql: &str, dialect: &Dialect<'_>) -> Rewritten {
    let tokens = tokens(sql);
    let mut edits = Vec::new();
    let mut shorthands = Vec::new();
    if let Some(package) = dialect.package {
        edits.extend(own_package(sql, &tokens, package));
    }
    if dialect.shorthand {
        for (range, text) in shorthand_edits(sql, &tokens) {
            shorthands.push(range.clone());
            edits.push((range, text));
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let (rewritten, pieces) = splice(sql, &edits);
    Rewritten { sql: rewritten, original: sql.to_owned(), pieces, tokens, shorthands }
}

/// The first word of a statement.
pub(super) fn first_word(sql: &str) -> Option<&str> {
    let first = tokens(sql).into_iter().find(|token| token.kind == Kind::Word)?;
    sql.get(first.range)
}

impl Rewritten {
    /// The author's byte for a byte of the outcome.
    pub(super) fn origin(&self, offset: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.out <= offset);
        let Some(piece) = after.checked_sub(1).and_then(|at| self.pieces.get(at)) else { return 0 };
        let distance = if piece.copied { offset - piece.out } else { 0 };
        (piece.origin.start + distance).min(piece.origin.end)
    }

    /// Whether a byte of the author's text lies in a `'$.path'` that was rewritten.
    pub(super) fn is_shorthand(&self, offset: usize) -> bool {
        self.shorthands.iter().any(|range| range.contains(&offset))
    }

    /// Where the author first wrote this name, quoted or not.
    pub(super) fn find_name(&self, name: &str) -> Option<Range<usize>> {
        let plain = name.strip_prefix("main.").unwrap_or(name);
        let named = self.tokens.iter().find(|token| {
            matches!(token.kind, Kind::Word | Kind::Bracketed | Kind::DoubleQuoted)
                && token.unquoted(&self.original).eq_ignore_ascii_case(plain)
        });
        named
            .or_else(|| {
                let last = plain.rsplit('.').next().filter(|last| *last != plain)?;
                self.tokens.iter().find(|token| {
                    matches!(token.kind, Kind::Word | Kind::Bracketed)
                        && token.unquoted(&self.original).eq_ignore_ascii_case(last)
                })
            })
            .map(|token| token.range.clone())
    }

    /// Every parameter in the order of the text.
    pub(super) fn parameters(&self) -> Vec<ParameterUse> {
        let uses = self.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Parameter);
        uses.filter_map(|(at, token)| {
            let text = token.text(&self.original);
            let sign = text.chars().next()?;
            let name = text.get(sign.len_utf8()..)?.to_owned();
            let is_compared = self.is_compared(at);
            Some(ParameterUse { name, sign, range: token.range.clone(), is_compared })
        })
        .collect()
    }

    /// Whether the token at this position is compared with as a whole.
    fn is_compared(&self, at: usize) -> bool {
        const OPERATORS: [&str; 10] = ["=", "==", "!=", "<>", "<", ">", "<=", ">=", "LIKE", "IS"];
        let back = |steps: usize| at.checked_sub(steps).and_then(|at| self.tokens.get(at));
        let is =
            |token: Option<&Token>, what: &str| token.is_some_and(|token| token.is(&self.original, what));
        let in_list = (1..at).take_while(|steps| {
            back(*steps).is_some_and(|token| token.kind == Kind::Parameter || token.is(&self.original, ","))
        });
        let first = in_list.last().unwrap_or(0) + 1;
        OPERATORS.iter().any(|operator| is(back(1), operator))
            || (is(back(first), "(") && is(back(first + 1), "IN"))
    }
}

/// `[package].[entity]` of the app's own package means its own database.
fn own_package(sql: &str, tokens: &[Token], package: &str) -> Vec<(Range<usize>, String)> {
    let is_own = |window: &&[Token]| {
        window[0].kind == Kind::Bracketed
            && window[1].is(sql, ".")
            && window[2].kind == Kind::Bracketed
            && window[0].unquoted(sql).eq_ignore_ascii_case(package)
    };
    tokens.windows(3).filter(is_own).map(|window| (window[0].range.clone(), "main".to_owned())).collect()
}

/// One level of brackets while walking over the tokens.
struct Frame {
    /// The function whose arguments these are.
    function: Option<String>,
    /// How many commas of that function came before.
    argument: usize,
    /// Whether the walk is in the list between SELECT and FROM.
    in_list: bool,
    /// Whether the next token begins an item of that list.
    at_item: bool,
    /// Whether the brackets hold a query.
    is_query: bool,
}

impl Frame {
    fn new(function: Option<String>) -> Self {
        Self { function, argument: 0, in_list: false, at_item: false, is_query: false }
    }
}

fn shorthand_edits(sql: &str, tokens: &[Token]) -> Vec<(Range<usize>, String)> {
    let mut edits = Vec::new();
    let mut frames = vec![Frame::new(None)];
    for (position, token) in tokens.iter().enumerate() {
        let previous = position.checked_sub(1).and_then(|at| tokens.get(at));
        if is_path(sql, token) && !stays(sql, tokens, position, &frames) {
            edits.push((token.range.clone(), extraction(sql, tokens, position, &frames)));
        }
        walk(sql, token, previous, tokens, position, &mut frames);
    }
    edits
}

fn is_path(sql: &str, token: &Token) -> bool {
    token.kind == Kind::Text && token.text(sql).starts_with("'$.") && token.text(sql).len() > 4
}

/// Whether a path is to be left as it is: an alias, or the path of a JSON function or operator.
fn stays(sql: &str, tokens: &[Token], position: usize, frames: &[Frame]) -> bool {
    let Some(previous) = position.checked_sub(1).and_then(|at| tokens.get(at)) else { return false };
    let in_list = frames.last().is_some_and(|frame| frame.in_list);
    if previous.is(sql, "AS") || previous.is(sql, "->") || previous.is(sql, "->>") {
        return true;
    }
    (in_list && ends_operand(sql, previous)) || is_json_path(frames)
}

/// Whether the innermost function around takes a path at this argument; bare brackets do not matter.
fn is_json_path(frames: &[Frame]) -> bool {
    for frame in frames.iter().rev() {
        match &frame.function {
            Some(function) => return takes_path(function, frame.argument),
            None if frame.is_query => return false,
            None => {}
        }
    }
    false
}

fn takes_path(function: &str, argument: usize) -> bool {
    let name = function.to_ascii_lowercase();
    let Some(rest) = name.strip_prefix("jsonb_").or_else(|| name.strip_prefix("json_")) else { return false };
    match rest {
        "extract" | "remove" => argument >= 1,
        "type" | "array_length" | "each" | "tree" => argument == 1,
        "set" | "insert" | "replace" | "array_insert" => argument % 2 == 1,
        _ => false,
    }
}

fn extraction(sql: &str, tokens: &[Token], position: usize, frames: &[Frame]) -> String {
    let token = &tokens[position];
    let literal = token.text(sql);
    let frame = frames.last();
    let whole_item = frame.is_some_and(|frame| frame.in_list && frame.at_item)
        && tokens.get(position + 1).is_none_or(|next| ends_item(sql, next));
    if !whole_item {
        return format!("json_extract(data, {literal})");
    }
    let path = token.unquoted(sql);
    let name = path.trim_start_matches("$.");
    if name.contains(']') {
        return format!("json_extract(data, {literal}) AS \"{}\"", name.replace('"', "\"\""));
    }
    format!("json_extract(data, {literal}) AS [{name}]")
}

fn walk(
    sql: &str,
    token: &Token,
    previous: Option<&Token>,
    tokens: &[Token],
    position: usize,
    frames: &mut Vec<Frame>,
) {
    if token.is(sql, "(") {
        if let Some(frame) = frames.last_mut() {
            frame.at_item = false;
        }
        frames.push(Frame::new(previous.and_then(|previous| function_name(sql, previous))));
        return;
    }
    if token.is(sql, ")") {
        if frames.len() > 1 {
            frames.pop();
        }
        return;
    }
    let Some(frame) = frames.last_mut() else { return };
    if token.is(sql, ",") {
        frame.argument += 1;
        frame.at_item = frame.in_list;
    } else if token.is(sql, "SELECT") {
        (frame.in_list, frame.at_item, frame.is_query) = (true, true, true);
    } else if token.is(sql, "DISTINCT") || token.is(sql, "ALL") {
        // Directly after SELECT these do not begin an item; anywhere else no item is awaited.
    } else if ends_list(sql, token) && !is_distinct_from(sql, tokens, position) {
        (frame.in_list, frame.at_item) = (false, false);
    } else {
        frame.at_item = false;
    }
}

/// A word before a bracket that calls a function, unlike a keyword that only precedes one.
fn function_name(sql: &str, previous: &Token) -> Option<String> {
    let word = previous.text(sql);
    let is_name = match previous.kind {
        Kind::Word => !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)),
        Kind::DoubleQuoted | Kind::Bracketed => true,
        _ => false,
    };
    is_name.then(|| previous.unquoted(sql))
}

fn ends_operand(sql: &str, token: &Token) -> bool {
    match token.kind {
        Kind::Word => !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(token.text(sql))),
        Kind::Text | Kind::DoubleQuoted | Kind::Bracketed | Kind::Parameter | Kind::Literal => true,
        Kind::Symbol => token.is(sql, ")"),
    }
}

fn ends_list(sql: &str, token: &Token) -> bool {
    LIST_ENDS.iter().any(|word| token.is(sql, word))
}

fn ends_item(sql: &str, token: &Token) -> bool {
    [",", ")", ";"].iter().any(|symbol| token.is(sql, symbol)) || ends_list(sql, token)
}

/// `a IS DISTINCT FROM b` does not end a list.
fn is_distinct_from(sql: &str, tokens: &[Token], position: usize) -> bool {
    let back = |steps: usize| position.checked_sub(steps).and_then(|at| tokens.get(at));
    tokens[position].is(sql, "FROM")
        && back(1).is_some_and(|token| token.is(sql, "DISTINCT"))
        && back(2).is_some_and(|token| token.is(sql, "IS") || token.is(sql, "NOT"))
}

const LIST_ENDS: [&str; 10] =
    ["FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW"];

/// Words after which an operand or a bracketed list begins.
const KEYWORDS: [&str; 46] = [
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "COLLATE",
    "CROSS",
    "DISTINCT",
    "ELSE",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FILTER",
    "FROM",
    "FULL",
    "GLOB",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "INTO",
    "IS",
    "ISNULL",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "MATCH",
    "MATERIALIZED",
    "NOT",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "REGEXP",
    "SELECT",
    "THEN",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
];

/// Puts replacements into a text; they do not overlap and stand in order.
fn splice(sql: &str, edits: &[(Range<usize>, String)]) -> (String, Vec<Piece>) {
    let mut out = String::with_capacity(sql.len() + edits.len() * 24);
    let mut pieces = Vec::with_capacity(edits.len() * 2 + 1);
    let mut done = 0;
    for (range, text) in edits {
        pieces.push(Piece { out: out.len(), origin: done..range.start, copied: true });
        out.push_str(&sql[done..range.start]);
        pieces.push(Piece { out: out.len(), origin: range.clone(), copied: false });
        out.push_str(text);
        done = range.end;
    }
    pieces.push(Piece { out: out.len(), origin: done..sql.len(), copied: true });
    out.push_str(&sql[done..]);
    (out, pieces)
}

#[cfg(test)]
mod tests;
