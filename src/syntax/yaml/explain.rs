//! Syntax mistakes in the words of people who write apps.

mod blocks;
mod flows;
mod values;

use std::ops::Range;

use granit_parser::ErrorKind as K;

use super::build::Failure;
use super::lines::{self, Shape};
use crate::diag::{Diagnostic, FileId, Fix, Span};
use crate::syntax::{remarks as shared, rules};

/// A mistake, and what to take out of the text to read on.
pub(super) struct Mistake {
    pub diagnostic: Diagnostic,
    pub repair: Repair,
}

/// How the text is made readable.
pub(super) enum Repair {
    /// These bytes become blanks.
    Blank(Range<usize>),
    /// These tabs become blanks.
    Spaces(Vec<Range<usize>>),
}

/// A broken text and where reading stopped.
struct Scene<'s> {
    file: FileId,
    text: &'s str,
    at: usize,
    flow: Option<usize>,
    cursor: usize,
}

/// Says what is wrong where reading stopped.
pub(super) fn explain(file: FileId, text: &str, failure: &Failure) -> Mistake {
    let scene = Scene { file, text, at: failure.at, flow: failure.flow, cursor: failure.cursor };
    if let Some(mistake) = scene.unclosed_quote_before().or_else(|| scene.unclosed_bracket()) {
        return mistake;
    }
    match failure.error.kind() {
        K::MappingValueNotAllowed | K::InvalidColonPlacement | K::FlowMappingValueAdjacentCollection => {
            scene.colon()
        }
        K::ExpectedBlockMappingKey | K::ExpectedBlockSequenceEntry | K::InvalidIndentation => scene.block(),
        K::SimpleKeyExpected | K::InvalidSimpleKey => scene.no_colon(),
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabInPlainScalar => {
            scene.tabs()
        }
        K::TabAtBlockScalarStart => scene.tabs(),
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => scene.unclosed_quote(scene.at),
        K::InvalidTrailingSingleQuotedScalar => scene.trailing('\''),
        K::InvalidTrailingDoubleQuotedScalar => scene.trailing('"'),
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => scene.escape(),
        K::UnexpectedCharacter { character } => scene.character(*character),
        K::CommentInterceptedScalar => scene.comment(),
        K::InvalidBlockScalarHeader | K::ZeroBlockScalarIndent => scene.header(),
        K::BlockSequenceEntryNotAllowed | K::InvalidBlockEntryWhitespace => scene.dash(),
        K::MappingKeyNotAllowed => {
            scene.first_character("a value cannot begin with `? `, which begins a key of its own")
        }
        K::MissingAnchorOrAliasName => scene.first_character("a name is missing after the `&` or `*`"),
        K::UndeclaredTagHandle
        | K::InvalidTagTerminator
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte
        | K::InvalidTagUtf8
        | K::ExpectedTagBang
        | K::InvalidGlobalTagCharacter => {
            scene.first_character("a value that begins with `!` is read as a tag")
        }
        K::MisplacedFlowCollectionEnd => scene.stray_bracket(),
        K::MismatchedFlowCollectionEnd { open, close } => scene.mismatch(*open, *close),
        K::UnclosedFlowCollection { open } => scene.unclosed(scene.at, *open),
        K::ExpectedFlowMappingSeparator | K::ExpectedFlowSequenceSeparator => scene.separator(),
        K::RecursionLimitExceeded => scene.too_deep(),
        K::MissingDocumentEndBeforeDirective => scene.directive(),
        K::ExpectedDocumentStart => scene.beside_root(),
        _ => scene.other(&failure.error.info()),
    }
}

impl Scene<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    /// The character at `at`; nothing at the end of the text.
    fn one(&self, at: usize) -> Range<usize> {
        at..at + self.text[at..].chars().next().map_or(0, char::len_utf8)
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(rules::INVALID_YAML, self.span(range), message)
    }

    /// The entry that the mistake is in.
    fn entry(&self) -> Shape {
        lines::entry(self.text, self.at)
    }

    /// What stands behind the key or `-` of an entry, on the lines that belong to it.
    fn value_region(&self, entry: &Shape) -> Range<usize> {
        let start = entry.value.start.min(entry.line.end);
        start..lines::block_end(self.text, entry).max(start)
    }

    /// Blames the value of an entry.
    fn value(&self, entry: &Shape, diagnostic: Diagnostic) -> Mistake {
        Mistake { diagnostic, repair: Repair::Blank(self.value_region(entry)) }
    }

    /// Blames an entry and all that follows it with at least its indentation.
    fn run(&self, entry: &Shape, diagnostic: Diagnostic) -> Mistake {
        let end = match entry.indent {
            0 => lines::block_end(self.text, entry),
            indent => lines::end_of_deeper(self.text, entry.line, indent - 1),
        };
        Mistake { diagnostic, repair: Repair::Blank(entry.line.start..end) }
    }

    /// Blames a whole entry.
    fn whole(&self, entry: &Shape, diagnostic: Diagnostic) -> Mistake {
        let region = entry.line.start..lines::block_end(self.text, entry);
        Mistake { diagnostic, repair: Repair::Blank(region) }
    }

    /// An edit that puts the value of an entry in quotes, when it is clear where it ends.
    fn quote(&self, entry: &Shape) -> Option<Fix> {
        let value = lines::trimmed(self.text, self.value_region(entry));
        let expression = self.slice(&value).starts_with('=');
        let quoted = quoted(self.slice(&value))?;
        let title = "put the value in quotes";
        match (expression, value.end <= entry.line.end) {
            (true, _) => Some(Fix::safe(title, self.span(value), quoted)),
            (false, true) => Some(Fix::risky(title, self.span(value), quoted)),
            (false, false) => None,
        }
    }

    fn too_deep(&self) -> Mistake {
        let diagnostic = shared::too_deep(self.span(self.one(self.at)));
        self.value(&self.entry(), diagnostic)
    }

    fn other(&self, info: &str) -> Mistake {
        let diagnostic = self
            .error(self.one(self.at), format!("this is not valid YAML: {info}"))
            .help("put the value in quotes if it is meant as text");
        self.value(&self.entry(), diagnostic)
    }
}

/// Adds a fix when there is one.
fn with_fix(diagnostic: Diagnostic, fix: Option<Fix>) -> Diagnostic {
    match fix {
        Some(fix) => diagnostic.fix(fix),
        None => diagnostic,
    }
}

/// A text in the quotes that change it least; `None` when it has quotes or a comment.
pub(super) fn quoted(text: &str) -> Option<String> {
    let comment = text.contains(" #") || text.lines().any(|line| line.trim_start().starts_with('#'));
    if text.is_empty() || text.starts_with(['"', '\'', '|', '>', '&', '!']) || comment {
        return None;
    }
    if !text.contains(['"', '\\']) {
        return Some(format!("\"{text}\""));
    }
    Some(format!("'{}'", text.replace('\'', "''")))
}
