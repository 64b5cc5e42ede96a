//! Tells simple expressions apart: those that only name a place in the answer need no evaluator.

use crate::expr::Expression;

/// Words of the language that are no names.
const WORDS: [&str; 6] = ["true", "false", "null", "and", "or", "in"];

/// Where a plain path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// What the expression is applied to.
    Focus,
    /// The answer's body, wherever the expression stands.
    Body,
}

/// The names that an expression of the form `$.a."b c"` or `@ctx.response.body.a` goes through;
/// `None` for every other form.
pub(super) fn path(expression: &Expression) -> Option<(Root, Vec<String>)> {
    parse(expression.text())
}

fn parse(text: &str) -> Option<(Root, Vec<String>)> {
    let text = text.trim_start();
    let text = text.strip_prefix('=').unwrap_or(text).trim();
    let text = text.strip_suffix("[]").unwrap_or(text).trim_end();
    let absolute =
        ["@ctx.response.body", "@.response.body"].iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(rest) = absolute {
        return Some((Root::Body, steps(rest)?));
    }
    let relative = ["@ctx.output", "@.output"].iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(rest) = relative.or_else(|| text.strip_prefix('$')) {
        return Some((Root::Focus, steps(rest)?));
    }
    let quoted = text.starts_with(['"', '\'']) || WORDS.contains(&text);
    let path = (!quoted && !text.is_empty()).then(|| steps(&format!(".{text}")))??;
    Some((Root::Focus, path))
}

/// The names of `.a."b".c`; nothing for an empty text.
fn steps(mut text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !text.is_empty() {
        let (name, rest) = name(text.strip_prefix('.')?.trim_start())?;
        names.push(name.to_owned());
        text = rest.trim_start();
    }
    Some(names)
}

fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) {
        let (name, rest) = text[1..].split_once(quote)?;
        return (!name.contains('\\') && !name.is_empty()).then_some((name, rest));
    }
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (begins_well && !name.ends_with('-')).then_some((name, rest))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Whether an expression may read the rows themselves, given the name of the member that holds
/// them (`None`: the rows are what `$` is). Counting them does not; in doubt they are read.
pub(super) fn reads_rows(text: &str, member: Option<&str>) -> bool {
    let text = without_counts(text);
    // Calls without arguments, wildcards and the like see everything there is.
    let sees_all = text.contains("()") || text.contains(['*', '%']) || text.contains("$$");
    sees_all || reads_body(&text) || Tokens { rest: &text, before: ' ' }.any(|token| token.reads(member))
}

/// A part of an expression that reads what it is applied to.
enum Token<'t> {
    /// `$`, and whether a step follows.
    Focus { then_step: bool },
    /// A name, and whether it is a step of a path.
    Name { text: &'t str, is_step: bool },
}

impl Token<'_> {
    fn reads(&self, member: Option<&str>) -> bool {
        match self {
            Self::Focus { then_step } => !then_step || member.is_none(),
            Self::Name { text, is_step } => member.map_or(!is_step, |member| member == *text),
        }
    }
}

/// The reading parts of an expression, in order.
struct Tokens<'t> {
    rest: &'t str,
    /// The last character that was no blank.
    before: char,
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        while let Some(first) = self.rest.chars().next() {
            let is_step = self.before == '.';
            let (token, length) = match first {
                '"' | '\'' | '`' => quoted(self.rest, first, is_step),
                '$' => dollar(self.rest),
                '@' => (None, 1 + name_length(&self.rest[1..])),
                c if c.is_ascii_alphabetic() || c == '_' => bare(self.rest, is_step),
                c => (None, c.len_utf8()),
            };
            let (done, rest) = self.rest.split_at(length);
            self.before = done.chars().rev().find(|c| !c.is_whitespace()).unwrap_or(self.before);
            self.rest = rest;
            if token.is_some() {
                return token;
            }
        }
        None
    }
}

/// A name in quotes or a text.
fn quoted(text: &str, quote: char, is_step: bool) -> (Option<Token<'_>>, usize) {
    let inside = &text[1..];
    let end = inside.find(quote).unwrap_or(inside.len());
    let name = Token::Name { text: &inside[..end], is_step };
    ((is_step || quote == '`').then_some(name), (end + 2).min(text.len()))
}

/// `$` alone, or a variable or function.
fn dollar(text: &str) -> (Option<Token<'_>>, usize) {
    match text[1..].chars().next() {
        Some(next) if next.is_ascii_alphabetic() || next == '_' => (None, 1 + name_length(&text[1..])),
        next => (Some(Token::Focus { then_step: next == Some('.') }), 1),
    }
}

fn bare(text: &str, is_step: bool) -> (Option<Token<'_>>, usize) {
    let name = &text[..name_length(text)];
    let is_word = !is_step && WORDS.contains(&name);
    ((!is_word).then_some(Token::Name { text: name, is_step }), name.len())
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !is_name(c)).unwrap_or(text.len())
}

/// Whether the whole answer is asked for by its name below `@ctx`.
pub(super) fn reads_body(text: &str) -> bool {
    let follows = |word: &str, allowed: &[&str]| {
        text.match_indices(word)
            .any(|(at, _)| !allowed.iter().any(|next| text[at + word.len()..].starts_with(next)))
    };
    follows("ctx.response", &[".headers", ".status", ".ok"])
        || follows("@.response", &[".headers", ".status", ".ok"])
        || text.contains("ctx.output")
        || text.contains("@.output")
}

/// The text without its `$count(<plain path>)` calls.
fn without_counts(text: &str) -> String {
    const COUNT: &str = "$count(";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(COUNT) {
        let inside = &rest[at + COUNT.len()..];
        let end = inside.find(')').unwrap_or(inside.len());
        let counted = parse(&inside[..end]).is_some_and(|(root, _)| root == Root::Focus)
            && !inside[..end].contains('@');
        let next = if counted { at + COUNT.len() + (end + 1).min(inside.len()) } else { at + COUNT.len() };
        out.push_str(&rest[..if counted { at } else { next }]);
        if counted {
            out.push('0');
        }
        rest = &rest[next..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(text: &str) -> Option<Vec<String>> {
        parse(text).map(|(_, names)| names)
    }

    #[test]
    fn plain_paths_are_found() {
        for (text, expected) in [
            ("$", vec![]),
            ("=$.value", vec!["value"]),
            ("= $.value[]\n", vec!["value"]),
            ("value", vec!["value"]),
            ("=$.\"@odata.value\".b-c", vec!["@odata.value", "b-c"]),
            ("`a b`", vec!["a b"]),
            ("=@ctx.response.body.items", vec!["items"]),
            ("=@ctx.output.items", vec!["items"]),
        ] {
            assert_eq!(names(text).unwrap(), expected, "{text}");
        }
        assert_eq!(parse("=@.response.body").unwrap(), (Root::Body, vec![]));
    }

    #[test]
    fn other_expressions_are_not_plain() {
        for text in [
            "$.a[0]",
            "$.a.b()",
            "$map($, f)",
            "$$",
            "$$.a",
            "$.{\"a\": b}",
            "a + b",
            "\"text\"",
            "",
            "$.a.",
            "$x",
            "true",
            "5",
            "$.a[b=1]",
            "a - b",
            "$.*",
            "$.\"a\\n\"",
            "@ctx.parameters.x",
            "@ctx.response.bodyguard",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn reading_beside_the_rows_is_told_from_reading_them() {
        for text in [
            "=$.nextLink",
            "=$.\"@odata.nextLink\"",
            "=$exists($.next) and $.page < $.pages",
            "=next != null",
            "=$count($.items) = 100",
            "=$count( items ) > 0",
            "=@ctx.parameters.page < 5",
            "=@ctx.response.headers.link",
            "=$.meta.next",
            "='a items b' & $.next",
            "=$number(@ctx.parameters.page) + 1",
        ] {
            assert!(!reads_rows(text, Some("items")), "{text}");
        }
        for text in [
            "=$.items[-1].id",
            "=items[-1].id",
            "=$.\"items\"",
            "=`items`[0]",
            "=$keys($)",
            "=$lookup($, 'items')",
            "=$$.next",
            "=$.*",
            "=$",
            "=$string()",
            "=@ctx.response.body.next",
            "=@ctx.output.next",
            "=$[0]",
            "=$count($.x[items])",
        ] {
            assert!(reads_rows(text, Some("items")), "{text}");
        }
    }

    #[test]
    fn of_a_bare_list_only_the_count_is_not_a_row() {
        for text in [
            "=$count($) = 50",
            "=@ctx.parameters.page + 1",
            "=$count($) = $number(@ctx.parameters.limit)",
            "='x'",
            "=true",
        ] {
            assert!(!reads_rows(text, None), "{text}");
        }
        for text in ["=$.next", "=next", "=$[-1].id", "=$max(id)", "=`a b`"] {
            assert!(reads_rows(text, None), "{text}");
        }
    }
}
