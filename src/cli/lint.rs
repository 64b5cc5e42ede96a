//! `lint`: checks apps. Writes the files that `--output`, `--format` and `--fix` ask for.

mod mend;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Exit;
use super::app::{read, settings_errors};
use super::dev::{self, Watch};
use super::failure::Failure;
use super::findings::{Findings, Format, Wanted, WantedParser};
use super::paint::Paint;
use super::shell::Shell;
use super::units::counted;
use crate::app::{AppPath, Source, discover};
use crate::diag::{Diagnostic, Files, Severity};
use crate::lint::{Reach, Request, check};

use mend::{Mended, mend};

/// Checks apps: syntax, schemas, expressions, conditions, references. Ends with 1 when something is
/// as grave as `--deny` says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Apps, or files and folders in them; `-` reads one file from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How the findings are written [default: human]; `FORMAT=FILE` writes a further report to a
    /// file, as often as needed
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = WantedParser)]
    format: Vec<Wanted>,
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
    /// Apply the fixes that keep what the author meant
    #[arg(long)]
    fix: bool,
    /// Apply all fixes, those that a person should look at included
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what the fixes would change and write nothing; ends with 1 when there is something to fix
    #[arg(long, conflicts_with_all = ["format", "output"])]
    diff: bool,
    /// Show the first N findings only
    #[arg(long, value_name = "N")]
    max_diagnostics: Option<usize>,
    /// The path of the file that is read from standard input
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// Check again after every change, until stopped; `--format` is `human`, `concise` or `json`, which
    /// is one event per line here
    #[arg(long, conflicts_with_all = ["output", "fix", "unsafe_fixes", "diff", "stdin_filename", "max_diagnostics"])]
    watch: bool,
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

impl Args {
    /// The fixes to apply.
    fn reach(&self) -> Option<Reach> {
        match (self.unsafe_fixes, self.fix || self.diff) {
            (true, _) => Some(Reach::Unsafe),
            (false, true) => Some(Reach::Safe),
            (false, false) => None,
        }
    }

    /// The format of the results.
    fn main_format(&self) -> Format {
        self.format.iter().find(|wanted| wanted.file.is_none()).map_or(Format::Human, |wanted| wanted.format)
    }

    fn request(&self, place: &AppPath) -> Request {
        let (select, ignore) = (self.select.clone(), self.ignore.clone());
        Request { paths: place.selected.clone(), select, ignore }
    }
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    validate(args)?;
    if args.watch {
        return watch(args, shell);
    }
    let (places, mut overlay) = targets(args, shell)?;
    let mut checked = Checked::default();
    let mut diff = String::new();
    for place in &places {
        if let Some(reach) = args.reach() {
            let mended = mend(place, &overlay, &args.request(place), reach, shell)?;
            checked.fixed += mended.fixed;
            if args.diff {
                diff.push_str(&mended.diff());
            } else {
                keep(mended, &mut overlay)?;
            }
        }
        checked.app(place, &overlay, args, shell)?;
    }
    if checked.count == 0 {
        return Err(Failure::usage(format!("found nothing to check in {}", quoted(&args.paths))));
    }
    if args.diff {
        return checked.show_diff(&diff, shell);
    }
    checked.write(args, &overlay, shell)?;
    Ok(checked.exit(args.deny.severity()))
}

/// Checks again after every change.
fn watch(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let format = args.main_format();
    let is_known = matches!(format, Format::Human | Format::Concise | Format::Json);
    if !is_known || args.format.iter().any(|wanted| wanted.file.is_some()) {
        return Err(Failure::usage(
            "`--watch` goes with `--format human`, `concise` or `json`, and no files",
        ));
    }
    let ask = |place: &AppPath| args.request(place);
    dev::lint(&Watch { paths: &args.paths, format, ask: &ask }, shell)
}

/// Files on disk are written; a text from standard input goes on as the fixed one, alone.
fn keep(mut mended: Mended, overlay: &mut BTreeMap<PathBuf, String>) -> Result<(), Failure> {
    if overlay.is_empty() {
        return mended.write();
    }
    for (path, text) in overlay {
        if let Some(change) = mended.changes.remove(path) {
            *text = change.after;
        }
    }
    Ok(())
}

fn validate(args: &Args) -> Result<(), Failure> {
    let request = Request { paths: Vec::new(), select: args.select.clone(), ignore: args.ignore.clone() };
    request.validate().map_err(|unknown| Failure::usage(unknown.to_string()))?;
    one_file_for_each_report(args)?;
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

fn one_file_for_each_report(args: &Args) -> Result<(), Failure> {
    if args.format.iter().filter(|wanted| wanted.file.is_none()).count() > 1 {
        let help = "for example: `--format human --format sarif=report.sarif`".to_owned();
        return Err(Failure::usage("only one `--format` can do without a file").help(Some(help)));
    }
    let mut seen = BTreeSet::new();
    for file in args.format.iter().filter_map(|wanted| wanted.file.as_ref()).chain(&args.output) {
        if file.as_os_str().is_empty() {
            return Err(Failure::usage("`--format` names no file after the `=`"));
        }
        if !seen.insert(file) {
            return Err(Failure::usage(format!("two reports cannot both go to `{}`", file.display())));
        }
    }
    Ok(())
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
    fixed: usize,
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
        self.found.extend(check(&loaded, &self.files, &args.request(place)));
        self.settings_are_wrong |= !settings_errors(&loaded).is_empty();
        self.count += loaded.sources.iter().filter(|source| is_selected(source, place)).count();
        Ok(())
    }

    fn write(&self, args: &Args, overlay: &BTreeMap<PathBuf, String>, shell: &Shell) -> Result<(), Failure> {
        let findings = Findings {
            files: &self.files,
            found: &self.found,
            checked: self.count,
            fixed: self.fixed,
            most: args.max_diagnostics,
        };
        for wanted in &args.format {
            if let Some(path) = &wanted.file {
                save(&findings, wanted.format, path, shell)?;
            }
        }
        let fixed_text = args.reach().and_then(|_| overlay.values().next());
        if let Some(text) = fixed_text {
            shell.out.give_back(text)?;
        }
        match (&args.output, fixed_text) {
            (Some(path), _) => {
                save(&findings, args.main_format(), path, shell)?;
                shell.out.note(&findings.summary());
            }
            // Standard output holds the text, so the findings are told beside it.
            (None, Some(_)) => {
                shell.out.problems(&findings.text(args.main_format(), shell.out.paint_notes));
            }
            (None, None) => findings.print(args.main_format(), shell)?,
        }
        Ok(())
    }

    fn show_diff(&self, diff: &str, shell: &Shell) -> Result<Exit, Failure> {
        shell.out.print(diff)?;
        let checked = counted(self.count as u64, "file");
        let note = match self.fixed as u64 {
            0 => format!("checked {checked}, nothing to fix"),
            fixed => format!("checked {checked}, {} can be fixed", counted(fixed, "problem")),
        };
        shell.out.note(&note);
        Ok(match (self.settings_are_wrong, self.fixed) {
            (true, _) => Exit::Usage,
            (false, 0) => Exit::Clean,
            (false, _) => Exit::Problems,
        })
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

fn save(findings: &Findings<'_>, format: Format, path: &Path, shell: &Shell) -> Result<(), Failure> {
    let text = shell.out.redacted(&findings.text(format, Paint::Plain));
    fs::write(shell.path(path), text)
        .map_err(|error| Failure::environment(format!("cannot write `{}`: {error}", path.display())))
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
