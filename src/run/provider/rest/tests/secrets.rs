//! Credentials: where they go, and that no message ever shows one.

use serde_json::json;

use super::one_row;
use crate::run::provider::testing::{Scripted, Seen, Trial, answer, json_answer};

/// Long and unlike anything else, with characters that are spelled in several ways.
const CANARY: &str = "canary/7f3e+\"90=&:pass word";

const AUTH: &str = "method: GET\nurl: ${url}/x\nparameters:\n\
                    \x20 accessToken: {type: string, location: header, required: true, value: microsoft.OAuth}\n";

#[test]
fn credentials_are_sent_by_kind() {
    let server = one_row();
    let yaml = "method: GET\nurl: ${url}/x\nparameters:\n\
                \x20 accessToken: {type: string, location: header, value: token}\n\
                \x20 x-api-key: {type: secret, location: header, value: key}\n\
                \x20 sig: {type: secret, location: query, value: key}\n\
                \x20 plain: {type: string, location: header, value: key}\n";
    Trial::of(yaml, &server.url()).credential("token", "t0k").credential("key", "k y").ok();
    Trial::of(
        "method: GET\nurl: ${url}/x\nparameters:\n  basicAuth: {location: header, value: b}\n",
        &server.url(),
    )
    .credential("b", "user:pass")
    .ok();
    let seen = server.seen();
    assert_eq!(seen[0].header("authorization"), Some("Bearer t0k"));
    assert_eq!(seen[0].header("x-api-key"), Some("k y"));
    assert_eq!(seen[0].header("plain"), Some("key"));
    assert_eq!(seen[0].header("accesstoken"), None);
    assert_eq!(seen[0].target, "/x?sig=k%20y");
    assert_eq!(seen[1].header("authorization"), Some("Basic dXNlcjpwYXNz"));
}

#[test]
fn an_argument_names_another_credential() {
    let server = one_row();
    Trial::of(AUTH, &server.url()).with("accessToken", "other").credential("other", "o").ok();
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer o"));
}

#[test]
fn a_missing_credential_is_named() {
    let server = one_row();
    let error = Trial::of(AUTH, &server.url()).err();
    assert_eq!(error.code, "config.credential");
    assert!(error.message.contains("`microsoft.OAuth`"), "{}", error.message);
    assert!(server.seen().is_empty());
}

#[test]
fn an_empty_credential_is_not_sent() {
    let server = one_row();
    Trial::of(AUTH, &server.url()).credential("microsoft.OAuth", "").ok();
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[test]
fn expressions_see_names_and_no_secrets() {
    let server = one_row();
    let yaml = format!(
        "{AUTH}outputTransform: '$.{{\"id\": id, \"t\": @ctx.parameters.accessToken, \"c\": @ctx.credentials}}'\n"
    );
    let sink = Trial::of(&yaml, &server.url()).credential("microsoft.OAuth", "t").ok();
    assert_eq!(sink.row("a"), json!({ "id": "a", "t": "microsoft.OAuth" }));
}

#[test]
fn a_credential_that_a_server_sends_back_is_in_no_row() {
    let body = r#"[{"id":"a","t":"Bearer t0ken-0123456789","u":"\u0074\u0030ken-0123456789","n":1e400}]"#;
    let server = Scripted::start(move |_, _| answer(200, &[], body));
    for more in ["", "outputTransform: '$.{\"id\": id, \"t\": t, \"u\": u, \"n\": n}'\n"] {
        let trial = Trial::of(&format!("{AUTH}{more}"), &server.url());
        let sink = trial.credential("microsoft.OAuth", "t0ken-0123456789").ok();
        assert_eq!(sink.rows[0].1, r#"{"id":"a","t":"Bearer ***","u":"***","n":1e400}"#, "{more}");
    }
}

#[test]
fn a_redirect_to_the_same_origin_keeps_credentials() {
    let server = Scripted::start(|_, seen| {
        if seen.target == "/x" { answer(302, &[("Location", "/y")], "") } else { json_answer(&json!([])) }
    });
    Trial::of(AUTH, &server.url()).credential("microsoft.OAuth", "t").ok();
    assert_eq!(server.seen()[1].header("authorization"), Some("Bearer t"));
}

#[test]
fn a_redirect_to_another_origin_loses_them() {
    let other = one_row();
    let target = format!("{}/y", other.url());
    let server = Scripted::start(move |_, _| answer(302, &[("Location", &target)], ""));
    let yaml = format!(
        "{AUTH}  x-api-key: {{location: header, value: literal}}\n  Accept-Language: {{location: header, value: de}}\n"
    );
    Trial::of(&yaml, &server.url()).credential("microsoft.OAuth", "t").ok();
    let seen = other.seen().remove(0);
    assert_eq!((seen.header("authorization"), seen.header("x-api-key")), (None, None));
    assert_eq!(seen.header("accept-language"), Some("de"));
}

#[test]
fn a_body_is_not_sent_on_to_another_origin() {
    let other = one_row();
    let target = other.url();
    let server = Scripted::start(move |_, _| answer(307, &[("Location", &target)], ""));
    let yaml = "method: POST\nurl: ${url}/x\nparameters:\n  a: {location: body, value: 1}\n";
    assert_eq!(Trial::of(yaml, &server.url()).err().code, "http.307");
    assert!(other.seen().is_empty());
}

#[test]
fn a_next_page_elsewhere_does_not_get_them() {
    let other = one_row();
    let next = format!("{}/y", other.url());
    let script = move |_: usize, _: &Seen| json_answer(&json!({ "next": next, "items": [] }));
    let server = Scripted::start(script.clone());
    let pages = "records: =$.items\ncontinuation: {when: =$.next, url: =$.next}\n";
    let error =
        Trial::of(&format!("{AUTH}{pages}"), &server.url()).credential("microsoft.OAuth", CANARY).err();
    assert_eq!(error.code, "config.host");
    assert!(other.seen().is_empty());
    // Without credentials the page is just another page.
    let server = Scripted::start(script);
    let open = Trial::of(&format!("method: GET\nurl: ${{url}}/x\n{pages}"), &server.url()).err();
    assert_eq!(open.code, "decode.transform", "the other server has no `items`: {}", open.message);
    assert_eq!(other.seen().len(), 1);
}

#[test]
fn no_message_shows_a_secret() {
    let echo = |_: usize, seen: &Seen| {
        let told = format!("{} {:?} {} {CANARY}", seen.target, seen.headers, seen.body);
        let told = if seen.target.contains("json") {
            json!({ "error": { "message": told } }).to_string()
        } else {
            told
        };
        answer(if seen.target.contains("ok") { 200 } else { 401 }, &[], told)
    };
    let server = Scripted::start(echo);
    let parameters = "parameters:\n\
                      \x20 accessToken: {location: header, value: c}\n\
                      \x20 basicAuth: {location: header, value: c}\n\
                      \x20 x-key: {type: secret, location: header, value: c}\n\
                      \x20 q: {type: secret, location: query, value: c}\n\
                      \x20 p: {type: secret, location: path, value: c}\n\
                      \x20 env: {location: query, value: =@ctx.user.email}\n\
                      \x20 b: {type: secret, location: body, value: c}\n";
    for path in ["text/{p}", "json/{p}", "ok/{p}"] {
        for rest in ["", "inputTransform: '{\"x\": b}'\n", "inputTransform: =$number(b)\n"] {
            let yaml = format!("method: POST\nurl: ${{url}}/{path}\n{parameters}{rest}");
            let mut trial = Trial::of(&yaml, &server.url()).credential("c", CANARY);
            trial.world["user"]["email"] = json!("environment-value-91");
            trial.http.secrets = vec![crate::app::Secret::new("environment-value-91".to_owned())];
            let error = trial.err();
            for part in ["canary", "7f3e", "pass", "environment-value", "Y2FuYXJ5"] {
                assert!(!error.message.contains(part), "{path} {rest}: {}", error.message);
                assert!(!format!("{error:?}").contains(part), "{error:?}");
            }
        }
    }
}
