//! Findings on their way to people and programs.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};

use super::failure::Failure;
use super::paint::Paint;
use super::shell::Shell;
use super::units::counted;
use crate::diag::{Diagnostic, Files};
use crate::lint;
use crate::report::{self, Colors, Report};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// With the lines of the source and a help, for people.
    Human,
    /// One line each.
    Concise,
    /// One JSON object.
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

/// A format that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) format: Format,
    /// The file of its own that it goes to.
    pub(super) file: Option<PathBuf>,
}

/// Reads `FORMAT` and `FORMAT=FILE`.
#[derive(Debug, Clone)]
pub(super) struct WantedParser;

impl TypedValueParser for WantedParser {
    type Value = Wanted;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Wanted, clap::Error> {
        let text = value.to_str().unwrap_or_default();
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let format = EnumValueParser::new().parse_ref(command, argument, OsStr::new(name))?;
        Ok(Wanted { format, file: file.map(PathBuf::from) })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

impl Format {
    /// Whether results stand alone, so that the summary is told beside them.
    fn is_for_machines(self) -> bool {
        !matches!(self, Self::Human | Self::Concise)
    }
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Concise => Self::Concise,
            Format::Json => Self::Json,
            Format::Sarif => Self::Sarif,
            Format::Github => Self::Github,
            Format::Gitlab => Self::Gitlab,
            Format::Junit => Self::Junit,
        }
    }
}

/// What was found, and in how many files.
pub(super) struct Findings<'a> {
    pub(super) files: &'a Files,
    pub(super) found: &'a [Diagnostic],
    pub(super) checked: usize,
    /// How many mistakes were mended.
    pub(super) fixed: usize,
    /// The most that are shown.
    pub(super) most: Option<usize>,
    /// What each finding is ([`lint::fingerprints`]).
    pub(super) identities: &'a [String],
}

impl Findings<'_> {
    /// Writes them as results.
    pub(super) fn print(&self, format: Format, shell: &Shell) -> Result<(), Failure> {
        let text = self.text(format, shell.out.paint);
        match format {
            Format::Json | Format::Sarif | Format::Gitlab => shell.out.json_text(&text)?,
            _ => shell.out.print(&text)?,
        }
        if format.is_for_machines() {
            shell.out.note(&self.summary());
        }
        self.tell_of_the_rest(shell);
        Ok(())
    }

    /// The text of a report.
    pub(super) fn text(&self, format: Format, paint: Paint) -> String {
        let colors = if paint == Paint::Colour { Colors::Always } else { Colors::Never };
        let Self { files, found: diagnostics, checked, fixed, most, identities } = *self;
        let report = Report { files, diagnostics, rules: lint::rules(), checked, fixed, most, identities };
        let mut bytes = Vec::new();
        let written = report::write(&mut bytes, format.into(), colors, &report);
        written.expect("BUG: memory cannot be written to");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `checked 3 files, fixed 2 problems`
    pub(super) fn summary(&self) -> String {
        let checked = counted(self.checked as u64, "file");
        match self.fixed as u64 {
            0 => format!("checked {checked}"),
            fixed => format!("checked {checked}, fixed {}", counted(fixed, "problem")),
        }
    }

    fn tell_of_the_rest(&self, shell: &Shell) {
        let rest = self.most.map_or(0, |most| self.found.len().saturating_sub(most));
        if rest > 0 {
            shell.out.note(&format!("{} not shown", counted(rest as u64, "more finding")));
        }
    }
}
