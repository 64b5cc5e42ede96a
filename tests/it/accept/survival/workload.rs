//! What the binary is made to do while the world turns on it.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::accept::stage::Stage;
use crate::accept::stub::{Answer, Stub};

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
};

pub(super) const FIRST: Workload = Workload { name: "first sync", before: Before::Nothing, ..PLAIN };
pub(super) const AGAIN: Workload = Workload { name: "sync of changes", ..PLAIN };
pub(super) const MERGE: Workload = Workload {
    name: "merge by ids",
    actions: &[START_ONE, PULL_MERGED],
    tables: &[("merged", Seen::Pages)],
    ..PLAIN
};
const RETRY: Workload = Workload {
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

/// All of them.
pub(super) const ALL: [&Workload; 11] =
    [&FIRST, &AGAIN, &MERGE, &RETRY, &FAILURE, &RESTART, &DELETION, &OPERATIONS, &RECOVERY, &STATUS, &LARGE];

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
        stage.write("app/functions/ask.jigx", ASK);
        let settings = format!(
            "database: data/app.db
solution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}
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
}

impl Server {
    fn start(falters: &'static [&'static str], ballast: usize) -> Self {
        let version = Arc::new(AtomicU64::new(1));
        let left = Arc::new(Mutex::new(Vec::new()));
        let (current, failing) = (Arc::clone(&version), Arc::clone(&left));
        let stub = Stub::start(move |path| {
            let mut failing = failing.lock().unwrap();
            if let Some(at) = failing.iter().position(|falter| *falter == path) {
                failing.remove(at);
                return Answer::status(503, "");
            }
            page(path, current.load(Ordering::SeqCst), ballast)
        });
        Self { stub, version, left, falters }
    }

    /// From now on rows are of this version.
    pub(super) fn serve_version(&self, version: u64) {
        self.version.store(version, Ordering::SeqCst);
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
