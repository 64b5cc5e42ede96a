//! How long others wait for the database while a sync fills it.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::measure::{ms, verdict};

/// The longest that another writer may wait.
const MOST: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(2);

/// Measures during a first sync, one of the same rows, and one of changed rows.
pub fn tell(folder: &Path, sync: &dyn Fn(&str)) {
    let _ = fs::remove_dir_all(folder.join("replace/db"));
    sync("tenth");
    let path = folder.join("replace/db/app.db");
    open(&path).execute_batch("CREATE TABLE others (n)").unwrap();
    for (what, table) in [("first", "rows"), ("unchanged", "rows"), ("1 % changed", "changed")] {
        let done = AtomicBool::new(false);
        let (read, written) = thread::scope(|threads| {
            let reader = threads.spawn(|| longest(&path, "SELECT n FROM others LIMIT 1", &done));
            let writer = threads
                .spawn(|| longest(&path, "BEGIN IMMEDIATE; INSERT INTO others VALUES (1); COMMIT", &done));
            sync(table);
            done.store(true, Ordering::Relaxed);
            (reader.join().unwrap(), writer.join().unwrap())
        });
        let met = written <= MOST;
        println!(
            "{what}: the longest wait of a reader {}, of a writer {}: {}",
            ms(read),
            ms(written),
            verdict(met)
        );
    }
}

fn longest(path: &Path, sql: &str, done: &AtomicBool) -> Duration {
    let db = open(path);
    let mut longest = Duration::ZERO;
    while !done.load(Ordering::Relaxed) {
        let begun = Instant::now();
        db.execute_batch(sql).unwrap();
        longest = longest.max(begun.elapsed());
        thread::sleep(PAUSE);
    }
    longest
}

/// A connection that looks for the lock again and again and leaves it to others to fold the log into the file, so
/// that its waiting is that for the lock alone.
fn open(path: &Path) -> Connection {
    let mut db = Connection::open(path).unwrap();
    db.busy_handler(Some(|_| {
        thread::sleep(Duration::from_micros(500));
        true
    }))
    .unwrap();
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0").unwrap();
    db
}
