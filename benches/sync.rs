//! A large table, fetched page by page over HTTP into SQLite by `syncscope run`: for the first time, unchanged,
//! and with one row in a hundred changed; as it is, through a transform that only picks, and through one that
//! takes an evaluator. Beside it what others take for the same rows. Server, client and baselines are processes
//! of their own. `SYNC_ROWS` sets the number of rows, a million by default; `SYNC_ROUNDS` how often.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;
#[path = "shared/rivals.rs"]
mod rivals;
#[path = "shared/roster.rs"]
mod roster;
#[path = "shared/waits.rs"]
mod waits;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use measure::{Cost, cost, median, verdict};
use roster::{Backend, KINDS, Kind};
use rusqlite::Connection;

/// Per cent of rusqlite's own insert from memory that a first sync has to reach.
const PLAIN_TARGET: f64 = 60.0;
const PICKED_TARGET: f64 = 50.0;
/// Rows per second through an evaluator.
const EVALUATED_TARGET: f64 = 60_000.0;
/// In KiB.
const MEMORY: u64 = 64 * 1024;
const COLD: Duration = Duration::from_millis(60);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if measure::is_meter() {
        return;
    }
    match arguments.get(1).map(String::as_str) {
        Some(roster::SERVE) => roster::serve(),
        Some(rivals::INSERT) => rivals::insert(Path::new(&arguments[2]), &arguments[3]),
        _ => compare(),
    }
}

/// A number from the environment.
fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn compare() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::start();
    let rows = roster::rows();
    println!("{rows} rows of {} bytes, pages of {}", roster::row_text(rows / 2).len(), roster::PAGE);
    for kind in KINDS {
        roster::write_app(folder.path(), kind, &backend.url);
    }
    sync(folder.path(), KINDS[0], "tenth", Fresh::Yes);
    let schema = schema(&folder.path().join("replace/db/app.db"));
    let mut figures: Vec<Figures> = KINDS.iter().map(|_| Figures::default()).collect();
    let mut memory = Vec::new();
    for _ in 0..setting("SYNC_ROUNDS", 3) {
        memory.push(rivals::from_memory(folder.path(), &schema));
        for (kind, figures) in KINDS.iter().zip(&mut figures) {
            figures.first.push(sync(folder.path(), *kind, "rows", Fresh::Yes));
            figures.same.push(sync(folder.path(), *kind, "rows", Fresh::No));
            figures.changed.push(sync(folder.path(), *kind, "changed", Fresh::No));
        }
    }
    let base = told("rusqlite from memory", &memory, None);
    for (kind, figures) in KINDS.iter().zip(&figures) {
        figures.tell(*kind, base);
    }
    rivals::tell(folder.path(), &backend.url, &|name, cost| {
        told(name, &[cost], Some(base));
    });
    growth(folder.path());
    cold(folder.path());
    waits::tell(folder.path(), &|table| {
        sync(folder.path(), KINDS[0], table, Fresh::No);
    });
}

/// What was measured of one kind of function.
#[derive(Default)]
struct Figures {
    first: Vec<Cost>,
    same: Vec<Cost>,
    changed: Vec<Cost>,
}

impl Figures {
    fn tell(&self, kind: Kind, base: f64) {
        let first = told(&format!("{} first", kind.name), &self.first, Some(base));
        match kind.name {
            "replace" => {
                target(&format!("at least {PLAIN_TARGET:.0} %"), first >= base * PLAIN_TARGET / 100.0);
            }
            "picked" => {
                target(&format!("at least {PICKED_TARGET:.0} %"), first >= base * PICKED_TARGET / 100.0);
            }
            _ => target(&format!("at least {EVALUATED_TARGET:.0} rows/s"), first >= EVALUATED_TARGET),
        }
        let same = told(&format!("{} unchanged", kind.name), &self.same, Some(base));
        println!("    {:.1} times as fast as the first", same / first);
        if kind.name == "replace" {
            target("at least twice as fast", same >= 2.0 * first);
        }
        told(&format!("{} 1 % changed", kind.name), &self.changed, Some(base));
        let all = [&self.first, &self.same, &self.changed];
        let peak = all.iter().flat_map(|costs| costs.iter()).map(|cost| cost.peak).max().unwrap();
        target(&format!("peak {:.1} MB, at most {} MB", megabytes(peak), MEMORY / 1024), peak <= MEMORY);
    }
}

/// Prints the middle of some costs and gives its rows per second.
fn told(name: &str, costs: &[Cost], base: Option<f64>) -> f64 {
    let rows = roster::rows() as f64;
    let wall = median(costs.iter().map(|cost| cost.wall).collect());
    let cpu = median(costs.iter().map(|cost| cost.cpu).collect());
    let rate = rows / wall.as_secs_f64();
    let share = base.map(|base| format!("{:>4.0} %", rate / base * 100.0)).unwrap_or_default();
    let per_cpu = rows / cpu.as_secs_f64();
    println!("{name:24} {rate:>9.0} rows/s {share:6} {per_cpu:>9.0} rows per second of CPU");
    rate
}

fn target(what: &str, met: bool) {
    println!("    {what}: {}", verdict(met));
}

fn megabytes(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// Memory does not follow the number of rows.
fn growth(folder: &Path) {
    for kind in KINDS {
        for fresh in [Fresh::Yes, Fresh::No] {
            let peaks = ["tenth", "rows"].map(|table| {
                if fresh == Fresh::No {
                    sync(folder, kind, table, Fresh::Yes);
                }
                sync(folder, kind, table, fresh).peak
            });
            let grown = peaks[1] as f64 / peaks[0] as f64;
            let what = if fresh == Fresh::Yes { "first" } else { "unchanged" };
            println!(
                "peak of {} {what}, a tenth of the rows and all: {:.1} / {:.1} MB: {}",
                kind.name,
                megabytes(peaks[0]),
                megabytes(peaks[1]),
                verdict(grown < 1.25)
            );
        }
    }
}

/// Four small tables in a process that has just begun.
fn cold(folder: &Path) {
    let mut times = Vec::new();
    for _ in 0..11 {
        let _ = fs::remove_dir_all(folder.join("replace/db"));
        times.push(run(folder, KINDS[0], "pull-small").wall);
    }
    let middle = median(times);
    println!("four instances of 100 rows, cold process: {}: {}", measure::ms(middle), verdict(middle < COLD));
}

/// Whether a sync begins without a database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Yes,
    No,
}

/// One run of the binary; the table and its rows are checked.
fn sync(folder: &Path, kind: Kind, table: &str, fresh: Fresh) -> Cost {
    let app = folder.join(kind.name);
    if fresh == Fresh::Yes {
        let _ = fs::remove_dir_all(app.join("db"));
    }
    let cost = run(folder, kind, &format!("pull-{table}"));
    let db = Connection::open(app.join("db/app.db")).unwrap();
    let target = if table == "changed" { "rows" } else { table };
    let count: i64 = db.query_row(&format!("SELECT count(*) FROM [{target}]"), [], |row| row.get(0)).unwrap();
    assert_eq!(count, i64::try_from(roster::rows_of(target)).unwrap());
    cost
}

fn run(folder: &Path, kind: Kind, action: &str) -> Cost {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_syncscope"));
    let cost = cost(&program, &["run", kind.name, "--format", "json", "--action", action], folder);
    assert_eq!(cost.code, 0, "the run went well");
    cost
}

/// How a table was made, for the baselines to make the same.
fn schema(db: &Path) -> String {
    let db = Connection::open(db).unwrap();
    let mut statement =
        db.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'tenth' AND sql IS NOT NULL").unwrap();
    let parts: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    parts.join("; ").replace("tenth", "rows")
}
