//! What most likely is meant by a text that is no SQL: each guess looks at the tokens around the place at which
//! SQLite stumbled, and the first that fits speaks.

use std::ops::Range;

use super::{MistakeKind, SqlMistake, View, words};
use crate::store::dialect::{Token, TokenKind};

type Guess = fn(&View<'_>) -> Option<SqlMistake>;

const GUESSES: [Guess; 13] = [
    second_statement,
    open_quote,
    context_path,
    bare_path,
    foreign_operator,
    bare_table,
    needless_comma,
    list_parameter,
    misspelt_word,
    reserved_name,
    open_bracket,
    missing_comma,
    early_end,
];

/// Says what is wrong with a text that SQLite cannot read.
pub(super) fn explain(message: &str, view: &View<'_>) -> SqlMistake {
    let guesses = if message.starts_with("only one") { &GUESSES[..1] } else { &GUESSES[1..] };
    guesses.iter().find_map(|guess| guess(view)).unwrap_or_else(|| {
        let range = view.blamed();
        let message = format!("`{}` cannot stand here", view.word(range.clone()));
        sql(range, message).help("look at what stands just before it")
    })
}

fn sql(range: Range<usize>, message: impl Into<String>) -> SqlMistake {
    SqlMistake::new(MistakeKind::Sql, range, message.into())
}

fn second_statement(view: &View<'_>) -> Option<SqlMistake> {
    let end = view.text.tokens.iter().position(|token| token.is(view.sql, ";"))?;
    let second = view.token(end + 1)?;
    Some(sql(second.range.clone(), "a second statement begins here, and only one is allowed"))
}

fn open_quote(view: &View<'_>) -> Option<SqlMistake> {
    let last = view.text.tokens.last()?;
    let text = last.text(view.sql);
    let opening = text.chars().next()?;
    let closing = if opening == '[' { ']' } else { opening };
    let is_open = match last.kind {
        TokenKind::Text | TokenKind::DoubleQuoted | TokenKind::Bracketed => {
            text.len() == 1 || !text.ends_with(closing) || is_odd(text, closing)
        }
        _ => false,
    };
    let begin = last.range.start..last.range.start + 1;
    is_open.then(|| sql(begin, format!("there is no closing `{closing}` for the `{opening}` here")))
}

/// Whether a quoted text ends with a doubled quote, which does not close it.
fn is_odd(text: &str, quote: char) -> bool {
    quote != ']' && text.matches(quote).count() % 2 == 1
}

/// `@ctx` can be read in expressions only.
fn context_path(view: &View<'_>) -> Option<SqlMistake> {
    let tokens = &view.text.tokens;
    let starts = |token: &Token| token.kind == TokenKind::Parameter && token.is_text(view.sql, "@ctx");
    let first = tokens
        .iter()
        .position(starts)
        .filter(|at| tokens.get(at + 1).is_some_and(|dot| dot.is(view.sql, ".")))?;
    let end = path_end(view, first);
    let range = tokens[first].range.start..end;
    let path = view.word(range.clone());
    let name = path.rsplit('.').next().unwrap_or("value").to_owned();
    let help = format!("write `@{name}`, and `{name}: ={path}` under the statement's parameters");
    Some(sql(range.clone(), format!("a statement cannot read `{path}`")).help(help))
}

/// The end of the names, dots and hyphens that follow a token without a blank between.
fn path_end(view: &View<'_>, first: usize) -> usize {
    let mut end = view.text.tokens[first].range.end;
    for token in &view.text.tokens[first + 1..] {
        let joins = token.kind == TokenKind::Word || token.is(view.sql, ".") || token.is(view.sql, "-");
        if token.range.start != end || !joins {
            break;
        }
        end = token.range.end;
    }
    end
}

/// `$.name` without the quotes that the shorthand needs.
fn bare_path(view: &View<'_>) -> Option<SqlMistake> {
    let tokens = &view.text.tokens;
    let first = tokens.windows(2).position(|pair| {
        pair[0].is(view.sql, "$") && pair[1].is(view.sql, ".") && pair[0].range.end == pair[1].range.start
    })?;
    let range = tokens[first].range.start..path_end(view, first);
    let path = view.word(range.clone());
    let quoted = format!("'{path}'");
    let message = format!("`{path}` has to stand in quotes");
    Some(sql(range.clone(), message).help(format!("write `{quoted}`")).certain(range, quoted))
}

fn foreign_operator(view: &View<'_>) -> Option<SqlMistake> {
    let token = view.token(view.at)?;
    let two = token.range.start.saturating_sub(1)..token.range.end + 1;
    let here = [token.range.start..token.range.end + 1, two.start..token.range.end];
    if let Some(range) = here.into_iter().find(|range| view.word(range.clone()) == "&&") {
        let message = "`&&` is not SQL";
        return Some(sql(range.clone(), message).help("write `AND`").certain(range, "AND"));
    }
    if token.is(view.sql, "!") {
        return Some(sql(token.range.clone(), "`!` is not SQL").help("write `NOT`"));
    }
    let arrow = view.word(token.range.start.saturating_sub(1)..token.range.end);
    (arrow == "=>").then(|| sql(token.range.clone(), "`=>` is not SQL").help("write `>=`"))
}

/// `my-table` or `default/tasks` without brackets.
fn bare_table(view: &View<'_>) -> Option<SqlMistake> {
    let tokens = &view.text.tokens;
    let is_part =
        |token: &Token| token.kind == TokenKind::Word || token.is(view.sql, "-") || token.is(view.sql, "/");
    let mut first = view.at;
    while let Some(before) = first.checked_sub(1)
        && is_part(&tokens[before])
        && tokens
            .get(first)
            .is_some_and(|token| tokens[before].range.end == token.range.start && is_part(token))
    {
        first = before;
    }
    let mut last = first;
    while let Some(next) = tokens.get(last + 1)
        && is_part(next)
        && is_part(&tokens[last])
        && tokens[last].range.end == next.range.start
    {
        last += 1;
    }
    let names_table = first.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|before| {
        ["FROM", "JOIN", "INTO", "UPDATE", "TABLE", "ON", ","].iter().any(|word| before.is(view.sql, word))
    });
    if last == first || !names_table {
        return None;
    }
    let range = tokens[first].range.start..tokens[last].range.end;
    let name = view.word(range.clone());
    let fixed = format!("[{name}]");
    let message = format!("the name `{name}` has to stand in square brackets");
    Some(sql(range.clone(), message).help(format!("write `{fixed}`")).certain(range, fixed))
}

fn needless_comma(view: &View<'_>) -> Option<SqlMistake> {
    let here = view.token(view.at);
    let ends = here.is_none_or(|token| {
        let ends = ["FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", ")", ",", ";"];
        ends.iter().any(|end| token.is(view.sql, end))
    });
    let comma = view.before(1).filter(|token| ends && token.is(view.sql, ","));
    // `SELECT , id`: the comma itself is where SQLite stumbles.
    let leading = here.filter(|token| {
        token.is(view.sql, ",")
            && view
                .before(1)
                .is_some_and(|before| ["SELECT", "("].iter().any(|word| before.is(view.sql, word)))
    });
    let last = here.filter(|token| token.is(view.sql, ",") && view.token(view.at + 1).is_none());
    if let Some(comma) = last.filter(|_| comma.is_none()) {
        let range = comma.range.clone();
        let mistake = sql(range.clone(), "a comma too many at the end");
        return Some(mistake.help("remove the comma").certain(range, ""));
    }
    let comma = comma.or(leading)?;
    let beside = if leading.is_some() { view.before(1) } else { here };
    let message = match beside {
        Some(token) if leading.is_some() => format!("a comma too many behind `{}`", token.text(view.sql)),
        Some(token) => format!("a comma too many before `{}`", token.text(view.sql)),
        None => "a comma too many at the end".to_owned(),
    };
    let range = comma.range.clone();
    Some(sql(range.clone(), message).help("remove the comma").certain(range, ""))
}

/// `IN @ids`.
fn list_parameter(view: &View<'_>) -> Option<SqlMistake> {
    let parameter = view.token(view.at).filter(|token| token.kind == TokenKind::Parameter)?;
    view.before(1).filter(|before| before.is(view.sql, "IN"))?;
    let name = parameter.text(view.sql);
    let help = format!("give it JSON text and write `IN (SELECT value FROM json_each({name}))`");
    Some(sql(parameter.range.clone(), format!("`IN` needs brackets, and `{name}` is one value")).help(help))
}

fn misspelt_word(view: &View<'_>) -> Option<SqlMistake> {
    let near = (0..=2).filter_map(|back| view.before(back)).filter(|token| token.kind == TokenKind::Word);
    let mut guesses = near.filter_map(|token| Some((token, words::closest_keyword(token.text(view.sql))?)));
    let (token, word) = guesses.find(|(token, _)| !words::is_reserved(token.text(view.sql)))?;
    let message = format!("`{}` is no word of SQL", token.text(view.sql));
    let range = token.range.clone();
    Some(sql(range.clone(), message).help(format!("did you mean `{word}`?")).probable(range, word))
}

fn reserved_name(view: &View<'_>) -> Option<SqlMistake> {
    let token = view.token(view.at).filter(|token| token.kind == TokenKind::Word)?;
    let word = token.text(view.sql);
    let names = ["AS", ".", ",", "SELECT", "FROM", "JOIN", "INTO", "UPDATE", "BY"];
    let is_name = view.before(1).is_some_and(|before| names.iter().any(|name| before.is(view.sql, name)));
    if !is_name || !words::is_reserved(word) || ["FROM", "SELECT", "WHERE"].contains(&&*word.to_uppercase()) {
        return None;
    }
    let fixed = format!("[{word}]");
    let message = format!("`{word}` is a word of SQL; as a name it has to stand in square brackets");
    Some(
        sql(token.range.clone(), message)
            .help(format!("write `{fixed}`"))
            .probable(token.range.clone(), fixed),
    )
}

fn open_bracket(view: &View<'_>) -> Option<SqlMistake> {
    let mut open: Vec<&Token> = Vec::new();
    for token in &view.text.tokens {
        if token.is(view.sql, "(") {
            open.push(token);
        } else if token.is(view.sql, ")") && open.pop().is_none() {
            return Some(sql(token.range.clone(), "a `)` without a `(` before it"));
        }
    }
    open.pop().map(|token| sql(token.range.clone(), "there is no closing `)` for the `(` here"))
}

fn missing_comma(view: &View<'_>) -> Option<SqlMistake> {
    let token = view.token(view.at)?;
    let before = view.before(1)?;
    let is_value = |token: &Token| match token.kind {
        TokenKind::Word => !words::is_reserved(token.text(view.sql)),
        TokenKind::Symbol => false,
        _ => true,
    };
    let ends = is_value(before) || before.is(view.sql, ")");
    if !ends || !is_value(token) {
        return None;
    }
    let message =
        format!("something is missing between `{}` and `{}`", before.text(view.sql), token.text(view.sql));
    Some(sql(token.range.clone(), message).help("a comma, an operator, or a word such as `AND`"))
}

fn early_end(view: &View<'_>) -> Option<SqlMistake> {
    let last = view.text.tokens.last().filter(|_| view.token(view.at).is_none())?;
    let message = format!("the statement ends too early, behind `{}`", last.text(view.sql));
    Some(sql(last.range.clone(), message))
}
