//! What the tests of this room stand on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::action::ProviderKind;
use crate::app::{Inputs, Loaded, discover, load};
use crate::diag::{Files, Severity};
use crate::run::SettingsCredentials;
use crate::run::provider::{Fetch, FetchError, Fetched, Page, Provider, Providers, Row, Sink};
use crate::run::provider::{Http, HttpOptions, Rest, RestOptions};
use crate::run::{
    Clock, Engine, Event, Observer, Planned, Record, RunError, RunOptions, Stop, Summary, Trigger,
};
use crate::store::Store;

/// An app on disk.
pub(super) struct App {
    pub(super) files: Files,
    pub(super) loaded: Loaded,
    _dir: TempDir,
}

impl App {
    /// An app of these files, without mistakes.
    pub(super) fn new(texts: &[(&str, &str)]) -> Self {
        let app = Self::with_mistakes(texts);
        let errors: Vec<_> = app.loaded.diagnostics().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        app
    }

    /// An app of these files, whatever is wrong with it.
    pub(super) fn with_mistakes(texts: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        for (path, text) in texts {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut files = Files::new();
        let apps = discover(&[dir.path().to_path_buf()], dir.path()).unwrap();
        let inputs = Inputs { app: &apps[0], overlay: BTreeMap::new(), env: &|_| None };
        let loaded = load(&inputs, &mut files).unwrap();
        Self { files, loaded, _dir: dir }
    }

    /// An app whose index has this after its title.
    pub(super) fn index(text: &str) -> Self {
        Self::new(&[("index.jigx", &format!("title: Test\n{text}"))])
    }
}

/// Everything around one or several runs of an app.
pub(super) struct Stage<'a> {
    pub(super) app: &'a App,
    pub(super) store: Store,
    pub(super) seen: Seen,
    pub(super) stop: Stop,
    pub(super) clock: Arc<Ticks>,
    pub(super) options: RunOptions,
    pub(super) providers: Providers,
}

impl<'a> Stage<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self {
            app,
            store: Store::open_in_memory().unwrap(),
            seen: Seen::default(),
            stop: Stop::new(None),
            clock: Arc::default(),
            options: RunOptions::default(),
            providers: Providers::new(),
        }
    }

    /// The same with a REST back end.
    pub(super) fn rest(
        mut self,
        fetch: impl Fn(&Fetch<'_>, &mut dyn Sink) -> Result<Fetched, FetchError> + Send + Sync + 'static,
    ) -> Self {
        self.providers = self.providers.with(ProviderKind::Rest, Arc::new(Fake(Box::new(fetch))));
        self
    }

    /// The same with the REST provider itself, which never waits.
    pub(super) fn real_rest(mut self, retries: u32) -> Self {
        let pace = Arc::new(crate::run::provider::testing::NoWait::default());
        let http = HttpOptions {
            retries,
            pace,
            allow: crate::run::provider::testing::loopback(),
            ..HttpOptions::default()
        };
        let credentials = Arc::new(SettingsCredentials::default());
        let options =
            RestOptions::new(Http::new(&http), credentials, Arc::clone(&self.clock) as Arc<dyn Clock>);
        self.providers = self.providers.with(ProviderKind::Rest, Arc::new(Rest::new(options)));
        self
    }

    /// The same with a back end of Dynamic Data.
    pub(super) fn dynamic(
        mut self,
        fetch: impl Fn(&Fetch<'_>, &mut dyn Sink) -> Result<Fetched, FetchError> + Send + Sync + 'static,
    ) -> Self {
        self.providers = self.providers.with(ProviderKind::Dynamic, Arc::new(Fake(Box::new(fetch))));
        self
    }

    pub(super) fn engine(&self) -> Engine<'_> {
        Engine {
            project: &self.app.loaded.project,
            files: &self.app.files,
            store: &self.store,
            providers: self.providers.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            observer: &self.seen,
            stop: self.stop.clone(),
            options: self.options.clone(),
        }
    }

    /// Triggers an event of the index.
    pub(super) fn on(&self, event: &str) -> Summary {
        self.trigger(&Trigger::Event { name: event.to_owned(), jig: None }).unwrap()
    }

    /// Runs an action by id.
    pub(super) fn act(&self, id: &str) -> Summary {
        self.trigger(&Trigger::Action { id: id.to_owned() }).unwrap()
    }

    pub(super) fn trigger(&self, trigger: &Trigger) -> Result<Summary, RunError> {
        self.engine().trigger(trigger)
    }

    /// The plan of an event of the index.
    pub(super) fn plan(&self, event: &str) -> Planned {
        self.engine().plan(&Trigger::Event { name: event.to_owned(), jig: None }).unwrap()
    }

    /// What has happened since the last time, in short lines.
    pub(super) fn lines(&self) -> Vec<String> {
        lines(&self.seen.take())
    }

    /// The lines of these kinds.
    pub(super) fn lines_of(&self, kinds: &[&str]) -> Vec<String> {
        let wanted = |line: &String| kinds.iter().any(|kind| line.starts_with(kind));
        self.lines().into_iter().filter(wanted).collect()
    }

    /// The first column of the first row of a query.
    pub(super) fn value(&self, sql: &str) -> Value {
        use crate::store::{Dialect, Parameters, Query};
        let query = Query::new(sql, &Dialect { shorthand: true, package: None });
        let rows = self.store.query(&query, &Parameters::new()).unwrap();
        rows.rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .map_or(Value::Null, |(_, value)| value)
    }

    /// How many rows a table has; none when there is no such table.
    pub(super) fn count(&self, table: &str) -> u64 {
        use crate::store::{Dialect, Parameters, Query};
        let sql = format!("SELECT id FROM [{table}]");
        let mut query = Query::new(&sql, &Dialect { shorthand: true, package: None });
        query.tables = vec![table.to_owned()];
        self.store.query(&query, &Parameters::new()).unwrap().rows.len() as u64
    }

    /// `state notStarted/syncing/failed/synced` of a scope.
    pub(super) fn scope(&self, id: &str) -> String {
        self.store.scope(id).unwrap().map_or_else(
            || "none".to_owned(),
            |row| format!("{} {}/{}/{}/{}", row.state, row.not_started, row.syncing, row.failed, row.synced),
        )
    }
}

/// What an observer saw.
#[derive(Default)]
pub(super) struct Seen {
    records: Mutex<Vec<Record>>,
}

impl Seen {
    /// Everything since the last time.
    pub(super) fn take(&self) -> Vec<Record> {
        std::mem::take(&mut self.records.lock().unwrap())
    }
}

impl Observer for Seen {
    fn observe(&self, record: &Record) {
        self.records.lock().unwrap().push(record.clone());
    }
}

/// A clock that a test turns, and ids that count.
pub(super) struct Ticks {
    now: AtomicI64,
    ids: AtomicU64,
}

impl Default for Ticks {
    fn default() -> Self {
        Self { now: AtomicI64::new(1_000_000), ids: AtomicU64::new(0) }
    }
}

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn uuid(&self) -> String {
        format!("id-{}", self.ids.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

type FetchFn = dyn Fn(&Fetch<'_>, &mut dyn Sink) -> Result<Fetched, FetchError> + Send + Sync;

struct Fake(Box<FetchFn>);

impl Provider for Fake {
    fn fetch(&self, request: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        (self.0)(request, sink)
    }
}

/// Gives a page of rows with these ids.
pub(super) fn page(sink: &mut dyn Sink, ids: &[&str]) -> Result<(), FetchError> {
    let row = |id: &&str| Row { id: (*id).to_owned().into(), data: json!({"id": id}).to_string().into() };
    sink.page(&Page { rows: ids.iter().map(row).collect(), bytes: 10, ..Page::default() })
}

/// A back end that gives one page of two rows for everything.
pub(super) fn two_rows(_: &Fetch<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
    page(sink, &["1", "2"])?;
    Ok(Fetched::default())
}

/// Events in short lines.
pub(super) fn lines(records: &[Record]) -> Vec<String> {
    records.iter().filter_map(|record| line(&record.event)).collect()
}

fn line(event: &Event) -> Option<String> {
    let named = |action: &crate::run::ActionRef| {
        let name = action.type_name.trim_start_matches("action.");
        action.id.as_ref().map_or_else(|| name.to_owned(), |id| format!("{name} {id}"))
    };
    Some(match event {
        Event::RunStarted { .. } | Event::EntityFinished { .. } => return None,
        Event::ActionStarted { action, .. } => format!("started {}", named(action)),
        Event::ActionSkipped { action, reason, detail } => {
            let detail = detail.as_ref().map_or_else(String::new, |detail| format!(": {detail}"));
            format!("skipped {} by {}{detail}", named(action), word(reason))
        }
        Event::ActionFinished { action, outcome, error: None, .. } => {
            format!("finished {} {}", named(action), word(outcome))
        }
        Event::ActionFinished { action, outcome, error: Some(error), .. } => {
            format!("finished {} {} {}: {}", named(action), word(outcome), error.code, error.message)
        }
        Event::ScopeChanged { row } => format!(
            "scope {} {} {}/{}/{}/{}",
            row.id, row.state, row.not_started, row.syncing, row.failed, row.synced
        ),
        Event::StatusChanged { row } => format!("status {} {}", row.entity, row.state),
        Event::CommandChanged { row } => {
            let error = row.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
            format!("command {} {} {}{error}", row.kind, row.entity, row.state.word())
        }
        Event::CommandGone { row } => format!("command {} {} {}", row.kind, row.entity, word(&row.reason)),
        Event::EntityProgress { entity, rows, .. } => format!("progress {entity} {rows}"),
        Event::Effect { type_name, options } => format!("effect {type_name} {options}"),
        Event::RunFinished { outcome, .. } => format!("run {}", word(outcome)),
    })
}

/// A value that is written as one word.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or_default().to_owned()
}

/// A trigger of an event of a jig.
pub(super) fn on_jig(jig: &str, event: &str) -> Trigger {
    Trigger::Event { name: event.to_owned(), jig: Some(jig.to_owned()) }
}
