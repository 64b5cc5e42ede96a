//! The rows, the server that has them, and the apps that fetch them.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use syncscope::serve::{Options, Server, Table};

pub const PAGE: usize = 1000;
pub const SERVE: &str = "__serve";
const SMALL: [&str; 4] = ["one", "two", "three", "four"];

/// A way of a function to make rows.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    /// Gives `items` and `next`.
    transform: &'static str,
}

/// Rows as they are, picked together without an evaluator, and made by one.
pub const KINDS: [Kind; 3] = [
    Kind { name: "replace", transform: "$" },
    Kind {
        name: "picked",
        transform: "{ \"items\": items.{ \"id\": id, \"name\": name, \"city\": city, \"street\": street, \"active\": active, \
                    \"credit\": credit, \"note\": note, \"visits\": visits }, \"next\": next }",
    },
    Kind {
        name: "evaluated",
        transform: "{ \"items\": items.{ \"id\": id, \"name\": $uppercase(name), \"city\": city, \"visits\": visits + 1 }, \
                    \"next\": next }",
    },
];

pub fn rows() -> usize {
    super::setting("SYNC_ROWS", 1_000_000)
}

pub fn rows_of(table: &str) -> usize {
    match table {
        "tenth" => rows() / 10,
        name if SMALL.contains(&name) => 100,
        _ => rows(),
    }
}

pub fn row_text(n: usize) -> String {
    let mut text = String::new();
    write_row(n, &mut text);
    text
}

fn write_row(n: usize, text: &mut String) {
    write_visited(n, n % 50, text);
}

/// One row in a hundred has changed.
fn write_changed(n: usize, text: &mut String) {
    write_visited(n, if n % 100 == 17 { 1000 } else { n % 50 }, text);
}

fn write_visited(n: usize, visits: usize, text: &mut String) {
    let city = ["Hamburg", "Kiel", "Bremen", "Leipzig", "Dresden", "Rostock"][n % 6];
    write!(
        text,
        "{{\"id\":\"{n:07}\",\"name\":\"Customer number {n}\",\"city\":\"{city}\",\"street\":\"Werftstraße {}\",\
         \"active\":{},\"credit\":{}.5,\"note\":\"call before {} and bring the samples, please\",\"visits\":{visits}}}",
        n % 400,
        n.is_multiple_of(3),
        n % 10_000,
        n % 24,
    )
    .unwrap();
}

/// Serves the tables until standard input closes.
pub fn serve() {
    let mut tables: Vec<Table> = ["tenth", "rows"]
        .iter()
        .chain(&SMALL)
        .map(|name| Table::generated(name, rows_of(name), write_row))
        .collect();
    tables.push(Table::generated("changed", rows(), write_changed));
    let server = Server::start(&Options { tables, ..Options::default() }).unwrap();
    println!("{}", server.url());
    let _ = std::io::stdin().read(&mut [0]);
}

/// The server's process.
pub struct Backend {
    child: Child,
    pub url: String,
}

impl Backend {
    pub fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned() }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn write_app(folder: &Path, kind: Kind, url: &str) {
    let app = folder.join(kind.name);
    fs::create_dir_all(app.join("functions")).unwrap();
    fs::create_dir_all(app.join("actions")).unwrap();
    for table in ["tenth", "rows", "changed"].iter().chain(&SMALL) {
        let entity = if *table == "changed" { "rows" } else { table };
        let sync = format!(
            "type: action.sync-entities
options:
  provider: DATA_PROVIDER_REST
  entities:
    - {{ entity: {entity}, function: fetch-{table} }}
"
        );
        fs::write(app.join(format!("actions/pull-{table}.jigx")), format!("action:\n{}", indented(&sync, 2)))
            .unwrap();
        fs::write(app.join(format!("functions/fetch-{table}.jigx")), function(table, kind)).unwrap();
    }
    fs::write(app.join("actions/pull-small.jigx"), small()).unwrap();
    fs::write(app.join("index.jigx"), "name: large\ntitle: Large\n").unwrap();
    let settings = format!(
        "database: db/app.db\nsolution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}\nhttp: {{ retries: 0 }}\n"
    );
    fs::write(app.join("syncscope.yaml"), settings).unwrap();
}

/// A scope and its four instances.
fn small() -> String {
    let mut text = format!(
        "action:
  type: action.action-list
  options:
    isSequential: true
    actions:
      - type: action.start-sync-scope
        instanceId: small
        options: {{ instanceIds: [{}] }}
",
        SMALL.join(", ")
    );
    for table in SMALL {
        write!(
            text,
            "      - type: action.sync-entities
        instanceId: {table}
        options:
          provider: DATA_PROVIDER_REST
          entities: [{{ entity: {table}, function: fetch-{table} }}]
"
        )
        .unwrap();
    }
    text
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

fn function(table: &str, kind: Kind) -> String {
    format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/cursor/{table}'
useLocalCall: true
parameters:
  limit: {{ type: number, location: query, required: true, value: {PAGE} }}
outputTransform: |
  {}
records: =$.items
continuation:
  when: =$.next
  url: =@ctx.solution.settings.custom.baseUrl & '/cursor/{table}'
  parameters:
    limit: {{ type: number, location: query, required: true, value: {PAGE} }}
    cursor: {{ type: string, location: query, required: true, value: =$.next }}
",
        kind.transform
    )
}
