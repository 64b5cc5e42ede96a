//! SQLite's refusals in plain words, for authors who are no programmers: what is wrong, which bytes are to
//! blame, and what to write in their place.

mod syntax;
mod words;

use std::ops::Range;

use super::dialect::Rewritten;

/// Why a statement does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlMistake {
    /// What it comes to.
    pub kind: MistakeKind,
    /// The bytes of the author's text that are to blame.
    pub range: Range<usize>,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// What to put in the place of which bytes.
    pub repair: Option<Repair>,
}

/// An edit of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The bytes of the author's text that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
    /// Whether it is surely what is meant.
    pub is_certain: bool,
}

/// Kinds of mistakes that have to be told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeKind {
    /// It is no SQL, whatever the tables look like.
    Sql,
    /// A column of this name is in none of the tables; a table made by the app itself may have it.
    Column(String),
    /// `'$.path'` stands for the column `data`, which several tables have, or none.
    Shorthand,
    /// The statement does what it may not do here.
    Refused,
    /// It depends on what the database of the phone looks like.
    Unsure,
}

/// Says in plain words what SQLite complains about. `offset` counts in the author's text.
pub(super) fn explain(message: &str, offset: Option<usize>, text: &Rewritten) -> SqlMistake {
    let view = View::new(text, offset);
    if is_syntax(message) {
        return syntax::explain(message, &view);
    }
    let column = ["no such column: ", "has no column named "];
    let column = column.iter().find_map(|sign| message.split_once(sign).map(|(_, name)| name));
    if let Some(name) = column {
        return unknown_column(name, &view);
    }
    if let Some(name) = message.strip_prefix("ambiguous column name: ") {
        return ambiguous(name, &view);
    }
    functions(message, &view).or_else(|| plain(message, &view)).unwrap_or_else(|| {
        let range = view.blamed();
        SqlMistake::new(MistakeKind::Unsure, range, message.to_owned())
    })
}

impl SqlMistake {
    fn new(kind: MistakeKind, range: Range<usize>, message: String) -> Self {
        Self { kind, range, message, help: None, repair: None }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn certain(self, range: Range<usize>, text: impl Into<String>) -> Self {
        Self { repair: Some(Repair { range, text: text.into(), is_certain: true }), ..self }
    }

    fn probable(self, range: Range<usize>, text: impl Into<String>) -> Self {
        Self { repair: Some(Repair { range, text: text.into(), is_certain: false }), ..self }
    }
}

/// The author's text around the place that SQLite names.
struct View<'a> {
    sql: &'a str,
    text: &'a Rewritten,
    /// The token at that place; one more than the last at the end of the text.
    at: usize,
}

impl<'a> View<'a> {
    fn new(text: &'a Rewritten, offset: Option<usize>) -> Self {
        let ends = |token: &super::dialect::Token| offset.is_some_and(|at| token.range.end <= at);
        let at = if offset.is_some() { text.tokens.partition_point(ends) } else { text.tokens.len() };
        Self { sql: &text.original, text, at }
    }

    fn token(&self, at: usize) -> Option<&'a super::dialect::Token> {
        self.text.tokens.get(at)
    }

    /// The token `back` steps before the one that is to blame.
    fn before(&self, back: usize) -> Option<&'a super::dialect::Token> {
        self.token(self.at.checked_sub(back)?)
    }

    fn word(&self, range: Range<usize>) -> &'a str {
        self.sql.get(range).unwrap_or_default()
    }

    /// The bytes of the token that is to blame, or of the last one.
    fn blamed(&self) -> Range<usize> {
        let token = self.token(self.at).or_else(|| self.text.tokens.last());
        token.map_or(0..self.sql.len(), |token| token.range.clone())
    }
}

fn is_syntax(message: &str) -> bool {
    message.ends_with("syntax error")
        || message.starts_with("unrecognized token")
        || message == "incomplete input"
        || message == "only one statement is allowed"
}

fn unknown_column(name: &str, view: &View<'_>) -> SqlMistake {
    let range = view.blamed();
    if view.text.is_shorthand(range.start) {
        let message = format!("`{}` has no rows of a table to look into here", view.word(range.clone()));
        return SqlMistake::new(MistakeKind::Shorthand, range, message)
            .help("the shorthand reads the column `data`, which is not here: write the column's name");
    }
    // `t.name` is one column, of which SQLite names the first token.
    let qualified = view.token(view.at + 1).is_some_and(|dot| dot.is(view.sql, ".") && name.contains('.'));
    let column = if qualified { view.token(view.at + 2) } else { None };
    let range = column.map_or(range, |column| column.range.clone());
    let bare = name.rsplit('.').next().unwrap_or(name);
    SqlMistake::new(MistakeKind::Column(bare.to_owned()), range, format!("there is no column `{name}`"))
}

fn ambiguous(name: &str, view: &View<'_>) -> SqlMistake {
    let range = view.blamed();
    if view.text.is_shorthand(range.start) {
        let path = view.word(range.clone());
        let message = format!("`{path}` may mean several tables");
        let help = format!("write `json_extract(t.data, {path})`, where `t` is the table's name or alias");
        return SqlMistake::new(MistakeKind::Shorthand, range, message).help(help);
    }
    let message = format!("several tables have a column `{name}`");
    SqlMistake::new(MistakeKind::Sql, range, message)
        .help(format!("write `t.{name}`, where `t` is the table's name or alias"))
}

fn functions(message: &str, view: &View<'_>) -> Option<SqlMistake> {
    let range = view.blamed();
    let sql = |message: String| SqlMistake::new(MistakeKind::Sql, range.clone(), message);
    if let Some(name) = message.strip_prefix("no such function: ") {
        if words::is_optional_function(name) {
            return None;
        }
        let mistake = sql(format!("SQL has no function `{name}`"));
        return Some(match words::instead_of(name) {
            Some(other) => mistake.help(format!("write `{other}`")),
            None => match words::closest_function(name) {
                Some(other) => mistake.help(format!("did you mean `{other}`?")),
                None => mistake,
            },
        });
    }
    if let Some(name) = message.strip_prefix("wrong number of arguments to function ") {
        return Some(sql(format!("`{name}` is given too many or too few values")));
    }
    let aggregate = ["misuse of aggregate: ", "misuse of aggregate function "]
        .iter()
        .find_map(|s| message.strip_prefix(s));
    aggregate.map(|name| {
        sql(format!("`{name}` looks at many rows and cannot stand here"))
            .help("conditions on such values stand under `HAVING`, behind `GROUP BY`")
    })
}

/// Mistakes of SQLite's that it tells in words that need little change.
fn plain(message: &str, view: &View<'_>) -> Option<SqlMistake> {
    let sql = |message: String| Some(SqlMistake::new(MistakeKind::Sql, view.blamed(), message));
    if let Some(rest) = message.strip_prefix("SELECTs to the left and right of ") {
        let word = rest.split(" do not ").next().unwrap_or("UNION");
        return sql(format!("the two queries around `{word}` give different numbers of columns"));
    }
    if message.contains("term does not match any column in the result set") {
        return sql("behind `UNION`, the rows can be ordered by columns of the result only".to_owned());
    }
    if message.starts_with("sub-select returns ") {
        return sql("a query in brackets has to give one column here".to_owned());
    }
    if let Some((values, columns)) =
        message.strip_suffix(" columns").and_then(|m| m.split_once(" values for "))
    {
        return sql(format!("there are {columns} columns and {values} values"));
    }
    let as_it_is = [
        "all VALUES must have the same number of terms",
        "a GROUP BY clause is required before HAVING",
        "HAVING clause on a non-aggregate query",
        "ORDER BY clause should come after",
        "LIMIT clause should come after",
        "DISTINCT aggregates must have exactly one argument",
        "the statement is empty",
    ];
    as_it_is.iter().any(|known| message.starts_with(known)).then(|| sql(message.to_owned())).flatten()
}

#[cfg(test)]
mod tests;
