//! Findings become bytes, in the format that was asked for.

mod concise;
mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;
mod uri;

use std::io;

use crate::diag::{Diagnostic, Files, RuleInfo, Severity};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: the lines in question, with carets, and what to do.
    Human,
    /// One line for each finding: `file:line:column: severity[rule] message`.
    Concise,
    /// One JSON object, as the public interface describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML, for test reports.
    Junit,
}

/// Whether the human format has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

/// All that a report tells.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The texts that the findings point into.
    pub files: &'a Files,
    /// The findings, in any order.
    pub diagnostics: &'a [Diagnostic],
    /// The rules, for the formats that describe them.
    pub rules: &'a [RuleInfo],
    /// How many files were checked.
    pub checked: usize,
    /// How many mistakes were mended.
    pub fixed: usize,
    /// How many findings are shown at most; all of them are counted.
    pub most: Option<usize>,
    /// What each finding is, in the order of `diagnostics`, in words that stay when other parts of its
    /// file change; the formats that name findings across runs make their names of them. Without, the
    /// rule and the message serve.
    pub identities: &'a [String],
}

/// Writes a report.
///
/// Findings are ordered by path, offset and rule, so that the same findings give the same bytes.
/// The formats for people end with a line that says how many files were checked.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn io::Write, format: Format, colors: Colors, report: &Report<'_>) -> io::Result<()> {
    let mut order = in_order(report);
    order.truncate(report.most.unwrap_or(usize::MAX));
    let sorted: Vec<&Diagnostic> = order.iter().map(|&n| &report.diagnostics[n]).collect();
    match format {
        Format::Human => human::write(out, colors, report.files, &sorted)?,
        Format::Concise => concise::write(out, report.files, &sorted)?,
        Format::Json => return json::write(out, report, &sorted),
        Format::Sarif => return sarif::write(out, report, &order),
        Format::Github => return github::write(out, report.files, &sorted),
        Format::Gitlab => return gitlab::write(out, report, &order),
        Format::Junit => return junit::write(out, report, &sorted),
    }
    writeln!(out, "{}", closing_line(report))
}

/// Puts findings into the order of every output: by path, offset and rule.
pub fn sort(diagnostics: &mut [Diagnostic], files: &Files) {
    diagnostics.sort_by(|a, b| order(a, b, files));
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] =
        [Self::Human, Self::Concise, Self::Json, Self::Sarif, Self::Github, Self::Gitlab, Self::Junit];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// How many findings there are of each severity.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl Counts {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }
}

/// The positions of the findings, first to be told first.
fn in_order(report: &Report<'_>) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..report.diagnostics.len()).collect();
    positions.sort_by(|&a, &b| order(&report.diagnostics[a], &report.diagnostics[b], report.files));
    positions
}

fn order(a: &Diagnostic, b: &Diagnostic, files: &Files) -> std::cmp::Ordering {
    let path = |d: &Diagnostic| files.get(d.span.file).path();
    let (left, right) = ((a.span, a.rule, &a.message), (b.span, b.rule, &b.message));
    path(a).cmp(path(b)).then_with(|| {
        (left.0.start, left.1, left.0.end, left.2).cmp(&(right.0.start, right.1, right.0.end, right.2))
    })
}

/// `checked 3 files: 1 error, 2 warnings`
fn closing_line(report: &Report<'_>) -> String {
    let counts = Counts::of(report.diagnostics);
    let mut parts: Vec<String> =
        [(counts.errors, "error"), (counts.warnings, "warning"), (counts.infos, "info")]
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, word)| counted(count, word))
            .collect();
    if parts.is_empty() {
        parts.push("no problems".into());
    }
    if report.fixed > 0 {
        parts.push(format!("{} fixed", report.fixed));
    }
    format!("checked {}: {}", counted(report.checked, "file"), parts.join(", "))
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

#[cfg(test)]
mod tests;
