//! `run`: triggers an event or an action and performs what follows.

mod asked;
mod closing;
mod human;
mod json;
mod plan;
mod tree;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::output::Format;
use super::session::{self, Backend, Database, World};
use super::shell::Shell;
use super::signals::Interrupts;
use super::units::counted;
use crate::diag::Severity;
use crate::run::{Engine, Observer, Outcome, Providers, Record, RunOptions, Stop};
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
    /// Answers for a dry run in place of servers, databases and screens
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    stubs: Option<PathBuf>,
    /// Keep all that servers are asked and answer in this folder, without secrets
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "replay", "offline"])]
    record: Option<PathBuf>,
    /// Let the recording in this folder answer in place of all servers
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dry_run", "offline"])]
    replay: Option<PathBuf>,
    /// How it is told; `json` is one event per line
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut app = App::open(&args.app.app, shell)?;
    if has_errors(&app, shell) {
        return Ok(Exit::Problems);
    }
    if args.dry_run {
        return plan(args, &app, shell);
    }
    if let Some(dir) = &args.replay {
        let world = world::replayed(&shell.path(dir), &app.project().settings)?;
        if let Some(url) = world.tape.as_ref().and_then(|tape| tape.head().backend.clone()) {
            app.place_backend(&url);
        }
        let exit = perform(args, &app, &world, shell)?;
        return Ok(world::told(exit, &world, dir, shell));
    }
    let offline = args.asked.offline;
    let backend = if offline { None } else { Backend::start(&mut app, shell)? };
    let Some(dir) = &args.record else { return perform(args, &app, &World::real(), shell) };
    let address = backend.as_ref().map(Backend::url);
    let world = world::recorded(&shell.path(dir), &app.project().settings, address.as_deref())?;
    let exit = perform(args, &app, &world, shell)?;
    Ok(world::told(exit, &world, dir, shell))
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
    let database = Database::new(app, &args.asked.database, shell);
    let store = session::open_for_reading(&database)?;
    let planned = match &args.stubs {
        None => {
            let engine = engine(args, app, &store, Providers::new(), &Silent, &World::real());
            engine.plan(&args.asked.trigger())?
        }
        Some(file) => {
            let stubs = session::stubs(&shell.path(file), file)?;
            let world = World { answers: Some(stubs.answers()), ..World::real() };
            let providers = session::providers(app.project(), &app.project().settings, &world, &database);
            engine(args, app, &store, providers, &Silent, &world).plan_with(&args.asked.trigger(), &stubs)?
        }
    };
    match args.format {
        Format::Human => shell.out.print(&plan::text(&planned, shell.out.paint))?,
        Format::Json => shell.out.json(&planned)?,
    }
    Ok(Exit::Clean)
}

fn perform(args: &Args, app: &App, world: &World, shell: &Shell) -> Result<Exit, Failure> {
    let database = Database::new(app, &args.asked.database, shell);
    let store = session::open_for_writing(&database)?;
    let stop = Stop::new(None);
    let asked = stop.clone();
    let interrupts = Interrupts::of_owner(move || asked.ask())?;
    let providers = session::providers(app.project(), &app.project().settings, world, &database);
    let outcome = match args.format {
        Format::Human => {
            let observer = human::Report::new(&shell.out, shell.live);
            let engine = Engine { stop, ..engine(args, app, &store, providers, &observer, world) };
            let summary = engine.trigger(&args.asked.trigger());
            let seen = observer.finish()?;
            let summary = summary?;
            let ended = Ended::read(&store)?;
            let now = world.clock.now();
            shell.out.print(&closing::text(&ended, &seen, &summary, now, shell.out.paint))?;
            summary.outcome
        }
        Format::Json => {
            let observer = json::Lines::new(&shell.out);
            let engine = Engine { stop, ..engine(args, app, &store, providers, &observer, world) };
            let summary = engine.trigger(&args.asked.trigger());
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
    world: &World,
) -> Engine<'a> {
    let (clock, stop) = (Arc::clone(&world.clock), Stop::new(None));
    let options = args.asked.options(&app.project().settings, None);
    let options = RunOptions { schedule: world.schedule, recall: world.recall(), ..options };
    Engine { project: app.project(), files: &app.files, store, providers, clock, observer, stop, options }
}

/// Hears nothing.
pub(super) struct Silent;

impl Observer for Silent {
    fn observe(&self, _record: &Record) {}
}
