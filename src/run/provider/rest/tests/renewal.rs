//! Tokens that a server refuses: renewed, and the request sent again.

use std::sync::Arc;

use serde_json::json;

use crate::app::{Renewal, Secret};
use crate::run::provider::testing::{Reply, Scripted, Seen, Trial, answer, json_answer};
use crate::run::provider::{Tape, TapeHead};

const PAGES: &str = "method: GET\nurl: ${url}/x\nparameters:\n\
                     \x20 accessToken: {type: string, location: header, required: true, value: crm}\n\
                     records: =$.rows\ncontinuation: {when: =$.next, url: =$.next}\n";

/// Gives tokens out at `/token`, and two pages of rows to those who have the newest one.
fn server() -> Scripted {
    let given = std::sync::atomic::AtomicU32::new(0);
    Scripted::start(move |_, seen: &Seen| {
        if seen.target == "/token" {
            let number = given.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            return json_answer(
                &json!({ "access_token": format!("fresh-token-{number}"), "refresh_token": "next-refresh" }),
            );
        }
        let newest = format!("Bearer fresh-token-{}", given.load(std::sync::atomic::Ordering::SeqCst));
        if seen.header("authorization") != Some(newest.as_str()) {
            return answer(401, &[], "expired");
        }
        page(seen)
    })
}

fn page(seen: &Seen) -> Reply {
    match seen.target.as_str() {
        "/x" => json_answer(&json!({ "rows": [{ "id": "a" }], "next": "/x?page=2" })),
        _ => json_answer(&json!({ "rows": [{ "id": "b" }] })),
    }
}

fn renewal(server: &Scripted) -> Renewal {
    Renewal {
        url: format!("{}/token", server.url()),
        token: Some(Secret::new("first refresh&token".to_owned())),
        client_id: Some("app".to_owned()),
        client_secret: None,
        scope: None,
    }
}

#[test]
fn a_refused_token_is_renewed_once_for_all_pages() {
    let server = server();
    let trial = Trial::of(PAGES, &server.url()).credential("crm", "stale").renewal("crm", renewal(&server));
    assert_eq!(trial.ok().ids(), ["a", "b"]);
    let seen = server.seen();
    let asked: Vec<&str> = seen.iter().map(|seen| seen.target.as_str()).collect();
    assert_eq!(asked, ["/x", "/token", "/x", "/x?page=2"]);
    assert_eq!(seen[1].method, "POST");
    assert_eq!(seen[1].body, "grant_type=refresh_token&refresh_token=first%20refresh%26token&client_id=app");
    assert_eq!(seen[1].header("authorization"), None);
}

#[test]
fn without_a_first_token_one_is_asked_for() {
    let server = server();
    let client = Renewal {
        token: None,
        client_secret: Some(Secret::new("s3cret".to_owned())),
        scope: Some("read all".to_owned()),
        ..renewal(&server)
    };
    let trial = Trial::of(PAGES, &server.url()).credential("crm", "").renewal("crm", client);
    assert_eq!(trial.ok().ids(), ["a", "b"]);
    let seen = server.seen();
    assert_eq!(
        (seen.len(), seen[0].body.as_str()),
        (3, "grant_type=client_credentials&client_id=app&client_secret=s3cret&scope=read%20all")
    );
}

#[test]
fn a_function_may_switch_it_off() {
    let server = server();
    let yaml = format!("{PAGES}disableTokenRefresh: true\n");
    let trial = Trial::of(&yaml, &server.url()).credential("crm", "stale").renewal("crm", renewal(&server));
    assert_eq!(trial.err().code, "http.401");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_token_that_is_refused_again_and_again_ends_the_fetch() {
    let server = Scripted::start(|number, seen| {
        if seen.target == "/token" {
            json_answer(&json!({ "access_token": format!("token-{number}") }))
        } else {
            answer(401, &[], "no")
        }
    });
    let trial = Trial::of(PAGES, &server.url()).credential("crm", "stale").renewal("crm", renewal(&server));
    assert_eq!(trial.err().code, "http.401");
    let asked: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(asked, ["/x", "/token", "/x", "/token", "/x"]);
}

#[test]
fn a_renewal_that_fails_says_so_without_secrets() {
    let server = Scripted::start(|_, seen| match seen.target.as_str() {
        "/token" => answer(400, &[], format!("{{\"error_description\":\"no: {}\"}}", seen.body)),
        _ => answer(401, &[], "expired"),
    });
    let trial = Trial::of(PAGES, &server.url()).credential("crm", "stale").renewal("crm", renewal(&server));
    let error = trial.err();
    assert_eq!(error.code, "credential.refused");
    assert!(
        error.message.starts_with("the credential `crm` could not be renewed: `POST "),
        "{}",
        error.message
    );
    assert!(!error.message.contains("first") && !error.message.contains("stale"), "{}", error.message);
}

#[test]
fn error_rules_know_that_a_credential_is_missing() {
    let server = server();
    let yaml = format!(
        "{PAGES}error:\n  - when: =@ctx.error.name = 'OAuthCredentialsMissingError'\n    title: sign in first\n"
    );
    let error = Trial::of(&yaml, &server.url()).err();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("config.credential", "sign in first"));
    assert!(server.seen().is_empty());
}

#[test]
fn a_recording_holds_no_token_and_is_answered_the_same() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let secrets = [Secret::new("stale".to_owned()), Secret::new("first refresh&token".to_owned())];
    let tape = Tape::record(folder.path(), TapeHead::new(0, "seed".to_owned(), None), &secrets).unwrap();
    let trial = |tape| {
        let mut trial =
            Trial::of(PAGES, &server.url()).credential("crm", "stale").renewal("crm", renewal(&server));
        trial.http.tape = Some(Arc::new(tape));
        trial.ok()
    };
    let recorded = trial(tape).rows;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!["fresh-token", "next-refresh", "first"].iter().any(|word| text.contains(word)), "{text}");
    }
    let asked = server.seen().len();
    let tape = Tape::replay(folder.path(), &[]).unwrap();
    assert_eq!(trial(tape).rows, recorded);
    assert_eq!(server.seen().len(), asked);
}
