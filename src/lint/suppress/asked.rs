//! What one comment asks for.

use crate::diag::Span;
use crate::syntax::Comment;

const MARK: &str = "syncscope:";

/// A comment that can be understood.
pub(super) struct Asked<'a> {
    /// Whether it is about the whole file.
    pub whole_file: bool,
    /// The names in the brackets, with their places.
    pub rules: Vec<(&'a str, Span)>,
    /// The bytes between the brackets.
    pub list: Span,
}

pub(super) fn is_ours(comment: &Comment) -> bool {
    comment.text.trim_start().starts_with(MARK)
}

impl<'a> Asked<'a> {
    /// `None` when it names no rule in brackets.
    pub fn read(comment: &'a Comment) -> Option<Self> {
        let text: &'a str = &comment.text;
        let after_mark = text.find(MARK)? + MARK.len();
        let open = after_mark + text[after_mark..].find('[')?;
        let close = open + text[open..].find(']')?;
        let whole_file = match text[after_mark..open].trim() {
            "ignore" => false,
            "ignore-file" => true,
            _ => return None,
        };
        // The text begins after `#`.
        let origin = comment.span.start as usize + 1;
        let mut at = open + 1;
        let list = Span::new(comment.span.file, origin + at, origin + close);
        let mut rules = Vec::new();
        for part in text[open + 1..close].split(',') {
            let id = part.trim();
            let start = origin + at + (part.len() - part.trim_start().len());
            rules.push((id, Span::new(comment.span.file, start, start + id.len())));
            at += part.len() + 1;
        }
        rules.retain(|(id, _)| !id.is_empty());
        (!rules.is_empty()).then_some(Self { whole_file, rules, list })
    }
}
