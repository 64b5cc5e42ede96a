//! Findings on their way to people and programs.

use clap::ValueEnum;

use super::failure::Failure;
use super::shell::Shell;
use super::units::counted;
use crate::diag::{Diagnostic, Files};

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

/// What was found, and in how many files.
pub(super) struct Findings<'a> {
    pub(super) files: &'a Files,
    pub(super) found: &'a [Diagnostic],
    pub(super) checked: usize,
    /// The most that are shown.
    pub(super) most: usize,
}

impl Findings<'_> {
    /// Writes them as results.
    pub(super) fn print(&self, format: Format, shell: &Shell) -> Result<(), Failure> {
        let text = self.text(format, shell);
        match format {
            Format::Json => shell.out.json_text(&text)?,
            Format::Human | Format::Concise => shell.out.print(&text)?,
        }
        shell.out.note(&self.summary());
        Ok(())
    }

    pub(super) fn text(&self, _format: Format, _shell: &Shell) -> String {
        self.found.iter().take(self.most).map(|d| format!("{}: {}\n", d.rule, d.message)).collect()
    }

    pub(super) fn summary(&self) -> String {
        let _ = self.files;
        format!("checked {}", counted(self.checked as u64, "file"))
    }
}
