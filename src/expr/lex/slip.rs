//! Spellings of other languages and of word processors, read as what their author meant.

use std::ops::Range;

use super::super::ast::{Dialect, Operator};
use super::{Expect, Lexeme, Lexer};

/// Operators of other languages: as written, what is meant, how it is written here.
const FOREIGN: [(&str, Operator, &str); 9] = [
    ("!==", Operator::NotEqual, "write `!=`"),
    ("===", Operator::Equal, "write `=`"),
    ("==", Operator::Equal, "write `=`"),
    ("=>", Operator::GreaterEqual, "write `>=` to compare, `function($x){ … }` for a function"),
    ("=<", Operator::LessEqual, "write `<=`"),
    ("<>", Operator::NotEqual, "write `!=`"),
    ("&&", Operator::And, "write `and`"),
    ("||", Operator::Or, "write `or`"),
    ("++", Operator::Add, "write `+` to add numbers, `&` to join texts"),
];

impl Lexer<'_> {
    /// Reports and reads a spelling that JSONata has not.
    pub(super) fn slip(&mut self, first: char, expect: Expect) -> Option<Lexeme> {
        if let Some(close) = closing_quote(first).filter(|_| self.dialect == Dialect::App) {
            return Some(self.curly_text(first, close));
        }
        let may_be_foreign = expect == Expect::Operator && matches!(first, '!' | '=' | '<' | '&' | '|' | '+');
        may_be_foreign.then(|| self.foreign_operator()).flatten()
    }

    fn foreign_operator(&mut self) -> Option<Lexeme> {
        let found = FOREIGN.iter().find(|(text, ..)| self.rest().starts_with(text));
        let &(text, meant, help) = found?;
        if text == "||" && self.in_transform {
            return None;
        }
        let start = self.at;
        self.at += text.len();
        self.error(start, format!("`{text}` is no operator here"), Some(help.to_owned()));
        if let Some(error) = self.errors.last_mut().filter(|error| error.range == (start..self.at)) {
            error.repair.extend(Self::repair(self.text, start..self.at, meant));
        }
        Some(Lexeme::Operator(meant))
    }

    /// What to write in place of an operator that means the same; words keep apart from their neighbours.
    fn repair(text: &str, range: Range<usize>, meant: Operator) -> Option<(Range<usize>, &'static str)> {
        let ambiguous = matches!(&text[range.clone()], "=>" | "++");
        let apart =
            text[..range.start].ends_with(super::is_blank) && text[range.end..].starts_with(super::is_blank);
        let word = match meant {
            Operator::And if !apart => " and ",
            Operator::Or if !apart => " or ",
            other => other.text(),
        };
        (!ambiguous).then_some((range, word))
    }

    /// `“text”` out of a word processor.
    fn curly_text(&mut self, open: char, close: char) -> Lexeme {
        let start = self.at;
        self.at += open.len_utf8();
        let length = self.rest().find([close, open]);
        let end = self.at + length.unwrap_or(0);
        let value = self.text[self.at..end].into();
        self.at = end + length.and(self.peek_at(end)).map_or(0, char::len_utf8);
        let help = "write straight quotes, `\"` or `'`".to_owned();
        self.error_between(
            start,
            start + open.len_utf8(),
            format!("`{open}` does not begin a text"),
            Some(help),
        );
        Lexeme::Text(value)
    }

    fn peek_at(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// `// …`, which JSONata has not; skipped to the end of the line.
    pub(super) fn skip_line_comment(&mut self) {
        let start = self.at;
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        let help = "write comments as `/* … */`".to_owned();
        self.error_between(start, start + 2, "`//` begins no comment", Some(help));
    }

    /// A blank that JSONata takes for a letter.
    pub(super) fn skip_odd_blank(&mut self, c: char) {
        let start = self.at;
        while self.peek() == Some(c) {
            self.at += c.len_utf8();
        }
        let message = format!("an invisible character (U+{:04X}) stands here", u32::from(c));
        self.error(start, message, Some("replace it by an ordinary blank".to_owned()));
    }
}

/// Blanks and invisible characters besides those that JSONata skips.
pub(super) fn is_odd_blank(c: char) -> bool {
    let invisible = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') || c.is_control();
    (c.is_whitespace() || invisible) && !super::is_blank(c)
}

/// The partner of a typographic quote.
pub(super) fn closing_quote(c: char) -> Option<char> {
    match c {
        '“' | '”' | '„' => Some('”'),
        '‘' | '’' | '‚' => Some('’'),
        _ => None,
    }
}
