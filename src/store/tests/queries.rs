//! The app's queries: values, parameters, limits, refusals, and the checker.

use std::rc::Rc;
use std::time::Duration;

use super::*;

fn filled() -> Bench {
    let bench = Bench::new();
    let rows = [
        (
            "1",
            r#"{"name":"Ann","order-date":"2024-01-02","tags":["x","y"],"on":true,"price":1.5,"deep":{"er":7}}"#,
        ),
        ("2", r#"{"name":"Bob","order-date":"2023-01-02","tags":[],"on":false,"price":2}"#),
    ];
    let work = begin(&bench.store, "a", &["default/tasks", "other"], 10);
    fill(&bench.store, &work, 0, Mode::Replace, &rows, 11);
    fill(&bench.store, &work, 1, Mode::Replace, &rows[..1], 11);
    bench.store.finish_instance(&work, &Outcome::Ok, 12).unwrap();
    bench
}

fn ask(bench: &Bench, sql: &str, parameters: Value) -> Result<Vec<Value>, StoreError> {
    let parameters = parameters.as_object().unwrap().clone();
    let rows = bench.store.query(&Query::new(sql, &Dialect::default()), &parameters)?.rows;
    Ok(rows.into_iter().map(Value::Object).collect())
}

#[test]
fn the_shorthand_reads_properties() {
    let bench = filled();
    let sql = "SELECT id, '$.name', '$.order-date', '$.deep.er', '$.price' p FROM [default/tasks]
               WHERE '$.on' = true AND '$.name' LIKE '%'||@search||'%' OR @search IS NULL ORDER BY '$.name'";
    let row = json!({"id": "1", "name": "Ann", "order-date": "2024-01-02", "deep.er": 7, "p": 1.5});
    assert_eq!(ask(&bench, sql, json!({"search": "nn"})).unwrap(), [row]);
    assert_eq!(ask(&bench, sql, json!({})).unwrap().len(), 2);
}

#[test]
fn double_quoted_words_that_are_no_column_are_text() {
    let bench = filled();
    assert_eq!(
        ask(&bench, "SELECT id FROM [default/tasks] WHERE '$.name' = \"Bob\"", json!({})).unwrap(),
        [json!({"id": "2"})]
    );
}

#[test]
fn parameters_of_every_kind_are_bound() {
    let bench = filled();
    let sql = "SELECT @t AS t, @f AS f, @n AS n, @r AS r, @s AS s, @l AS l, @o AS o, @missing AS m, :x AS x, @null AS z";
    let given = json!({"t": true, "f": false, "n": 9_007_199_254_740_993_i64, "@r": 0.5, "s": "ä", "l": [1], "o": {"a": null}, "x": 1, "null": null});
    let expected = json!({"t": 1, "f": 0, "n": 9_007_199_254_740_993_i64, "r": 0.5, "s": "ä", "l": "[1]", "o": r#"{"a":null}"#, "m": null, "x": null, "z": null});
    assert_eq!(ask(&bench, sql, given).unwrap(), [expected]);
    let sql = "SELECT id FROM [default/tasks] WHERE id IN (SELECT value FROM json_each(@ids))";
    assert_eq!(ask(&bench, sql, json!({"ids": ["2", "3"]})).unwrap(), [json!({"id": "2"})]);
    let sql = "SELECT @id AS a, @idx AS b";
    assert_eq!(ask(&bench, sql, json!({"id": 1, "idx": 2})).unwrap(), [json!({"a": 1, "b": 2})]);
}

#[test]
fn json_columns_are_parsed_where_asked_for() {
    let bench = filled();
    let mut query =
        Query::new("SELECT id, '$.tags', '$.name' FROM [default/tasks] ORDER BY id", &Dialect::default());
    let none = Parameters::new();
    assert_eq!(bench.store.query(&query, &none).unwrap().rows[0]["tags"], "[\"x\",\"y\"]");
    query.json_properties = ids(&["'$.tags'", "name", "unselected"]);
    let row = bench.store.query(&query, &none).unwrap().rows.remove(0);
    assert_eq!((&row["tags"], &row["name"]), (&json!(["x", "y"]), &json!("Ann")));
}

#[test]
fn a_document_is_the_first_row_or_null() {
    let bench = filled();
    let value = |sql: &str, is_document| {
        let mut query = Query::new(sql, &Dialect::default());
        query.is_document = is_document;
        bench.store.query(&query, &Parameters::new()).unwrap().into_value()
    };
    let sql = "SELECT id FROM [default/tasks] ORDER BY id";
    assert_eq!(value(sql, true), json!({"id": "1"}));
    assert_eq!(value(sql, false), json!([{"id": "1"}, {"id": "2"}]));
    assert_eq!(value("SELECT id FROM [default/tasks] WHERE false", true), Value::Null);
}

#[test]
fn values_arrive_as_what_they_are() {
    let bench = filled();
    let sql = "SELECT 1 AS i, 1.0 AS r, 9e999 AS inf, NULL AS n, 'x' AS s, x'00ff' AS b, true AS t";
    let expected = json!({"i": 1, "r": 1.0, "inf": null, "n": null, "s": "x", "b": "AP8=", "t": 1});
    assert_eq!(ask(&bench, sql, json!({})).unwrap(), [expected]);
}

#[test]
fn tables_that_do_not_exist_yet_count_as_empty_when_named() {
    let bench = filled();
    let mut query = Query::new("SELECT id FROM [default/later]", &Dialect::default());
    let none = Parameters::new();
    let error = bench.store.query(&query, &none).unwrap_err();
    assert_eq!(error.to_string(), "no such table: default/later");
    query.tables = ids(&["default/later", "default/tasks", "_syncScope", "_nothing"]);
    assert_eq!(bench.store.query(&query, &none).unwrap().rows.len(), 0);
    assert_eq!(bench.sql("SELECT count(*) FROM sqlite_schema WHERE name = 'default/later'"), json!([[0]]));
    bench.store.ensure_tables(&ids(&["default/later"])).unwrap();
    assert_eq!(bench.store.query(&query, &none).unwrap().rows.len(), 0);
}

#[test]
fn system_tables_can_be_queried() {
    let bench = filled();
    start(&bench.store, "load", &["a"], 10);
    let sql = "SELECT id, state, notStarted, timestamp FROM [_syncScope]";
    assert_eq!(
        ask(&bench, sql, json!({})).unwrap(),
        [json!({"id": "load", "state": "syncing", "notStarted": 1, "timestamp": 10})]
    );
    assert_eq!(
        ask(&bench, "SELECT id FROM [_syncStatus] ORDER BY id", json!({})).unwrap()[0],
        json!({"id": "1"})
    );
    assert!(
        ask(&bench, "SELECT id, queue, type, payload, state, error FROM [_commandQueue]", json!({}))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn mistakes_point_into_the_authors_text() {
    let bench = filled();
    let problem = |sql: &str| match ask(&bench, sql, json!({})).unwrap_err() {
        StoreError::Sql(error) => {
            (error.message, error.offset.map(|at| sql[at..].to_owned()), error.help.is_some())
        }
        other => panic!("{other:?}"),
    };
    let (message, place, _) = problem("SELECT '$.name', nmae FROM [default/tasks]");
    assert_eq!(
        (message.as_str(), place.as_deref()),
        ("no such column: nmae", Some("nmae FROM [default/tasks]"))
    );
    let (message, place, _) = problem("SELECT '$.name', FROM [default/tasks]");
    assert_eq!(
        (message.as_str(), place.as_deref()),
        ("near \"FROM\": syntax error", Some("FROM [default/tasks]"))
    );
    let (message, place, help) = problem("SELECT t.id, '$.name' FROM [default/tasks] t, other o");
    assert_eq!(
        (message.as_str(), place.as_deref()),
        ("ambiguous column name: data", Some("'$.name' FROM [default/tasks] t, other o"))
    );
    assert!(help);
    let (_, place, _) = problem("SELECT '$.name' FROM [nowhere]");
    assert_eq!(place.as_deref(), Some("[nowhere]"));
    assert_eq!(problem("").0, "the statement is empty");
    assert_eq!(problem("SELECT 1; SELECT 2").0, "only one statement is allowed");
    assert_eq!(ask(&bench, "SELECT 1 AS x; -- done", json!({})).unwrap().len(), 1);
}

#[test]
fn a_query_may_read_and_nothing_else() {
    let bench = filled();
    let refused = [
        "INSERT INTO other (id) VALUES ('9')",
        "UPDATE other SET data = NULL",
        "DELETE FROM other RETURNING id",
        "DROP TABLE other",
        "CREATE TABLE x (id)",
        "CREATE TEMP TABLE x (id)",
        "CREATE VIEW v AS SELECT 1",
        "ATTACH ':memory:' AS m",
        "PRAGMA user_version",
        "PRAGMA writable_schema = 1",
        "SELECT * FROM pragma_table_list",
        "SELECT load_extension('x')",
        "BEGIN IMMEDIATE",
        "ROLLBACK",
        "VACUUM INTO 'x.db'",
        "ANALYZE",
        "REINDEX",
    ];
    for sql in refused {
        let error = ask(&bench, sql, json!({})).unwrap_err();
        assert!(matches!(&error, StoreError::Sql(_)), "{sql}: {error:?}");
        assert_eq!(error.fault(), Fault::App);
    }
    let error = ask(&bench, "ATTACH ':memory:' AS m", json!({})).unwrap_err();
    assert_eq!(error.to_string(), "a query may only read, `ATTACH` is not allowed");
    assert_eq!(rows_of(&bench.store, "other").len(), 1);
}

#[test]
fn a_query_that_costs_too_much_is_stopped() {
    let bench = filled();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT ";
    let limited = |sql: &str, limits| {
        let mut query = Query::new(sql, &Dialect::default());
        query.limits = limits;
        bench.store.query(&query, &Parameters::new()).unwrap_err().to_string()
    };
    let short = Limits { time: Duration::from_millis(20), ..Limits::default() };
    let message = limited(&format!("{endless} max(i) FROM n"), short);
    assert_eq!(message, "the query was stopped: it took more than 0.02 s");
    let few = Limits { rows: 10, ..Limits::default() };
    assert_eq!(
        limited(&format!("{endless} i FROM n"), few),
        "the query was stopped: it took more than 10 rows"
    );
    let small = Limits { bytes: 10_000, ..Limits::default() };
    let message = limited(&format!("{endless} hex(zeroblob(1000)) FROM n"), small);
    assert_eq!(message, "the query was stopped: it took more than 10000 bytes of text");
}

#[test]
fn the_own_package_may_be_named() {
    let bench = filled();
    let dialect = Dialect { shorthand: false, package: Some("acme") };
    let query = Query::new("SELECT id FROM [acme].[default/tasks] ORDER BY id", &dialect);
    assert_eq!(bench.store.query(&query, &Parameters::new()).unwrap().rows.len(), 2);
}

#[test]
fn the_checker_tells_parameters_tables_columns_and_mistakes() {
    let checker = Checker::new().unwrap();
    let sql = "WITH c AS (SELECT id, '$.a' FROM [default/tasks]) SELECT c.id, a FROM c JOIN other o ON o.id = c.id WHERE a = @x";
    let checked = checker.check_query(sql, &Dialect::default());
    assert_eq!(checked.mistake, None);
    assert_eq!(checked.columns, ["id", "a"]);
    let tables: Vec<_> =
        checked.tables.iter().map(|t| (t.name.as_str(), t.range.clone().map(|r| &sql[r]))).collect();
    assert_eq!(tables, [("default/tasks", Some("[default/tasks]")), ("other", Some("other"))]);
    assert_eq!((checked.parameters.len(), checked.parameters[0].name.as_str()), (1, "x"));

    let count = checker.check_query("SELECT count(*) AS n FROM [t1]", &Dialect::default());
    assert_eq!(count.tables.len(), 1, "{count:?}");
    let wrong = "SELECT '$.a', FROM [t]";
    let mistake = checker.check_query(wrong, &Dialect::default()).mistake.unwrap();
    assert_eq!(&wrong[mistake.range.start..], ", FROM [t]");
    for elsewhere in ["SELECT id FROM [other].[t]", "SELECT id FROM [_nothing]"] {
        assert_eq!(checker.check_query(elsewhere, &Dialect::default()).mistake, None);
    }
    let two = checker.check_query("SELECT '$.a' FROM t1, t2", &Dialect::default()).mistake.unwrap();
    assert!(two.help.is_some());
    assert!(checker.check_query("DELETE FROM t1", &Dialect::default()).mistake.is_some());
    let statement = checker.check_statement("INSERT INTO fresh (id, data) VALUES (@id, @data)");
    assert_eq!((statement.mistake.clone(), statement.tables.len()), (None, 1), "{statement:?}");
    assert!(checker.check_statement("DELETE FROM _syncScope").mistake.is_some());
}

#[test]
fn what_is_found_out_does_not_depend_on_other_statements() {
    let queries: Vec<String> = ["t", "u", "v"]
        .iter()
        .flat_map(|table| {
            [
                format!("SELECT id FROM {table}"),
                format!("SELECT nope FROM {table}"),
                format!("SELECT t, u FROM {table}"),
                format!("SELECT {table}.id FROM other.{table}"),
            ]
        })
        .chain((0..12).map(|n| format!("SELECT id FROM [pack{n}].[t]")))
        .collect();
    let statements = [
        "CREATE TABLE t (a)",
        "CREATE TABLE IF NOT EXISTS u (b)",
        "DROP TABLE v",
        "ALTER TABLE t ADD COLUMN c",
        "INSERT INTO t (id) SELECT id FROM u",
        "CREATE TABLE _syncScope (a)",
    ];
    let all = |checker: &dyn Fn() -> Rc<Checker>| {
        let queries =
            queries.iter().map(|sql| (sql.clone(), checker().check_query(sql, &Dialect::default())));
        let statements = statements.iter().map(|sql| ((*sql).to_owned(), checker().check_statement(sql)));
        queries.chain(statements).collect::<Vec<_>>()
    };
    let fresh = all(&|| Rc::new(Checker::new().unwrap()));
    let one = Rc::new(Checker::new().unwrap());
    for _ in 0..3 {
        assert_eq!(all(&|| Rc::clone(&one)), fresh);
    }
}

#[test]
fn the_queries_of_the_corpus_compile() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut files = Vec::new();
    collect(&corpus, &mut files);
    let checker = Checker::new().unwrap();
    let mut checked = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let Ok(tree) = serde_yaml::from_str::<serde_yaml::Value>(&text) else { continue };
        for sql in queries_in(&tree) {
            let result = checker.check_query(&sql, &Dialect::default());
            assert_eq!(result.mistake, None, "{}: {sql}", file.display());
            assert!(!result.columns.is_empty() && !result.tables.is_empty());
            checked += 1;
        }
    }
    assert!(!corpus.exists() || checked > 25, "only {checked} queries found");
}

fn collect(folder: &std::path::Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "jigx" || e == "yaml") {
            files.push(path);
        }
    }
}

fn queries_in(tree: &serde_yaml::Value) -> Vec<String> {
    match tree {
        serde_yaml::Value::Mapping(map) => {
            let own = (tree["provider"].as_str().is_some() && tree["entities"].is_sequence())
                .then(|| tree["query"].as_str().map(str::to_owned))
                .flatten();
            own.into_iter().chain(map.iter().flat_map(|(_, value)| queries_in(value))).collect()
        }
        serde_yaml::Value::Sequence(items) => items.iter().flat_map(queries_in).collect(),
        _ => Vec::new(),
    }
}
