//! Writes by the app's own actions: rows and statements.

use serde_json::Map;

use super::*;

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

fn write(store: &Store, method: Method, rows: &[(&str, Value)], now: i64) -> Result<WriteReport, StoreError> {
    let data: Vec<_> = rows.iter().map(|(id, data)| (*id, object(data.clone()))).collect();
    let rows: Vec<_> = data.iter().map(|(id, data)| LocalRow { id, data }).collect();
    store.write_rows("default/t", method, &rows, now)
}

fn execute(store: &Store, statements: &[(&str, Value)]) -> Result<Changes, StoreError> {
    let statements: Vec<_> = statements.iter().map(|(sql, values)| (*sql, object(values.clone()))).collect();
    let statements: Vec<_> =
        statements.iter().map(|(sql, parameters)| Statement { sql, parameters }).collect();
    store.execute_sql(&statements, &ids(&["default/t"]))
}

#[test]
fn the_four_methods_do_what_the_format_says() {
    let bench = Bench::new();
    let store = &bench.store;
    let report =
        write(store, Method::Create, &[("1", json!({"a": 1, "b": 2})), ("2", json!({}))], 10).unwrap();
    assert_eq!((report.tally.inserted, report.changes.tables.contains("default/t")), (2, true));

    let report =
        write(store, Method::Update, &[("1", json!({"b": 3, "c": null})), ("9", json!({}))], 20).unwrap();
    assert_eq!((report.tally.updated, report.missing), (1, vec!["9".to_owned()]));
    let same = write(store, Method::Update, &[("1", json!({"b": 3}))], 25).unwrap();
    assert_eq!((same.tally.unchanged, same.changes.is_empty()), (1, true));

    let report = write(store, Method::Save, &[("2", json!({"x": true})), ("3", json!({}))], 30).unwrap();
    assert_eq!((report.tally.updated, report.tally.inserted), (1, 1));

    let report = write(store, Method::Delete, &[("3", json!({})), ("4", json!({}))], 40).unwrap();
    assert_eq!((report.tally.deleted, report.missing), (1, vec!["4".to_owned()]));
    assert_eq!(
        bench.sql("SELECT id, data, timestamp FROM [default/t] ORDER BY id"),
        json!([["1", r#"{"a":1,"b":3,"c":null}"#, 20], ["2", r#"{"x":true}"#, 30]])
    );
}

#[test]
fn a_create_that_collides_leaves_everything_as_it_was() {
    let bench = Bench::new();
    write(&bench.store, Method::Create, &[("1", json!({}))], 10).unwrap();
    let error = write(&bench.store, Method::Create, &[("2", json!({})), ("1", json!({}))], 20).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the table `default/t` refuses the row: a row with the id `1` is there already"
    );
    assert_eq!((error.code(), error.fault(), error.can_retry()), ("apply.constraint", Fault::App, false));
    assert_eq!(rows_of(&bench.store, "default/t").len(), 1);
}

#[test]
fn statements_run_in_one_transaction_and_tell_their_tables() {
    let bench = Bench::new();
    let insert = "INSERT INTO [default/t] (id, data) VALUES (@id, @data)";
    let changes = execute(
        &bench.store,
        &[
            (insert, json!({"id": "1", "data": {"n": 1, "on": true}})),
            (
                "UPDATE [default/t] SET data = json_set(data, '$.n', @n) WHERE id = @id",
                json!({"id": "1", "@n": 7}),
            ),
            ("UPDATE other SET data = NULL WHERE id = 'none'", json!({})),
        ],
    );
    let error = changes.unwrap_err();
    let StoreError::Sql(sql) = &error else { panic!("{error}") };
    assert_eq!((sql.statement, sql.message.as_str(), sql.offset), (Some(2), "no such table: other", Some(7)));
    assert_eq!(rows_of(&bench.store, "default/t"), [], "all or nothing");

    let changes = execute(
        &bench.store,
        &[
            (insert, json!({"id": "1", "data": {"n": 1}})),
            ("UPDATE [default/t] SET data = '{}' WHERE id = 'none'", json!({})),
            ("CREATE TABLE other (id TEXT PRIMARY KEY, data TEXT)", json!({})),
            ("CREATE INDEX byId ON other (id)", json!({})),
            ("SELECT * FROM other", json!({})),
        ],
    )
    .unwrap();
    assert_eq!(changes.tables.iter().map(String::as_str).collect::<Vec<_>>(), ["default/t", "other"]);
    let nothing = execute(&bench.store, &[("DELETE FROM other", json!({}))]).unwrap();
    assert!(nothing.is_empty());
    assert_eq!(rows_of(&bench.store, "default/t"), [("1".to_owned(), r#"{"n":1}"#.to_owned())]);
}

#[test]
fn statements_may_not_touch_what_is_not_the_apps() {
    let bench = Bench::new();
    start(&bench.store, "load", &["a"], 10);
    let before = bench.store.scopes().unwrap();
    let refused = [
        "DELETE FROM _syncScope",
        "UPDATE _syncStatus SET state = 'synced'",
        "INSERT INTO _syncEpoch VALUES ('x', 1)",
        "DROP TABLE _syncScope",
        "CREATE TABLE _mine (id)",
        "ALTER TABLE _syncScope ADD COLUMN x",
        "CREATE INDEX i ON _syncScope (id)",
        "ATTACH 'x.db' AS x",
        "DETACH main",
        "PRAGMA journal_mode = DELETE",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT s",
        "VACUUM",
        "SELECT load_extension('x')",
        "CREATE TRIGGER tr AFTER INSERT ON [default/t] BEGIN DELETE FROM _syncScope; END",
        "CREATE TEMP TABLE x (id)",
        "INSERT INTO sqlite_sequence VALUES ('_syncWork', 0)",
        "DELETE FROM [default/t]; DELETE FROM [default/t]",
        "",
    ];
    for sql in refused {
        let error = execute(&bench.store, &[(sql, json!({}))]).unwrap_err();
        assert!(matches!(error, StoreError::Sql(_)), "{sql}: {error:?}");
    }
    assert_eq!(bench.store.scopes().unwrap(), before);
}

#[test]
fn refusals_say_what_is_not_allowed() {
    let bench = Bench::new();
    let message = |sql: &str| execute(&bench.store, &[(sql, json!({}))]).unwrap_err().to_string();
    assert_eq!(message("DELETE FROM _syncScope"), "the table `_syncScope` is not the app's to change");
    assert_eq!(
        message("PRAGMA user_version = 9"),
        "`PRAGMA user_version` is not allowed in an app's statement"
    );
    assert_eq!(message("SELECT load_extension('x')"), "the function `load_extension` is not allowed");
}
