//! Scalars: their bytes, and what tags and the core schema make of them.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};

use super::{Builder, Frame, ahead, bytes};
use crate::diag::Span;
use crate::syntax::remarks as shared;
use crate::syntax::yaml::{plain, remarks};
use crate::syntax::{Kind, Node, Scalar, Style};

impl Builder<'_> {
    pub(super) fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        place: &granit_parser::Span,
    ) {
        let range = bytes(place, self.text);
        let raw_end = range.end;
        let range = self.scalar_range(range, style);
        let span = self.span(range.clone());
        self.cursor = self.cursor.max(raw_end);
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        self.last_quoted = quoted.then_some((range.start, raw_end));
        if self.skipped > 0 {
            return;
        }
        let kind = self.scalar_kind(text, style, tag, place, span);
        self.place(Node { span, kind }, anchor);
    }

    /// The bytes of a scalar as [`Node::span`] promises them.
    fn scalar_range(&self, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => block_range(self.text, self.cursor, range),
            ScalarStyle::Plain if range.is_empty() => self.nothing_at(range.start),
            _ => range,
        }
    }

    /// The place of a value that is not there: right after its `:` or `-`.
    fn nothing_at(&self, at: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let is_value = !self.frames.last().is_some_and(Frame::wants_key);
        if is_value && bytes.get(at) == Some(&b':') {
            return at + 1..at + 1;
        }
        let blanks =
            bytes[self.cursor.min(at)..at].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        at - blanks..at - blanks
    }

    fn scalar_kind(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        tag: Option<Cow<'_, Tag>>,
        place: &granit_parser::Span,
        span: Span,
    ) -> Kind {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let string = |text: Cow<'_, str>| Kind::String(Scalar { text: text.into(), style });
        let is_key = self.frames.last().is_some_and(Frame::wants_key);
        if let Some(tag) = tag {
            return self.tagged(&text, style, &tag, place, span).unwrap_or_else(|| string(text));
        }
        if style != Style::Plain || is_key {
            return string(text);
        }
        if span.start == span.end {
            return Kind::Null;
        }
        let resolved = plain::resolve(&text);
        if let Some(lossy) = resolved.lossy {
            self.tell(shared::number(lossy, &text, span));
        }
        resolved.kind
    }

    /// What a tag makes of a scalar; `None` leaves it a text.
    fn tagged(
        &mut self,
        text: &str,
        style: Style,
        tag: &Tag,
        place: &granit_parser::Span,
        span: Span,
    ) -> Option<Kind> {
        if tag.core_suffix().is_none() && tag.original() != "!" {
            self.unsupported_tag(tag, place);
            return (style == Style::Plain).then(|| plain::resolve(text).kind);
        }
        let kind = match tag.core_suffix() {
            None | Some("str") => return None,
            Some("null") => plain::is_null(text).then_some(Kind::Null),
            Some("bool") => plain::boolean(text).map(Kind::Bool),
            Some("int") => plain::number(text).map(|n| n.kind).filter(is_whole),
            Some("float") => {
                plain::number(text).map(|n| n.kind).filter(|kind| matches!(kind, Kind::Number(_)))
            }
            Some(_) => None,
        };
        if kind.is_none() {
            self.tell(remarks::wrong_tag(&tag.original(), text, span));
        }
        kind
    }

    pub(super) fn check_tag(&mut self, tag: Option<Cow<'_, Tag>>, place: &granit_parser::Span, wanted: &str) {
        if let Some(tag) = tag
            && !tag.is_yaml_core_schema_tag(wanted)
            && tag.original() != "!"
        {
            self.unsupported_tag(&tag, place);
        }
    }

    fn unsupported_tag(&mut self, tag: &Tag, place: &granit_parser::Span) {
        let range = place.tag_span().and_then(|span| span.byte_range()).or_else(|| place.byte_range());
        let span = self.span(range.unwrap_or_default());
        self.tell(remarks::unsupported_tag(&tag.original(), span));
    }
}

/// From the `|` or `>` of a block scalar to the end of its last line that is not blank.
///
/// granit's range begins at the text and ends after all blank lines that follow it.
fn block_range(text: &str, cursor: usize, body: Range<usize>) -> Range<usize> {
    let start = ahead(text, cursor, b"|>");
    let kept = text[start..body.end.max(start)].trim_end_matches([' ', '\t', '\r', '\n']).len();
    let tail = &text[start + kept..];
    let spaces = if text[start..start + kept].contains('\n') {
        tail.len() - tail.trim_start_matches([' ', '\t']).len()
    } else {
        0
    };
    start..start + kept + spaces
}

fn is_whole(kind: &Kind) -> bool {
    matches!(kind, Kind::Number(number) if !number.value.is_f64())
}
