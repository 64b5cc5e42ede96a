//! What belongs to fetches: validators, claims, and staged pages that another fetch goes on with.

use super::*;

const OPERATION: Operation<'static> =
    Operation { provider: "DATA_PROVIDER_REST", entity: "default/t", function: Some("fetch"), arguments: "" };

fn validator(definition: &str) -> Validator {
    Validator {
        definition: definition.to_owned(),
        request: "r".to_owned(),
        etag: Some("\"1\"".to_owned()),
        last_modified: None,
    }
}

/// Writes rows with a validator.
fn filled(bench: &Bench, rows: &[(&str, &str)], validator: Option<&Validator>) {
    let work = begin(&bench.store, "a", &["default/t"], 10);
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap();
    let rows: Vec<Row<'_>> = rows.iter().map(|(id, data)| Row { id, data }).collect();
    writer.page(&Page { rows: &rows, now: 10, ..Page::default() }).unwrap();
    writer.try_finish(&Finish { validator, now: 10, ..Finish::default() }).unwrap().unwrap();
    bench.store.finish_instance(&work, &Outcome::Ok, 10).unwrap();
}

fn known(bench: &Bench) -> bool {
    bench.store.validator(&OPERATION, "d").unwrap().is_some()
}

#[test]
fn a_validator_counts_while_the_rows_are_the_same() {
    let rows = [("1", r#"{"n":1}"#), ("2", r#"{"n":2}"#)];
    for (change, counts) in [
        ("SELECT 1", true),
        ("UPDATE [default/t] SET timestamp = 7", true),
        ("UPDATE [default/t] SET data = data", true),
        ("UPDATE [default/t] SET data = '{\"n\":3}' WHERE id = '1'", false),
        ("UPDATE [default/t] SET id = '3' WHERE id = '1'", false),
        ("DELETE FROM [default/t] WHERE id = '2'", false),
        ("DELETE FROM [default/t]", false),
        ("DROP TABLE [default/t]", false),
        ("INSERT INTO [default/t] (id, data) VALUES ('3', '{}')", false),
    ] {
        let bench = Bench::new();
        filled(&bench, &rows, Some(&validator("d")));
        assert!(known(&bench));
        assert!(bench.store.validator(&OPERATION, "other").unwrap().is_none(), "another definition");
        rusqlite::Connection::open(bench.path()).unwrap().execute_batch(change).unwrap();
        assert_eq!(known(&bench), counts, "{change}");
        let work = begin(&bench.store, "a", &["default/t"], 20);
        let ended = bench.store.finish_unchanged(&work, 0, &OPERATION, 20).unwrap();
        assert_eq!(ended.is_some(), counts, "{change}");
    }
}

#[test]
fn a_validator_goes_with_the_next_answer() {
    let bench = Bench::new();
    filled(&bench, &[("1", "{}")], Some(&validator("d")));
    filled(&bench, &[("1", "{}")], None);
    assert!(!known(&bench));
}

#[test]
fn an_end_without_news_is_told() {
    let bench = Bench::new();
    filled(&bench, &[("1", "{}"), ("2", "{}")], Some(&validator("d")));
    start(&bench.store, "load", &["a"], 20);
    let work = begin(&bench.store, "a", &["default/t"], 20);
    bench.store.finish_unchanged(&work, 0, &OPERATION, 21).unwrap().unwrap();
    bench.store.finish_instance(&work, &Outcome::Ok, 22).unwrap();
    let row = bench.store.scope("load").unwrap().unwrap();
    assert_eq!(row.state, ScopeState::Synced);
    let entity = &row.details["a"]["entities"][0];
    assert_eq!((&entity["note"], &entity["unchanged"]), (&json!("unchanged (304)"), &json!(2)));
}

#[test]
fn one_operation_has_a_table_until_it_ends() {
    let bench = Bench::new();
    let other = bench.other();
    let one = begin(&bench.store, "a", &["default/t", "default/u"], 10);
    let two = begin(&other, "b", &["DEFAULT/T"], 10);
    assert!(bench.store.claim_table(&one, 0).unwrap());
    assert!(bench.store.claim_table(&one, 0).unwrap(), "again by the same");
    assert!(!other.claim_table(&two, 0).unwrap());
    let staged = other.rows_writer(&two, 0, Mode::Replace).unwrap();
    let finish = Finish { now: 11, ..Finish::default() };
    assert!(staged.try_finish(&finish).unwrap().is_none(), "a replace waits too");
    bench.store.finish_operation(&one, 0, &Outcome::Ok, 11).unwrap();
    assert!(other.claim_table(&two, 0).unwrap());
    assert!(staged.try_finish(&finish).unwrap().is_some());
    assert!(matches!(other.claim_table(&two, 0), Err(StoreError::Stale)), "it has ended");
}

#[test]
fn changes_of_other_tables_wait_too() {
    let bench = Bench::new();
    let one = begin(&bench.store, "a", &["default/t"], 10);
    let two = begin(&bench.store, "b", &["default/u"], 10);
    assert!(bench.store.claim_table(&one, 0).unwrap());
    let head = Head::Rows { table: "default/t".to_owned(), mode: RowsMode::Upsert, timestamp: None };
    let changes = [Change { head: &head, rows: &[Row { id: "1", data: "{}" }] }];
    let mut writer = bench.store.rows_writer(&two, 0, Mode::Changes).unwrap();
    writer.page(&Page { changes: &changes, now: 10, ..Page::default() }).unwrap();
    let finish = Finish { now: 11, ..Finish::default() };
    assert!(writer.try_finish(&finish).unwrap().is_none());
    bench.store.finish_operation(&one, 0, &Outcome::Ok, 11).unwrap();
    assert!(writer.try_finish(&finish).unwrap().is_some());
    assert_eq!(rows_of(&bench.store, "default/t").len(), 1);
}

#[test]
fn the_claim_of_a_dead_process_is_void() {
    let bench = Bench::new();
    let other = bench.other();
    let one = begin(&other, "a", &["default/t"], 10);
    assert!(other.claim_table(&one, 0).unwrap());
    lock(&other.inner.owner).die();
    drop(other);
    let two = begin(&bench.store, "b", &["default/t"], 11);
    assert!(!bench.store.claim_table(&two, 0).unwrap(), "nobody has found out yet");
    bench.store.recover(12).unwrap();
    assert!(bench.store.claim_table(&two, 0).unwrap());
}

/// A store that stages every page at once.
fn eager() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let options = OpenOptions { staging_buffer: 0, ..quick() };
    let store = Store::open(&folder.path().join("app.db"), &options).unwrap();
    Bench { folder, store }
}

/// Stages a page for each id; the next page is named by the id.
fn staged(bench: &Bench, ids: &[&str], now: i64) -> Work {
    let work = begin(&bench.store, "a", &["default/t"], now);
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap().resumable("d");
    for id in ids {
        let rows = [Row { id, data: "{}" }];
        writer.page(&Page { rows: &rows, bytes: 2, cursor: Some(id), now, ..Page::default() }).unwrap();
    }
    work
}

fn resumed(bench: &Bench, definition: Option<&str>, now: i64) -> (Work, Option<String>) {
    let work = begin(&bench.store, "a", &["default/t"], now);
    let found = bench.store.resume(&work, 0, &OPERATION, definition, now).unwrap();
    (work, found)
}

fn tables(bench: &Bench) -> Value {
    bench.sql("SELECT count(*) FROM sqlite_schema WHERE name GLOB '_syncStage*' AND type = 'table'")
}

#[test]
fn staged_pages_survive_an_interruption_and_are_gone_on_with() {
    let bench = eager();
    staged(&bench, &["1", "2"], 10);
    bench.store.interrupt_own(11).unwrap();
    assert_eq!(tables(&bench), json!([[1]]));
    assert_eq!(rows_of(&bench.store, "default/t"), [], "nobody sees them");
    let (work, place) = resumed(&bench, Some("d"), 12);
    assert_eq!(place.as_deref(), Some("2"));
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap().resumable("d");
    let report = writer.page(&Page { rows: &[Row { id: "3", data: "{}" }], now: 12, ..Page::default() });
    let report = report.unwrap();
    assert_eq!((report.rows, report.pages), (3, 3));
    writer.finish(None, 13).unwrap();
    let ids: Vec<_> = rows_of(&bench.store, "default/t").into_iter().map(|row| row.0).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!((tables(&bench), bench.sql("SELECT count(*) FROM _syncResume")), (json!([[0]]), json!([[0]])));
    assert_eq!(resumed(&bench, Some("d"), 14).1, None);
}

#[test]
fn what_is_interrupted_twice_goes_on_where_it_stood() {
    let bench = eager();
    staged(&bench, &["1"], 10);
    bench.store.interrupt_own(11).unwrap();
    assert_eq!(resumed(&bench, Some("d"), 12).1.as_deref(), Some("1"));
    bench.store.interrupt_own(13).unwrap();
    assert_eq!(resumed(&bench, Some("d"), 14).1.as_deref(), Some("1"));
}

#[test]
fn staged_pages_are_forgotten_when_they_do_not_count() {
    let cases: [(&str, Option<&str>, i64); 4] = [
        ("another definition", Some("e"), 12),
        ("force", None, 12),
        ("too old", Some("d"), 3_600_010),
        ("a clock that went back", Some("d"), 5),
    ];
    for (why, definition, now) in cases {
        let bench = eager();
        staged(&bench, &["1"], 10);
        bench.store.interrupt_own(11).unwrap();
        assert_eq!(resumed(&bench, definition, now).1, None, "{why}");
        assert_eq!(tables(&bench), json!([[0]]), "{why}");
    }
}

#[test]
fn a_run_that_was_overtaken_or_failed_leaves_no_pages() {
    let bench = eager();
    start(&bench.store, "load", &["a"], 10);
    staged(&bench, &["1"], 10);
    start(&bench.store, "load", &["a"], 11);
    assert_eq!(tables(&bench), json!([[0]]), "a new run begins anew");
    let work = staged(&bench, &["1"], 12);
    let failure = Failure::new("http.503", "down");
    bench.store.finish_operation(&work, 0, &Outcome::Failed(failure), 13).unwrap();
    assert_eq!((tables(&bench), bench.sql("SELECT count(*) FROM _syncResume")), (json!([[0]]), json!([[0]])));
}

#[test]
fn pages_of_a_fetch_that_goes_on_are_its_own() {
    let bench = eager();
    staged(&bench, &["1"], 10);
    assert_eq!(resumed(&bench, Some("d"), 11).1, None);
    assert_eq!(tables(&bench), json!([[1]]));
}

#[test]
fn a_page_without_a_place_ends_what_could_be_gone_on_with() {
    let bench = eager();
    let work = begin(&bench.store, "a", &["default/t"], 10);
    let mut writer = bench.store.rows_writer(&work, 0, Mode::Replace).unwrap().resumable("d");
    for cursor in [Some("1"), None] {
        let rows = [Row { id: "1", data: "{}" }];
        writer.page(&Page { rows: &rows, cursor, now: 10, ..Page::default() }).unwrap();
    }
    bench.store.interrupt_own(11).unwrap();
    assert_eq!(tables(&bench), json!([[0]]));
}
