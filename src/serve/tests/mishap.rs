//! Every mishap as a client meets it, byte by byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::super::{Mishap, Options, Planned, ServeError, Server};
use super::{Reply, Site, small_tables};

fn with(fault: &str) -> Server {
    let planned = vec![fault.parse::<Planned>().unwrap()];
    Server::start(&Options { tables: small_tables(), planned, ..Options::default() }).unwrap()
}

/// Everything that comes within a moment, and how it ends.
fn raw(server: &Server, target: &str) -> (Vec<u8>, std::io::Result<()>) {
    within(Duration::from_millis(300), server, target)
}

fn within(moment: Duration, server: &Server, target: &str) -> (Vec<u8>, std::io::Result<()>) {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(moment)).unwrap();
    let host = server.address();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut got = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    let end = loop {
        match stream.read(&mut piece) {
            Ok(0) => break Ok(()),
            Ok(length) => got.extend_from_slice(&piece[..length]),
            Err(error) => break Err(error),
        }
        if got.len() > 3 * 1024 * 1024 {
            break Ok(());
        }
    };
    (got, end)
}

fn text(fault: &str) -> String {
    String::from_utf8_lossy(&raw(&with(fault), "/products").0).into_owned()
}

fn body(fault: &str) -> String {
    let text = text(fault);
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn right() -> String {
    let site = Site::small();
    site.get("/products").text
}

#[test]
fn connections_end_early_in_every_way() {
    assert_eq!(text("close"), "");
    assert!(raw(&with("reset"), "/products").1.is_err());
    assert!(text("close-after-headers").ends_with("\r\n\r\n"));
    assert!(raw(&with("reset-in-body"), "/products").1.is_err());
    assert!(raw(&with("reset-after-headers"), "/products").1.is_err());
    let right = right();
    for fault in ["cut-body", "cut-without-length"] {
        assert_eq!(body(fault), right[..right.len() / 2], "{fault}");
    }
    assert!(!text("cut-without-length").contains("Content-Length"));
    let cut = text("cut-chunks");
    assert!(cut.contains("chunked") && !cut.contains("\r\n0\r\n"));
    assert!(text("garbage").starts_with('\u{16}'));
}

#[test]
fn lengths_lie() {
    let length = right().len();
    assert!(text("length-too-short").contains(&format!("Content-Length: {}\r\n", length / 2)));
    let (got, end) = raw(&with("length-too-long"), "/products");
    assert!(String::from_utf8_lossy(&got).contains(&format!("Content-Length: {}\r\n", length + 100)));
    assert!(end.is_err(), "the connection stays open");
}

#[test]
fn slow_answers_stay_away_or_come_in_drops() {
    let (got, end) = raw(&with("stall"), "/products");
    assert!(got.is_empty() && end.is_err());
    let (got, end) = raw(&with("stall-in-body"), "/products");
    assert!(!got.is_empty() && end.is_err());
    assert!(body("drip") == right());
}

#[test]
fn large_answers_are_large() {
    assert!(text("huge-header").len() > 1024 * 1024);
    assert!(text("huge-body").len() > 3 * 1024 * 1024);
    let bomb = within(Duration::from_secs(60), &with("gzip-bomb"), "/products").0;
    assert!(bomb.len() > 100_000);
    assert!(body("nested-bomb").starts_with("[[[["));
}

#[test]
fn statuses_and_redirects_answer_as_named() {
    let limited = text("status-429+7");
    assert!(limited.starts_with("HTTP/1.1 429 ") && limited.contains("Retry-After: 7\r\n"));
    let same = with("redirect-same");
    let first = String::from_utf8_lossy(&raw(&same, "/products?limit=1").0).into_owned();
    assert!(first.contains("Location: /products?limit=1&redirected=1\r\n"), "{first}");
    let followed = raw(&same, "/products?redirected=1").0;
    assert!(String::from_utf8_lossy(&followed).starts_with("HTTP/1.1 200 "));
    let other = with("redirect-other");
    let site = Site { server: other, agent: Site::small().agent };
    assert_eq!(site.get("/products").text, right(), "the client follows to the other port");
    assert!(text("redirect-loop").contains("Location: /products\r\n"));
    assert!(text("redirect-inside").contains("169.254.169.254"));
}

#[test]
fn bodies_say_the_wrong_thing() {
    let right = right();
    for (fault, expected) in [("null", "null"), ("scalar", "42"), ("empty-body", "")] {
        assert_eq!(body(fault), expected);
    }
    assert_eq!(body("cut-json"), right[..right.len() / 2]);
    assert!(text("html").contains("text/html") && text("wrong-type").contains("text/plain"));
    assert!(raw(&with("invalid-utf8"), "/products").0.contains(&0xff));
    assert!(body("byte-order-mark").starts_with('\u{feff}'));
    assert!(body("error-as-200").contains("went wrong"));
    let rows = |fault| serde_json::from_str::<serde_json::Value>(&body(fault)).unwrap();
    assert_eq!(rows("duplicate-ids").as_array().unwrap().len(), 4);
    assert!(rows("missing-id")[0].get("id").is_none());
    assert!(rows("null-id")[0]["id"].is_null());
    assert_eq!(rows("type-change")[0]["id"], "1");
    assert_eq!(rows("empty-page").as_array().unwrap().len(), 0);
}

#[test]
fn compressed_bodies_are_right_or_broken() {
    let site = Site { server: with("gzip"), agent: Site::small().agent };
    assert_eq!(site.get("/products").text, right());
    for fault in ["gzip-broken", "gzip-mislabelled"] {
        let site = Site { server: with(fault), agent: Site::small().agent };
        let mut reply = site.agent.get(site.url("/products")).call().unwrap();
        assert!(reply.body_mut().read_to_string().is_err(), "{fault}");
    }
}

#[test]
fn a_page_points_to_itself_in_every_style() {
    let target = "/odata/many?$top=10";
    let reply = Site { server: with("self-page"), agent: Site::small().agent }.get(target).json();
    assert!(reply["@odata.nextLink"].as_str().unwrap().ends_with(target));
    let site = Site { server: with("self-page@2"), agent: Site::small().agent };
    let next = site.get("/cursor/many?limit=5").json()["next"].clone();
    let second = format!("/cursor/many?limit=5&cursor={}", next.as_str().unwrap());
    assert_eq!(site.get(&second).json()["next"], next);
}

#[test]
fn only_the_named_requests_go_wrong() {
    let site = Site { server: with("status-503@2-3"), agent: Site::small().agent };
    let statuses: Vec<u16> = (0..4).map(|_| site.get("/products").status).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[test]
fn a_client_that_knows_the_answer_meets_what_goes_wrong_all_the_same() {
    let site = Site { server: with("null@2"), agent: Site::small().agent };
    let tag = site.get("/products").header("ETag").to_owned();
    let known = || site.agent.get(site.url("/products")).header("If-None-Match", &tag).call().unwrap();
    let reply = Reply::of(known());
    assert_eq!((reply.status, reply.text.as_str()), (200, "null"));
    assert_eq!(Reply::of(known()).status, 304);
}

#[test]
fn a_scenario_file_is_followed_and_its_mistakes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad-day.yaml");
    let start = || {
        let scenario = Some(file.clone());
        Server::start(&Options { tables: small_tables(), scenario, ..Options::default() })
    };
    std::fs::write(&file, "- { fault: status-500, path: /products, requests: 1 }\n").unwrap();
    let site = Site { server: start().unwrap(), agent: Site::small().agent };
    assert_eq!((site.get("/many").status, site.get("/products").status), (200, 500));
    std::fs::write(&file, "- fault: close\n  requests: none\n").unwrap();
    let Err(ServeError::Scenario { message, .. }) = start() else { panic!("accepted") };
    assert!(message.contains("entry 1") && message.contains("`none`"), "{message}");
}

#[test]
fn every_mishap_leaves_the_server_at_work() {
    for (name, _) in Mishap::names().filter(|(name, _)| !name.contains("NNN") && *name != "gzip-bomb") {
        let server = with(&format!("{name}@1"));
        drop(raw(&server, "/products"));
        let again = String::from_utf8_lossy(&raw(&server, "/products").0).into_owned();
        assert!(again.starts_with("HTTP/1.1 200 "), "{name}: {again}");
    }
}
