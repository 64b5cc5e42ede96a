//! What arrives: rows, ids, transforms.

use serde_json::json;

use crate::run::provider::testing::{Collect, Reply, Scripted, Trial, answer};

/// What a function makes of a body.
fn fetched(body: &'static str, rest: &str) -> Collect {
    let server = Scripted::start(move |_, _| answer(200, &[("Content-Type", "application/json")], body));
    Trial::of(&format!("method: GET\nurl: ${{url}}/x\n{rest}"), &server.url()).ok()
}

fn refused(body: &'static str, rest: &str) -> (String, String) {
    let server = Scripted::start(move |_, _| answer(200, &[], body));
    let error = Trial::of(&format!("method: GET\nurl: ${{url}}/x\n{rest}"), &server.url()).err();
    (error.code, error.message)
}

#[test]
fn rows_keep_their_bytes() {
    let body =
        r#"{"next":null,"value":[ {"id":9007199254740993,"big":1e400, "zero":-0,"text":"\u00e9 é \/ 💡"} ]}"#;
    let row = r#"{"id":9007199254740993,"big":1e400, "zero":-0,"text":"\u00e9 é \/ 💡"}"#;
    for rest in [
        "records: =$.value\n",
        "outputTransform: $.value\n",
        "outputTransform: $\nrecords: =$.value\n",
        "records: =@ctx.response.body.value\n",
        "outputTransform: value[]\n",
    ] {
        let sink = fetched(body, rest);
        assert_eq!(sink.rows, [("9007199254740993".to_owned(), row.to_owned())], "{rest}");
        assert_eq!(sink.bytes, body.len() as u64);
    }
}

#[test]
fn one_object_is_one_row() {
    assert_eq!(fetched(r#"{"id":"a","n":1.50}"#, "").rows[0].1, r#"{"id":"a","n":1.50}"#);
    assert_eq!(
        fetched(r#"{"me":{"id":"a","n":1.50}}"#, "outputTransform: me\n").rows[0].1,
        r#"{"id":"a","n":1.50}"#
    );
}

#[test]
fn rows_without_id_get_one() {
    let sink = fetched(r#"[{"a":1},{"id":null,"a":2},{"id":"","a":3},{"id":7},{"id":"x"}]"#, "");
    assert_eq!(sink.ids(), ["id-1", "id-2", "id-3", "7", "x"]);
    assert_eq!(sink.row("id-1"), json!({ "id": "id-1", "a": 1 }));
}

#[test]
fn values_that_are_no_objects_are_wrapped() {
    let sink = fetched(r#"["a",1e2,[1]]"#, "");
    assert_eq!(sink.row("id-2").to_string(), r#"{"id":"id-2","value":100.0}"#);
    assert_eq!(sink.rows[1].1, r#"{"id":"id-2","value":1e2}"#);
    assert_eq!(sink.row("id-3"), json!({ "id": "id-3", "value": [1] }));
}

#[test]
fn the_last_of_rows_with_one_id_comes_last() {
    let sink = fetched(r#"[{"id":"a","n":1},{"id":"b"},{"id":"a","n":2}]"#, "");
    assert_eq!(sink.row("a")["n"], 2);
}

#[test]
fn no_rows_are_a_page_too() {
    for (body, rest) in [
        ("[]", ""),
        (r#"{"v":[]}"#, "records: =$.v\n"),
        (r#"{"v":null}"#, "records: =$.v\n"),
        (r#"{"v":[]}"#, "outputTransform: 'v.{\"id\": id}'\n"),
        ("[]", "outputTransform: '$.{\"id\": id}'\n"),
        (r#"{"v":[]}"#, "outputTransform: v.w\n"),
    ] {
        assert_eq!(fetched(body, rest).pages, [0], "{rest}");
    }
}

#[test]
fn transforms_make_rows() {
    let body = r#"{"items":[{"key":1,"name":{"first":"A"}},{"key":2,"name":{"first":"B"}}]}"#;
    for rest in [
        "outputTransform: 'items.{\"id\": key, \"name\": name.first}'\n",
        "outputTransform: '=$.items.{\"id\": key, \"name\": name.first}'\n",
        "outputTransform: '{\"rows\": items.{\"id\": key, \"name\": name.first}[]}'\nrecords: =$.rows\n",
        "outputTransform: '=@ctx.response.body.items.{\"id\": key, \"name\": name.first}'\n",
        "records: '=$.items.{\"id\": key, \"name\": name.first}'\n",
        "outputTransform: '{\"rows\": items.{\"id\": key, \"name\": name.first}[]}'\nrecords: =@ctx.output.rows\n",
    ] {
        let sink = fetched(body, rest);
        assert_eq!(sink.ids(), ["1", "2"], "{rest}");
        assert_eq!(sink.row("2"), json!({ "id": 2, "name": "B" }), "{rest}");
    }
}

#[test]
fn transforms_see_parameters_headers_and_old_inputs() {
    let rest = "parameters:\n  who: {location: query, value: me}\n\
                outputTransform: '{\"id\": id, \"who\": @ctx.parameters.who, \"old\": $.inputs.who.value, \
                \"type\": @ctx.response.headers.`content-type`, \"status\": @ctx.response.status}'\n";
    let sink = fetched(r#"{"id":"a"}"#, rest);
    let expected = json!({ "id": "a", "who": "me", "old": "me", "type": "application/json", "status": 200 });
    assert_eq!(sink.row("a"), expected);
}

#[test]
fn paths_through_lists_are_evaluated() {
    let sink = fetched(
        r#"{"groups":[{"items":[{"id":"a"}]},{"items":[{"id":"b"},{"id":"c"}]}]}"#,
        "outputTransform: $.groups.items\n",
    );
    assert_eq!(sink.ids(), ["a", "b", "c"]);
}

#[test]
fn a_place_that_is_not_there_is_an_error() {
    for (body, rest, name) in [
        (r#"{"error":"none"}"#, "records: =$.value\n", "`value`"),
        (r#"{"data":{}}"#, "outputTransform: $.data\nrecords: =$.items\n", "`data.items`"),
        (r#"[{"id":"a"}]"#, "outputTransform: $.value\n", "`value`"),
        (r#"{"v":[{"id":"a"}]}"#, "outputTransform: $.v.w\nrecords: '=$.{\"id\": id}'\n", "`v.w`"),
        (r#"{"error":"none"}"#, "outputTransform: 'value.{\"id\": id}'\n", "`value`"),
        (r#"{"error":"none"}"#, "outputTransform: '=$.value[kind = 1].{\"id\": id}[]'\n", "`value`"),
        (r#"{"error":"none"}"#, "outputTransform: '=@ctx.response.body.value.{\"id\": id}'\n", "`value`"),
        (r#"{"error":"none"}"#, "outputTransform: '$map(value, function($v){ $v })'\n", "`value`"),
        (r#"{"error":"none"}"#, "records: '=$.value.{\"id\": id}'\n", "`value`"),
        (
            r#"{"error":"none"}"#,
            "outputTransform: '{\"rows\": value.{\"id\": id}[], \"next\": next}'\nrecords: =$.rows\n",
            "`value`",
        ),
    ] {
        let (code, message) = refused(body, rest);
        assert_eq!(code, "decode.transform", "{body} {rest}");
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn an_empty_list_lacks_nothing() {
    for rest in [
        "outputTransform: 'value.{\"id\": id}'\n",
        "outputTransform: '$map(value, function($v){ $v })'\n",
        "outputTransform: '{\"rows\": value.{\"id\": id}[], \"next\": next}'\nrecords: =$.rows\n",
        "outputTransform: '{\"rows\": value[id = 1], \"next\": $string(next)}'\nrecords: =$.rows\n",
        "records: '=$.value[id = 1].{\"id\": id}'\n",
    ] {
        assert_eq!(fetched(r#"{"value":[]}"#, rest).pages, [0], "{rest}");
    }
}

#[test]
fn rows_in_which_nothing_was_found_are_none() {
    for (body, rest) in [
        ("{}", ""),
        ("[{},{ }]", ""),
        (r#"{"error":"none"}"#, "outputTransform: '$.{\"id\": id}'\n"),
        (r#"{"error":"none"}"#, "outputTransform: '$.{\"id\": id, \"kind\": \"x\"}'\n"),
        (r#"{"error":"none"}"#, "outputTransform: '{\"id\": id, \"n\": n}'\n"),
        (r#"{"value":[{"a":1},5]}"#, "outputTransform: 'value.{\"id\": id}'\n"),
        (r#"{"value":[{"a":1},{}]}"#, "outputTransform: 'value.{\"id\": id, \"kind\": \"x\"}'\n"),
    ] {
        let (code, message) = refused(body, rest);
        assert_eq!(code, "decode.transform", "{body} {rest}");
        assert!(message.contains("nothing of what"), "{message}");
    }
    // What is beside good rows is as it was, and so is a row that takes nothing from the answer.
    assert_eq!(fetched(r#"[{"id":"a"},{}]"#, "").rows.len(), 2);
    assert_eq!(fetched(r#"{"ok":true}"#, "outputTransform: '{\"id\": \"last\"}'\n").ids(), ["last"]);
}

#[test]
fn a_single_value_is_no_rows() {
    for (body, what) in [("null", "`null`"), ("5", "a number"), ("true", "`true`"), ("\"sorry\"", "a text")] {
        for rest in
            ["", "outputTransform: '$.{\"id\": id}'\n", "outputTransform: '{\"id\": \"x\", \"n\": $}'\n"]
        {
            let (code, message) = refused(body, rest);
            assert_eq!(code, "decode.json", "{body} {rest}");
            assert!(message.contains(what), "{message}");
        }
    }
    let (code, message) = refused(r#"{"v":"sorry"}"#, "records: =$.v\n");
    assert!(code == "decode.transform" && message.contains("a text"), "{code} {message}");
    assert_eq!(fetched("5", "format: text\noutputTransform: '{\"id\": \"x\", \"n\": $}'\n").ids(), ["x"]);
    assert_eq!(fetched(r#"{"n":5}"#, "outputTransform: $.n\n").rows[0].1, r#"{"id":"id-1","value":5}"#);
}

#[test]
fn a_transform_that_fails_is_named() {
    let (code, message) = refused(r#"{"a":"x"}"#, "outputTransform: '{\"id\": $number(a)}'\n");
    assert_eq!(code, "decode.transform");
    assert!(message.contains("`outputTransform`") && message.contains("`f`"), "{message}");
}

#[test]
fn what_is_not_json_is_told() {
    for (body, expected) in [
        ("<!doctype html><p>Sign in</p>", "HTML"),
        ("hello", "is not JSON"),
        ("[1,2", "is not JSON"),
        ("", "is empty"),
        ("null", "`null`"),
        ("[1] [2]", "is not JSON"),
    ] {
        for rest in ["", "outputTransform: '$.{\"id\": id}'\n"] {
            if body == "null" && !rest.is_empty() {
                continue;
            }
            let (code, message) = refused(body, rest);
            assert_eq!(code, "decode.json", "{body}");
            assert!(message.contains(expected), "{message}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_matter() {
    assert_eq!(fetched("\u{feff}[{\"id\":\"a\"}]", "").ids(), ["a"]);
}

#[test]
fn broken_utf_8_is_an_error() {
    let server = Scripted::start(|_, _| answer(200, &[], b"[{\"id\":\"\xff\"}]"));
    let error = super::plain(&server).err();
    assert_eq!(error.code, "decode.json");
    assert!(error.message.contains("UTF-8"), "{}", error.message);
}

fn head_only(head: &'static str) -> Scripted {
    Scripted::start(move |_, _| Reply::Bytes(format!("{head}\r\nConnection: close\r\n\r\n").into_bytes()))
}

#[test]
fn a_head_makes_rows_of_headers_and_never_empties_a_table() {
    let server = head_only("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nContent-Encoding: gzip\r\nX-Count: 7");
    let head = "method: HEAD\nurl: ${url}/x\n";
    let transform = "outputTransform: '={\"id\": \"1\", \"n\": @ctx.response.headers.\"x-count\"}'\n";
    let sink = Trial::of(&format!("{head}{transform}"), &server.url()).ok();
    assert_eq!(sink.row("1"), json!({ "id": "1", "n": "7" }));
    let mut without = Trial::of(head, &server.url());
    assert!(without.run().unwrap().skipped);
    assert!(without.sink.pages.is_empty());
    let nothing = Trial::of(&format!("{head}outputTransform: $.items\n"), &server.url()).err();
    assert_eq!(nothing.code, "decode.transform");
}

#[test]
fn what_has_no_body_is_not_unpacked() {
    let server = head_only("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip");
    assert_eq!(Trial::of("method: DELETE\nurl: ${url}/x\n", &server.url()).ok().pages, [0]);
    let server = head_only("HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nContent-Length: 9");
    assert_eq!(Trial::of("method: GET\nurl: ${url}/x\n", &server.url()).err().code, "http.304");
}

#[test]
fn transforms_see_parameters_and_headers_beside_a_list() {
    for body in ["[{\"id\":\"1\"}]", "{\"id\":\"1\"}"] {
        let server = Scripted::start(move |_, _| answer(200, &[("Location", "/new/7")], body));
        let yaml = "method: GET\nurl: ${url}/x\nparameters:\n  u: {type: string, location: query, value: U}\n\
                    outputTransform: '$.{\"id\": id, \"l\": $$.headers.location, \"u\": $$.inputs.u.value}'\n";
        let sink = Trial::of(yaml, &server.url()).ok();
        assert_eq!(sink.row("1"), json!({ "id": "1", "l": "/new/7", "u": "U" }), "{body}");
    }
}

#[test]
fn a_text_in_the_character_set_that_the_server_names_is_read() {
    let fetched = |kind: &'static str| {
        let server = Scripted::start(move |_, _| answer(200, &[("Content-Type", kind)], b"h\xe9"));
        let yaml = "method: GET\nurl: ${url}/x\nformat: text\noutputTransform: '{\"id\": \"1\", \"t\": $}'\n";
        let mut trial = Trial::of(yaml, &server.url());
        trial.run().map(|_| trial.sink.row("1"))
    };
    assert_eq!(fetched("text/csv; charset=iso-8859-1").unwrap(), json!({ "id": "1", "t": "hé" }));
    let error = fetched("text/plain; charset=koi8-r").unwrap_err();
    assert_eq!(error.code, "decode.text");
    assert!(error.message.contains("koi8-r"), "{}", error.message);
}
