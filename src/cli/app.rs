//! Opens the app that a command is about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::findings::{Findings, Format};
use super::paint::Paint;
use super::shell::Shell;
use crate::app::{AppPath, FileKind, Inputs, Loaded, Project, Settings, discover, load};
use crate::diag::{Diagnostic, Files, Severity};
use crate::lint;

/// An app with its texts.
pub(super) struct App {
    pub(super) files: Files,
    pub(super) loaded: Loaded,
}

/// The app's place on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct AppArg {
    /// The app: a folder with an `index.jigx`, or a single file
    #[arg(value_name = "APP", default_value = ".")]
    pub(super) app: PathBuf,
}

impl App {
    /// Opens the one app at a path; ends the command when its settings are wrong.
    pub(super) fn open(path: &Path, shell: &Shell) -> Result<Self, Failure> {
        let place = the_one(discover(&[path.to_path_buf()], &shell.cwd)?, path)?;
        let mut files = Files::new();
        let loaded = read(&place, BTreeMap::new(), &mut files, shell)?;
        let app = Self { files, loaded };
        app.refuse_wrong_settings(shell)?;
        Ok(app)
    }

    /// What was read.
    pub(super) fn project(&self) -> &Project {
        &self.loaded.project
    }

    /// Puts the address of the served folder where the settings say `${backend}`.
    pub(super) fn place_backend(&mut self, url: &str) {
        let settings = &mut self.loaded.project.settings;
        *settings = Arc::new(Settings::clone(settings).with_backend(url));
    }

    /// Everything the linter finds.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        lint::check(&self.loaded, &self.files, &lint::Request::default())
    }

    /// Tells, beside the results, that an app with errors may not do what its author means.
    pub(super) fn warn_of_errors(&self, shell: &Shell) {
        let errors = self.loaded.diagnostics().filter(|d| d.severity == Severity::Error).count();
        if errors > 0 {
            let errors = super::units::counted(errors as u64, "error");
            shell.out.note(&format!("the app has {errors}, `syncscope lint` shows them"));
        }
    }

    /// Shows findings to people, on the error stream.
    pub(super) fn tell(&self, findings: &[Diagnostic], shell: &Shell) {
        shell.out.problems(&rendered(findings, &self.files, Format::Human, shell.out.paint_notes));
    }

    fn refuse_wrong_settings(&self, shell: &Shell) -> Result<(), Failure> {
        let mut wrong = settings_errors(&self.loaded);
        if wrong.is_empty() {
            return Ok(());
        }
        wrong.sort_by_key(|diagnostic| diagnostic.span);
        self.tell(&wrong, shell);
        Err(Failure::usage("the settings are wrong"))
    }
}

/// Reads one app and keeps its secrets out of everything printed from then on.
pub(super) fn read(
    place: &AppPath,
    overlay: BTreeMap<PathBuf, String>,
    files: &mut Files,
    shell: &Shell,
) -> Result<Loaded, Failure> {
    let loaded = load(&Inputs { app: place, overlay, env: &|name| shell.env(name) }, files)?;
    shell.out.hide(&loaded.project.settings.secrets);
    Ok(loaded)
}

/// The errors in `syncscope.yaml`, names of rules that do not exist included.
pub(super) fn settings_errors(loaded: &Loaded) -> Vec<Diagnostic> {
    let is_settings = |file| loaded.sources.iter().any(|s| s.file == file && s.kind == FileKind::Settings);
    let errors = loaded.diagnostics().filter(|d| d.severity == Severity::Error && is_settings(d.span.file));
    errors.cloned().chain(lint::unknown_rules(loaded)).collect()
}

pub(super) fn the_one(mut places: Vec<AppPath>, path: &Path) -> Result<AppPath, Failure> {
    if places.len() > 1 {
        let names: Vec<String> =
            places.iter().take(8).map(|place| format!("`{}`", place.root.display())).collect();
        let message = format!("there are {} apps below `{}`, name one of them", places.len(), path.display());
        return Err(Failure::usage(message).help(Some(format!("there are: {}", names.join(", ")))));
    }
    let none = || Failure::usage(format!("no app found at `{}`", path.display()));
    places.pop().ok_or_else(none)
}

/// Findings for people, without the closing line of a whole check.
pub(super) fn rendered(findings: &[Diagnostic], files: &Files, format: Format, paint: Paint) -> String {
    let findings = Findings { files, found: findings, checked: 0, fixed: 0, most: None, identities: &[] };
    let text = findings.text(format, paint);
    if format != Format::Human {
        return text.trim_end().to_owned();
    }
    text.trim_end().rsplit_once('\n').map_or(String::new(), |(findings, _)| findings.to_owned())
}
