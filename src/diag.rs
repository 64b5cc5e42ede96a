//! What is wrong with an app, and where: source files, byte spans, diagnostics and fixes.
//!
//! This is the lowest layer; every other room may use it and it uses none of ours.

mod closest;
mod files;

pub use closest::{closest, did_you_mean, slip};
pub use files::{FileId, Files, Position, SourceFile};

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file the bytes stand in.
    pub file: FileId,
    /// Offset of the first byte, counted from 0.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `start..end` bytes; an end before the start gives an empty span.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Self { file, start, end }
    }

    /// The bytes as a range for slicing the file's text.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies within this span (both in the same file).
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// How grave a finding is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// A matter of style or a remark.
    Info,
    /// Probably not what the author means.
    Warning,
    /// The app cannot work as written.
    Error,
}

impl Severity {
    /// The word used in every output: `info`, `warning`, `error`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads the word back; `None` for any other.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|s| s.word() == word)
    }
}

/// A second place that a diagnostic speaks of, such as the other half of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is there, lower case, no full stop.
    pub message: String,
}

/// One finding, about one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Id of the rule that found it, in kebab-case.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, with the offending value in backticks; lower case, no full stop.
    pub message: String,
    /// The place to look at first.
    pub span: Span,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// Whether what stands at the span may be shown nowhere.
    pub conceals: bool,
}

impl Diagnostic {
    /// An error found by `rule` at `span`.
    pub fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Error, span, message)
    }

    /// A warning found by `rule` at `span`.
    pub fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Warning, span, message)
    }

    /// A remark found by `rule` at `span`.
    pub fn info(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(rule, Severity::Info, span, message)
    }

    fn new(rule: &'static str, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { rule, severity, message, span, labels: Vec::new(), help: None, fix: None, conceals: false }
    }

    /// The same about files whose ids have moved.
    #[must_use]
    pub fn moved(mut self, by: u32) -> Self {
        let labels = self.labels.iter_mut().map(|label| &mut label.span);
        let edits = self.fix.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
        for span in labels.chain(edits).chain([&mut self.span]) {
            span.file = span.file.moved(by);
        }
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do when there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Keeps what stands at the span out of every report.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        self.conceals = true;
        self
    }

    /// Offers an edit.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Whether a fix may be applied without a person reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// The meaning of the app stays what its author meant.
    Safe,
    /// Likely right, but a person should look.
    Unsafe,
}

/// Edits that together mend one mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What applying it does, in the imperative.
    pub title: String,
    /// Whether it may be applied unseen.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A safe fix that replaces the bytes of `span` by `text`.
    pub fn safe(title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, edits: vec![Edit { span, text: text.into() }] }
    }

    /// The same edit, to be looked at by a person first.
    pub fn risky(title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        Self { safety: Safety::Unsafe, ..Self::safe(title, span, text) }
    }
}

/// One replacement of bytes by text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go.
    pub span: Span,
    /// The text that comes in their place.
    pub text: String,
}

/// What `explain` and the reporters know of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInfo {
    /// The id, in kebab-case, named after the mistake.
    pub id: &'static str,
    /// What part of an app it is about.
    pub group: Group,
    /// How grave its findings are unless the settings say otherwise.
    pub severity: Severity,
    /// One line: the mistake.
    pub summary: &'static str,
    /// The page: what it finds, why it matters, a bad and a good example (Markdown).
    pub docs: &'static str,
}

/// What part of an app a rule is about. A group's name stands for all its rules wherever a rule can be
/// named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Whether a text can be read at all.
    Syntax,
    /// Keys and values that a file may have.
    Schema,
    /// The settings, and comments that ask for silence.
    Settings,
    /// Syncs and the scopes that follow them.
    Sync,
    /// Tables, queries and datasources.
    Data,
    /// Functions and their calls.
    Functions,
    /// Expressions and what they name.
    Expressions,
    /// Actions, jigs and components.
    Layout,
}

impl Group {
    /// Every group, in the order in which lists show them.
    pub const ALL: [Self; 8] = [
        Self::Syntax,
        Self::Schema,
        Self::Settings,
        Self::Sync,
        Self::Data,
        Self::Functions,
        Self::Expressions,
        Self::Layout,
    ];

    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Schema => "schema",
            Self::Settings => "settings",
            Self::Sync => "sync",
            Self::Data => "data",
            Self::Functions => "functions",
            Self::Expressions => "expressions",
            Self::Layout => "layout",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        Span::new(FileId::first(), start, end)
    }

    #[test]
    fn spans_are_half_open_and_never_inverted() {
        assert_eq!(span(2, 5).range(), 2..5);
        assert_eq!(span(5, 2).range(), 5..5);
        assert_eq!(span(usize::MAX, 0).range(), u32::MAX as usize..u32::MAX as usize);
        assert!(span(2, 5).contains(span(2, 5)) && span(2, 5).contains(span(5, 5)));
        assert!(!span(2, 5).contains(span(1, 3)) && !span(2, 5).contains(span(4, 6)));
        let mut files = Files::new();
        let (a, b) = (files.add("a", ""), files.add("b", ""));
        assert!(!Span::new(a, 0, 9).contains(Span::new(b, 1, 2)));
    }

    #[test]
    fn severities_have_words_and_an_order() {
        for severity in [Severity::Info, Severity::Warning, Severity::Error] {
            assert_eq!(Severity::from_word(severity.word()), Some(severity));
        }
        assert_eq!(Severity::from_word("Error"), None);
        assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Error);
    }

    #[test]
    fn diagnostics_are_built_part_by_part() {
        let fix = Fix::safe("write `b`", span(0, 1), "b");
        let built = Diagnostic::warning("a-rule", span(0, 1), "`a` is odd")
            .label(span(3, 4), "as here")
            .maybe_help(None)
            .maybe_help(Some("write `b`".into()))
            .maybe_help(None)
            .fix(fix.clone());
        assert_eq!(
            (built.rule, built.severity, built.help.as_deref()),
            ("a-rule", Severity::Warning, Some("write `b`"))
        );
        assert_eq!((built.labels.len(), built.fix), (1, Some(fix)));
        assert_eq!(Fix::risky("x", span(0, 1), "b").safety, Safety::Unsafe);
        assert_eq!(Diagnostic::info("r", span(0, 0), "m").severity, Severity::Info);
        assert_eq!(Diagnostic::error("r", span(0, 0), "m").help("h").help.as_deref(), Some("h"));
    }
}
