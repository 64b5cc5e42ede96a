//! `status`: the sync scopes and statuses of an app, and its writes that have not arrived.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde::Serialize;

use super::Exit;
use super::app::{App, AppArg};
use super::failure::Failure;
use super::output::Format;
use super::scopes;
use super::session::{Database, DatabaseArg, open_recovered};
use super::shell::Shell;
use super::signals::Interrupts;
use crate::diag::did_you_mean;
use crate::run::{Clock, SystemClock};
use crate::store::{CommandRow, RunRow, ScopeRow, StatusRow, Store};

/// Shows the sync scopes and statuses of an app as its database holds them, and the writes that
/// have not reached their back end.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    /// Show this scope only
    #[arg(long, value_name = "ID")]
    scope: Option<String>,
    /// Show it again whenever it changes, until stopped
    #[arg(long)]
    watch: bool,
    /// Show all runs of the scopes, deleted ones included
    #[arg(long)]
    history: bool,
    /// How it is written
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    #[command(flatten)]
    database: DatabaseArg,
}

/// What the database holds at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Status {
    scopes: Vec<ScopeRow>,
    statuses: Vec<StatusRow>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<RunRow>>,
}

pub(super) fn run(args: &Args, shell: &Shell) -> Result<Exit, Failure> {
    let app = App::open(&args.app.app, shell)?;
    let database = Database::new(&app, &args.database, shell);
    if args.watch {
        return watch(args, &database, shell);
    }
    match open_recovered(&database, SystemClock.now())? {
        None => show_nothing(args, database.path(), shell)?,
        Some(store) => show(&look(args, &store)?, args, shell)?,
    }
    Ok(Exit::Clean)
}

/// How often the database is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

fn watch(args: &Args, database: &Database, shell: &Shell) -> Result<Exit, Failure> {
    let (stop, stopped) = mpsc::channel();
    let interrupts = Interrupts::listen(move || {
        let _ = stop.send(());
    })?;
    let mut store = None;
    let mut last = None;
    loop {
        let now = SystemClock.now();
        store = match store {
            Some(open) => Some(open),
            None => open_recovered(database, now)?,
        };
        let status = store.as_ref().map(|store| recovered(args, store, now)).transpose()?;
        if let Some(status) = status.filter(|status| last.as_ref() != Some(status)) {
            shell.out.print(clear(shell))?;
            show(&status, args, shell)?;
            shell.out.flush()?;
            last = Some(status);
        }
        if stopped.recv_timeout(INTERVAL).is_ok() {
            return Ok(interrupts.exit().unwrap_or(Exit::Clean));
        }
    }
}

/// A file that may only be read is shown as it is.
fn recovered(args: &Args, store: &Store, now: i64) -> Result<Status, Failure> {
    match store.recover(now) {
        Ok(_) | Err(crate::store::StoreError::ReadOnly { .. }) => look(args, store),
        Err(error) => Err(error.into()),
    }
}

fn look(args: &Args, store: &Store) -> Result<Status, Failure> {
    let mut status = store.read(|reader| {
        let history = if args.history { Some(reader.history(args.scope.as_deref())?) } else { None };
        let (scopes, statuses) = (reader.scopes()?, reader.statuses()?);
        Ok::<_, Failure>(Status { scopes, statuses, commands: reader.commands()?, history })
    })?;
    if let Some(id) = &args.scope {
        select(&mut status, id)?;
    }
    Ok(status)
}

/// Keeps one scope and the statuses of its members.
fn select(status: &mut Status, id: &str) -> Result<(), Failure> {
    let is_known = status.scopes.iter().any(|row| row.id == id);
    if !is_known && status.history.as_ref().is_none_or(Vec::is_empty) {
        let names: Vec<&str> = status.scopes.iter().map(|row| row.id.as_str()).collect();
        let there_are = || (!names.is_empty()).then(|| format!("there are: `{}`", names.join("`, `")));
        let help = did_you_mean(id, names.iter().copied()).or_else(there_are);
        return Err(Failure::usage(format!("the database has no scope `{id}`")).help(help));
    }
    status.scopes.retain(|row| row.id == id);
    status.commands.clear();
    let details = status.scopes.first().map(|row| row.details.clone()).unwrap_or_default();
    let is_member = |instance: &str| details.get(instance).is_some();
    status.statuses.retain(|row| row.instance_id.as_deref().is_some_and(is_member));
    Ok(())
}

fn show(status: &Status, args: &Args, shell: &Shell) -> Result<(), Failure> {
    if args.format == Format::Json {
        return if args.watch { shell.out.json_line(status) } else { shell.out.json(status) };
    }
    let (now, paint) = (SystemClock.now(), shell.out.paint);
    let mut parts: Vec<String> = status.scopes.iter().map(|row| scopes::scope(row, now, paint)).collect();
    if !status.statuses.is_empty() {
        parts.push(scopes::statuses(&status.statuses, now, paint));
    }
    if !status.commands.is_empty() {
        parts.push(scopes::commands(&status.commands, now, paint));
    }
    if let Some(history) = status.history.as_ref().filter(|history| !history.is_empty()) {
        parts.push(scopes::whole_history(history, paint));
    }
    if parts.is_empty() {
        parts.push("nothing has been synced yet\n".to_owned());
    }
    shell.out.print(&parts.join("\n"))
}

fn show_nothing(args: &Args, path: &Path, shell: &Shell) -> Result<(), Failure> {
    let history = args.history.then(Vec::new);
    let empty = Status { scopes: Vec::new(), statuses: Vec::new(), commands: Vec::new(), history };
    let note = format!("there is no database `{}` yet, `syncscope run` makes it", path.display());
    shell.out.note(&shell.relative(&note));
    show(&empty, args, shell)
}

/// A terminal is cleared before every look.
fn clear(shell: &Shell) -> &'static str {
    if shell.redraws() { "\u{1b}[2J\u{1b}[H" } else { "" }
}
