//! `lint`: checks apps. Writes the file that `--output` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Exit;
use super::app::{read, settings_errors};
use super::failure::Failure;
use super::findings::{Findings, Format};
use super::paint::Paint;
use super::shell::Shell;
use crate::app::{AppPath, Source, discover};
use crate::diag::{Diagnostic, Files, Severity};
use crate::lint::{Request, check};

/// Checks apps: syntax, schemas, expressions, conditions, references. Ends with 1 when something is
/// as grave as `--deny` says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Apps, or files and folders in them; `-` reads one file from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How the findings are written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Write the findings to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Check these rules only
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not check these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// How grave a finding must be to fail the check
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "error")]
    deny: Deny,
    /// Show the first N findings only
    #[arg(long, value_name = "N")]
    max_diagnostics: Option<usize>,
    /// The path of the file that is read from standard input
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
}

/// What fails the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Errors.
    Error,
    /// Errors and warnings.
    Warning,
    /// Everything.
    Info,
}

impl Deny {
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    validate(args)?;
    let (places, overlay) = targets(args, shell)?;
    let mut checked = Checked::default();
    for place in &places {
        checked.app(place, &overlay, args, shell)?;
    }
    if checked.count == 0 {
        return Err(Failure::usage(format!("found nothing to check in {}", quoted(&args.paths))));
    }
    checked.write(args, shell)?;
    Ok(checked.exit(args.deny.severity()))
}

fn validate(args: &Args) -> Result<(), Failure> {
    let request = Request { paths: Vec::new(), select: args.select.clone(), ignore: args.ignore.clone() };
    request.validate().map_err(|unknown| Failure::usage(unknown.to_string()))?;
    let dash = args.paths.iter().any(|path| is_dash(path));
    match (&args.stdin_filename, dash) {
        (None, true) => {
            let help = "for example: `syncscope lint --stdin-filename jigs/home.jigx -`".to_owned();
            Err(Failure::usage("`-` needs `--stdin-filename`, which tells what the text is").help(Some(help)))
        }
        (Some(_), false) => Err(Failure::usage("`--stdin-filename` goes with the path `-`")),
        _ if dash && args.paths.len() > 1 => {
            Err(Failure::usage("`-` stands alone: other paths cannot be given"))
        }
        _ => Ok(()),
    }
}

/// The apps, and the text that stands for one of their files.
fn targets(args: &Args, shell: &mut Shell) -> Result<(Vec<AppPath>, BTreeMap<PathBuf, String>), Failure> {
    let Some(name) = &args.stdin_filename else {
        return Ok((discover(&args.paths, &shell.cwd)?, BTreeMap::new()));
    };
    let text = shell.read_stdin()?;
    let path = shell.path(name);
    let overlay = BTreeMap::from([(path.clone(), text)]);
    if path.is_file() {
        return Ok((discover(std::slice::from_ref(name), &shell.cwd)?, overlay));
    }
    // An editor's new file is not on disk yet: its folder tells which app it belongs to.
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&shell.cwd).to_path_buf();
    let mut places = discover(&[folder], &shell.cwd)?;
    for place in &mut places {
        place.selected = vec![path.clone()];
    }
    Ok((places, overlay))
}

/// What was found in all apps so far.
#[derive(Default)]
struct Checked {
    files: Files,
    found: Vec<Diagnostic>,
    count: usize,
    settings_are_wrong: bool,
}

impl Checked {
    fn app(
        &mut self,
        place: &AppPath,
        overlay: &BTreeMap<PathBuf, String>,
        args: &Args,
        shell: &Shell,
    ) -> Result<(), Failure> {
        let loaded = read(place, overlay.clone(), &mut self.files, shell)?;
        let request = Request {
            paths: place.selected.clone(),
            select: args.select.clone(),
            ignore: args.ignore.clone(),
        };
        self.found.extend(check(&loaded, &self.files, &request));
        self.settings_are_wrong |= !settings_errors(&loaded).is_empty();
        self.count += loaded.sources.iter().filter(|source| is_selected(source, place)).count();
        Ok(())
    }

    fn write(&self, args: &Args, shell: &Shell) -> Result<(), Failure> {
        let findings = Findings {
            files: &self.files,
            found: &self.found,
            checked: self.count,
            most: args.max_diagnostics,
        };
        match &args.output {
            None => findings.print(args.format, shell),
            Some(path) => {
                let text = shell.out.redacted(&findings.text(args.format, Paint::Plain));
                let written = fs::write(shell.path(path), text);
                written.map_err(|error| {
                    Failure::environment(format!("cannot write `{}`: {error}", path.display()))
                })?;
                shell.out.note(&findings.summary());
                Ok(())
            }
        }
    }

    fn exit(&self, deny: Severity) -> Exit {
        if self.settings_are_wrong {
            Exit::Usage
        } else if self.found.iter().any(|diagnostic| diagnostic.severity >= deny) {
            Exit::Problems
        } else {
            Exit::Clean
        }
    }
}

/// Whether the user named the file, or a folder above it, or the app.
fn is_selected(source: &Source, place: &AppPath) -> bool {
    place.selected.is_empty() || place.selected.iter().any(|selected| source.path.starts_with(selected))
}

fn is_dash(path: &Path) -> bool {
    path == Path::new("-")
}

fn quoted(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}
