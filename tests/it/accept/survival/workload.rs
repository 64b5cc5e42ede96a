//! What the binary is made to do while the world turns on it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;

use super::backend::{self, Backend};
use crate::accept::stage::Stage;
use crate::accept::stub::{Answer, Asked, Stub};

/// One thing that people do, small enough to be done thousands of times.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// The actions of `onLoad`, each a block of YAML.
    actions: &'static [&'static str],
    /// The tables that it fills, and what a reader may see of them at any time.
    pub(super) tables: &'static [(&'static str, Seen)],
    /// The database that it finds.
    pub(super) before: Before,
    /// What is done to the process: `run`, or a look at what another has left.
    pub(super) command: &'static str,
    /// How it ends when nobody disturbs it.
    pub(super) ends: i32,
    /// Pages that fail the first time they are asked for.
    falters: &'static [&'static str],
    retries: u32,
    /// Bytes of ballast in every row.
    ballast: usize,
    /// What is done before, behind the database that it finds.
    pub(super) prepare: &'static [Step],
    /// What a person does in the end, so that all is done.
    pub(super) complete: &'static [&'static str],
    /// Whether a further database is read, which is beside.
    pub(super) reads_database: bool,
    /// What else holds at any time.
    pub(super) always: Option<Law>,
    /// What else holds in the end.
    pub(super) in_the_end: Option<Law>,
}

/// What is wrong between the database and the back end, in words.
pub(super) type Law = fn(&Connection, &Backend) -> Vec<String>;

/// A command, and how it ends.
pub(super) struct Step {
    pub(super) command: &'static str,
    pub(super) ends: i32,
    /// Whether the back end refuses all writes meanwhile.
    pub(super) refused: bool,
}

/// What a reader may see of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// All rows of one version.
    Whole,
    /// The first pages of the new version, the others of the old one.
    Pages,
    /// All rows of one version; its status may be gone, of another attempt, or of a call that was skipped.
    Unclaimed,
    /// Every row is old or new, some are gone; whoever claims them has them all.
    Rows,
}

/// The database that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// None.
    Nothing,
    /// One of a run that ended well, on an older version of the rows.
    Synced,
    /// The same, and then a run was killed in the middle.
    Killed,
    /// The first run of all was killed in the middle, and left pages with which another goes on.
    Cut,
}

/// Pages of each table.
const PAGES: u64 = 3;
/// Rows of each page.
pub(super) const ROWS: u64 = 12;

const START: &str =
    "{ type: action.start-sync-scope, instanceId: all, options: { instanceIds: [pull-a, pull-b] } }";
const PULL_A: &str = "{ type: action.sync-entities, instanceId: pull-a, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: first, function: fetch-first }] } }";
const PULL_B: &str = "{ type: action.sync-entities, instanceId: pull-b, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: second, function: fetch-second }] } }";
const START_ONE: &str =
    "{ type: action.start-sync-scope, instanceId: all, options: { instanceIds: [pull-all] } }";
const PULL_BOTH: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: first, function: fetch-first }, { entity: second, function: fetch-second }] } }";
const PULL_MERGED: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: merged, function: fetch-merged }] } }";
const PULL_OPERATED: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: operated, function: fetch-operated }] } }";
const PULL_RESUMED: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: first, function: fetch-first }] } }";
const PULL_CHECKED: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_REST, entities: [{ entity: fixed, function: fetch-fixed }, { entity: single, function: fetch-single }] } }";
const PULL_TASKS: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_DYNAMIC, entities: [default/tasks] } }";
const PULL_CUSTOMERS: &str = "{ type: action.sync-entities, instanceId: pull-all, options: { provider: DATA_PROVIDER_SQL, entities: [{ entity: customers, function: get-customers }] } }";
const DELETE: &str = "{ type: action.delete-sync-scope, options: { id: all } }";
const DELETE_STATUS: &str = "{ type: action.delete-sync-status, options: { id: '1' } }";
const EXECUTE: &str = "{ type: action.execute-entities, options: { provider: DATA_PROVIDER_LOCAL, entity: local, method: save, data: [{ id: a, version: 1 }, { id: b, version: 1 }] } }";

const PLAIN: Workload = Workload {
    name: "",
    actions: &[START, PULL_A, PULL_B],
    tables: &[("first", Seen::Whole), ("second", Seen::Whole)],
    before: Before::Synced,
    command: "run app --format json",
    ends: 0,
    falters: &[],
    retries: 0,
    ballast: 0,
    prepare: &[],
    complete: &["run app"],
    reads_database: false,
    always: None,
    in_the_end: None,
};

pub(super) const FIRST: Workload = Workload { name: "first sync", before: Before::Nothing, ..PLAIN };
pub(super) const AGAIN: Workload = Workload { name: "sync of changes", ..PLAIN };
pub(super) const MERGE: Workload = Workload {
    name: "merge by ids",
    actions: &[START_ONE, PULL_MERGED],
    tables: &[("merged", Seen::Pages)],
    ..PLAIN
};
const FALTER: Workload = Workload {
    name: "two tables in one instance, a page fails and is tried again",
    actions: &[START_ONE, PULL_BOTH],
    falters: &["/second?page=2"],
    retries: 1,
    ..PLAIN
};
pub(super) const FAILURE: Workload = Workload {
    name: "a page fails for good",
    actions: &[START_ONE, PULL_BOTH],
    falters: &["/second?page=2"],
    ends: 1,
    ..PLAIN
};
pub(super) const RESTART: Workload = Workload {
    name: "a scope is started anew while it is syncing",
    actions: &[START, PULL_A, START, PULL_A, PULL_B],
    tables: &[("first", Seen::Unclaimed), ("second", Seen::Whole)],
    ..PLAIN
};
const DELETION: Workload = Workload {
    name: "scope and status are deleted in between",
    actions: &[START, PULL_A, DELETE, DELETE_STATUS, EXECUTE, START, PULL_A, PULL_B],
    tables: &[("first", Seen::Unclaimed), ("second", Seen::Whole), ("local", Seen::Unclaimed)],
    ..PLAIN
};
pub(super) const OPERATIONS: Workload = Workload {
    name: "operations behind a guard",
    actions: &[START_ONE, PULL_OPERATED],
    tables: &[("operated", Seen::Unclaimed), ("seen", Seen::Unclaimed), ("doubled", Seen::Unclaimed)],
    ..PLAIN
};
pub(super) const RECOVERY: Workload = Workload {
    name: "a run after one that was killed",
    tables: &[("first", Seen::Unclaimed), ("second", Seen::Unclaimed)],
    before: Before::Killed,
    ..PLAIN
};
pub(super) const STATUS: Workload = Workload {
    name: "a look at a run that was killed",
    before: Before::Killed,
    command: "status app --format json",
    ..PLAIN
};
/// More than is held back in memory, so that rows are staged, and the log is folded in meanwhile.
pub(super) const LARGE: Workload = Workload { name: "large pages", ballast: 160 << 10, ..PLAIN };

/// One table is as it was, the other is not.
pub(super) const UNCHANGED: Workload = Workload {
    name: "a server that knows what is unchanged",
    actions: &[START_ONE, PULL_CHECKED],
    tables: &[("fixed", Seen::Unclaimed), ("single", Seen::Whole)],
    ..PLAIN
};
/// Pages so large that each is staged on disk.
pub(super) const RESUME: Workload = Workload {
    name: "a first fetch goes on where it was cut off",
    actions: &[START_ONE, PULL_RESUMED],
    tables: &[("first", Seen::Whole)],
    before: Before::Cut,
    ballast: 400 << 10,
    ..PLAIN
};
pub(super) const DYNAMIC: Workload = Workload {
    name: "changes and deletions of Dynamic Data",
    actions: &[START_ONE, PULL_TASKS],
    tables: &[("default/tasks", Seen::Rows)],
    in_the_end: Some(backend::nothing_waits),
    ..PLAIN
};
pub(super) const SQL: Workload = Workload {
    name: "a table of another database",
    actions: &[START_ONE, PULL_CUSTOMERS],
    tables: &[("customers", Seen::Whole)],
    reads_database: true,
    ..PLAIN
};
const QUEUE: Workload = Workload {
    actions: &[START_ONE, PULL_TASKS],
    tables: &[],
    // What was refused or did not get through is sent again only when somebody says so.
    complete: &["run app --action retry", "run app"],
    always: Some(backend::writes_are_whole),
    in_the_end: Some(backend::nothing_waits),
    ..PLAIN
};
const OFFLINE: Step = Step { command: "run app --action write --offline", ends: 0, refused: false };
pub(super) const ENQUEUE: Workload = Workload {
    name: "writes are queued",
    command: "run app --action write --offline --format json",
    ..QUEUE
};
pub(super) const SEND: Workload = Workload { name: "queued writes are sent", prepare: &[OFFLINE], ..QUEUE };
pub(super) const RETRY: Workload = Workload {
    name: "refused writes are tried again",
    command: "run app --action retry --format json",
    prepare: &[Step { command: "run app --action write", ends: 1, refused: true }],
    ..QUEUE
};
const CLEAR: Workload = Workload {
    name: "a queued write is dropped",
    command: "run app --action clear --offline --format json",
    prepare: &[OFFLINE],
    always: Some(backend::a_command_is_dropped_or_not),
    in_the_end: None,
    ..QUEUE
};

/// All of them.
pub(super) const ALL: [&Workload; 19] = [
    &FIRST,
    &AGAIN,
    &MERGE,
    &FALTER,
    &FAILURE,
    &RESTART,
    &DELETION,
    &OPERATIONS,
    &RECOVERY,
    &STATUS,
    &LARGE,
    &UNCHANGED,
    &RESUME,
    &DYNAMIC,
    &SQL,
    &ENQUEUE,
    &SEND,
    &RETRY,
    &CLEAR,
];

impl Workload {
    /// Writes the app to the folder `app`; its database is `app/data/app.db`.
    pub(super) fn write(&self, stage: &Stage, url: &str) {
        let mut index = "name: small
title: Small
onLoad:
  type: action.action-list
  when: \"=@ctx.datasources.sync-scopes[id = 'all'].state = 'syncing' ? false : true\"
  options:
    isSequential: true
    actions:
"
        .to_owned();
        for action in self.actions {
            writeln!(index, "      - {action}").unwrap();
        }
        stage.write("app/index.jigx", index);
        let scopes = "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [_syncScope], query: 'SELECT id, state FROM [_syncScope]' }
";
        stage.write("app/datasources/sync-scopes.jigx", scopes);
        for (table, more) in [("first", ""), ("second", ""), ("merged", MERGING), ("operated", OPERATING)] {
            stage.write(&format!("app/functions/fetch-{table}.jigx"), function(table, more));
        }
        for table in ["fixed", "single"] {
            stage.write(&format!("app/functions/fetch-{table}.jigx"), single(table));
        }
        for (path, text) in WRITING {
            stage.write(&format!("app/{path}.jigx"), text);
        }
        stage.write("app/functions/ask.jigx", ASK);
        let settings = format!(
            "database: data/app.db
solution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}
providers: {{ dynamic: {{ url: \"{url}\" }}, sql: {{ connections: {{ crm: 'sqlite:data/crm.db' }} }} }}
http: {{ retries: {}, timeout: 60s }}
lint: {{ ignore: [all] }}
",
            self.retries
        );
        stage.write("app/syncscope.yaml", settings);
    }

    /// The server for it.
    pub(super) fn serve(&self) -> Server {
        Server::start(self.falters, self.ballast)
    }
}

const MERGING: &str = "forRowsWithMatchingIds: true\n";
const OPERATING: &str = "guard: { function: ask, result: =@ctx.guard.output = 'yes' }
operations:
  - { type: operation.delete-insert, records: $ }
  - { type: operation.upsert-merge, table: seen, records: $ }
  - type: operation.execute-sql
    tables: [doubled]
    statements:
      - statement: DELETE FROM [doubled]
      - statement: INSERT INTO [doubled] (id, data) SELECT id, data FROM [operated]
";
const ASK: &str = "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/ask'
output: $.answer
";

/// A list without pages, which a server may call unchanged.
fn single(table: &str) -> String {
    format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/{table}'
outputTransform: $.rows
"
    )
}

/// What the app needs to write, by file.
const WRITING: &[(&str, &str)] = &[
    ("databases/default", "databaseId: default\ntables: { tasks: null }\n"),
    (
        "actions/write",
        "action:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - { type: action.execute-entity, options: { provider: DATA_PROVIDER_DYNAMIC, entity: default/tasks, method: create, data: { title: one } } }
      - { type: action.execute-entity, options: { provider: DATA_PROVIDER_DYNAMIC, entity: default/tasks, method: update, data: { id: t20, title: two } } }
      - { type: action.execute-entity, options: { provider: DATA_PROVIDER_DYNAMIC, entity: default/tasks, method: delete, data: { id: t21 } } }
      - { type: action.execute-entity, options: { provider: DATA_PROVIDER_REST, entity: notes, method: create, function: make, data: { title: four }, parameters: { title: four } } }
",
    ),
    (
        "actions/retry",
        "action: { type: action.retry-queue-command, options: { id: =@ctx.datasources.queue.id } }\n",
    ),
    ("actions/clear", "action: { type: action.clear-queue, options: { id: t20 } }\n"),
    (
        "datasources/queue",
        "type: datasource.sqlite
options: { provider: DATA_PROVIDER_LOCAL, entities: [_commandQueue], query: 'SELECT id FROM [_commandQueue]' }
",
    ),
    (
        "functions/make",
        "provider: DATA_PROVIDER_REST
method: POST
url: =@ctx.solution.settings.custom.baseUrl & '/notes'
parameters:
  title: { type: string, location: body, required: true }
  Idempotency-Key: { type: string, location: header, required: true, value: =@ctx.commandId }
outputTransform: '={ \"id\": $.id }'
",
    ),
    (
        "functions/get-customers",
        "provider: DATA_PROVIDER_SQL
connection: crm
method: query
query: SELECT id, version FROM customers ORDER BY id
",
    ),
];

fn function(table: &str, more: &str) -> String {
    let parameter =
        |value: &str| format!("page: {{ type: number, location: query, required: true, value: {value} }}");
    format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/{table}'
useLocalCall: true
parameters:
  {}
outputTransform: $.rows
continuation:
  when: =$.next
  url: =@ctx.solution.settings.custom.baseUrl & '/{table}'
  parameters:
    {}
{more}",
        parameter("1"),
        parameter("=$.next")
    )
}

/// Serves all tables; every row carries the version that was served last.
pub(super) struct Server {
    pub(super) stub: Stub,
    version: Arc<AtomicU64>,
    left: Arc<Mutex<Vec<&'static str>>>,
    falters: &'static [&'static str],
    backend: Arc<Mutex<Backend>>,
    unchanged: Arc<AtomicU64>,
}

impl Server {
    fn start(falters: &'static [&'static str], ballast: usize) -> Self {
        let version = Arc::new(AtomicU64::new(0));
        let left = Arc::new(Mutex::new(Vec::new()));
        let backend = Arc::new(Mutex::new(Backend::default()));
        let unchanged = Arc::new(AtomicU64::new(0));
        let (current, failing) = (Arc::clone(&version), Arc::clone(&left));
        let (rows, same) = (Arc::clone(&backend), Arc::clone(&unchanged));
        let stub = Stub::start_for(move |asked| {
            let mut failing = failing.lock().unwrap();
            if let Some(at) = failing.iter().position(|falter| *falter == asked.path) {
                failing.remove(at);
                return Answer::status(503, "");
            }
            let version = current.load(Ordering::SeqCst);
            if let Some(answer) = rows.lock().unwrap().answer(asked) {
                return answer;
            }
            if ["/fixed", "/single"].contains(&asked.path) {
                return checked(asked, version, &same);
            }
            page(asked.path, version, ballast)
        });
        let server = Self { stub, version, left, falters, backend, unchanged };
        server.serve_version(1);
        server
    }

    /// From now on rows are of this version.
    pub(super) fn serve_version(&self, version: u64) {
        if self.version.swap(version, Ordering::SeqCst) != version {
            self.backend.lock().unwrap().serve_version(version);
        }
    }

    /// What the back end of writes holds.
    pub(super) fn backend(&self) -> MutexGuard<'_, Backend> {
        self.backend.lock().unwrap()
    }

    /// How often it said that nothing is new.
    pub(super) fn said_unchanged(&self) -> u64 {
        self.unchanged.load(Ordering::SeqCst)
    }

    /// Fails anew what is to fail the first time.
    pub(super) fn falter(&self) {
        *self.left.lock().unwrap() = self.falters.to_vec();
    }

    /// Fails nothing any more.
    pub(super) fn behave(&self) {
        self.left.lock().unwrap().clear();
    }
}

/// A table in one answer with its `ETag`; that of `fixed` never changes.
fn checked(asked: &Asked<'_>, version: u64, unchanged: &AtomicU64) -> Answer {
    let version = if asked.path == "/fixed" { 1 } else { version };
    let tag = format!("\"v{version}\"");
    if asked.header("if-none-match") == Some(tag.as_str()) {
        unchanged.fetch_add(1, Ordering::SeqCst);
        return Answer::status(304, "").header("ETag", &tag);
    }
    page(asked.path, version, 0).header("ETag", &tag)
}

fn page(path: &str, version: u64, ballast: usize) -> Answer {
    if path == "/ask" {
        return Answer::ok(r#"{"answer":"yes"}"#);
    }
    let number: u64 = path.rsplit('=').next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let ballast = "x".repeat(ballast);
    let row = |n: u64| format!("{{\"id\":\"{n:04}\",\"version\":{version},\"ballast\":\"{ballast}\"}}");
    let rows: Vec<String> = ((number - 1) * ROWS..number * ROWS).map(row).collect();
    let next = if number < PAGES { (number + 1).to_string() } else { "null".to_owned() };
    Answer::ok(format!("{{\"rows\":[{}],\"next\":{next}}}", rows.join(",")))
}
