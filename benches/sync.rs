//! A large table, fetched page by page over HTTP into SQLite by `syncscope run`, against plain
//! `rusqlite` that inserts the same rows from memory. Server, client and baseline are processes
//! of their own.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use measure::{Cost, cost, median, verdict};
use rusqlite::Connection;
use syncscope::serve::{Options, Server, Table};

const ROWS: usize = 200_000;
const PAGE: usize = 1000;
const ROUNDS: usize = 5;
const TARGET: f64 = 0.6;
const MEMORY: u64 = 64 * 1024;
const SERVE: &str = "__serve";
const INSERT: &str = "__insert";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if measure::is_meter() {
        return;
    }
    match arguments.get(1).map(String::as_str) {
        Some(SERVE) => serve(),
        Some(INSERT) => println!("{}", insert(Path::new(&arguments[2]), &arguments[3])),
        _ => compare(),
    }
}

fn compare() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    println!("{ROWS} rows of {} bytes, pages of {PAGE}", row_text(ROWS / 2).len());
    let kinds = ["merge", "replace", "transform"];
    for kind in kinds {
        write_app(folder.path(), kind, &backend.url);
    }
    sync(folder.path(), "merge", "rows");
    let schema = schema(&folder.path().join("merge/db/app.db"));
    let mut baseline = Vec::new();
    let mut costs: [Vec<Cost>; 3] = Default::default();
    for _ in 0..ROUNDS {
        baseline.push(plain(folder.path(), &schema));
        for (kind, costs) in kinds.iter().zip(&mut costs) {
            costs.push(sync(folder.path(), kind, "rows"));
        }
    }
    let base = rate(median(baseline.clone()));
    println!("{:24} {base:>9.0} rows/s", "rusqlite from memory");
    for (kind, costs) in kinds.iter().zip(&costs) {
        let own = rate(median(costs.iter().map(|cost| cost.wall).collect()));
        let cpu = median(costs.iter().map(|cost| cost.cpu).collect());
        let peak = costs.iter().map(|cost| cost.peak).max().unwrap();
        println!(
            "{:24} {own:>9.0} rows/s  {:.0} %  cpu {}  peak {:.1} MB",
            format!("run ({kind})"),
            own / base * 100.0,
            measure::ms(cpu),
            peak as f64 / 1024.0
        );
        if *kind != "transform" {
            println!("  at least {:.0} % is the target: {}", TARGET * 100.0, verdict(own >= base * TARGET));
            println!("  at most {} MB is the target: {}", MEMORY / 1024, verdict(peak <= MEMORY));
        }
    }
    growth(folder.path());
}

/// Memory does not follow the number of rows.
fn growth(folder: &Path) {
    for kind in ["merge", "replace"] {
        let peaks = ["hundred", "rows", "four"].map(|table| sync(folder, kind, table).peak);
        let shown = peaks.map(|peak| format!("{:.1}", peak as f64 / 1024.0)).join(" / ");
        let grown = peaks[2] as f64 / peaks[0] as f64;
        println!(
            "peak of {kind} with 100,000 / 200,000 / 400,000 rows: {shown} MB: {}",
            verdict(grown < 1.1)
        );
    }
}

fn rate(time: Duration) -> f64 {
    ROWS as f64 / time.as_secs_f64()
}

/// One run of the binary; the table and its rows are checked.
fn sync(folder: &Path, kind: &str, table: &str) -> Cost {
    let app = folder.join(kind);
    let _ = fs::remove_dir_all(app.join("db"));
    let action = format!("pull-{table}");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_syncscope"));
    let cost = cost(&program, &["run", kind, "--format", "json", "--action", &action], folder);
    assert_eq!(cost.code, 0, "the run went well");
    let db = Connection::open(app.join("db/app.db")).unwrap();
    let count: i64 = db.query_row(&format!("SELECT count(*) FROM [{table}]"), [], |row| row.get(0)).unwrap();
    assert_eq!(count, i64::try_from(rows_of(table)).unwrap());
    cost
}

fn rows_of(table: &str) -> usize {
    match table {
        "hundred" => ROWS / 2,
        "four" => ROWS * 2,
        _ => ROWS,
    }
}

/// How the table was made, for the baseline to make the same.
fn schema(db: &Path) -> String {
    let db = Connection::open(db).unwrap();
    let mut statement =
        db.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'rows' AND sql IS NOT NULL").unwrap();
    let parts: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    parts.join("; ")
}

/// The time that plain inserting takes, in a process of its own.
fn plain(folder: &Path, schema: &str) -> Duration {
    let db = folder.join("plain.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("plain.db{ending}")));
    }
    let output =
        Command::new(std::env::current_exe().unwrap()).arg(INSERT).arg(&db).arg(schema).output().unwrap();
    Duration::from_micros(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap())
}

/// Inserts the rows from memory; microseconds from the opening of the file to its closing.
fn insert(path: &Path, schema: &str) -> u128 {
    let rows: Vec<(String, String)> = (0..ROWS).map(|n| (format!("{n:07}"), row_text(n))).collect();
    let begun = Instant::now();
    let mut db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").unwrap();
    db.execute_batch(schema).unwrap();
    for page in rows.chunks(PAGE) {
        let transaction = db.transaction().unwrap();
        let sql = "INSERT INTO rows (id, data, timestamp) VALUES (?1, ?2, ?3)";
        let mut statement = transaction.prepare_cached(sql).unwrap();
        for (id, data) in page {
            statement.execute((id, data, 1_750_000_000_000_i64)).unwrap();
        }
        drop(statement);
        transaction.commit().unwrap();
    }
    drop(db);
    begun.elapsed().as_micros()
}

fn write_row(n: usize, text: &mut String) {
    let city = ["Hamburg", "Kiel", "Bremen", "Leipzig", "Dresden", "Rostock"][n % 6];
    write!(
        text,
        "{{\"id\":\"{n:07}\",\"name\":\"Customer number {n}\",\"city\":\"{city}\",\"street\":\"Werftstraße {}\",\
         \"active\":{},\"credit\":{}.5,\"note\":\"call before {} and bring the samples, please\",\"visits\":{}}}",
        n % 400,
        n.is_multiple_of(3),
        n % 10_000,
        n % 24,
        n % 50
    )
    .unwrap();
}

fn row_text(n: usize) -> String {
    let mut text = String::new();
    write_row(n, &mut text);
    text
}

/// Serves the tables until standard input closes.
fn serve() {
    let tables = ["hundred", "rows", "four"].map(|name| Table::generated(name, rows_of(name), write_row));
    let server = Server::start(&Options { tables: tables.into(), ..Options::default() }).unwrap();
    println!("{}", server.url());
    let _ = std::io::stdin().read(&mut [0]);
}

/// The server's process.
struct Backend {
    child: Child,
    url: String,
}

impl Backend {
    fn start() -> Self {
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

fn write_app(folder: &Path, kind: &str, url: &str) {
    let app = folder.join(kind);
    fs::create_dir_all(app.join("functions")).unwrap();
    let mut actions = String::new();
    for table in ["hundred", "rows", "four"] {
        write!(
            actions,
            "      - type: action.sync-entities
        instanceId: pull-{table}
        options:
          provider: DATA_PROVIDER_REST
          entities:
            - {{ entity: {table}, function: fetch-{table} }}
"
        )
        .unwrap();
        fs::write(app.join(format!("functions/fetch-{table}.jigx")), function(table, kind)).unwrap();
    }
    let index = format!(
        "name: large\ntitle: Large\nonLoad:\n  type: action.action-list\n  options:\n    actions:\n{actions}"
    );
    fs::write(app.join("index.jigx"), index).unwrap();
    let settings = format!(
        "database: db/app.db\nsolution: {{ settings: {{ custom: {{ baseUrl: \"{url}\" }} }} }}\nhttp: {{ retries: 0 }}\n"
    );
    fs::write(app.join("syncscope.yaml"), settings).unwrap();
}

fn function(table: &str, kind: &str) -> String {
    let merge = if kind == "replace" { "" } else { "forRowsWithMatchingIds: true\n" };
    let transform = match kind {
        "transform" => {
            "  {\n    \"items\": items.{ \"id\": id, \"name\": name, \"place\": street & ', ' & city }[],\n    \"next\": next\n  }"
        }
        _ => "  $",
    };
    format!(
        "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/cursor/{table}'
useLocalCall: true
parameters:
  limit: {{ type: number, location: query, required: true, value: {PAGE} }}
outputTransform: |
{transform}
records: =$.items
{merge}continuation:
  when: =$.next
  url: =@ctx.solution.settings.custom.baseUrl & '/cursor/{table}'
  parameters:
    limit: {{ type: number, location: query, required: true, value: {PAGE} }}
    cursor: {{ type: string, location: query, required: true, value: =$.next }}
"
    )
}
