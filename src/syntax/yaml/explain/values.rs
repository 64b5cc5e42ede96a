//! Mistakes within one value.

use super::{Mistake, Repair, Scene, with_fix};
use crate::diag::{Edit, Fix, Safety};
use crate::syntax::boundary;
use crate::syntax::remarks::shown;
use crate::syntax::scalar::{Quotes, escape};
use crate::syntax::yaml::lines::{self, Shape};
use crate::syntax::yaml::remarks;

/// How many quotes are looked at to find the one that was never closed.
const MOST_QUOTES: usize = 50;

/// What to do about a value that YAML takes for something else.
const QUOTE: &str = "put the whole value in quotes, or write it as a block on the lines below `>-`";

impl Scene<'_> {
    /// A `: ` where none may be.
    pub(super) fn colon(&self) -> Mistake {
        let line = lines::line_at(self.text, self.at);
        let own = lines::shape(self.text, line);
        if own.key.as_ref().is_some_and(|key| key.end < self.at && own.value.start <= self.at) {
            return self.colon_in(&own);
        }
        let Some(above) = lines::above(self.text, line) else { return self.colon_in(&own) };
        let owner = lines::parent(self.text, line, own.indent).map(|owner| self.keyed(owner));
        match owner {
            Some(owner) if is_bare(&owner) => self.keyless(&owner),
            Some(owner) if !owner.value.is_empty() && self.is_open_text(&owner) => {
                self.missing_space(&owner).unwrap_or_else(|| self.continues(&own, &owner))
            }
            _ if above.key.is_none() => self.keyless(&above),
            _ => self.colon_in(&own),
        }
    }

    /// The entry that a line without a key continues, or else that line.
    pub(super) fn keyed(&self, line: Shape) -> Shape {
        let entry = lines::entry(self.text, line.value.start);
        let continues = is_bare(&line) && !entry.value.is_empty();
        if continues { entry } else { line }
    }

    /// Blames the `: ` within the unquoted value of `entry`.
    pub(super) fn colon_in(&self, entry: &Shape) -> Mistake {
        let value = lines::trimmed(self.text, self.value_region(entry));
        let colon = self.span(self.one(self.at));
        let diagnostic = remarks::torn_value(self.slice(&value), self.span(value.clone()), colon);
        self.value(entry, with_fix(diagnostic, self.quote(entry)))
    }

    /// A line like `key: value` below, and deeper than, the key of a value that began already.
    fn continues(&self, own: &Shape, owner: &Shape) -> Mistake {
        if self.slice(&owner.value).starts_with('=') || own.key.as_ref().is_none_or(std::ops::Range::is_empty)
        {
            return self.colon_in(owner);
        }
        let key = own.key.clone().unwrap_or_default();
        let name = owner.key.as_ref().map_or("the item above".into(), |key| shown(self.slice(key)));
        let diagnostic = self
            .error(
                key.clone(),
                format!(
                    "{} is indented deeper than {name}, which has a value already",
                    shown(self.slice(&key))
                ),
            )
            .label(self.span(owner.value.clone()), format!("the value of {name}"))
            .help(format!(
                "give it the indentation of {name}; if it belongs to the value, put that in quotes"
            ));
        self.run(own, diagnostic)
    }

    /// Whether the value of an entry is a text without quotes.
    fn is_open_text(&self, entry: &Shape) -> bool {
        !self.slice(&entry.value).starts_with(['"', '\'', '|', '>', '[', '{', '#'])
    }

    pub(super) fn unclosed_quote(&self, at: usize) -> Mistake {
        let quote = self.slice(&self.one(at)).to_owned();
        let entry = lines::entry(self.text, at);
        let line = lines::line_at(self.text, at);
        let close = || Fix::risky("close the quote", self.span(line.end..line.end), &*quote);
        // Where the text ends on its line already, one more quote only opens another text.
        let close = is_open(&self.text[at + 1..line.end], &quote).then(close);
        let diagnostic = self
            .error(at..line.end, format!("the quote {quote} that begins here is never closed"))
            .help(format!("add {quote} at the end of the value"));
        let diagnostic = with_fix(diagnostic, close);
        if entry.value.start <= at {
            return self.value(&entry, diagnostic);
        }
        self.whole(&entry, diagnostic)
    }

    /// Something stands behind a closing quote.
    pub(super) fn trailing(&self, quote: char) -> Mistake {
        let entry = self.entry();
        let value = entry.value.clone();
        let closing = self.text[..self.at].rfind(quote).unwrap_or(self.at);
        let end = lines::line_at(self.text, self.at).end;
        let rest = lines::trimmed(self.text, self.at..end);
        let message = format!("the text ends at the quote before {}", shown(self.slice(&rest)));
        let help = match quote {
            '\'' => "an apostrophe within '…' is written twice, as in 'it''s'; or use \"…\" around the text",
            _ => "a quote within \"…\" is written \\\"; or use '…' around the text",
        };
        let diagnostic = self
            .error(rest, message)
            .label(self.span(closing..closing + 1), "this quote closes the text")
            .help(help);
        self.value(&entry, with_fix(diagnostic, self.other_quotes(quote, &value)))
    }

    /// A quote that was closed by accident, by one that should open another text further below.
    pub(super) fn unclosed_quote_before(&self) -> Option<Mistake> {
        let mut at = self.cursor;
        let mut quotes = 0;
        while at < self.at && quotes < MOST_QUOTES {
            let rest = &self.text[at..self.at];
            let line = &self.text[lines::line_at(self.text, at).start..at];
            if rest.starts_with(['"', '\'']) && begins_value(line) {
                quotes += 1;
                let entry = lines::entry(self.text, at);
                let block_end = lines::block_end(self.text, &entry);
                let closing = self.closing(at);
                if self.slice(&entry.value).starts_with(['|', '>']) {
                    at = block_end.max(at + 1);
                } else if closing > block_end {
                    return Some(self.unclosed_quote(at));
                } else {
                    at = closing;
                }
            } else if rest.starts_with('#') && (line.is_empty() || line.ends_with([' ', '\t'])) {
                at += rest.find('\n').unwrap_or(rest.len());
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        None
    }

    /// The offset behind the quote that closes the text which begins at `at`.
    fn closing(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let mut end = at + 1;
        while end < self.text.len() && bytes[end] != quote {
            end += if bytes[end] == b'\\' && quote == b'"' { 2 } else { 1 };
        }
        boundary(self.text, end) + usize::from(end < self.text.len())
    }

    /// An edit that surrounds the text with the other kind of quotes.
    fn other_quotes(&self, quote: char, value: &std::ops::Range<usize>) -> Option<Fix> {
        let other = if quote == '\'' { '"' } else { '\'' };
        let inner = self.slice(value).strip_prefix(quote)?.strip_suffix(quote)?;
        let clear = !inner.contains(other) && !inner.contains('\\') && !inner.contains(" #");
        let title = "put the value in the other kind of quotes";
        clear.then(|| Fix::risky(title, self.span(value.clone()), format!("{other}{inner}{other}")))
    }

    /// A backslash in double quotes that begins no known escape.
    pub(super) fn escape(&self) -> Mistake {
        let bad = self.bad_escapes();
        let entry = self.entry();
        let first = bad.first().cloned().unwrap_or(self.one(self.at));
        let title = "write the backslash twice";
        let edits =
            bad.iter().map(|range| Edit { span: self.span(range.start..range.start), text: "\\".into() });
        let fix = Fix { title: title.into(), safety: Safety::Safe, edits: edits.collect() };
        let diagnostic = self
            .error(first.clone(), format!("`{}` means nothing within double quotes", self.slice(&first)))
            .help("write the backslash twice, or use single quotes around the value");
        let fix = (!bad.is_empty()).then_some(fix);
        self.value(&entry, with_fix(diagnostic, fix))
    }

    /// The backslashes with their letters that are no escapes, in the text whose quote is here.
    fn bad_escapes(&self) -> Vec<std::ops::Range<usize>> {
        let mut bad = Vec::new();
        let mut at = self.at + 1;
        while let Some(byte) = self.text.as_bytes().get(at).filter(|&&byte| byte != b'"') {
            if *byte != b'\\' {
                at += 1;
                continue;
            }
            let known = escape(&self.text[at..], Quotes::Double).map(|escape| escape.length);
            let end = self.one(at + 1).end;
            if known.is_none() && !self.text[at + 1..].starts_with(['\r', '\n']) {
                bad.push(at..end);
            }
            at = known.map_or(end, |length| at + length);
        }
        bad
    }

    /// A character that nothing can begin with, or that cannot be in a file.
    pub(super) fn character(&self, character: char) -> Mistake {
        let entry = self.entry();
        if character.is_control() {
            let message = format!("the character U+{:04X} cannot stand in a YAML file", u32::from(character));
            let diagnostic = self
                .error(self.one(self.at), message)
                .help("remove it; within double quotes it can be written as an escape such as \\u0001");
            return Mistake { diagnostic, repair: Repair::Blank(self.one(self.at)) };
        }
        let shown = if character == '`' { "a backtick".into() } else { format!("`{character}`") };
        let message = format!("a value without quotes cannot begin with {shown}");
        let diagnostic = self.error(self.one(self.at), message);
        let value = self.slice(&entry.value);
        if character == '@' && (value.starts_with("@ctx") || value.starts_with("@.")) {
            let insert = Fix::risky("write it as an expression", self.span(self.at..self.at), "=");
            let diagnostic =
                diagnostic.help("an expression begins with `=`, as in `=@ctx.…`; a text needs quotes");
            return self.value(&entry, diagnostic.fix(insert));
        }
        self.value(&entry, with_fix(diagnostic.help("put the value in quotes"), self.quote(&entry)))
    }

    /// A comment in the middle of a text of several lines.
    pub(super) fn comment(&self) -> Mistake {
        let entry = self.entry();
        let end = lines::line_at(self.text, self.at).end;
        let message = "` #` begins a comment, but the value goes on in the next line";
        let diagnostic = self.error(self.at..end, message).help(QUOTE);
        self.value(&entry, diagnostic)
    }

    pub(super) fn header(&self) -> Mistake {
        let entry = self.entry();
        let indicator = self.slice(&self.one(self.at));
        let message = format!("the text of a `{indicator}` block begins on the next line");
        let diagnostic = self.error(entry.value.clone(), message).help(format!(
            "move the text to the next line; put the value in quotes if the `{indicator}` belongs to it"
        ));
        self.value(&entry, diagnostic)
    }

    /// A value that begins with something that has a meaning of its own.
    pub(super) fn first_character(&self, message: &str) -> Mistake {
        let entry = self.entry();
        let range = if entry.value.is_empty() { self.one(self.at) } else { entry.value.clone() };
        let diagnostic = self.error(range, message).help("put the value in quotes if it is meant as text");
        self.value(&entry, diagnostic)
    }
}

/// Whether a value can begin after this part of a line.
fn begins_value(line: &str) -> bool {
    let blank = line.is_empty() || line.ends_with([' ', '\t', '[', '{', ',']);
    let line = line.trim_end();
    blank && (line.is_empty() || line.ends_with([':', '-', '[', '{', ',', '?']))
}

/// Whether a line has neither a key nor a `-`.
pub(super) fn is_bare(line: &Shape) -> bool {
    line.key.is_none() && !line.item
}

/// Whether what stands behind a quote on its line is a text that the same quote would end.
fn is_open(rest: &str, quote: &str) -> bool {
    let other = if quote == "'" { "''" } else { "\\\\" };
    let rest = rest.replace(other, "");
    let rest = if quote == "'" { rest } else { rest.replace("\\\"", "") };
    let is_escaped = quote != "'" && rest.ends_with('\\');
    !rest.contains(quote) && !is_escaped
}
