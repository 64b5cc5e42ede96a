//! Dynamic Data against the development back end, and against servers that misbehave.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{CURSOR_EXPIRED, Dynamic, DynamicOptions};
use crate::app::{DynamicSettings, Secret};
use crate::run::provider::testing::{Collect, NoWait, Scripted, answer, json_answer, loopback};
use crate::run::provider::{Fetch, FetchError, Fetched, Http, HttpOptions, Known, Provider, Retry, Stop};
use crate::serve::{Options, Server, Table};

fn options(url: &str) -> DynamicOptions {
    let pace = Arc::new(NoWait::default());
    let http = Http::new(&HttpOptions { pace, allow: loopback(), ..HttpOptions::default() });
    let settings = DynamicSettings { url: Some(url.to_owned()), ..DynamicSettings::default() };
    DynamicOptions::from_settings(&settings, http)
}

fn fetch(options: DynamicOptions, cursor: Option<&str>, sink: &mut Collect) -> Result<Fetched, FetchError> {
    asked(options, cursor, Known::default(), sink)
}

fn resumed(options: DynamicOptions, place: &str, sink: &mut Collect) -> Result<Fetched, FetchError> {
    asked(options, None, Known { resume: Some(place), ..Known::default() }, sink)
}

fn asked(
    options: DynamicOptions,
    cursor: Option<&str>,
    known: Known<'_>,
    sink: &mut Collect,
) -> Result<Fetched, FetchError> {
    let request = Fetch {
        entity: "default/tasks",
        function: None,
        parameters: &Map::new(),
        world: &Value::Null,
        cursor,
        known,
        stop: &Stop::new(None),
        functions: &crate::app::Ordered::default(),
        tables: &crate::run::provider::NoTables,
    };
    Dynamic::new(options).fetch(&request, sink)
}

fn served(rows: usize) -> Server {
    let texts = (0..rows).map(|n| format!("{{\"id\":\"r{n}\",\"big\":9007199254740993,\"n\":{n}.50}}"));
    let table = Table::from_rows("default/tasks", texts.collect::<Vec<_>>()).unwrap();
    Server::start(&Options { tables: vec![table], ..Options::default() }).unwrap()
}

/// Changes a row of a server.
fn change(server: &Server, method: &str, id: &str, body: &str) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let path = format!("/databases/default/tables/tasks/rows/{id}");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("HTTP/1.1 20"), "{told}");
}

#[test]
fn the_key_does_not_follow_a_redirect_elsewhere() {
    let other = Scripted::start(|_, _| json_answer(&json!({ "items": [] })));
    let target = other.url();
    let server = Scripted::start(move |_, _| answer(302, &[("Location", &target)], ""));
    let key = Some(Secret::new("k3y-canary".to_owned()));
    let mut sink = Collect::default();
    fetch(DynamicOptions { api_key: key, ..options(&server.url()) }, None, &mut sink).unwrap();
    assert_eq!(server.seen()[0].header("x-api-key"), Some("k3y-canary"));
    assert_eq!(other.seen()[0].header("x-api-key"), None);
}

#[test]
fn a_fetch_goes_on_where_it_was_cut_off() {
    let server = served(25);
    let with_pages = || DynamicOptions { page_size: 10, ..options(&server.url()) };
    let mut whole = Collect::default();
    let watermark = fetch(with_pages(), None, &mut whole).unwrap().cursor;
    assert_eq!(whole.pages, [10, 10, 5]);
    let place = whole.resumes[0].clone().unwrap();
    assert!(whole.resumes[2].is_none());
    change(&server, "PATCH", "r1", "{\"n\":0}");
    let mut rest = Collect::default();
    let fetched = resumed(with_pages(), &place, &mut rest).unwrap();
    assert_eq!((rest.pages.as_slice(), rest.ids()[0]), ([10, 5].as_slice(), "r10"));
    assert_eq!(fetched.cursor, watermark, "what changed meanwhile comes with the next fetch");
    for unknown in ["{\"token\":\"nonsense\"}", "nonsense"] {
        let error = resumed(with_pages(), unknown, &mut Collect::default()).unwrap_err();
        assert_eq!(error.code, CURSOR_EXPIRED, "{unknown}");
    }
}

#[test]
fn a_table_is_read_page_by_page_and_byte_for_byte() {
    let server = served(25);
    let mut sink = Collect::default();
    let fetched = fetch(DynamicOptions { page_size: 10, ..options(&server.url()) }, None, &mut sink).unwrap();
    assert_eq!(sink.pages, [10, 10, 5]);
    assert_eq!(
        sink.rows[24],
        ("r24".to_owned(), r#"{"id":"r24","big":9007199254740993,"n":24.50}"#.to_owned())
    );
    assert!(fetched.cursor.is_some() && !fetched.incremental && !fetched.skipped);
}

#[test]
fn only_what_changed_comes_after_a_cursor() {
    let server = served(25);
    let all = fetch(options(&server.url()), None, &mut Collect::default()).unwrap();
    change(&server, "PATCH", "r3", r#"{"n":"new"}"#);
    change(&server, "DELETE", "r7", "");
    change(&server, "PUT", "r9", r#"{"n":"newer"}"#);
    let mut sink = Collect::default();
    let some =
        fetch(DynamicOptions { page_size: 2, ..options(&server.url()) }, all.cursor.as_deref(), &mut sink)
            .unwrap();
    assert!(some.incremental);
    assert_eq!((sink.ids(), sink.deleted.clone()), (vec!["r3", "r9"], vec!["r7".to_owned()]));
    assert_eq!(sink.row("r3")["n"], "new");
    let mut sink = Collect::default();
    let none = fetch(options(&server.url()), some.cursor.as_deref(), &mut sink).unwrap();
    assert_eq!((none.incremental, sink.pages, sink.deleted.len()), (true, vec![0], 0));
}

#[test]
fn a_cursor_that_is_not_known_is_told_apart() {
    let server = served(3);
    let mut sink = Collect::default();
    let error = fetch(options(&server.url()), Some("v9-99-nonsense"), &mut sink).unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), (CURSOR_EXPIRED, Retry::MayHelp));
    assert!(sink.pages.is_empty());
}

#[test]
fn the_address_has_all_parts() {
    let server = Scripted::start(|_, _| json_answer(&json!({ "count": 0, "items": [], "watermark": "w" })));
    let url = format!("{}/api/?x=1", server.url());
    let options = DynamicOptions {
        organization: Some("a b".to_owned()),
        solution: Some("field/sales".to_owned()),
        api_key: Some(Secret::new("k3y".to_owned())),
        ..options(&url)
    };
    let fetched = fetch(options, Some("c&d"), &mut Collect::default()).unwrap();
    assert_eq!(fetched, Fetched { cursor: Some("w".to_owned()), incremental: true, ..Fetched::default() });
    let seen = server.seen().remove(0);
    let expected = "/api/organizations/a%20b/solutions/field%2Fsales/databases/default/tables/tasks/rows?limit=1000&syncToken=c%26d";
    assert_eq!(seen.target, expected);
    assert_eq!(seen.header("x-api-key"), Some("k3y"));
}

#[test]
fn content_comes_in_several_forms() {
    let body = r#"{"items":[
        {"rid":"a","content":{"n":1e400}},
        {"rid":"b","content":"{\"n\":-0}"},
        {"rid":"c","content":{"id":7}},
        {"rid":"d","content":null},
        {"rid":"e"},
        {"rid":"f","content":"text"},
        {"rid":"g","content":[1]},
        {"rid":"h","deleted":true}
    ],"watermark":"w","other":{}}"#;
    let server = Scripted::start(move |_, _| answer(200, &[], body));
    let mut sink = Collect::default();
    fetch(options(&server.url()), None, &mut sink).unwrap();
    let rows: Vec<(&str, &str)> = sink.rows.iter().map(|(id, data)| (id.as_str(), data.as_str())).collect();
    let expected = [
        ("a", r#"{"id":"a","n":1e400}"#),
        ("b", r#"{"id":"b","n":-0}"#),
        ("c", r#"{"id":7}"#),
        ("d", r#"{"id":"d"}"#),
        ("e", r#"{"id":"e"}"#),
        ("f", r#"{"id":"f","value":"text"}"#),
        ("g", r#"{"id":"g","value":[1]}"#),
    ];
    assert_eq!(rows, expected);
    assert_eq!(sink.deleted, ["h"]);
}

#[test]
fn without_address_the_remedy_is_told() {
    let error =
        fetch(DynamicOptions { url: None, ..options("") }, None, &mut Collect::default()).unwrap_err();
    assert_eq!(error.code, "config.provider");
    assert!(error.message.contains("providers.dynamic.url"), "{}", error.message);
}

#[test]
fn bad_answers_are_told() {
    for (status, body, code) in [
        (200, "[]", "decode.json"),
        (200, "<html>", "decode.json"),
        (200, r#"{"items":[{"content":{}}]}"#, "decode.json"),
        (200, r#"{"items":["#, "decode.json"),
        (404, r#"{"error":{"code":"unknownTable","message":"there is no table"}}"#, "http.404"),
        (401, "k3y-canary", "http.401"),
        (503, "", "http.503"),
    ] {
        let server = Scripted::start(move |_, _| answer(status, &[], body));
        let options =
            DynamicOptions { api_key: Some(Secret::new("k3y-canary".to_owned())), ..options(&server.url()) };
        let error = fetch(options, None, &mut Collect::default()).unwrap_err();
        assert_eq!(error.code, code, "{}", error.message);
        assert!(!error.message.contains("canary"), "{}", error.message);
        assert_eq!(server.seen().len(), if status == 503 { 4 } else { 1 });
    }
}

#[test]
fn pages_that_lead_nowhere_end() {
    let same = Scripted::start(|_, _| json_answer(&json!({ "items": [], "continuationToken": "t" })));
    let error = fetch(options(&same.url()), None, &mut Collect::default()).unwrap_err();
    assert_eq!((error.code.as_str(), same.seen().len()), ("limit.pages", 2));
    let endless =
        Scripted::start(|n, _| json_answer(&json!({ "items": [], "continuationToken": n.to_string() })));
    let error =
        fetch(DynamicOptions { max_pages: 3, ..options(&endless.url()) }, None, &mut Collect::default())
            .unwrap_err();
    assert_eq!((error.code.as_str(), endless.seen().len()), ("limit.pages", 3));
}

#[test]
fn pages_that_expire_on_the_way_may_go_better_next_time() {
    let server = Scripted::start(|n, _| {
        if n == 0 {
            json_answer(&json!({ "items": [], "continuationToken": "t" }))
        } else {
            answer(410, &[], "")
        }
    });
    let error = fetch(options(&server.url()), Some("c"), &mut Collect::default()).unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("http.410", Retry::MayHelp));
}

#[test]
fn an_entity_without_database_is_in_the_default_one() {
    let server = served(2);
    let mut sink = Collect::default();
    let stop = Stop::new(None);
    let request = Fetch {
        entity: "tasks",
        function: None,
        parameters: &Map::new(),
        world: &Value::Null,
        cursor: None,
        known: Known::default(),
        stop: &stop,
        functions: &crate::app::Ordered::default(),
        tables: &crate::run::provider::NoTables,
    };
    Dynamic::new(options(&server.url())).fetch(&request, &mut sink).unwrap();
    assert_eq!(sink.ids(), ["r0", "r1"]);
}
