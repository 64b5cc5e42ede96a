//! What an answer must have before it takes the place of rows, from a real server to the tables.

use serde_json::{Value, json};

use super::functions::{app, fails, insert, rows, succeeds};
use super::stage::Stage;
use crate::run::provider::testing::{Scripted, json_answer};

#[test]
fn a_guard_that_answers_a_list_or_an_object_lets_through() {
    let guards = [
        ("", json!({ "allowed": true })),
        ("output: =@ctx.response.body\n", json!({ "allowed": true })),
        ("outputTransform: $\n", json!({ "allowed": true })),
        ("", json!([{ "allowed": true }])),
        ("", json!([1])),
        ("", json!(true)),
        ("", json!("ok")),
        ("", json!(5)),
    ];
    for (more, said) in guards {
        let answered = said.clone();
        let server = Scripted::start(move |_, seen| match seen.target.as_str() {
            "/ask" => json_answer(&answered),
            _ => json_answer(&json!([{ "id": "new" }])),
        });
        let result = if said["allowed"] == true { ", result: =@ctx.guard.output.allowed = true" } else { "" };
        let function = format!("method: GET\nurl: ${{url}}/rows\nguard: {{ function: ask{result} }}\n");
        let ask = format!("method: GET\nurl: ${{url}}/ask\n{more}");
        let app = app(&server, &[("f", &function), ("ask", &ask)]);
        let stage = Stage::new(&app).real_rest(0);
        succeeds(&stage);
        assert_eq!(rows(&stage, "tasks"), "new:-", "{more}{said}");
    }
}

/// Syncs once over one row that is there; what is told, and what is there then.
fn synced_over_one_row(body: &Value, more: &str) -> (String, String) {
    let body = body.clone();
    let server = Scripted::start(move |_, _| json_answer(&body));
    let app = app(&server, &[("f", &format!("method: GET\nurl: ${{url}}/x\n{more}"))]);
    let stage = Stage::new(&app).real_rest(0);
    insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
    (fails(&stage), rows(&stage, "tasks"))
}

#[test]
fn an_answer_that_cannot_be_rows_leaves_the_table_alone() {
    let error = json!({ "error": "maintenance" });
    for (body, more) in [
        (&error, "outputTransform: '$.{\"id\": id, \"n\": n}'\n"),
        (&error, "outputTransform: 'value.{\"id\": id}'\n"),
        (&json!(5), "outputTransform: '$.{\"id\": id}'\n"),
        (&json!(null), "outputTransform: '$.{\"id\": id}'\n"),
        (&json!(5), ""),
        (&error, "operations: [{ type: operation.delete-insert, records: =$.a }]\n"),
        (&error, "operations: [{ type: operation.delete-insert, records: '=$.a.{\"id\": id}' }]\n"),
        (&error, "operations: [{ type: operation.delete-insert, records: =@ctx.response.body.a }]\n"),
        (&json!(null), "operations: [{ type: operation.delete-insert }]\n"),
        (&json!("sorry"), "operations: [{ type: operation.delete-insert, records: $ }]\n"),
    ] {
        let (told, left) = synced_over_one_row(body, more);
        assert!(told.contains("decode."), "{body} {more}{told}");
        assert_eq!(left, "old:-", "{body} {more}");
    }
}

#[test]
fn an_operation_may_say_that_its_rows_can_be_missing() {
    let server = Scripted::start(|_, _| json_answer(&json!({ "a": [] })));
    let function = "method: GET
url: ${url}/x
operations:
  - { type: operation.delete-insert, records: =$.a }
  - { type: operation.delete-insert, table: other, records: =$.b, when: =$exists($.b) }
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    insert(&stage, "tasks", &[r#"{"id":"old"}"#]);
    insert(&stage, "other", &[r#"{"id":"old"}"#]);
    succeeds(&stage);
    assert_eq!((rows(&stage, "tasks").as_str(), rows(&stage, "other").as_str()), ("", "old:-"));
}

#[test]
fn a_primary_key_is_the_id_in_the_data_too() {
    let server =
        Scripted::start(|_, _| json_answer(&json!({ "b": [{ "key": "k1", "n": 1 }, { "key": 7 }] })));
    let function = "method: GET
url: ${url}/x
operations: [{ type: operation.upsert-merge, records: =$.b, primaryKey: key }]
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    succeeds(&stage);
    assert_eq!(rows(&stage, "tasks"), "7:- k1:1");
    assert_eq!(stage.value("SELECT group_concat(id, ' ') FROM (SELECT id FROM tasks ORDER BY id)"), "7 k1");
    let data = stage.value("SELECT group_concat(data, ' ') FROM tasks");
    stage.lines();
    succeeds(&stage);
    assert_eq!(stage.value("SELECT group_concat(data, ' ') FROM tasks"), data, "nothing is new");
    assert_eq!(stage.value("SELECT data FROM tasks WHERE id = 'k1'"), r#"{"id":"k1","key":"k1","n":1}"#);
}

#[test]
fn a_part_by_a_value_that_is_missing_replaces_nothing() {
    for (more, name) in [
        ("forRowsWithValues: { region: =@ctx.parameters.region }\n", "`region`"),
        ("forRowsWithValues: { region: region }\n", "`region`"),
        ("forRowsInRange: { n: { from: =@ctx.parameters.region, to: 9 } }\n", "`region`"),
        (
            "operations: [{ type: operation.delete-insert, forRowsWithValues: { region: =@ctx.parameters.region } }]\n",
            "`region`",
        ),
    ] {
        let more =
            format!("parameters: {{ region: {{ location: query, type: string, required: false }} }}\n{more}");
        let (told, left) = synced_over_one_row(&json!([{ "id": "9" }]), &more);
        assert!(told.contains("config.parameter") && told.contains(name), "{told}");
        assert_eq!(left, "old:-", "{more}");
    }
}

#[test]
fn merged_rows_without_an_id_are_refused() {
    let body = json!([{ "id": "a", "n": 1 }, { "n": 2 }]);
    for more in [
        "forRowsWithMatchingIds: true\n",
        "forRowsWithMatchingIds: true\noutputTransform: '$.{\"id\": id, \"n\": n}'\n",
        "operations: [{ type: operation.upsert-merge }]\n",
        "operations: [{ type: operation.upsert-replace }]\n",
    ] {
        let (told, left) = synced_over_one_row(&body, more);
        assert!(told.contains("row 2 of the answer has no usable `id`"), "{more}{told}");
        assert_eq!(left, "old:-", "{more}");
    }
}

#[test]
fn rows_are_counted_as_they_were_written() {
    let server = Scripted::start(|_, _| json_answer(&json!({ "a": [{ "id": "1" }, { "id": "2" }] })));
    let function = "method: GET
url: ${url}/x
operations: [{ type: operation.upsert-merge, records: =$.a }]
";
    let app = app(&server, &[("f", function)]);
    let stage = Stage::new(&app).real_rest(0);
    succeeds(&stage);
    assert_eq!(stage.lines_of(&["progress"]), ["progress tasks 2"]);
}
