//! `doctor`: looks the database of an app over, and repairs it when asked to.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::output::Format;
use super::paint::Paint;
use super::session::{Database, DatabaseArg};
use super::shell::Shell;
use super::units::{counted, moment};
use crate::run::{Clock, SystemClock};
use crate::store::StoreError;
use crate::store::doctor::{self, Finding, Gravity, Mended};

/// Looks the database of an app over: the file, the tables, every invariant, what dead processes left behind.
/// Changes nothing without `--repair`, and nothing before a backup.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    /// Make a backup beside the database, then repair what can be repaired
    #[arg(long)]
    repair: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    database: DatabaseArg,
}

/// What was found, as programs read it.
#[derive(Debug, Serialize)]
struct Report<'r> {
    database: String,
    questions: usize,
    problems: usize,
    findings: &'r [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mended: Option<&'r [Finding]>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let app = App::open(&args.app.app, shell)?;
    let database = Database::new(&app, &args.database, shell);
    let path = database.path();
    let looked = if args.repair {
        let now = SystemClock.now();
        doctor::mend(path, &stamp(now), now)
    } else {
        doctor::examine(path).map(|left| Mended { backup: None, mended: Vec::new(), left })
    };
    let mended = match looked {
        // A run makes it, so that there is nothing wrong yet.
        Err(StoreError::Missing { .. }) if database.can_be_made() => {
            let note = format!("there is no database `{}` yet, `syncscope run` makes it", path.display());
            shell.out.note(&shell.relative(&note));
            Mended { backup: None, mended: Vec::new(), left: Vec::new() }
        }
        looked => looked?,
    };
    let problems = mended.left.iter().filter(|finding| finding.gravity == Gravity::Problem).count();
    match args.format {
        Format::Human => {
            shell.out.print(&shell.relative(&told(path, &mended, args.repair, shell.out.paint)))?;
        }
        Format::Json => shell.out.json(&Report {
            database: shell.relative(&path.display().to_string()),
            questions: doctor::number_of_questions(),
            problems,
            findings: &mended.left,
            backup: mended.backup.as_ref().map(|backup| shell.relative(&backup.display().to_string())),
            mended: args.repair.then_some(&mended.mended),
        })?,
    }
    Ok(if problems == 0 { Exit::Clean } else { Exit::Problems })
}

/// `20250615-120000Z`, for the name of a backup.
fn stamp(now: i64) -> String {
    moment(now).replace(['-', ':'], "").replace(' ', "-")
}

fn told(path: &Path, mended: &Mended, repair: bool, paint: Paint) -> String {
    let mut out = String::new();
    for finding in &mended.mended {
        out.push_str(&line(&paint.green("mended"), finding));
    }
    for finding in &mended.left {
        let word = match finding.gravity {
            Gravity::Problem => paint.red("problem"),
            Gravity::Note => paint.yellow("note"),
        };
        out.push_str(&line(&word, finding));
    }
    if let Some(backup) = &mended.backup {
        let _ = writeln!(out, "the database as it was is kept in `{}`", backup.display());
    }
    out.push_str(&sum(path, mended, repair));
    out
}

fn line(word: &str, finding: &Finding) -> String {
    format!("{word}: {}: {} [{}]\n", finding.place, finding.message, finding.check)
}

fn sum(path: &Path, mended: &Mended, repair: bool) -> String {
    let problems = mended.left.iter().filter(|finding| finding.gravity == Gravity::Problem).count();
    let asked = doctor::number_of_questions();
    let path = path.display();
    let is_damaged = mended.left.iter().any(|finding| ["damage", "schema"].contains(&finding.check));
    match (problems, repair) {
        (0, _) => format!("nothing is wrong with `{path}`, {asked} questions asked\n"),
        (left, _) if is_damaged => {
            let left = counted(left as u64, "problem");
            format!(
                "{left} in `{path}` that cannot be repaired; put a backup in its place, or delete the file (and the \
                 `-wal` and `-shm` files beside it): the next run fetches all tables anew, writes that have not been \
                 sent are lost\n"
            )
        }
        (left, true) => format!("{} in `{path}` left\n", counted(left as u64, "problem")),
        (left, false) => {
            let left = counted(left as u64, "problem");
            format!(
                "{left} in `{path}`; `syncscope doctor --repair` makes a backup and mends what can be mended\n"
            )
        }
    }
}
