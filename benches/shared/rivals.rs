//! What others take for the same rows.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use rusqlite::Connection;

use super::measure::{Cost, cost};
use super::roster;

pub const INSERT: &str = "__insert";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/shared/plain.py");

/// The cost of plain inserting, in a process of its own.
pub fn from_memory(folder: &Path, schema: &str) -> Cost {
    let db = fresh(folder);
    let output =
        Command::new(std::env::current_exe().unwrap()).arg(INSERT).arg(&db).arg(schema).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let times: Vec<Duration> =
        text.split_whitespace().map(|number| Duration::from_micros(number.parse().unwrap())).collect();
    Cost { wall: times[0], cpu: times[1], peak: 0, code: 0 }
}

/// Inserts the rows from memory; prints the microseconds from the opening of the file to its closing.
pub fn insert(path: &Path, schema: &str) {
    let rows: Vec<(String, String)> =
        (0..roster::rows()).map(|n| (format!("{n:07}"), roster::row_text(n))).collect();
    let (begun, spent) = (Instant::now(), cpu());
    let mut db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").unwrap();
    db.execute_batch(schema).unwrap();
    for page in rows.chunks(roster::PAGE) {
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
    println!("{} {}", begun.elapsed().as_micros(), cpu() - spent);
}

/// Microseconds of CPU that this process has used.
fn cpu() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    micros(usage.user_time()) + micros(usage.system_time())
}

/// Measures the programs that are there.
pub fn tell(folder: &Path, url: &str, told: &dyn Fn(&str, Cost)) {
    if has("python3", &["--version"]) {
        let library = if has("python3", &["-c", "import requests"]) { "requests" } else { "urllib" };
        let db = fresh(folder);
        let address = format!("{url}/cursor/rows");
        let cost = cost(Path::new("python3"), &[SCRIPT, &address, &db], folder);
        assert_eq!(cost.code, 0, "the script went well");
        told(&format!("Python, {library}, sqlite3"), cost);
    } else {
        println!("Python is not here");
    }
    if has("sqlite-utils", &["--version"]) {
        let file = folder.join("rows.nl");
        let mut text = String::new();
        for n in 0..roster::rows() {
            writeln!(text, "{}", roster::row_text(n)).unwrap();
        }
        fs::write(&file, text).unwrap();
        let db = fresh(folder);
        let file = file.to_str().unwrap();
        let cost =
            cost(Path::new("sqlite-utils"), &["insert", &db, "rows", file, "--nl", "--pk", "id"], folder);
        assert_eq!(cost.code, 0, "sqlite-utils went well");
        told("sqlite-utils, from a file", cost);
    } else {
        println!("sqlite-utils is not here");
    }
}

/// The path of a database that does not exist.
fn fresh(folder: &Path) -> String {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("plain.db{ending}")));
    }
    folder.join("plain.db").to_str().unwrap().to_owned()
}

fn has(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
