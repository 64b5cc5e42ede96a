//! Conditional requests, and fetches that go on where they were cut off.

use serde_json::json;

use super::plain;
use crate::run::provider::testing::{Scripted, Seen, Trial, answer, json_answer};
use crate::run::provider::{CURSOR_EXPIRED, Fetched, Validator};

const TAG: (&str, &str) = ("ETag", "\"v1\"");
const DATE: (&str, &str) = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
const MODIFIED: (&str, &str) = ("Last-Modified", "Sun, 06 Nov 1994 08:49:00 GMT");

/// Answers with headers, and with 304 whatever the condition.
fn tagged(headers: &'static [(&'static str, &'static str)]) -> Scripted {
    Scripted::start(move |_, seen| {
        let is_conditional =
            seen.header("if-none-match").is_some() || seen.header("if-modified-since").is_some();
        if is_conditional { answer(304, headers, "") } else { answer(200, headers, r#"[{"id":"a"}]"#) }
    })
}

/// What the first of two fetches knows, and how the second one ends.
fn twice(server: &Scripted, yaml: &str) -> (Option<Validator>, Fetched, Vec<Seen>) {
    let url = server.url();
    let mut first = Trial::of(yaml, &url);
    let known = first.run().unwrap().validator;
    let mut second = Trial::of(yaml, &url);
    second.validator.clone_from(&known);
    let fetched = second.run().unwrap();
    assert_eq!(fetched.unchanged, second.sink.pages.is_empty());
    (known, fetched, server.seen())
}

const PLAIN: &str = "method: GET\nurl: ${url}/x\n";

#[test]
fn a_server_is_asked_whether_its_answer_still_holds() {
    let (known, fetched, seen) = twice(&tagged(&[TAG, DATE, MODIFIED]), PLAIN);
    let known = known.unwrap();
    assert_eq!((known.etag.as_deref(), known.last_modified.as_deref()), (Some(TAG.1), Some(MODIFIED.1)));
    assert!(fetched.unchanged);
    assert_eq!(
        (seen[1].header("if-none-match"), seen[1].header("if-modified-since")),
        (Some(TAG.1), Some(MODIFIED.1))
    );
}

#[test]
fn a_time_alone_counts_when_it_is_past() {
    for (headers, counts) in [
        ([DATE, MODIFIED].as_slice(), true),
        (&[MODIFIED], false),
        (&[("Date", MODIFIED.1), MODIFIED], false),
        (&[DATE, ("Last-Modified", "yesterday")], false),
    ] {
        assert_eq!(twice(&tagged(headers), PLAIN).1.unchanged, counts, "{headers:?}");
    }
}

#[test]
fn an_error_rule_does_not_see_that_nothing_is_new() {
    let yaml = format!("{PLAIN}error: [{{ title: bad, when: '=@ctx.response.status >= 300' }}]\n");
    assert!(twice(&tagged(&[TAG]), &yaml).1.unchanged);
}

#[test]
fn only_an_answer_that_alone_makes_the_rows_is_asked_for() {
    for more in [
        "outputTransform: '=$.{\"id\": id, \"at\": $now()}'\n",
        "queries: { q: { statement: SELECT 1 } }\n",
        "operations: [{ type: operation.upsert-merge }]\n",
        "conversions: [{ property: photo, from: base64, to: data-uri }]\n",
        "parameters: { If-None-Match: { location: header, type: string, required: false, value: x } }\n",
    ] {
        let server = Scripted::start(|_, _| answer(200, &[TAG], r#"[{"id":"a"}]"#));
        let yaml = format!("{PLAIN}{more}");
        let mut first = Trial::of(&yaml, &server.url());
        let Ok(fetched) = first.run() else { continue };
        let mut second = Trial::of(&yaml, &server.url());
        second.validator = fetched.validator;
        second.run().unwrap();
        let condition = server.seen()[1].header("if-none-match").map(str::to_owned);
        assert!(condition.is_none_or(|text| text == "x"), "{more}");
    }
    let server = tagged(&[TAG]);
    let post = twice(&server, "method: POST\nurl: ${url}/x\n");
    assert_eq!((post.0, post.1.unchanged), (None, false));
}

#[test]
fn an_unchanged_first_page_says_nothing_of_the_others() {
    let server = Scripted::start(|_, seen| {
        let next = if seen.target == "/x" { json!("/y") } else { json!(null) };
        let body = json!({ "items": [{ "id": seen.target }], "next": next });
        answer(200, &[TAG], body.to_string())
    });
    let yaml = format!("{PLAIN}records: =$.items\ncontinuation: {{when: =$boolean($.next), url: =$.next}}\n");
    assert_eq!(twice(&server, &yaml).0, None);
}

#[test]
fn what_another_address_or_nobody_may_say_is_not_kept() {
    let moved = Scripted::start(|_, seen| {
        if seen.target == "/x" { answer(302, &[("Location", "/y")], "") } else { answer(200, &[TAG], "[]") }
    });
    assert_eq!(twice(&moved, PLAIN).0, None);
    assert_eq!(twice(&tagged(&[TAG, ("Cache-Control", "no-store")]), PLAIN).0, None);
    let echo = Scripted::start(|_, _| answer(200, &[("ETag", "\"hunter22\"")], "[]"));
    let mut trial = plain(&echo);
    trial.http.secrets = vec![crate::app::Secret::new("hunter22".to_owned())];
    assert_eq!(trial.run().unwrap().validator, None, "a secret");
}

#[test]
fn a_server_that_says_so_without_being_asked_is_wrong() {
    let server = Scripted::start(|_, _| answer(304, &[], ""));
    assert_eq!(plain(&server).err().code, "http.304");
}

#[test]
fn another_request_is_not_the_known_one() {
    let server = tagged(&[TAG]);
    let known = plain(&server).run().unwrap().validator;
    for yaml in [
        "method: GET\nurl: ${url}/other\n",
        "method: GET\nurl: ${url}/x\nparameters: {h: {location: header, value: b}}\n",
    ] {
        let mut trial = Trial::of(yaml, &server.url());
        trial.validator.clone_from(&known);
        assert!(!trial.run().unwrap().unchanged, "{yaml}");
    }
}

const CURSOR: &str = "method: GET\nurl: ${url}/x\nrecords: =$.items\n\
    parameters:\n\
    \x20 accessToken: {location: header, value: c, type: string, required: true}\n\
    \x20 area: {location: query, value: north, type: string, required: true}\n\
    continuation:\n\
    \x20 when: =$boolean($.next)\n\
    \x20 url: ${url}/x\n\
    \x20 parameters:\n\
    \x20   accessToken: {location: header, value: c, type: string, required: true}\n\
    \x20   area: {location: query, type: string, required: true}\n\
    \x20   cursor: {location: query, value: =$.next, type: string, required: true}\n";

/// Three pages, by tokens.
fn paged() -> Scripted {
    Scripted::start(|_, seen| {
        let (id, next) = match seen.target.split("cursor=").nth(1) {
            None => ("a", json!("t1")),
            Some("t1") => ("b", json!("t2")),
            Some("t2") => ("c", json!(null)),
            Some(_) => return answer(400, &[], "unknown cursor"),
        };
        json_answer(&json!({ "items": [{ "id": id }], "next": next }))
    })
}

#[test]
fn a_fetch_goes_on_at_the_token_that_the_server_gave() {
    let server = paged();
    let whole = Trial::of(CURSOR, &server.url()).credential("c", "secret-7").ok();
    assert_eq!(whole.ids(), ["a", "b", "c"]);
    let place = whole.resumes[0].clone().unwrap();
    assert!(whole.resumes[2].is_none() && !place.contains("secret-7"), "{place}");
    let mut trial = Trial::of(CURSOR, &server.url()).credential("c", "secret-7");
    trial.resume = Some(place);
    assert_eq!(trial.ok().ids(), ["b", "c"]);
    let seen = &server.seen()[3];
    assert_eq!(
        (seen.target.as_str(), seen.header("authorization")),
        ("/x?area=north&cursor=t1", Some("Bearer secret-7"))
    );
}

#[test]
fn a_place_that_is_not_known_any_more_is_told() {
    let server = paged();
    for place in [
        "{\"url\":\"${url}/x\",\"values\":{\"cursor\":\"t9\"}}",
        "nonsense",
        "{\"url\":\"x\",\"values\":{\"cursor\":\"t1\"}}",
    ] {
        let mut trial = Trial::of(CURSOR, &server.url()).credential("c", "s");
        trial.resume = Some(place.replace("${url}", &server.url()));
        assert_eq!(trial.err().code, CURSOR_EXPIRED, "{place}");
    }
}

#[test]
fn pages_that_the_author_counts_are_begun_anew() {
    let server = Scripted::start(|number, _| {
        json_answer(&json!(if number < 2 { json!([{ "id": number }]) } else { json!([]) }))
    });
    let yaml = "method: GET\nurl: ${url}/x\nparameters: {page: {location: query, value: 1, type: number, required: true}}\n\
        continuation:\n  when: =$count($) > 0\n  url: ${url}/x\n  parameters:\n\
        \x20   page: {location: query, value: '=@ctx.parameters.page + 1', type: number, required: true}\n";
    let sink = Trial::of(yaml, &server.url()).ok();
    assert!(sink.resumes.iter().all(Option::is_none), "{:?}", sink.resumes);
}

#[test]
fn a_place_with_a_secret_is_not_kept() {
    let server = Scripted::start(|number, _| {
        let next = if number == 0 { json!("/x?key=secret-7") } else { json!(null) };
        json_answer(&json!({ "items": [], "next": next }))
    });
    let yaml = "method: GET\nurl: ${url}/x\nrecords: =$.items\n\
        parameters: {k: {location: header, type: secret, value: c, required: true}}\n\
        continuation: {when: =$boolean($.next), url: =$.next}\n";
    let sink = Trial::of(yaml, &server.url()).credential("c", "secret-7").ok();
    assert_eq!(sink.resumes, [None, None]);
}
