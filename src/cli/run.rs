//! `run`: triggers an event or an action and performs what follows.

mod closing;
mod human;
mod json;
mod plan;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::session::{self, Backend, Database};
use super::shell::Shell;
use super::signals::Interrupts;
use super::units::{counted, parse_duration};
use crate::diag::Severity;
use crate::run::{
    Answer, Engine, Network, Observer, Outcome, Providers, Record, RunOptions, Stop, SystemClock, Trigger,
};
use crate::store::Store;

/// Triggers an event or an action of an app and performs what follows: evaluates guards, fetches
/// tables over HTTP into the app's database, keeps scopes and statuses. The app is checked first.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    /// The event to trigger
    #[arg(long, value_name = "EVENT", default_value = "onLoad")]
    on: String,
    /// The jig whose event it is; without it, the event is the index's
    #[arg(long, value_name = "ID")]
    jig: Option<String>,
    /// Run a global action, or the action with this `instanceId`, in place of an event
    #[arg(long, value_name = "ID", conflicts_with_all = ["on", "jig"])]
    action: Option<String>,
    /// An input of the jig, read as `@ctx.jig.inputs.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    input: Vec<Assignment>,
    /// A parameter of the action, read as `@ctx.action.parameters.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    param: Vec<Assignment>,
    /// A state of the solution, read as `@ctx.solution.state.KEY`; VALUE is JSON or text
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    state: Vec<Assignment>,
    /// The database, in place of the one that the settings name
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Show what would happen and why; nothing is written or sent
    #[arg(long)]
    dry_run: bool,
    /// How it is told; `json` is one event per line
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Answer every question with yes
    #[arg(long, conflicts_with = "no")]
    yes: bool,
    /// Answer every question with no, which is the default
    #[arg(long)]
    no: bool,
    /// Pretend that there is no network
    #[arg(long)]
    offline: bool,
    /// The most time that one sync action may take
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "5m")]
    timeout: Duration,
}

/// How a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// `key=value` on the command line.
pub(super) type Assignment = (String, Value);

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let mut app = App::open(&args.app.app, shell)?;
    if has_errors(&app, shell) {
        return Ok(Exit::Problems);
    }
    if args.dry_run {
        return plan(args, &app, shell);
    }
    let offline = args.offline;
    let backend = if offline { None } else { Backend::start(&mut app, shell)? };
    let exit = perform(args, &app, shell);
    drop(backend);
    exit
}

/// Reads `key=value`; a value that is not JSON is text.
pub(super) fn assignment(text: &str) -> Result<Assignment, String> {
    let (key, value) = text.split_once('=').ok_or("expected `key=value`")?;
    if key.is_empty() {
        return Err("expected a key before `=`".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((key.to_owned(), value))
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
    let store = session::open_for_reading(&Database::new(app, args.db.as_deref(), shell))?;
    let engine = engine(args, app, &store, Providers::new(), &Silent, Stop::new(None));
    let planned = engine.plan(&trigger(args))?;
    match args.format {
        Format::Human => shell.out.print(&plan::text(&planned, shell.out.paint))?,
        Format::Json => shell.out.json(&planned)?,
    }
    Ok(Exit::Clean)
}

fn perform(args: &Args, app: &App, shell: &Shell) -> Result<Exit, Failure> {
    let store = session::open_for_writing(&Database::new(app, args.db.as_deref(), shell))?;
    let stop = Stop::new(None);
    let asked = stop.clone();
    let interrupts = Interrupts::listen(move || asked.ask())?;
    let providers = session::providers(app);
    let outcome = match args.format {
        Format::Human => {
            let observer = human::Report::new(&shell.out, shell.live);
            let summary = engine(args, app, &store, providers, &observer, stop).trigger(&trigger(args));
            let seen = observer.finish()?;
            let summary = summary?;
            shell.out.print(&closing::text(&store, &seen, &summary, shell.out.paint)?)?;
            summary.outcome
        }
        Format::Json => {
            let observer = json::Lines::new(&shell.out);
            let summary = engine(args, app, &store, providers, &observer, stop).trigger(&trigger(args));
            observer.finish()?;
            summary?.outcome
        }
    };
    Ok(exit(outcome, &interrupts))
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
    let options = options(args, app);
    Engine { project: app.project(), files: &app.files, store, providers, clock, observer, stop, options }
}

fn options(args: &Args, app: &App) -> RunOptions {
    RunOptions {
        network: if args.offline { Network::Offline } else { Network::Online },
        answer: if args.yes { Answer::Yes } else { Answer::No },
        instance_timeout: Some(args.timeout),
        concurrency: app.project().settings.http.concurrency,
        inputs: args.input.iter().cloned().collect::<Map<_, _>>(),
        parameters: args.param.iter().cloned().collect::<Map<_, _>>(),
        state: args.state.iter().cloned().collect::<BTreeMap<_, _>>(),
    }
}

fn trigger(args: &Args) -> Trigger {
    match &args.action {
        Some(id) => Trigger::Action { id: id.clone() },
        None => Trigger::Event { name: args.on.clone(), jig: args.jig.clone() },
    }
}

/// Hears nothing.
pub(super) struct Silent;

impl Observer for Silent {
    fn observe(&self, _record: &Record) {}
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_json_or_text() {
        let value = |text| assignment(text).unwrap().1;
        assert_eq!(value("n=12"), json!(12));
        assert_eq!(value("n=\"12\""), json!("12"));
        assert_eq!(value("n=a=b"), json!("a=b"));
        assert_eq!(value("n=[1,2]"), json!([1, 2]));
        assert_eq!(value("n="), json!(""));
        assert!(assignment("n").is_err());
        assert!(assignment("=1").is_err());
    }
}
