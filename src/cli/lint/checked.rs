//! What was found in all apps of a check, and how it is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::Exit;
use super::super::app::settings_errors;
use super::super::failure::Failure;
use super::super::findings::Findings;
use super::super::paint::Paint;
use super::super::shell::Shell;
use super::super::streams::Env;
use super::super::units::counted;
use super::Args;
use super::baseline::Baseline;
use super::mend::Task;
use super::profile;
use super::since::Since;
use super::statistics;
use crate::app::{AppPath, Inputs, LoadError, Loaded, Secret, Source, load};
use crate::diag::{Diagnostic, Files, Severity};
use crate::lint::{Fingerprint, check, fingerprints, profile as time_rules};

/// A finding with what tells it from others across runs.
pub(super) struct Finding {
    pub(super) diagnostic: Diagnostic,
    pub(super) print: Fingerprint,
    /// Its file on disk.
    pub(super) path: PathBuf,
    /// Whether what changed since a revision may have caused it; always, when nobody asks.
    caused: bool,
}

/// What was checked of an app.
pub(super) struct Seen {
    /// The folder, when all of the app was checked.
    pub(super) whole: Option<PathBuf>,
    /// The files that were checked.
    pub(super) files: Vec<PathBuf>,
}

/// Everything so far.
#[derive(Default)]
pub(super) struct Checked {
    files: Files,
    found: Vec<Finding>,
    seen: Vec<Seen>,
    pub(super) count: usize,
    fixed: usize,
    silenced: usize,
    costs: BTreeMap<&'static str, Duration>,
    settings_are_wrong: bool,
}

/// What is told of an app. The app itself is not kept: there may be very many.
pub(super) struct Look {
    files: Files,
    findings: Vec<Finding>,
    seen: Seen,
    secrets: Vec<Secret>,
    costs: Vec<(&'static str, Duration)>,
    settings_are_wrong: bool,
}

impl Look {
    /// Reads and checks an app.
    pub(super) fn at(
        place: &AppPath,
        overlay: &BTreeMap<PathBuf, String>,
        args: &Args,
        cwd: &Path,
        env: &Env,
    ) -> Result<Self, LoadError> {
        let mut files = Files::new();
        let inputs = Inputs { app: place, overlay: overlay.clone(), env: &|name| env(name) };
        let loaded = load(&inputs, &mut files)?;
        let request = args.request(place);
        let findings = findings(check(&loaded, &files, &request), &loaded, &files, cwd);
        let costs = if args.profile_rules { time_rules(&loaded, &files, &request) } else { Vec::new() };
        let selected = loaded.sources.iter().filter(|source| is_selected(source, place));
        let seen = Seen {
            whole: (place.selected.is_empty() && place.single.is_none()).then(|| place.root.clone()),
            files: selected.map(|source| source.path.clone()).collect(),
        };
        let settings_are_wrong = !settings_errors(&loaded).is_empty();
        let secrets = loaded.project.settings.secrets.clone();
        Ok(Self { files, findings, seen, secrets, costs, settings_are_wrong })
    }
}

impl Checked {
    pub(super) fn app(
        &mut self,
        look: Look,
        place: &AppPath,
        overlay: &BTreeMap<PathBuf, String>,
        args: &Args,
        shell: &Shell,
    ) -> Result<(), Failure> {
        let Look { files, mut findings, seen, secrets, costs, settings_are_wrong } = look;
        shell.out.hide(&secrets);
        for (rule, time) in costs {
            *self.costs.entry(rule).or_default() += time;
        }
        if let Some(revision) = &args.since {
            let since = Since::new(place, revision, overlay, shell)?;
            let caused = since.caused(&findings, &args.request(place), shell)?;
            findings.iter_mut().zip(caused).for_each(|(finding, caused)| finding.caused = caused);
        }
        let by = self.files.append(files);
        self.found.extend(findings.into_iter().map(|finding| finding.moved(by)));
        self.settings_are_wrong |= settings_are_wrong;
        self.count += seen.files.len();
        self.seen.push(seen);
        Ok(())
    }

    /// Adds what was done to the files of an app.
    pub(super) fn count_changes(&mut self, task: Task<'_>, count: usize) {
        match task {
            Task::Fix(_) => self.fixed += count,
            Task::Silence(_) => self.silenced += count,
        }
    }

    /// Leaves out what is known from a baseline, and what the changes since a revision have not caused.
    pub(super) fn leave_out(
        &mut self,
        args: &Args,
        baseline: Option<Baseline>,
        shell: &Shell,
    ) -> Result<(), Failure> {
        if let Some(path) = &args.write_baseline {
            Baseline::write(path, &mut self.found, shell)?;
        }
        if let Some(baseline) = baseline {
            baseline.apply(&mut self.found, &self.seen, args.upkeep(shell), shell)?;
        }
        self.found.retain(|finding| finding.caused);
        Ok(())
    }

    pub(super) fn write(
        &self,
        args: &Args,
        overlay: &BTreeMap<PathBuf, String>,
        shell: &Shell,
    ) -> Result<(), Failure> {
        let found: Vec<Diagnostic> = self.found.iter().map(|finding| finding.diagnostic.clone()).collect();
        let identities: Vec<String> = self.found.iter().map(|finding| finding.print.to_string()).collect();
        let findings = Findings {
            files: &self.files,
            found: &found,
            checked: self.count,
            fixed: self.fixed,
            most: args.max_diagnostics,
            identities: &identities,
        };
        for wanted in &args.format {
            if let Some(path) = &wanted.file {
                save(&findings.text(wanted.format, Paint::Plain), path, shell)?;
            }
        }
        let changed_text = args.task().and_then(|_| overlay.values().next());
        if let Some(text) = changed_text {
            shell.out.give_back(text)?;
        }
        if self.silenced > 0 {
            shell.out.note(&format!("silenced {}", counted(self.silenced as u64, "finding")));
        }
        if args.statistics {
            statistics::write(&findings, args, shell)?;
        } else {
            write_findings(&findings, args, changed_text.is_some(), shell)?;
        }
        if args.profile_rules {
            shell.out.problems(&profile::table(&self.costs, &found, shell));
        }
        Ok(())
    }

    pub(super) fn show_diff(&self, diff: &str, shell: &Shell) -> Result<Exit, Failure> {
        shell.out.print(diff)?;
        let checked = counted(self.count as u64, "file");
        let (changes, what) = match (self.fixed, self.silenced) {
            (0, silenced) => (silenced, "silenced"),
            (fixed, _) => (fixed, "fixed"),
        };
        let note = match changes as u64 {
            0 => format!("checked {checked}, nothing to fix"),
            changes => format!("checked {checked}, {} can be {what}", counted(changes, "problem")),
        };
        shell.out.note(&note);
        Ok(match (self.settings_are_wrong, changes) {
            (true, _) => Exit::Usage,
            (false, 0) => Exit::Clean,
            (false, _) => Exit::Problems,
        })
    }

    pub(super) fn exit(&self, deny: Severity) -> Exit {
        if self.settings_are_wrong {
            Exit::Usage
        } else if self.found.iter().any(|finding| finding.diagnostic.severity >= deny) {
            Exit::Problems
        } else {
            Exit::Clean
        }
    }
}

fn findings(found: Vec<Diagnostic>, loaded: &Loaded, files: &Files, cwd: &Path) -> Vec<Finding> {
    let prints = fingerprints(loaded, &found);
    let finding = |(diagnostic, print): (Diagnostic, Fingerprint)| {
        let file = diagnostic.span.file;
        let shown = || cwd.join(files.get(file).path());
        let path = loaded.source(file).map_or_else(shown, |source| source.path.clone());
        Finding { diagnostic, print, path, caused: true }
    };
    found.into_iter().zip(prints).map(finding).collect()
}

impl Finding {
    /// The same about files whose ids have moved.
    fn moved(self, by: u32) -> Self {
        Self { diagnostic: self.diagnostic.moved(by), ..self }
    }
}

/// When standard output holds a changed text, the findings are told beside it.
fn write_findings(
    findings: &Findings<'_>,
    args: &Args,
    output_is_taken: bool,
    shell: &Shell,
) -> Result<(), Failure> {
    let format = args.main_format();
    match &args.output {
        Some(path) => {
            save(&findings.text(format, Paint::Plain), path, shell)?;
            shell.out.note(&findings.summary());
        }
        None if output_is_taken => {
            shell.out.problems(&findings.text(args.main_format(), shell.out.paint_notes));
        }
        None => findings.print(format, shell)?,
    }
    Ok(())
}

pub(super) fn save(text: &str, path: &Path, shell: &Shell) -> Result<(), Failure> {
    fs::write(shell.path(path), shell.out.redacted(text))
        .map_err(|error| Failure::environment(format!("cannot write `{}`: {error}", path.display())))
}

/// Whether the user named the file, or a folder above it, or the app.
fn is_selected(source: &Source, place: &AppPath) -> bool {
    place.selected.is_empty() || place.selected.iter().any(|selected| source.path.starts_with(selected))
}
