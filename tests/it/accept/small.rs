//! A small app that fetches two tables page by page from a server that a test plays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::stage::Stage;
use super::stub::{Answer, Gate, Stub};

/// Pages of each table.
pub(super) const PAGES: u64 = 4;
/// Rows of each page.
pub(super) const ROWS: u64 = 25;

/// What guards the list of the app.
pub(super) enum Guard {
    Nothing,
    When,
    Condition,
}

impl Guard {
    fn text(&self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::When => {
                "  when: \"=@ctx.datasources.sync-scopes[id = 'all'].state = 'syncing' ? false : true\"\n"
            }
            Self::Condition => "  condition: { scope: { id: all, isNot: syncing } }\n",
        }
    }
}

/// Writes the app to the folder `app`; its tables come from `url`.
pub(super) fn write(stage: &Stage, url: &str, guard: &Guard) {
    let members = ["first", "second"].map(|table| {
        format!(
            "      - type: action.sync-entities
        instanceId: pull-{table}
        options:
          provider: DATA_PROVIDER_REST
          entities:
            - {{ entity: {table}, function: fetch-{table} }}
"
        )
    });
    let index = format!(
        "name: small
title: Small
onLoad:
  type: action.action-list
{}  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: all
        options:
          instanceIds: [pull-first, pull-second]
{}",
        guard.text(),
        members.concat()
    );
    stage.write("app/index.jigx", index);
    for table in ["first", "second"] {
        stage.write(&format!("app/functions/fetch-{table}.jigx"), function(table));
    }
    for (table, order) in [("_syncScope", "id"), ("_syncStatus", "entity")] {
        let name = if table == "_syncScope" { "sync-scopes" } else { "sync-status" };
        let text = format!(
            "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [{table}]
  query: SELECT id, state FROM [{table}] ORDER BY {order}
"
        );
        stage.write(&format!("app/datasources/{name}.jigx"), text);
    }
    settings(stage, url, "");
}

/// Writes the settings, with more lines below.
pub(super) fn settings(stage: &Stage, url: &str, more: &str) {
    let text = format!(
        "database: app.db
solution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}
http: {{ retries: 0, timeout: 60s }}
{more}"
    );
    stage.write("app/syncscope.yaml", text);
}

fn function(table: &str) -> String {
    let parameter =
        |value: &str| format!("page: {{ type: number, location: query, required: true, value: {value} }}");
    format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/{table}'
useLocalCall: true
parameters:
  {}
outputTransform: $
records: =$.rows
continuation:
  when: =$.next
  url: =@ctx.solution.settings.custom.baseUrl & '/{table}'
  parameters:
    {}
",
        parameter("1"),
        parameter("=$.next")
    )
}

/// Serves the app's tables: every row carries the version that was served last.
pub(super) struct Source {
    pub(super) stub: Stub,
    version: Arc<AtomicU64>,
}

impl Source {
    /// Every page that `held` names waits at the gate: `/first?page=2`.
    pub(super) fn start(gate: &Arc<Gate>, held: &'static [&'static str]) -> Self {
        let version = Arc::new(AtomicU64::new(1));
        let (current, gate) = (Arc::clone(&version), Arc::clone(gate));
        let stub = Stub::start(move |path| {
            if held.contains(&path) {
                gate.pass();
            }
            page(path, current.load(Ordering::SeqCst))
        });
        Self { stub, version }
    }

    /// From now on rows are of the next version.
    pub(super) fn change(&self) -> u64 {
        self.version.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// A page as the app understands it, every row with the version.
pub(super) fn page(path: &str, version: u64) -> Answer {
    let number: u64 = path.rsplit('=').next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let row = |n: u64| format!("{{\"id\":\"{n:04}\",\"version\":{version}}}");
    let rows: Vec<String> = ((number - 1) * ROWS..number * ROWS).map(row).collect();
    let next = if number < PAGES { (number + 1).to_string() } else { "null".to_owned() };
    Answer::ok(format!("{{\"rows\":[{}],\"next\":{next}}}", rows.join(",")))
}
