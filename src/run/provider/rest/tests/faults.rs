//! Servers and networks on a bad day.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::plain;
use crate::run::provider::testing::{Reply, Scripted, Trial, answer, json_answer};
use crate::run::provider::{Retry, Stop};
use crate::serve::{Options, Server};

/// The address of a port that nobody listens on.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn refusals_name_status_and_reason() {
    for (status, body, expected) in [
        (401, r#"{"error":{"message":"token expired"}}"#, "401 (Unauthorized): token expired"),
        (404, "no\n such   list", "404 (Not Found): no such list"),
        (403, "<html>sign in</html>", "403 (Forbidden)"),
        (400, "", "400 (Bad Request)"),
        (418, r#"{"title":"teapot"}"#, "teapot"),
    ] {
        let server = Scripted::start(move |_, _| answer(status, &[], body));
        let error = plain(&server).err();
        assert_eq!(error.code, format!("http.{status}"));
        assert_eq!(error.retry, Retry::Never);
        assert!(error.message.ends_with(expected), "{}", error.message);
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[test]
fn an_excerpt_is_short() {
    let server = Scripted::start(|_, _| answer(404, &[], "ä".repeat(100_000)));
    assert!(plain(&server).err().message.chars().count() < 300);
}

#[test]
fn passing_errors_are_tried_again() {
    for status in [500, 502, 503, 504, 429, 408] {
        let server = Scripted::start(move |number, _| {
            if number < 2 {
                answer(status, &[("Retry-After", "3")], "later")
            } else {
                json_answer(&json!([{ "id": "a" }]))
            }
        });
        let mut trial = plain(&server);
        trial.run().unwrap();
        assert_eq!(trial.sink.ids(), ["a"]);
        assert_eq!(*trial.pace.0.lock().unwrap(), [Duration::from_secs(3); 2], "{status}");
    }
}

#[test]
fn a_wait_may_be_a_date() {
    let server = Scripted::start(|number, _| {
        let headers =
            [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:49 GMT")];
        if number == 0 { answer(503, &headers, "") } else { json_answer(&json!([])) }
    });
    let mut trial = plain(&server);
    trial.run().unwrap();
    assert_eq!(*trial.pace.0.lock().unwrap(), [Duration::from_secs(12)]);
}

#[test]
fn retries_end() {
    let server = Scripted::start(|_, _| answer(503, &[], "down"));
    let mut trial = plain(&server);
    trial.http.retries = 2;
    let error = trial.run().unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("http.503", Retry::MayHelp));
    assert_eq!(server.seen().len(), 3);
    assert_eq!(*trial.pace.0.lock().unwrap(), [250, 500].map(Duration::from_millis));
}

#[test]
fn too_many_requests_wait_as_documented() {
    let server =
        Scripted::start(|number, _| if number == 0 { answer(429, &[], "") } else { json_answer(&json!([])) });
    let mut trial = plain(&server);
    trial.run().unwrap();
    assert_eq!(*trial.pace.0.lock().unwrap(), [Duration::from_secs(5)]);
}

#[test]
fn a_post_is_not_repeated_unless_the_server_did_nothing() {
    for (status, requests) in [(500, 1), (503, 4)] {
        let server = Scripted::start(move |_, _| answer(status, &[], ""));
        let error = Trial::of("method: POST\nurl: ${url}/x\n", &server.url()).err();
        assert_eq!(error.code, format!("http.{status}"));
        assert_eq!(server.seen().len(), requests);
    }
}

#[test]
fn nobody_listening_is_told() {
    let mut trial = Trial::of("method: GET\nurl: ${url}/x\n", &nobody());
    let error = trial.run().unwrap_err();
    assert_eq!((error.code.as_str(), error.retry), ("net.connect", Retry::MayHelp));
    assert!(error.message.contains("refused"), "{}", error.message);
    assert_eq!(trial.pace.0.lock().unwrap().len(), 3);
}

#[test]
fn an_unknown_host_is_told() {
    let error = Trial::of("method: GET\nurl: http://no-such-host.invalid/x\n", "").err();
    assert_eq!(error.code, "net.dns", "{}", error.message);
    assert!(error.message.contains("`no-such-host.invalid`"), "{}", error.message);
}

#[test]
fn a_server_without_tls_is_told() {
    let server = Server::start(&Options::default()).unwrap();
    let error = Trial::of("method: GET\nurl: ${url}/x\n", &server.url().replace("http:", "https:")).err();
    assert_eq!(error.code, "net.tls", "{}", error.message);
}

#[test]
fn cut_answers_are_no_answers() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"id\":\"a\"}";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{\"id\r\n";
    let head = "HTTP/1.1 200 OK\r\nConte";
    for bytes in [whole, chunked, head, ""] {
        let server = Scripted::start(move |_, _| Reply::Bytes(bytes.as_bytes().to_vec()));
        let mut trial = plain(&server);
        let error = trial.run().unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.retry),
            ("net.connect", Retry::MayHelp),
            "{bytes:?}: {}",
            error.message
        );
        assert!(trial.sink.pages.is_empty());
    }
}

#[test]
fn an_answer_without_length_that_ends_early_is_not_json() {
    let server = Scripted::start(|_, _| {
        Reply::Bytes(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{\"id\":\"a\"},".to_vec())
    });
    let error = plain(&server).err();
    assert_eq!((error.code.as_str(), error.retry), ("decode.json", Retry::MayHelp));
}

#[test]
fn nonsense_is_no_http() {
    let server = Scripted::start(|_, _| Reply::Bytes(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()));
    assert_eq!(plain(&server).err().code, "net.protocol");
}

#[test]
fn large_bodies_are_refused() {
    let body = format!("[\"{}\"]", "x".repeat(200_000));
    let announced = body.clone();
    let silent = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}");
    let with_length = Scripted::start(move |_, _| answer(200, &[], &announced));
    let without = Scripted::start(move |_, _| Reply::Bytes(silent.clone().into_bytes()));
    for server in [with_length, without] {
        let mut trial = plain(&server);
        trial.http.max_body = 100_000;
        let error = trial.err();
        assert_eq!((error.code.as_str(), error.retry), ("limit.body", Retry::Never));
        assert!(error.message.contains("100000"), "{}", error.message);
    }
}

#[test]
fn a_body_as_large_as_allowed_is_taken() {
    let body = r#"[{"id":"a"}]"#;
    let server = Scripted::start(move |_, _| answer(200, &[], body));
    let mut trial = plain(&server);
    trial.http.max_body = body.len() as u64;
    assert_eq!(trial.ok().ids(), ["a"]);
}

#[test]
fn silence_ends_by_the_timeout() {
    for said in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,"] {
        let server = Scripted::start(move |_, _| Reply::Hang(said.as_bytes().to_vec()));
        let mut trial = plain(&server);
        trial.http.timeout = Duration::from_millis(80);
        trial.http.retries = 1;
        let error = trial.err();
        assert_eq!((error.code.as_str(), error.retry), ("net.timeout", Retry::MayHelp), "{}", error.message);
        assert_eq!(server.seen().len(), 2);
    }
}

#[test]
fn a_stop_is_heard_while_the_server_is_silent() {
    let server =
        Scripted::start(|_, _| Reply::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[".to_vec()));
    let mut trial = plain(&server);
    trial.http.timeout = Duration::from_secs(3600);
    let stop = trial.stop.clone();
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.seen().is_empty() {
                std::thread::yield_now();
            }
            stop.ask();
        });
        assert_eq!(trial.run().unwrap_err().code, "interrupted");
    });
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_deadline_of_the_sync_ends_a_request() {
    let server = Scripted::start(|_, _| Reply::Hang(Vec::new()));
    let mut trial = plain(&server);
    trial.http.timeout = Duration::from_secs(3600);
    trial.stop = Stop::new(Some(Instant::now() + Duration::from_millis(80)));
    assert_eq!(trial.run().unwrap_err().code, "net.timeout");
}

#[test]
fn redirects_are_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = Scripted::start(move |_, seen| {
            if seen.target == "/x" {
                answer(status, &[("Location", "../y?z=1")], "")
            } else {
                json_answer(&json!([{ "id": "a" }]))
            }
        });
        assert_eq!(plain(&server).ok().ids(), ["a"]);
        assert_eq!(server.targets(), ["/x", "/y?z=1"], "{status}");
    }
}

#[test]
fn a_redirected_post_becomes_a_get_as_browsers_do() {
    for (status, method, body) in [(302, "GET", ""), (303, "GET", ""), (307, "POST", "{\"a\":1}")] {
        let server = Scripted::start(move |_, seen| {
            if seen.target == "/x" {
                answer(status, &[("Location", "/y")], "")
            } else {
                json_answer(&json!([]))
            }
        });
        Trial::of(
            "method: POST\nurl: ${url}/x\nparameters:\n  a: {location: body, value: 1}\n",
            &server.url(),
        )
        .ok();
        let last = server.seen().remove(1);
        assert_eq!((last.method.as_str(), last.body.as_str()), (method, body), "{status}");
    }
}

#[test]
fn redirects_end() {
    let server = Scripted::start(|number, _| answer(302, &[("Location", &format!("/{number}"))], ""));
    assert_eq!(plain(&server).err().code, "limit.redirects");
    assert_eq!(server.seen().len(), 11);
}

#[test]
fn a_redirect_without_target_or_to_elsewhere_is_refused() {
    let server = Scripted::start(|_, _| answer(302, &[], ""));
    assert_eq!(plain(&server).err().code, "http.302");
    let server = Scripted::start(|_, _| answer(302, &[("Location", "ftp://h/")], ""));
    assert_eq!(plain(&server).err().code, "config.url");
    let server = Scripted::start(|_, _| answer(302, &[("Location", "http://elsewhere.invalid/")], ""));
    let mut trial = plain(&server);
    trial.http.allow = vec!["127.0.0.1".to_owned()];
    assert_eq!(trial.err().code, "config.host");
}

/// `[{"id":"a"}]`, packed.
const PACKED: [u8; 32] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 139, 174, 86, 202, 76, 81, 178, 82, 74, 84, 170, 141, 5, 0, 137, 255,
    44, 117, 12, 0, 0, 0,
];

#[test]
fn packed_answers_are_unpacked() {
    let server = Scripted::start(|_, _| answer(200, &[("Content-Encoding", "gzip")], PACKED));
    let sink = plain(&server).ok();
    assert_eq!((sink.ids(), sink.bytes), (vec!["a"], 12));
    let server = Scripted::start(|_, _| answer(200, &[("Content-Encoding", "gzip")], PACKED));
    let mut trial = plain(&server);
    trial.http.max_body = 11;
    assert_eq!(trial.err().code, "limit.body");
}

#[test]
fn packed_answers_that_are_broken_are_told() {
    let server = Scripted::start(|_, _| answer(200, &[("Content-Encoding", "gzip")], "[{\"id\":\"a\"}]"));
    assert_eq!(plain(&server).err().code, "decode.body");
}
