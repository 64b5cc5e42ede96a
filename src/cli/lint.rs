//! `lint`: checks apps. Writes the files that `--output`, `--format`, `--fix` and the like ask for.

mod baseline;
mod checked;
mod mend;
mod profile;
mod replace;
mod since;
mod statistics;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Exit;
use super::dev::{self, Watch};
use super::failure::Failure;
use super::findings::{Format, Wanted, WantedParser};
use super::progress::Waiting;
use super::shell::Shell;
use crate::app::{AppPath, discover, discover_new, each_in_parallel};
use crate::diag::Severity;
use crate::lint::{Reach, Request};

use baseline::{Baseline, Upkeep};
use checked::{Checked, Look};
use mend::{Mended, Task, mend};

/// Checks apps: syntax, schemas, expressions, conditions, references. Ends with 1 when something is
/// as grave as `--deny` says.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of the command line
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
    /// Write a comment that silences it to every finding, with a reason if one is given
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["fix", "unsafe_fixes"]
    )]
    #[allow(clippy::option_option)] // not asked for, without a reason, with one
    add_ignores: Option<Option<String>>,
    /// Do not tell the findings that this file lists; those that are mended are taken out of it, but
    /// not where the variable `CI` is set
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to a file for `--baseline`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "diff"])]
    write_baseline: Option<PathBuf>,
    /// Show only what changes since this revision of git have caused, wherever it is
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Count the findings of each rule in place of showing them
    #[arg(long, conflicts_with = "diff")]
    statistics: bool,
    /// Tell how long each rule takes
    #[arg(long, conflicts_with = "diff")]
    profile_rules: bool,
    /// Show the first N findings only
    #[arg(long, value_name = "N")]
    max_diagnostics: Option<usize>,
    /// The path of the file that is read from standard input
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// Check again after every change, until stopped; `--format` is `human`, `concise` or `json`, which
    /// is one event per line here
    #[arg(
        long,
        conflicts_with_all = [
            "output", "fix", "unsafe_fixes", "diff", "add_ignores", "baseline", "write_baseline", "since",
            "statistics", "profile_rules", "max_diagnostics", "stdin_filename",
        ]
    )]
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
    /// What to do to the files.
    fn task(&self) -> Option<Task<'_>> {
        match (&self.add_ignores, self.unsafe_fixes, self.fix || self.diff) {
            (Some(reason), ..) => Some(Task::Silence(reason.as_deref())),
            (None, true, _) => Some(Task::Fix(Reach::Unsafe)),
            (None, false, true) => Some(Task::Fix(Reach::Safe)),
            (None, false, false) => None,
        }
    }

    /// The format of the results.
    fn main_format(&self) -> Format {
        self.format.iter().find(|wanted| wanted.file.is_none()).map_or(Format::Human, |wanted| wanted.format)
    }

    /// Whether findings that are gone are gone for good: not when rules are left out, not from a text
    /// that is not on disk, and not in CI, where nobody keeps the file.
    fn upkeep(&self, shell: &Shell) -> Upkeep {
        let in_ci = shell.env("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        let in_part = !(self.select.is_empty() && self.ignore.is_empty()) || self.stdin_filename.is_some();
        match (in_part, in_ci || self.diff) {
            (true, _) => Upkeep::Keep,
            (false, true) => Upkeep::Tell,
            (false, false) => Upkeep::Shrink,
        }
    }

    fn request(&self, place: &AppPath) -> Request {
        let (select, ignore) = (self.select.clone(), self.ignore.clone());
        Request { paths: place.selected.clone(), select, ignore }
    }
}

/// So many apps are looked at before they are told.
const TOGETHER: usize = 64;

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    validate(args)?;
    if args.watch {
        return watch(args, shell);
    }
    let baseline = args.baseline.as_deref().map(|path| Baseline::read(path, shell)).transpose()?;
    let (places, mut overlay) = targets(args, shell)?;
    let mut checked = Checked::default();
    let mut diff = String::new();
    let waiting = Waiting::begin(shell.live, places.len());
    let (cwd, env) = (shell.cwd.clone(), shell.shared_env());
    let together = if args.task().is_some() { 1 } else { TOGETHER };
    for places in places.chunks(together) {
        if let (Some(task), [place]) = (args.task(), places) {
            let mended = mend(place, &overlay, &args.request(place), task, shell)?;
            checked.count_changes(task, mended.count);
            if args.diff {
                diff.push_str(&mended.diff());
            } else {
                keep(mended, &mut overlay)?;
            }
        }
        let looks = each_in_parallel(places, |place| Look::at(place, &overlay, args, &cwd, &env));
        for (place, look) in places.iter().zip(looks) {
            checked.app(look?, place, &overlay, args, shell)?;
            waiting.step();
        }
    }
    drop(waiting);
    if checked.count == 0 {
        return Err(Failure::usage(format!("found nothing to check in {}", quoted(&args.paths))));
    }
    if args.diff {
        return checked.show_diff(&diff, shell);
    }
    checked.leave_out(args, baseline, shell)?;
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
    if args.statistics && !matches!(args.main_format(), Format::Human | Format::Concise | Format::Json) {
        return Err(Failure::usage("`--statistics` goes with `--format human`, `concise` or `json`"));
    }
    if let Some(Some(reason)) = &args.add_ignores
        && (reason.trim().is_empty() || reason.contains(['\n', '\r']))
    {
        return Err(Failure::usage("the reason of `--add-ignores` is one line of text"));
    }
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
    // An editor's new file is not on disk yet.
    let place = discover_new(name, &shell.cwd)?;
    let overlay = place.selected.iter().cloned().zip(overlay.into_values()).collect();
    Ok((vec![place], overlay))
}

fn is_dash(path: &Path) -> bool {
    path == Path::new("-")
}

fn quoted(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}
