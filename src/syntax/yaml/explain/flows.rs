//! Mistakes within `[…]` and `{…}`.

use super::{Mistake, Scene, with_fix};
use crate::syntax::remarks::shown;
use crate::syntax::yaml::lines;

impl Scene<'_> {
    /// A `[` or `{` whose list or map the following lines do not belong to.
    pub(super) fn unclosed_bracket(&self) -> Option<Mistake> {
        let start = self.flow?;
        let opening = lines::shape(self.text, lines::line_at(self.text, start));
        let here = lines::shape(self.text, lines::line_at(self.text, self.at));
        let left = here.line.start > opening.line.start && here.indent <= opening.column;
        let closes = self.text[here.line.start + here.indent..].starts_with([']', '}']);
        let at_end = self.text[self.at..].trim().is_empty() && self.at > start;
        let bracket = self.text[start..].chars().next()?;
        ((left && !closes || at_end) && matches!(bracket, '[' | '{')).then(|| self.unclosed(start, bracket))
    }

    pub(super) fn unclosed(&self, start: usize, open: char) -> Mistake {
        let close = if open == '[' { ']' } else { '}' };
        let entry = lines::entry(self.text, start);
        let diagnostic = self
            .error(self.one(start), format!("the `{open}` that begins here is never closed"))
            .help(format!(
                "add `{close}` at the end; put the value in quotes if the `{open}` belongs to a text"
            ));
        self.value(&entry, diagnostic)
    }

    pub(super) fn mismatch(&self, open: char, close: char) -> Mistake {
        let wanted = if open == '[' { ']' } else { '}' };
        let entry = self.entry();
        let from = self.value_region(&entry);
        let closing = self.slice(&from).find(close).map_or(self.at, |at| from.start + at);
        let diagnostic = self
            .error(self.one(closing), format!("`{close}` cannot close what `{open}` opened"))
            .label(self.span(self.one(self.at)), "opened here")
            .help(format!("write `{wanted}` in its place"));
        self.value(&entry, diagnostic)
    }

    pub(super) fn stray_bracket(&self) -> Mistake {
        let entry = self.entry();
        let bracket = self.one(self.at);
        let message = format!("this `{}` closes nothing", self.slice(&bracket));
        let diagnostic = self
            .error(bracket, message)
            .help("remove it, or put the value in quotes if it belongs to a text");
        self.value(&entry, with_fix(diagnostic, self.quote(&entry)))
    }

    pub(super) fn separator(&self) -> Mistake {
        let entry = self.entry();
        let end = lines::line_at(self.text, self.at).end;
        let rest = lines::trimmed(self.text, self.at..end);
        let message = if self.slice(&rest).starts_with(':') {
            "this `:` cannot stand here; a `,` may be missing before its key".to_owned()
        } else {
            format!("a `,` or the closing bracket is missing before {}", shown(self.slice(&rest)))
        };
        let diagnostic = self
            .error(self.one(self.at), message)
            .help("separate items with `, `; put the value in quotes if the brackets belong to a text");
        self.value(&entry, diagnostic)
    }
}
