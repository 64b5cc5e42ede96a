//! A replace that compares: the same outcome as one that stages everything, and nothing written for what is the
//! same.

use proptest::prelude::*;

use super::*;

fn comparing() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { staging_buffer: 0, ..quick() };
    let store = Store::open(&folder.path().join("app.db"), &options).unwrap();
    Bench { folder, store }
}

type Pairs = Vec<(String, String)>;

fn pairs(rows: &[(&str, &str)]) -> Pairs {
    rows.iter().map(|(id, data)| ((*id).to_owned(), (*data).to_owned())).collect()
}

fn numbered(range: std::ops::Range<i64>, data: &str) -> Pairs {
    range.map(|n| (format!("r{n:03}"), format!("{{\"v\":\"{data}\"}}"))).collect()
}

fn take(writer: &mut Writer, rows: &Pairs, page: usize, now: i64) -> Result<(), StoreError> {
    let rows: Vec<Row<'_>> = rows.iter().map(|(id, data)| Row { id, data }).collect();
    for rows in rows.chunks(page) {
        writer.page(&Page { rows, now, ..Page::default() })?;
    }
    Ok(())
}

fn writer(store: &Store, now: i64) -> Writer {
    let work = begin(store, "a", &["t"], now);
    store.rows_writer(&work, 0, Mode::Replace).unwrap()
}

fn replace(store: &Store, rows: &Pairs, page: usize, now: i64) -> Finished {
    let mut writer = writer(store, now);
    take(&mut writer, rows, page, now).unwrap();
    writer.finish(None, now).unwrap()
}

fn counted(tally: Tally) -> [i64; 4] {
    [tally.inserted, tally.updated, tally.unchanged, tally.deleted]
}

#[test]
fn what_is_the_same_is_not_written() {
    let bench = comparing();
    let rows = numbered(0..100, "x");
    assert_eq!(counted(replace(&bench.store, &rows, 30, 10).tally), [100, 0, 0, 0]);
    let again = replace(&bench.store, &rows, 7, 20);
    assert_eq!(counted(again.tally), [0, 0, 100, 0]);
    assert!(!again.changes.tables.contains("t"));
    assert_eq!(bench.sql("SELECT DISTINCT timestamp FROM t"), json!([[10]]));
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*'"), json!([[0]]));
}

#[test]
fn differences_are_found_in_any_order() {
    let bench = comparing();
    replace(&bench.store, &pairs(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]), 2, 10);
    let next = pairs(&[("e", "5"), ("x", "0"), ("b", "22"), ("a", "1"), ("d", "4"), ("a", "11"), ("b", "2")]);
    let finished = replace(&bench.store, &next, 3, 20);
    assert_eq!(counted(finished.tally), [1, 1, 3, 1]);
    assert_eq!(
        bench.sql("SELECT id, data, timestamp FROM t ORDER BY id"),
        json!([["a", "11", 20], ["b", "2", 10], ["d", "4", 10], ["e", "5", 10], ["x", "0", 20]])
    );
}

#[test]
fn rows_that_come_and_are_told_to_be_gone_are_gone() {
    let bench = comparing();
    replace(&bench.store, &pairs(&[("a", "1"), ("b", "2")]), 1, 10);
    let mut writer = writer(&bench.store, 20);
    let rows = [Row { id: "a", data: "1" }, Row { id: "b", data: "3" }, Row { id: "c", data: "4" }];
    writer.page(&Page { rows: &rows, now: 20, ..Page::default() }).unwrap();
    writer.page(&Page { deleted: &["a", "c", "none"], now: 20, ..Page::default() }).unwrap();
    assert_eq!(counted(writer.finish(None, 20).unwrap().tally), [0, 1, 0, 1]);
    assert_eq!(rows_of(&bench.store, "t"), pairs(&[("b", "3")]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comparing_and_staging_come_to_the_same(
        old in proptest::collection::vec((0..40_u8, 0..3_u8), 0..60),
        new in proptest::collection::vec((0..40_u8, 0..3_u8), 0..60),
        page in 1..20_usize,
    ) {
        let texts = |rows: &[(u8, u8)]| -> Pairs {
            rows.iter().map(|(id, data)| (format!("r{id}"), data.to_string())).collect()
        };
        let (compared, staged) = (comparing(), comparing());
        let mut outcomes = Vec::new();
        for bench in [&compared, &staged] {
            replace(&bench.store, &texts(&old), 10, 10);
            let mut writer = writer(&bench.store, 20);
            if std::ptr::eq(bench, &raw const staged) {
                writer = writer.staging_all();
            }
            take(&mut writer, &texts(&new), page, 20).unwrap();
            let tally = writer.finish(None, 20).unwrap().tally;
            outcomes.push((counted(tally), bench.sql("SELECT id, data, timestamp FROM t ORDER BY id")));
        }
        prop_assert_eq!(&outcomes[0], &outcomes[1]);
    }
}

/// Writes to the table between two pages, or after the last one, must not be lost among rows that were compared.
#[test]
fn a_write_meanwhile_is_noticed() {
    type Meddle = fn(&Bench);
    let meddles: [(&str, Meddle); 4] = [
        ("an action", |bench| {
            let data = json!({"v": "mine"});
            let row = LocalRow { id: "r001", data: data.as_object().unwrap() };
            bench.store.write_rows("t", Method::Save, &[row], 15).unwrap();
        }),
        ("a statement", |bench| {
            let (sql, parameters) = ("DELETE FROM t", &Parameters::new());
            bench.store.execute_sql(&[Statement { sql, parameters }], &[]).unwrap();
        }),
        ("another process", |bench| {
            let data = json!({"v": "mine"});
            let row = LocalRow { id: "r001", data: data.as_object().unwrap() };
            bench.other().write_rows("T", Method::Save, &[row], 15).unwrap();
        }),
        ("any other program", |bench| {
            let conn = rusqlite::Connection::open(bench.path()).unwrap();
            conn.execute("UPDATE t SET data = 'mine' WHERE id = 'r001'", []).unwrap();
        }),
    ];
    for (who, meddle) in meddles {
        for after in [20, 30] {
            let bench = comparing();
            let rows = numbered(0..30, "x");
            replace(&bench.store, &rows, 10, 10);
            let mut writer = writer(&bench.store, 20);
            take(&mut writer, &rows[..after].to_vec(), 10, 20).unwrap();
            meddle(&bench);
            let rest = take(&mut writer, &rows[after..].to_vec(), 10, 20);
            let ended = rest.and_then(|()| writer.finish(None, 20).map(drop));
            assert!(matches!(ended, Err(StoreError::Overlapped { .. })), "{who} after {after}: {ended:?}");
        }
    }
}

#[test]
fn after_a_write_meanwhile_everything_is_staged() {
    let bench = comparing();
    let rows = numbered(0..30, "x");
    replace(&bench.store, &rows, 10, 10);
    let work = begin(&bench.store, "a", &["t"], 20);
    let mut first = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap();
    take(&mut first, &numbered(0..20, "y"), 10, 20).unwrap();
    bench.sql("UPDATE t SET data = 'mine' WHERE id = 'r029' RETURNING id");
    assert!(matches!(take(&mut first, &rows, 10, 20), Err(StoreError::Overlapped { .. })));
    bench.store.restart_operation(&work, 0).unwrap();
    let mut second = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap().staging_all();
    bench.sql("UPDATE t SET data = 'again' WHERE id = 'r028' RETURNING id");
    take(&mut second, &rows, 10, 20).unwrap();
    assert_eq!(counted(second.finish(None, 20).unwrap().tally), [0, 2, 28, 0]);
    assert_eq!(rows_of(&bench.store, "t"), rows);
}

#[test]
fn writes_to_other_tables_do_not_disturb() {
    let bench = comparing();
    let rows = numbered(0..30, "x");
    replace(&bench.store, &rows, 10, 10);
    let mut writer = writer(&bench.store, 20);
    take(&mut writer, &rows, 10, 20).unwrap();
    let data = json!({});
    let row = LocalRow { id: "1", data: data.as_object().unwrap() };
    bench.store.write_rows("other", Method::Save, &[row], 15).unwrap();
    bench.store.ensure_tables(&ids(&["t", "third"])).unwrap();
    assert_eq!(counted(writer.finish(None, 20).unwrap().tally), [0, 0, 30, 0]);
}

/// Tables that an app made itself, without row numbers or with columns of its own.
#[test]
fn tables_of_another_make_are_staged() {
    for make in [
        "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp, file TEXT) WITHOUT ROWID",
        "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, data TEXT, timestamp, file TEXT, more TEXT)",
    ] {
        let bench = comparing();
        let parameters = &Parameters::new();
        bench.store.execute_sql(&[Statement { sql: make, parameters }], &[]).unwrap();
        let rows = numbered(0..30, "x");
        replace(&bench.store, &rows, 10, 10);
        assert_eq!(counted(replace(&bench.store, &rows, 10, 20).tally), [0, 0, 30, 0], "{make}");
    }
}

/// Held, compared and staged rows, and those of a part, are protected alike.
#[test]
fn a_table_is_protected_from_a_fetch_that_brings_too_few() {
    let half = Protection { on_empty: None, max_shrink: Some(Percent::new(50.0)) };
    let keep = Protection { on_empty: Some(OnEmpty::Keep), max_shrink: None };
    for buffer in [0, 1 << 20] {
        for staging_all in [false, true] {
            for mode in [Mode::Replace, Mode::Part] {
                let case = format!("{buffer} {staging_all} {mode:?}");
                let folder = tempfile::tempdir().unwrap();
                let options = OpenOptions { staging_buffer: buffer, ..quick() };
                let store = Store::open(&folder.path().join("app.db"), &options).unwrap();
                replace(&store, &numbered(0..10, "x"), 3, 10);
                let attempt = |protection: Protection, rows: &Pairs| {
                    let work = begin(&store, "a", &["t"], 20);
                    let mut writer = store.rows_writer(&work, 0, mode).unwrap().protected(protection);
                    if staging_all {
                        writer = writer.staging_all();
                    }
                    take(&mut writer, rows, 3, 20).unwrap();
                    writer.finish(None, 20).map(|finished| finished.tally)
                };
                let error = attempt(half, &numbered(0..4, "y")).unwrap_err();
                assert_eq!((error.code(), rows_of(&store, "t").len()), ("apply.shrink", 10), "{case}");
                let text = error.to_string();
                assert!(text.contains("`t`") && text.contains("from 10 to 4 rows"), "{text}");
                let error = attempt(keep, &Vec::new()).unwrap_err();
                assert_eq!((error.code(), rows_of(&store, "t").len()), ("apply.empty", 10), "{case}");
                assert_eq!(rows_of(&store, "t"), numbered(0..10, "x"), "{case}");
                assert_eq!(counted(attempt(half, &numbered(0..5, "x")).unwrap()), [0, 0, 5, 5], "{case}");
                assert_eq!(counted(attempt(Protection::default(), &Vec::new()).unwrap()), [0, 0, 0, 5]);
            }
        }
    }
}

#[test]
fn operations_are_protected_too() {
    let bench = comparing();
    replace(&bench.store, &numbered(0..10, "x"), 3, 10);
    let head = Head::Rows { table: "t".into(), mode: RowsMode::Replace(Part::default()), timestamp: None };
    let work = begin(&bench.store, "a", &["t"], 20);
    let keep = Protection { on_empty: Some(OnEmpty::Keep), max_shrink: None };
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Changes).unwrap().protected(keep);
    let changes = [Change { head: &head, rows: &[] }];
    writer.page(&Page { changes: &changes, now: 20, ..Page::default() }).unwrap();
    assert_eq!(writer.finish(None, 20).unwrap_err().code(), "apply.empty");
    assert_eq!(rows_of(&bench.store, "t").len(), 10);
}
