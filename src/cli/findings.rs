//! Findings on their way to people and programs.

use clap::ValueEnum;

use super::failure::Failure;
use super::paint::Paint;
use super::shell::Shell;
use super::units::counted;
use crate::diag::{Diagnostic, Files};
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
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Human => Self::Human,
            Format::Concise => Self::Concise,
            Format::Json => Self::Json,
        }
    }
}

/// What was found, and in how many files.
pub(super) struct Findings<'a> {
    pub(super) files: &'a Files,
    pub(super) found: &'a [Diagnostic],
    pub(super) checked: usize,
    /// The most that are shown.
    pub(super) most: Option<usize>,
}

impl Findings<'_> {
    /// Writes them as results.
    pub(super) fn print(&self, format: Format, shell: &Shell) -> Result<(), Failure> {
        let text = self.text(format, shell.out.paint);
        match format {
            Format::Json => shell.out.json_text(&text)?,
            Format::Human | Format::Concise => shell.out.print(&text)?,
        }
        if format == Format::Json {
            shell.out.note(&self.summary());
        }
        self.tell_of_the_rest(shell);
        Ok(())
    }

    /// The text of a report.
    pub(super) fn text(&self, format: Format, paint: Paint) -> String {
        let colors = if paint == Paint::Colour { Colors::Always } else { Colors::Never };
        let Self { files, found: diagnostics, checked, most } = *self;
        let report = Report { files, diagnostics, checked, fixed: 0, most };
        let mut bytes = Vec::new();
        let written = report::write(&mut bytes, format.into(), colors, &report);
        written.expect("BUG: memory cannot be written to");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `checked 3 files`
    pub(super) fn summary(&self) -> String {
        format!("checked {}", counted(self.checked as u64, "file"))
    }

    fn tell_of_the_rest(&self, shell: &Shell) {
        let rest = self.most.map_or(0, |most| self.found.len().saturating_sub(most));
        if rest > 0 {
            shell.out.note(&format!("{} not shown", counted(rest as u64, "more finding")));
        }
    }
}
