//! Real processes: this test binary runs itself as a child, and children are killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::promises::executed;

const ROLE: &str = "SYNCSCOPE_STORE_TEST_ROLE";
const FILE: &str = "SYNCSCOPE_STORE_TEST_FILE";
const ROWS: i64 = 300;

fn child(role: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::killed::as_a_child", "--test-threads=1"])
        .env(ROLE, role)
        .env(FILE, path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Does nothing unless another test starts it as a process of its own.
#[test]
fn as_a_child() {
    let (Ok(role), Some(path)) = (std::env::var(ROLE), std::env::var_os(FILE)) else { return };
    let store = Store::open(Path::new(&path), &OpenOptions { staging_buffer: 2000, ..quick() }).unwrap();
    match role.as_str() {
        "replace for ever" => {
            for generation in 1.. {
                replace(&store, generation);
            }
        }
        "start once" => start_once(&store),
        other => panic!("{other}"),
    }
}

fn replace(store: &Store, generation: i64) {
    start(store, "load", &["a", "b"], generation);
    let work = begin(store, "a", &["t"], generation);
    let mut writer = store.rows_writer(&work, 0, Mode::Replace).unwrap();
    let data = format!("{{\"g\":{generation}}}");
    let ids: Vec<_> = (0..ROWS).map(|id| format!("r{id}")).collect();
    for chunk in ids.chunks(50) {
        let rows: Vec<_> = chunk.iter().map(|id| Row { id, data: &data }).collect();
        writer.page(&Page { rows: &rows, now: generation, ..Page::default() }).unwrap();
    }
    writer.finish(None, generation).unwrap();
    store.finish_instance(&work, &Outcome::Ok, generation).unwrap();
}

fn start_once(store: &Store) {
    let members = ids(&["a"]);
    let start = StartScope { id: "load", instance_ids: &members, if_running: IfRunning::Restart, now: 1 };
    let mut never_ran =
        |reader: &Reader<'_>| -> Result<bool, StoreError> { Ok(reader.scope_brief("load")?.is_none()) };
    if let Start::Begun { .. } = store.start_scope(&start, &mut never_ran).unwrap().outcome {
        let work = begin(store, "a", &["t"], 2);
        store.finish_instance(&work, &Outcome::Ok, 3).unwrap();
    }
}

fn generations(store: &Store) -> Vec<(i64, i64)> {
    let sql = "SELECT json_extract(data, '$.g') AS g, count(*) AS n FROM t GROUP BY 1";
    let mut query = Query::new(sql, &Dialect::default());
    query.tables.push("t".into());
    let rows = store.query(&query, &Parameters::new()).unwrap().rows;
    rows.iter().map(|row| (row["g"].as_i64().unwrap(), row["n"].as_i64().unwrap())).collect()
}

#[test]
fn a_killed_process_leaves_old_or_new_rows_and_the_next_sees_interrupted() {
    let bench = Bench::new();
    let mut seen = 0;
    for round in 1..=6 {
        let mut process = child("replace for ever", &bench.path());
        let deadline = Instant::now() + Duration::from_secs(120);
        // The child's generations begin anew each time; any change of them means that it is at work.
        let before = generations(&bench.store);
        while generations(&bench.store) == before {
            assert!(Instant::now() < deadline, "the child does nothing");
            std::thread::yield_now();
        }
        for _ in 0..round * 2 {
            seen += generations(&bench.store).len();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let found = generations(&bench.store);
        assert!(matches!(found.as_slice(), [(_, ROWS)]), "a mixture: {found:?}");
        assert_eq!(state_of(&bench.store, "load"), Some(ScopeState::Syncing), "nobody has looked yet");
        let changes = bench.store.recover(5).unwrap();
        assert_eq!(changes.scopes[0].details["reason"], "owner.lost");
        assert_eq!(state_of(&bench.store, "load"), Some(ScopeState::Interrupted));
        assert_eq!(
            bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"),
            json!([[0]])
        );
        assert_eq!(bench.sql("PRAGMA integrity_check"), json!([["ok"]]));
    }
    assert!(seen > 0);
    let test = "a_killed_process_leaves_old_or_new_rows_and_the_next_sees_interrupted";
    executed(test, "kills in the middle of a replace", 6);
}

#[test]
fn eight_processes_start_a_guarded_scope_exactly_once() {
    let bench = Bench::new();
    let children: Vec<_> = (0..8).map(|_| child("start once", &bench.path())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let history = bench.store.history(None).unwrap();
    assert_eq!((history.len(), history[0].state.as_str()), (1, "synced"));
    assert_eq!(bench.sql("SELECT count(*) FROM _syncOwner"), json!([[0]]));
}
