//! Text to tokens, one at a time: whether `/` begins a regular expression or divides depends on
//! what the parser expects next, so the parser asks for each token and says what it expects.

mod literal;
mod slip;

use super::SyntaxError;
use super::ast::{Bytes, Dialect, Operator};

/// One token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub kind: Lexeme,
    pub bytes: Bytes,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lexeme {
    /// `@ctx`, or the `@` of `@.`.
    Ctx,
    Name(Box<str>),
    Variable(Box<str>),
    Text(Box<str>),
    Number(Box<str>),
    True,
    False,
    Null,
    Regex {
        pattern: Box<str>,
        flags: Box<str>,
    },
    /// An operator with two operands; `-`, `*`, `%` may also begin an operand, and
    /// `and`, `or`, `in` may also be names.
    Operator(Operator),
    Dot,
    /// `..`
    Range,
    /// `:=`
    Bind,
    /// `**`
    Descendants,
    Question,
    Colon,
    Semicolon,
    Comma,
    Pipe,
    Caret,
    At,
    Hash,
    /// `!` or `~` alone.
    Stray,
    Open(Bracket),
    Close(Bracket),
    /// Something that was reported already and may stand for an operand.
    Broken,
    End,
}

/// The three kinds of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    pub fn open(self) -> &'static str {
        match self {
            Self::Round => "(",
            Self::Square => "[",
            Self::Curly => "{",
        }
    }

    pub fn close(self) -> &'static str {
        match self {
            Self::Round => ")",
            Self::Square => "]",
            Self::Curly => "}",
        }
    }
}

/// What the parser expects at the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// A value: `/` begins a regular expression.
    Operand,
    /// An operator: `/` divides.
    Operator,
}

/// Reads tokens off a text and keeps the mistakes it meets.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    pub dialect: Dialect,
    /// Inside `|…|…|`, where `||` may be two bars.
    pub in_transform: bool,
    pub errors: Vec<SyntaxError>,
    /// Something unclosed swallowed the rest of the text.
    pub cut: bool,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, at: usize, dialect: Dialect) -> Self {
        Self { text, at, dialect, in_transform: false, errors: Vec::new(), cut: false }
    }

    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Nothing more comes after this.
    pub fn stop(&mut self) {
        self.at = self.text.len();
        self.cut = true;
    }

    /// Goes back to read the bytes from `at` again.
    pub fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    /// The next token.
    pub fn next(&mut self, expect: Expect) -> Token {
        self.skip_blanks();
        let start = self.at;
        let kind = self.lexeme(expect);
        Token { kind, bytes: Bytes::new(start, self.at) }
    }

    pub fn error(&mut self, start: usize, message: impl Into<String>, help: Option<String>) {
        self.error_between(start, self.at, message, help);
    }

    fn error_between(&mut self, start: usize, end: usize, message: impl Into<String>, help: Option<String>) {
        if self.errors.len() < MAX_KEPT {
            let message = message.into();
            self.errors.push(SyntaxError { range: start..end, message, help, repair: Vec::new() });
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(c) if is_blank(c) => self.at += 1,
                Some('/') if self.rest().starts_with("/*") => self.skip_comment(),
                Some('/') if self.rest().starts_with("//") => self.skip_line_comment(),
                Some(c) if self.dialect == Dialect::App && slip::is_odd_blank(c) => self.skip_odd_blank(c),
                _ => return,
            }
        }
    }

    fn skip_comment(&mut self) {
        let start = self.at;
        if let Some(length) = self.text[start + 2..].find("*/") {
            self.at = start + 2 + length + 2;
        } else {
            self.error_between(
                start,
                start + 2,
                "this comment is never closed",
                Some("add `*/` where it ends".into()),
            );
            self.stop();
        }
    }

    fn lexeme(&mut self, expect: Expect) -> Lexeme {
        let Some(first) = self.peek() else { return Lexeme::End };
        if let Some(slip) = self.slip(first, expect) {
            return slip;
        }
        match first {
            '"' | '\'' => self.string(first),
            '`' => self.quoted_name(),
            '0'..='9' => self.number(),
            '/' if expect == Expect::Operand => self.regex(),
            '@' => self.at_sign(),
            _ if is_name_char(first) => self.word(),
            _ => self.symbol().unwrap_or_else(|| self.word()),
        }
    }

    /// `@ctx`, `@.`, or the operator that binds the focus.
    fn at_sign(&mut self) -> Lexeme {
        let after = &self.rest()[1..];
        let app = self.dialect == Dialect::App;
        if app && after.starts_with("ctx") && !after[3..].starts_with(is_name_char) {
            self.at += 4;
            return Lexeme::Ctx;
        }
        self.at += 1;
        if app && after.starts_with('.') && !after.starts_with("..") { Lexeme::Ctx } else { Lexeme::At }
    }

    fn symbol(&mut self) -> Option<Lexeme> {
        let rest = self.rest();
        let first = rest.as_bytes().first()?;
        let begins = |text: &str| text.as_bytes()[0] == *first && rest.starts_with(text);
        let (text, lexeme) = SYMBOLS.iter().find(|(text, _)| begins(text))?;
        self.at += text.len();
        Some(lexeme.clone())
    }

    fn word(&mut self) -> Lexeme {
        let start = self.at;
        self.at += name_length(self.rest(), self.dialect);
        let word = &self.text[start..self.at];
        if let Some(name) = word.strip_prefix('$') {
            return Lexeme::Variable(name.into());
        }
        match word {
            "and" => Lexeme::Operator(Operator::And),
            "or" => Lexeme::Operator(Operator::Or),
            "in" => Lexeme::Operator(Operator::In),
            "true" => Lexeme::True,
            "false" => Lexeme::False,
            "null" => Lexeme::Null,
            _ => Lexeme::Name(word.into()),
        }
    }
}

/// One token may hold thousands of mistakes; nobody reads them.
const MAX_KEPT: usize = 50;

/// Longer spellings stand before their beginnings.
const SYMBOLS: [(&str, Lexeme); 35] = [
    ("..", Lexeme::Range),
    (":=", Lexeme::Bind),
    ("!=", Lexeme::Operator(Operator::NotEqual)),
    (">=", Lexeme::Operator(Operator::GreaterEqual)),
    ("<=", Lexeme::Operator(Operator::LessEqual)),
    ("**", Lexeme::Descendants),
    ("~>", Lexeme::Operator(Operator::Apply)),
    ("?:", Lexeme::Operator(Operator::Default)),
    ("??", Lexeme::Operator(Operator::Coalesce)),
    (".", Lexeme::Dot),
    ("(", Lexeme::Open(Bracket::Round)),
    (")", Lexeme::Close(Bracket::Round)),
    ("[", Lexeme::Open(Bracket::Square)),
    ("]", Lexeme::Close(Bracket::Square)),
    ("{", Lexeme::Open(Bracket::Curly)),
    ("}", Lexeme::Close(Bracket::Curly)),
    (",", Lexeme::Comma),
    (":", Lexeme::Colon),
    (";", Lexeme::Semicolon),
    ("?", Lexeme::Question),
    ("=", Lexeme::Operator(Operator::Equal)),
    ("&", Lexeme::Operator(Operator::Concat)),
    ("+", Lexeme::Operator(Operator::Add)),
    ("-", Lexeme::Operator(Operator::Subtract)),
    ("*", Lexeme::Operator(Operator::Multiply)),
    ("/", Lexeme::Operator(Operator::Divide)),
    ("%", Lexeme::Operator(Operator::Remainder)),
    ("<", Lexeme::Operator(Operator::Less)),
    (">", Lexeme::Operator(Operator::Greater)),
    ("|", Lexeme::Pipe),
    ("^", Lexeme::Caret),
    ("@", Lexeme::At),
    ("#", Lexeme::Hash),
    ("!", Lexeme::Stray),
    ("~", Lexeme::Stray),
];

/// What JSONata skips between tokens.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}')
}

/// Whether a character may stand in an unquoted name: anything that means nothing else.
pub(super) fn is_name_char(c: char) -> bool {
    !is_blank(c)
        && !matches!(
            c,
            '.' | '['
                | ']'
                | '{'
                | '}'
                | '('
                | ')'
                | ','
                | '@'
                | '#'
                | ';'
                | ':'
                | '?'
                | '+'
                | '-'
                | '*'
                | '/'
                | '%'
                | '|'
                | '='
                | '<'
                | '>'
                | '^'
                | '&'
                | '!'
                | '~'
                | '"'
                | '\''
                | '`'
        )
}

/// The bytes of the name that `text` begins with.
///
/// In the app format a hyphen belongs to the name when a letter, a digit or `_` follows it
/// (expressions.md §3): a minus needs a blank or something that is no name on its left.
fn name_length(text: &str, dialect: Dialect) -> usize {
    let plain = |from: usize| {
        text[from..].find(|c| !is_name_char(c) || ends_word(c, dialect)).map_or(text.len(), |n| from + n)
    };
    let mut end = plain(0);
    if dialect == Dialect::Jsonata || text[..end].trim_start_matches('$').is_empty() {
        return end;
    }
    loop {
        let hyphens = text[end..].len() - text[end..].trim_start_matches('-').len();
        let follows = text[end + hyphens..]
            .starts_with(|c: char| is_name_char(c) && c != '$' && !ends_word(c, dialect));
        if hyphens == 0 || !follows {
            return end;
        }
        end = plain(end + hyphens);
    }
}

fn ends_word(c: char, dialect: Dialect) -> bool {
    // Most letters are told from all that is odd at a glance.
    !c.is_ascii_graphic()
        && dialect == Dialect::App
        && (slip::is_odd_blank(c) || slip::closing_quote(c).is_some())
}
