//! `run`: triggers an event or an action and performs what follows.

mod asked;
mod closing;
mod human;
mod json;
mod plan;
mod tree;

use std::sync::Arc;

use clap::ValueEnum;

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::session::{self, Backend, Database};
use super::shell::Shell;
use super::signals::Interrupts;
use super::units::counted;
use crate::diag::Severity;
use crate::run::{Engine, Observer, Outcome, Providers, Record, Stop, SystemClock};
use crate::store::Store;

pub(super) use asked::{Asked, Assignment, assignment};
pub(super) use closing::{Ended, text as closing};
pub(super) use human::{Step, Teller, tells_trouble};

/// Triggers an event or an action of an app and performs what follows: evaluates guards, fetches
/// tables over HTTP into the app's database, keeps scopes and statuses. The app is checked first.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    #[command(flatten)]
    asked: Asked,
    /// Show what would happen and why; nothing is written or sent
    #[arg(long)]
    dry_run: bool,
    /// How it is told; `json` is one event per line
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// How a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut app = App::open(&args.app.app, shell)?;
    if has_errors(&app, shell) {
        return Ok(Exit::Problems);
    }
    if args.dry_run {
        return plan(args, &app, shell);
    }
    let offline = args.asked.offline;
    let backend = if offline { None } else { Backend::start(&mut app, shell)? };
    let exit = perform(args, &app, shell);
    drop(backend);
    exit
}

/// Shows errors, which stop the run, and counts warnings, which do not.
fn has_errors(app: &App, shell: &Shell) -> bool {
    let (errors, others): (Vec<_>, Vec<_>) =
        app.findings().into_iter().partition(|d| d.severity == Severity::Error);
    if !errors.is_empty() {
        app.tell(&errors, shell);
        let errors = counted(errors.len() as u64, "error");
        shell.out.error(&format!("the app has {errors}, nothing was run"), None);
        return true;
    }
    let warnings = others.iter().filter(|d| d.severity == Severity::Warning).count();
    if warnings > 0 {
        let warnings = counted(warnings as u64, "warning");
        shell.out.note(&format!("{warnings} in the app, `syncscope lint` shows them"));
    }
    false
}

fn plan(args: &Args, app: &App, shell: &Shell) -> Result<Exit, Failure> {
    let store = session::open_for_reading(&Database::new(app, args.asked.db.as_deref(), shell))?;
    let engine = engine(args, app, &store, Providers::new(), &Silent, Stop::new(None));
    let planned = engine.plan(&args.asked.trigger())?;
    match args.format {
        Format::Human => shell.out.print(&plan::text(&planned, shell.out.paint))?,
        Format::Json => shell.out.json(&planned)?,
    }
    Ok(Exit::Clean)
}

fn perform(args: &Args, app: &App, shell: &Shell) -> Result<Exit, Failure> {
    let store = session::open_for_writing(&Database::new(app, args.asked.db.as_deref(), shell))?;
    let stop = Stop::new(None);
    let asked = stop.clone();
    let interrupts = Interrupts::of_owner(move || asked.ask())?;
    let providers = session::providers(app.project(), &app.project().settings);
    let outcome = match args.format {
        Format::Human => {
            let observer = human::Report::new(&shell.out, shell.live);
            let summary =
                engine(args, app, &store, providers, &observer, stop).trigger(&args.asked.trigger());
            let seen = observer.finish()?;
            let summary = summary?;
            let ended = Ended::read(&store)?;
            shell.out.print(&closing::text(&ended, &seen, &summary, shell.out.paint))?;
            summary.outcome
        }
        Format::Json => {
            let observer = json::Lines::new(&shell.out);
            let summary =
                engine(args, app, &store, providers, &observer, stop).trigger(&args.asked.trigger());
            observer.finish()?;
            summary?.outcome
        }
    };
    shell.out.flush()?;
    Ok(interrupts.let_go().unwrap_or_else(|| exit(outcome, &interrupts)))
}

fn exit(outcome: Outcome, interrupts: &Interrupts) -> Exit {
    match (interrupts.exit(), outcome) {
        (Some(signal), _) => signal,
        (None, Outcome::Ok) => Exit::Clean,
        (None, Outcome::Failed | Outcome::Interrupted) => Exit::Problems,
    }
}

fn engine<'a>(
    args: &Args,
    app: &'a App,
    store: &'a Store,
    providers: Providers,
    observer: &'a dyn Observer,
    stop: Stop,
) -> Engine<'a> {
    let clock = Arc::new(SystemClock);
    let options = args.asked.options(&app.project().settings, None);
    Engine { project: app.project(), files: &app.files, store, providers, clock, observer, stop, options }
}

/// Hears nothing.
pub(super) struct Silent;

impl Observer for Silent {
    fn observe(&self, _record: &Record) {}
}
