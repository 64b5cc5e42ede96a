//! Rows from outside: replace, upsert, merge, and what other readers see meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const NEW: &[(&str, &str)] = &[("1", r#"{"n":1}"#), ("2", r#"{"n":2}"#), ("3", r#"{"n":3}"#)];

fn tally(inserted: i64, updated: i64, unchanged: i64, deleted: i64) -> Tally {
    Tally { inserted, updated, unchanged, deleted }
}

fn replace(bench: &Bench, rows: &[(&str, &str)], now: i64) -> Finished {
    let work = begin(&bench.store, "a", &["default/t"], now);
    let finished = fill(&bench.store, &work, 0, Mode::Replace, rows, now);
    bench.store.finish_instance(&work, &Outcome::Ok, now).unwrap();
    finished
}

#[test]
fn a_replace_takes_the_place_of_an_empty_table_and_differs_from_a_full_one() {
    let bench = Bench::new();
    let first = replace(&bench, NEW, 10);
    assert_eq!(first.tally, tally(3, 0, 0, 0));
    assert!(first.changes.tables.contains("default/t"));
    let again = replace(&bench, NEW, 20);
    assert_eq!(again.tally, tally(0, 0, 3, 0));
    assert!(!again.changes.tables.contains("default/t"), "nothing changed");
    let changed = [("2", r#"{"n":2}"#), ("3", r#"{"n":33}"#), ("4", "{}")];
    assert_eq!(replace(&bench, &changed, 30).tally, tally(1, 1, 1, 1));
    assert_eq!(
        bench.sql("SELECT id, data, timestamp FROM [default/t] ORDER BY id"),
        json!([["2", r#"{"n":2}"#, 10], ["3", r#"{"n":33}"#, 30], ["4", "{}", 30]])
    );
    assert_eq!(replace(&bench, &[], 40).tally, tally(0, 0, 0, 3));
    assert_eq!(rows_of(&bench.store, "default/t"), []);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"), json!([[0]]));
}

#[test]
fn a_replace_without_any_page_empties_the_table() {
    let bench = Bench::new();
    replace(&bench, NEW, 10);
    let work = begin(&bench.store, "a", &["default/t"], 20);
    let writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap();
    assert_eq!(writer.finish(None, 21).unwrap().tally, tally(0, 0, 0, 3));
}

#[test]
fn of_rows_with_one_id_the_last_stays() {
    let bench = Bench::new();
    assert_eq!(replace(&bench, &[("1", "{}"), ("1", r#"{"x":1}"#)], 10).tally, tally(1, 0, 0, 0));
    assert_eq!(rows_of(&bench.store, "default/t"), [("1".to_owned(), r#"{"x":1}"#.to_owned())]);
}

#[test]
fn a_failed_replace_leaves_the_old_rows() {
    let bench = Bench::new();
    replace(&bench, NEW, 10);
    let work = begin(&bench.store, "a", &["default/t"], 20);
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap();
    writer.page(&Page { rows: &[Row { id: "9", data: "{}" }], now: 21, ..Page::default() }).unwrap();
    bench.store.finish_operation(&work, 0, &failed(), 22).unwrap();
    bench.store.finish_instance(&work, &failed(), 23).unwrap();
    assert_eq!(rows_of(&bench.store, "default/t").len(), 3);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"), json!([[0]]));
}

#[test]
fn indexes_of_the_app_survive_both_ways_of_replacing() {
    let bench = Bench::new();
    bench.store.ensure_tables(&ids(&["default/t"])).unwrap();
    let sql = "CREATE INDEX byN ON [default/t] (json_extract(data, '$.n'))";
    bench.store.execute_sql(&[Statement { sql, parameters: &Parameters::new() }], &[]).unwrap();
    let index = || bench.sql("SELECT sql FROM sqlite_schema WHERE name = 'byN' AND tbl_name = 'default/t'");
    replace(&bench, NEW, 10);
    assert_eq!(index(), json!([[sql]]));
    replace(&bench, &NEW[1..], 20);
    assert_eq!(index(), json!([[sql]]));
    let plan = bench.sql("EXPLAIN QUERY PLAN SELECT id FROM [default/t] WHERE json_extract(data, '$.n') = 2");
    assert!(plan.to_string().contains("byN"), "{plan}");
    assert_eq!(bench.sql("PRAGMA integrity_check"), json!([["ok"]]));
}

#[test]
fn views_and_extra_columns_of_the_app_survive_a_replace() {
    let bench = Bench::new();
    let none = Parameters::new();
    let run = |sql| bench.store.execute_sql(&[Statement { sql, parameters: &none }], &[]).unwrap();
    run("CREATE TABLE [default/t] (id TEXT PRIMARY KEY, data TEXT, note TEXT)");
    run("CREATE VIEW v AS SELECT id FROM [default/t]");
    replace(&bench, NEW, 10);
    assert_eq!(
        bench.sql("SELECT group_concat(name, ' ') FROM pragma_table_info('default/t')"),
        json!([["id data note timestamp file"]])
    );
    assert_eq!(bench.sql("SELECT count(*) FROM v"), json!([[3]]));

    let plain = Bench::new();
    plain.store.ensure_tables(&ids(&["default/t"])).unwrap();
    let sql = "CREATE VIEW v AS SELECT id FROM [default/t]";
    plain.store.execute_sql(&[Statement { sql, parameters: &none }], &[]).unwrap();
    replace(&plain, NEW, 10);
    assert_eq!(plain.sql("SELECT count(*) FROM v"), json!([[3]]));
}

#[test]
fn upsert_and_merge_keep_other_rows_and_count() {
    let bench = Bench::new();
    replace(&bench, NEW, 10);
    let work = begin(&bench.store, "a", &["default/t", "default/t"], 20);
    let rows =
        [Row { id: "1", data: r#"{"n":1}"# }, Row { id: "2", data: "{}" }, Row { id: "4", data: "{}" }];
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Upsert).unwrap();
    let page = Page { rows: &rows, deleted: &["3", "none"], now: 21, ..Page::default() };
    assert_eq!(writer.page(&page).unwrap().changed.as_deref(), Some("default/t"));
    assert_eq!(writer.page(&Page { rows: &rows, now: 22, ..Page::default() }).unwrap().changed, None);
    assert_eq!(writer.finish(None, 23).unwrap().tally, tally(1, 1, 4, 1));

    let mut writer = bench.store.rows_writer(&work, 1, Mode::Merge).unwrap();
    let rows =
        [Row { id: "1", data: r#"{"m":2}"# }, Row { id: "2", data: "{}" }, Row { id: "5", data: "{}" }];
    writer.page(&Page { rows: &rows, now: 24, ..Page::default() }).unwrap();
    assert_eq!(writer.finish(None, 25).unwrap().tally, tally(1, 1, 1, 0));
    assert_eq!(
        bench.sql("SELECT id, data, timestamp FROM [default/t] ORDER BY id"),
        json!([["1", r#"{"n":1,"m":2}"#, 24], ["2", "{}", 21], ["4", "{}", 21], ["5", "{}", 24]])
    );
}

#[test]
fn the_sync_token_is_kept_with_the_rows() {
    let bench = Bench::new();
    let operation = rest("default/t");
    assert_eq!(bench.store.sync_token(&operation).unwrap(), None);
    for (token, expected) in [(Some("w1"), "w1"), (None, "w1"), (Some("w2"), "w2")] {
        let work = begin(&bench.store, "a", &["default/t"], 10);
        let writer = bench.store.rows_writer(&work, 0, Mode::Upsert).unwrap();
        writer.finish(token, 11).unwrap();
        assert_eq!(bench.store.sync_token(&operation).unwrap().as_deref(), Some(expected));
    }
    let other = Operation { arguments: "x", ..operation };
    assert_eq!(bench.store.sync_token(&other).unwrap(), None);
}

#[test]
fn system_tables_and_strange_names_are_no_targets() {
    let bench = Bench::new();
    for name in ["_syncScope", "_x", "sqlite_master", "SQLite_y", "", "  ", "a]b", "a\"b", "a\nb"] {
        let work = begin(&bench.store, "a", &[name], 10);
        let error = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap_err();
        assert!(matches!(&error, StoreError::Target { .. }), "{name}: {error}");
        assert_eq!(error.fault(), Fault::App);
    }
    let work = begin(&bench.store, "a", &["o'brien; DROP TABLE x --"], 10);
    fill(&bench.store, &work, 0, Mode::Replace, NEW, 11);
    assert_eq!(bench.sql("SELECT count(*) FROM [o'brien; DROP TABLE x --]"), json!([[3]]));
}

#[test]
fn a_concurrent_reader_sees_a_replace_whole_or_not_at_all() {
    let bench = Bench::new();
    let generation = |n: i64| -> Vec<(String, String)> {
        (0..200 + n % 3).map(|id| (format!("r{id}"), format!("{{\"g\":{n}}}"))).collect()
    };
    let done = AtomicBool::new(false);
    let store = &bench.store;
    std::thread::scope(|threads| {
        let reader = threads.spawn(|| {
            let other = bench.other();
            let mut query = Query::new(
                "SELECT json_extract(data, '$.g') AS g, count(*) AS n FROM [t] GROUP BY 1",
                &Dialect::default(),
            );
            query.tables.push("t".into());
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                let rows = other.query(&query, &Parameters::new()).unwrap().rows;
                assert!(rows.len() <= 1, "a mixture: {rows:?}");
                if let Some(row) = rows.first() {
                    let g = row["g"].as_i64().unwrap();
                    assert_eq!(row["n"].as_i64(), Some(200 + g % 3));
                    seen += 1;
                }
            }
            seen
        });
        for n in 0..40 {
            let work = begin(store, "a", &["t"], n);
            let mut writer = store.rows_writer(&work, 0, Mode::Replace).unwrap();
            let rows = generation(n);
            for chunk in rows.chunks(50) {
                let rows: Vec<_> = chunk.iter().map(|(id, data)| Row { id, data }).collect();
                writer.page(&Page { rows: &rows, now: n, ..Page::default() }).unwrap();
            }
            writer.finish(None, n).unwrap();
            store.finish_instance(&work, &Outcome::Ok, n).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}
