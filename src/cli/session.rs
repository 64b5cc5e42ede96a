//! What a command needs to let an app work: its database, its back end and its providers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::app::App;
use super::failure::Failure;
use super::output::Verbosity;
use super::shell::Shell;
use crate::action::ProviderKind;
use crate::app::{Project, Settings, SqlConnection};
use crate::run::provider::{
    Answers, Connections, Dynamic, DynamicOptions, Http, HttpOptions, Local, NoPace, Pace, RealPace, Rest,
    RestOptions, Tape,
};
use crate::run::{
    AppFiles, Clock, Provider, Providers, Recall, RunError, Schedule, SettingsCredentials, Stubs, SystemClock,
};
use crate::serve::{Options, Server};
use crate::store::{Fault, OpenOptions, Retention, Store, StoreError};

/// The folder of tables that the settings name, served for as long as this lives.
pub(super) struct Backend {
    server: Server,
}

impl Backend {
    /// Starts to serve, when the settings name a folder, and puts the address where they say
    /// `${backend}`.
    pub(super) fn start(app: &mut App, shell: &Shell) -> Result<Option<Self>, Failure> {
        let Some(folder) = app.project().settings.backend.clone() else { return Ok(None) };
        let server = Server::start(&Options { dir: Some(folder.clone()), ..Options::default() })?;
        app.place_backend(&server.url());
        if shell.out.verbosity() == Verbosity::Verbose {
            shell.out.detail(&format!("serving `{}` at {}", folder.display(), server.url()));
        }
        Ok(Some(Self { server }))
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        self.server.url()
    }
}

/// Where the database is, when not where the settings say.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct DatabaseArg {
    /// The database, in place of the one that the settings name
    #[arg(long = "db", value_name = "FILE")]
    named: Option<PathBuf>,
}

impl DatabaseArg {
    /// The file that the user names.
    pub(super) fn path(&self, shell: &Shell) -> Option<PathBuf> {
        self.named.as_ref().map(|path| shell.path(path))
    }
}

/// Where the database is, and what it keeps.
pub(super) struct Database {
    path: PathBuf,
    who: Who,
    retention: Retention,
}

/// Who says where a database is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The settings; it comes into being with the first run.
    App,
    /// The user.
    User,
}

impl Database {
    /// The one that the user names, or else the app's.
    pub(super) fn new(app: &App, named: &DatabaseArg, shell: &Shell) -> Self {
        Self::of(&app.project().settings, named.path(shell))
    }

    /// The same for settings of their own.
    pub(super) fn of(settings: &Settings, named: Option<PathBuf>) -> Self {
        let retention =
            Retention { runs: settings.history.runs, age: settings.history.age, ..Retention::default() };
        match named {
            Some(path) => Self { path, who: Who::User, retention },
            None => Self { path: settings.database.clone(), who: Who::App, retention },
        }
    }

    fn options(&self) -> OpenOptions {
        OpenOptions { retention: self.retention, ..OpenOptions::default() }
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a run could make it.
    pub(super) fn can_be_made(&self) -> bool {
        let mut folders = self.path().ancestors().skip(1);
        match self.who {
            Who::App => folders.find(|folder| folder.exists()).is_some_and(Path::is_dir),
            Who::User => folders.next().is_some_and(Path::is_dir),
        }
    }
}

/// Opens the database, and makes it when it does not exist. The folder that the settings name is made as well; one
/// that the user names has to be there, as it may be misspelt.
pub(super) fn open_for_writing(database: &Database) -> Result<Store, Failure> {
    if database.who == Who::User && !database.path().exists() && !database.can_be_made() {
        let folder = database.path().parent().unwrap_or(Path::new("/")).display();
        let message = format!("there is no folder `{folder}` for the database");
        let help = "`--db` makes a file, but no folders";
        return Err(Failure::environment(message).help(Some(help.to_owned())));
    }
    Ok(Store::open(database.path(), &database.options())?)
}

/// Opens the database to look at it; one that a run would make is as good as an empty one.
pub(super) fn open_for_reading(database: &Database) -> Result<Store, Failure> {
    match Store::open_read_only(database.path(), &OpenOptions::default()) {
        Err(StoreError::Missing { .. }) if database.can_be_made() => Ok(Store::open_in_memory()?),
        opened => Ok(opened?),
    }
}

/// Opens the database to look at it, and marks what dead processes have left behind; `None` when no
/// run has made it yet.
pub(super) fn open_recovered(database: &Database, now: i64) -> Result<Option<Store>, Failure> {
    let path = database.path();
    if database.who == Who::App && !path.exists() && database.can_be_made() {
        return Ok(None);
    }
    // Opening for writing would make a file that is missing.
    drop(Store::open_read_only(path, &OpenOptions::default())?);
    match Store::open(path, &database.options()) {
        // A file that may not be written shows what it holds.
        Err(StoreError::ReadOnly { .. }) => Ok(Some(Store::open_read_only(path, &OpenOptions::default())?)),
        opened => {
            let store = opened?;
            store.recover(now)?;
            Ok(Some(store))
        }
    }
}

/// The answers in a file, YAML or JSON; `named` is how the user calls it.
pub(super) fn stubs(path: &Path, named: &Path) -> Result<Stubs, Failure> {
    let wrong = |why: String| Failure::usage(format!("the stubs `{}`: {why}", named.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let value: serde_json::Value = serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Stubs::parse(&value).map_err(wrong)
}

/// What a run takes place in.
#[derive(Clone)]
pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    /// A recording that is made or played.
    pub(super) tape: Option<Arc<Tape>>,
    pub(super) schedule: Schedule,
    /// Answers of which a plan is made; nobody else is asked then.
    pub(super) answers: Option<Arc<Answers>>,
}

impl World {
    /// The world as it is.
    pub(super) fn real() -> Self {
        Self { clock: Arc::new(SystemClock), tape: None, schedule: Schedule::SideBySide, answers: None }
    }

    /// What is recorded does not depend on what the database has seen.
    pub(super) fn recall(&self) -> Recall {
        if self.tape.is_some() { Recall::Nothing } else { Recall::Earlier }
    }

    fn pace(&self) -> Arc<dyn Pace> {
        let is_played = self.tape.as_ref().is_some_and(|tape| tape.is_played());
        if is_played || self.answers.is_some() { Arc::new(NoPace) } else { Arc::new(RealPace) }
    }
}

/// Everything this runtime can fetch from. `settings` are the project's, with the address of the
/// served folder in them; functions do not get at the file of `database`.
pub(super) fn providers(
    project: &Project,
    settings: &Settings,
    world: &World,
    database: &Database,
) -> Providers {
    let clock = Arc::clone(&world.clock);
    let (pace, tape) = (world.pace(), world.tape.clone());
    let http = Http::new(&HttpOptions { pace, tape, ..HttpOptions::of_app(project, settings) });
    let credentials = Arc::new(SettingsCredentials::new(settings));
    let mut rest = RestOptions::new(http.clone(), credentials, clock);
    rest.shared.clone_from(&project.home.shared);
    let connected = settings.sql.values().filter_map(SqlConnection::file);
    let databases = connected.chain([database.path(), &settings.database]);
    rest.files = Arc::new(AppFiles::new(&project.root, settings.http.max_body).without(databases));
    rest.connections = Connections::from_settings(settings);
    rest.answers.clone_from(&world.answers);
    let mut dynamic = DynamicOptions::from_settings(&settings.dynamic, http);
    if let Some(pages) = settings.http.max_pages {
        rest.max_pages = pages;
        dynamic.max_pages = usize::try_from(pages).unwrap_or(usize::MAX);
    }
    // The functions of both are called in the same way.
    let functions = Arc::new(Rest::new(rest));
    Providers::new()
        .with(ProviderKind::Rest, Arc::clone(&functions) as Arc<dyn Provider>)
        .with(ProviderKind::Sql, functions)
        .with(ProviderKind::Dynamic, Arc::new(Dynamic::new(dynamic)))
        .with(ProviderKind::Local, Arc::new(Local))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error.fault() {
            Fault::App => Self::problem(message),
            Fault::Environment | Fault::Program => Self::environment(message),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Unknown { message, help } => Self::usage(message).help(help),
            RunError::Store(error) => error.into(),
            RunError::Eval(error) => Self::problem(error.message),
        }
    }
}
