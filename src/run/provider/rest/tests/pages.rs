//! Continuation (functions.md §5).

use serde_json::{Value, json};

use crate::run::provider::testing::{Scripted, Seen, Trial, json_answer};
use crate::serve::{Options, Server, Table};

/// A server with a table `items` of so many rows.
fn served(rows: usize) -> Server {
    let texts = (0..rows).map(|n| format!("{{\"id\":\"r{n}\",\"n\":{n}}}"));
    let table = Table::from_rows("items", texts.collect::<Vec<_>>()).unwrap();
    Server::start(&Options { tables: vec![table], ..Options::default() }).unwrap()
}

fn numbers(rows: usize) -> Vec<String> {
    (0..rows).map(|n| format!("r{n}")).collect()
}

#[test]
fn pages_are_found_by_link() {
    let server = served(25);
    let yaml = "method: GET\nurl: ${url}/odata/items\nparameters:\n  $top: {type: number, location: query, value: 10}\n\
                records: =$.value\ncontinuation:\n  when: =$.\"@odata.nextLink\"\n  url: =$.\"@odata.nextLink\"\n  parameters: {}\n";
    let sink = Trial::of(yaml, &server.url()).ok();
    assert_eq!(sink.pages, [10, 10, 5]);
    assert_eq!(sink.ids(), numbers(25));
}

#[test]
fn a_link_keeps_its_query_when_parameters_are_not_repeated() {
    let server = served(25);
    let yaml = "method: GET\nurl: ${url}/odata/items\nparameters:\n  $top: {type: number, location: query, value: 10}\n\
                records: =$.value\ncontinuation:\n  url: =$.\"@odata.nextLink\"\n";
    assert_eq!(Trial::of(yaml, &server.url()).ok().pages, [10, 10, 5]);
}

#[test]
fn pages_are_found_by_cursor() {
    let server = served(25);
    let yaml = "method: GET\nurl: ${url}/cursor/items\nparameters:\n  limit: {type: number, location: query, value: 10}\n\
                outputTransform: '{\"rows\": items.{\"id\": id}[], \"next\": next}'\nrecords: =$.rows\n\
                continuation:\n  when: =$.next\n  url: ${url}/cursor/items\n  parameters:\n\
                \x20   limit: {type: number, location: query, value: 10}\n\
                \x20   cursor: {type: string, location: query, required: true, value: =$.next}\n";
    let sink = Trial::of(yaml, &server.url()).ok();
    assert_eq!(sink.pages, [10, 10, 5]);
    assert_eq!(sink.ids(), numbers(25));
}

#[test]
fn pages_are_counted_by_parameters() {
    let server = served(25);
    for transform in ["", "outputTransform: '$.{\"id\": id, \"n\": n}'\n"] {
        let yaml = format!(
            "method: GET\nurl: ${{url}}/items\nparameters:\n\
             \x20 limit: {{type: number, location: query, value: 10}}\n\
             \x20 page: {{type: number, location: query, value: 1}}\n{transform}\
             continuation:\n  when: =$count($) = $number(@ctx.parameters.limit)\n  parameters:\n\
             \x20   limit: {{type: number, location: query, value: 10}}\n\
             \x20   page: {{type: number, location: query, value: =$number(@ctx.parameters.page) + 1}}\n"
        );
        assert_eq!(Trial::of(&yaml, &server.url()).ok().pages, [10, 10, 5], "{transform}");
        // An argument stands for the literal on every page, and the count goes on from it.
        let sink = Trial::of(&yaml, &server.url()).with("limit", 5).with("page", 4).ok();
        assert_eq!(sink.pages, [5, 5, 0], "{transform}");
    }
}

#[test]
fn the_last_row_can_be_the_cursor() {
    let server = Scripted::start(|_, seen| {
        let rows = if seen.target.contains("after=b") {
            json!([{ "id": "c" }])
        } else {
            json!([{ "id": "a" }, { "id": "b" }])
        };
        json_answer(&rows)
    });
    let yaml = "method: GET\nurl: ${url}/x\ncontinuation:\n  when: =$count($) = 2\n  url: =@ctx.solution.settings.custom.baseUrl & '/x'\n\
                \x20 parameters:\n    after: {location: query, value: '=$[-1].id'}\n";
    assert_eq!(Trial::of(yaml, &server.url()).ok().ids(), ["a", "b", "c"]);
}

#[test]
fn what_the_transform_drops_is_read_from_the_body() {
    let script = |number: usize, _: &Seen| {
        let next = if number == 0 { json!("/x?page=2") } else { Value::Null };
        json_answer(&json!({ "next": next, "items": [{ "id": format!("r{number}") }] }))
    };
    for transform in ["items", "items.{\"id\": id}", "$", "{\"rows\": items}"] {
        let server = Scripted::start(script);
        let yaml = format!(
            "method: GET\nurl: ${{url}}/x\noutputTransform: '{transform}'\ncontinuation: {{when: =$.next, url: =$.next}}\n"
        );
        assert_eq!(Trial::of(&yaml, &server.url()).ok().pages.len(), 2, "{transform}");
        assert_eq!(server.targets(), ["/x", "/x?page=2"], "{transform}");
    }
}

#[test]
fn the_answer_s_headers_can_name_the_next_page() {
    let server = Scripted::start(|number, _| {
        let headers: &[(&str, &str)] = if number == 0 { &[("X-Next", "two?a=b")] } else { &[] };
        crate::run::provider::testing::answer(200, headers, "[]")
    });
    let yaml = "method: GET\nurl: ${url}/a/one\ncontinuation:\n  when: =@ctx.response.headers.x-next\n  url: =@ctx.response.headers.x-next\n";
    Trial::of(yaml, &server.url()).ok();
    assert_eq!(server.targets(), ["/a/one", "/a/two?a=b"]);
}

#[test]
fn the_block_replaces_all_parameters() {
    let server = Scripted::start(|number, _| json_answer(&json!({ "more": number == 0, "items": [] })));
    let yaml = "method: GET\nurl: ${url}/{list}/x\nparameters:\n\
                \x20 list: {location: path, required: true}\n\
                \x20 $top: {location: query, value: 5}\n\
                \x20 X-A: {location: header, value: a}\n\
                records: =$.items\ncontinuation:\n  when: =$.more\n  url: ${url}/{list}/y\n  parameters:\n\
                \x20   list: {location: path, required: true}\n";
    Trial::of(yaml, &server.url()).with("list", "l").ok();
    assert_eq!(server.targets(), ["/l/x?$top=5", "/l/y"]);
    assert_eq!(server.seen()[1].header("x-a"), None);
}

#[test]
fn a_page_that_points_to_itself_ends_at_once() {
    for next in ["/x", "/y"] {
        let server =
            Scripted::start(move |_, _| json_answer(&json!({ "next": next, "items": [{ "id": "a" }] })));
        let yaml =
            "method: GET\nurl: ${url}/x\nrecords: =$.items\ncontinuation: {when: =$.next, url: =$.next}\n";
        let error = Trial::of(yaml, &server.url()).err();
        assert_eq!(error.code, "limit.pages");
        assert!(error.message.contains("fetched before"), "{}", error.message);
        assert!(server.seen().len() <= 2);
    }
}

#[test]
fn endless_pages_have_an_end() {
    let server =
        Scripted::start(|number, _| json_answer(&json!({ "next": format!("/{number}"), "items": [] })));
    let mut trial = Trial::of(
        "method: GET\nurl: ${url}/x\nrecords: =$.items\ncontinuation: {when: true, url: =$.next}\n",
        &server.url(),
    );
    trial.max_pages = 4;
    assert_eq!(trial.err().code, "limit.pages");
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_next_page_without_address_is_no_end() {
    let server = Scripted::start(|_, _| json_answer(&json!({ "more": true, "items": [] })));
    let yaml =
        "method: GET\nurl: ${url}/x\nrecords: =$.items\ncontinuation: {when: =$.more, url: =$.nextlink}\n";
    let error = Trial::of(yaml, &server.url()).err();
    assert_eq!(error.code, "decode.transform");
    assert!(error.message.contains("continuation.url"), "{}", error.message);
}

#[test]
fn an_expression_of_the_block_that_fails_is_no_end() {
    let server = Scripted::start(|_, _| json_answer(&json!({ "n": "x", "items": [] })));
    let yaml = "method: GET\nurl: ${url}/x\nrecords: =$.items\ncontinuation: {when: =$number($.n) > 1, url: ${url}/y}\n";
    let error = Trial::of(yaml, &server.url()).err();
    assert_eq!(error.code, "decode.transform");
    assert!(error.message.contains("`continuation.when`"), "{}", error.message);
}

#[test]
fn a_stop_ends_between_pages() {
    let server = served(50);
    let yaml = "method: GET\nurl: ${url}/odata/items\nparameters:\n  $top: {location: query, value: 10}\n\
                records: =$.value\ncontinuation: {url: =$.\"@odata.nextLink\"}\n";
    let mut trial = Trial::of(yaml, &server.url());
    trial.sink.stop_after = Some((2, trial.stop.clone()));
    assert_eq!(trial.run().unwrap_err().code, "interrupted");
    assert_eq!(trial.sink.pages, [10, 10]);
}

#[test]
fn a_sink_that_refuses_ends_the_fetch() {
    let server = served(50);
    let yaml = "method: GET\nurl: ${url}/odata/items\nparameters:\n  $top: {location: query, value: 10}\n\
                records: =$.value\ncontinuation: {url: =$.\"@odata.nextLink\"}\n";
    let mut trial = Trial::of(yaml, &server.url());
    trial.sink.refuse = Some(1);
    assert_eq!(trial.run().unwrap_err().code, "apply.constraint");
    assert_eq!(trial.sink.pages, [10]);
}

#[test]
fn a_count_of_the_answer_is_no_count_of_the_rows() {
    for transform in ["tasks.{\"id\": id}", "tasks.{\"id\": $string(id)}"] {
        let server = Scripted::start(|number, _| {
            let ids: Vec<usize> = if number < 2 { vec![2 * number, 2 * number + 1] } else { vec![9] };
            json_answer(
                &json!({ "tasks": ids.iter().map(|id| json!({ "id": id.to_string() })).collect::<Vec<_>>() }),
            )
        });
        let yaml = format!(
            "method: GET\nurl: ${{url}}/x\noutputTransform: '{transform}'\n\
             parameters: {{ page: {{ type: int, location: query, value: 0 }} }}\n\
             continuation:\n  when: =$count($.tasks) = 2\n  parameters:\n    page: {{ type: int, location: query, \
             value: =$number(@ctx.parameters.page) + 1 }}\n"
        );
        let sink = Trial::of(&yaml, &server.url()).ok();
        assert_eq!(sink.ids(), ["0", "1", "2", "3", "9"], "{transform}");
    }
}

#[test]
fn fields_of_rows_that_are_picked_can_be_counted() {
    let server = Scripted::start(|number, _| {
        json_answer(&json!({ "tasks": [{ "id": number.to_string() }, { "id": format!("{number}b") }] }))
    });
    let yaml = "method: GET\nurl: ${url}/x\noutputTransform: 'tasks.{\"id\": id}'\n\
                parameters: { page: { type: int, location: query, value: 0 } }\n\
                continuation:\n  when: =$count($.id) = 2 and @ctx.parameters.page < 1\n  parameters:\n    page: { \
                type: int, location: query, value: =@ctx.parameters.page + 1 }\n";
    assert_eq!(Trial::of(yaml, &server.url()).ok().rows.len(), 4);
}
