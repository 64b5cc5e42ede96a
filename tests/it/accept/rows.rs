//! Rows on their whole way: from a served folder into the database and out of a query, with numbers and texts as
//! they were; and what keeps them from a fetch that brings too few.

use serde_json::Value;

use super::stage::Stage;

/// A row with what is lost easily.
const HARD: &str = r#"{"id":"hard","whole":9007199254740993,"next":9007199254740992,"huge":123456789012345678901234567890,"big":1e400,"zero":-0,"fine":0.1,"text":"a\u0000b \ud83d\ude00😀 \"quoted\" é\n\u2028","inner":{"long":[1234567890123456789,-1234567890123456789]}}"#;
/// A name that takes no evaluator, and one that does.
const PICKED: &str = r#"items.{ "id": id, "whole": whole, "next": next, "huge": huge, "big": big, "zero": zero, "fine": fine, "text": text, "inner": { "long": inner.long } }"#;
const EVALUATED: &str = r"$map(items, function($v) { $merge([$v, {}]) })";

fn app(stage: &Stage, settings: &str, entry: &str, transforms: &[(&str, &str)]) {
    let mut entries = String::new();
    for (table, transform) in transforms {
        entries.push_str(&format!("      - {{ entity: {table}, function: fetch-{table}{entry} }}\n"));
        let function = format!(
            "provider: DATA_PROVIDER_REST
method: GET
url: =@ctx.solution.settings.custom.baseUrl & '/cursor/rows'
useLocalCall: true
outputTransform: |
  {transform}
"
        );
        stage.write(&format!("app/functions/fetch-{table}.jigx"), function);
        let datasource = format!(
            "type: datasource.sqlite
options:
  provider: DATA_PROVIDER_LOCAL
  entities: [{table}]
  query: SELECT id, data, '$.whole' AS whole, '$.text' AS text FROM [{table}] ORDER BY id
"
        );
        stage.write(&format!("app/datasources/{table}.jigx"), datasource);
    }
    let index = format!(
        "name: rows
title: Rows
onLoad:
  type: action.sync-entities
  options:
    provider: DATA_PROVIDER_REST
    entities:
{entries}"
    );
    stage.write("app/index.jigx", index);
    stage.write(
        "app/syncscope.yaml",
        format!(
            "database: app.db
backend: data
solution: {{ settings: {{ custom: {{ baseUrl: \"${{backend}}\" }} }} }}
{settings}"
        ),
    );
}

fn data_of(stage: &Stage, table: &str) -> String {
    let printed = stage.run(&format!("query app {table} --format json")).code(0).json();
    let rows = printed.as_array().unwrap_or_else(|| printed["rows"].as_array().unwrap());
    assert_eq!(rows[0]["id"], "hard", "{printed}");
    assert_eq!(rows[0]["whole"], 9_007_199_254_740_993_i64, "{printed}");
    let text: String = serde_json::from_str(r#""a\u0000b 😀😀 \"quoted\" é\n\u2028""#).unwrap();
    assert_eq!(rows[0]["text"], Value::from(text), "{printed}");
    rows[0]["data"].as_str().unwrap().to_owned()
}

#[test]
fn numbers_and_texts_arrive_as_they_were() {
    let stage = Stage::empty();
    stage.write("app/data/rows.json", format!("[{HARD}]"));
    let transforms = [("plain", "$.items"), ("picked", PICKED), ("evaluated", EVALUATED)];
    app(&stage, "", "", &transforms);
    stage.run("run app").code(0);
    for table in ["plain", "picked"] {
        assert_eq!(data_of(&stage, table), HARD, "{table}");
    }
    // An evaluator writes texts its own way and knows no negative zero; the values are the same.
    let expected = HARD.replace(r"\ud83d\ude00", "😀").replace(r"\u2028", "\u{2028}").replace("-0,", "0,");
    assert_eq!(data_of(&stage, "evaluated"), expected);
}

#[test]
fn what_is_no_text_is_refused_as_a_whole() {
    let stage = Stage::empty();
    stage.write("app/data/rows.json", r#"[{"id":"1"}]"#);
    app(&stage, "", "", &[("plain", "$.items")]);
    stage.run("run app").code(0);
    stage.write("app/data/rows.json", b"[{\"id\":\"2\",\"t\":\"\xff\xfe\"}]");
    let refused = stage.run("run app");
    assert_ne!(refused.status.code(), Some(0), "{refused}");
    assert_eq!(stage.database("app/app.db").rows("SELECT id FROM plain"), [["1"]]);
}

fn numbered(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(|n| format!("{{\"id\":\"{n}\"}}")).collect();
    format!("[{}]", rows.join(","))
}

#[test]
fn a_fetch_that_brings_too_few_rows_is_a_failure_that_says_so() {
    for (settings, entry, count, code) in [
        ("sync: { onEmpty: keep }", "", 0, "apply.empty"),
        ("sync: { maxShrink: 50% }", "", 4, "apply.shrink"),
        ("", ", onEmpty: keep", 0, "apply.empty"),
        ("sync: { maxShrink: 90% }", ", maxShrink: 50%", 4, "apply.shrink"),
        ("sync: { onEmpty: keep, maxShrink: 10% }", ", onEmpty: replace, maxShrink: 60%", 4, ""),
        ("sync: { onEmpty: keep }", ", onEmpty: replace", 0, ""),
        ("", "", 0, ""),
    ] {
        let case = format!("{settings} {entry}");
        let stage = Stage::empty();
        stage.write("app/data/rows.json", numbered(10));
        app(&stage, settings, entry, &[("plain", "$.items")]);
        stage.run("run app").code(0);
        stage.write("app/data/rows.json", numbered(count));
        let finished = stage.run("run app").code(i32::from(!code.is_empty()));
        assert!(finished.all().contains(code), "{case}: {finished}");
        let left = if code.is_empty() { count } else { 10 };
        assert_eq!(stage.database("app/app.db").count("plain"), left as u64, "{case}");
        if !code.is_empty() {
            let told =
                format!("{count} rows").replace("0 rows", "no rows").replace("4 rows", "from 10 to 4 rows");
            assert!(
                finished.all().contains("`plain`") && finished.all().contains(&told),
                "{case}: {finished}"
            );
            let state = stage.database("app/app.db").rows("SELECT state, code FROM _syncStatus");
            assert_eq!(state, [["failed", code]], "{case}");
        }
    }
}

#[test]
fn protections_are_checked_when_an_app_is_linted() {
    let stage = Stage::empty();
    stage.write("app/data/rows.json", "[]");
    app(&stage, "sync: { onEmpty: kep, maxShrink: 500% }", ", maxShrink: half", &[("plain", "$.items")]);
    let told = stage.run("lint app --format concise").code(2).all();
    assert!(told.contains("`kep` is not `keep` or `replace`"), "{told}");
    assert!(told.contains("`500%` is not a part such as `50%`"), "{told}");
    assert!(told.contains("maxShrink") && told.contains("half"), "{told}");
}

#[test]
fn a_run_tells_what_became_of_the_rows() {
    let stage = Stage::empty();
    stage.write("app/data/rows.json", r#"[{"id":"a"},{"id":"b"},{"id":"c"}]"#);
    app(&stage, "", "", &[("plain", "$.items")]);
    let first = stage.run("run app").code(0);
    assert!(first.all().contains("plain 3 rows (3 new)"), "{first}");
    stage.write("app/data/rows.json", r#"[{"id":"a"},{"id":"b","x":1},{"id":"d"}]"#);
    let second = stage.run("run app --format json").code(0);
    let finished: Vec<Value> =
        second.events().into_iter().filter(|event| event["event"] == "entity.finished").collect();
    let counts = ["inserted", "updated", "unchanged", "deleted"].map(|word| finished[0][word].as_i64());
    assert_eq!((finished.len(), counts), (1, [Some(1), Some(1), Some(1), Some(1)]), "{second}");
    let third = stage.run("run app").code(0);
    assert!(third.all().contains("plain unchanged (304)"), "{third}");
}
