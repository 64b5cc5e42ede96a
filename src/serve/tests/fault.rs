use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::super::{Clock, Options, ServeError, Server};
use super::{Site, small_tables};

#[test]
fn failures_are_the_same_for_the_same_seed() {
    let statuses = |seed| {
        let site = Site::open(&Options { tables: small_tables(), fail: 0.5, seed, ..Options::default() });
        (0..40).map(|_| site.get("/products").status).collect::<Vec<u16>>()
    };
    let first = statuses(7);
    assert!(first.contains(&200) && first.contains(&503));
    assert_eq!(first, statuses(7));
    assert_ne!(first, statuses(8));
}

#[test]
fn a_failure_says_that_it_was_injected() {
    let site = Site::open(&Options { tables: small_tables(), fail: 1.0, ..Options::default() });
    assert_eq!(site.get("/products").code(), "injectedFailure");
}

#[test]
fn too_many_requests_are_told_when_to_come_back() {
    let seconds = Arc::new(AtomicU64::new(100));
    let shared = seconds.clone();
    let clock: Clock = Arc::new(move || UNIX_EPOCH + Duration::from_secs(shared.load(Ordering::SeqCst)));
    let rate_limit = NonZeroU32::new(3);
    let site = Site::open(&Options { tables: small_tables(), rate_limit, clock, ..Options::default() });
    let statuses = || (0..4).map(|_| site.get("/products").status).collect::<Vec<u16>>();
    assert_eq!(statuses(), [200, 200, 200, 429]);
    let reply = site.get("/products");
    assert_eq!((reply.code().as_str(), reply.header("Retry-After")), ("tooManyRequests", "1"));
    seconds.store(101, Ordering::SeqCst);
    assert_eq!(statuses(), [200, 200, 200, 429]);
}

#[test]
fn latency_holds_answers_back() {
    let latency = Duration::from_millis(60);
    let site = Site::open(&Options { tables: small_tables(), latency, ..Options::default() });
    let start = Instant::now();
    assert_eq!(site.get("/products").status, 200);
    assert!(start.elapsed() >= latency);
}

#[test]
fn a_stop_does_not_wait_for_latency_and_frees_the_port() {
    let options = Options { tables: small_tables(), latency: Duration::from_secs(600), ..Options::default() };
    let site = Site::open(&options);
    let (url, agent, address) = (site.url("/products"), site.agent.clone(), site.server.address());
    let waiting = std::thread::spawn(move || agent.get(url).call().map(|reply| reply.status().as_u16()));
    let idle = std::net::TcpStream::connect(address).unwrap();
    let start = Instant::now();
    drop(site);
    assert!(start.elapsed() < Duration::from_secs(10));
    // Answered at once, or never heard: the request may have come after the stop.
    if let Ok(status) = waiting.join().unwrap() {
        assert_eq!(status, 200);
    }
    drop(idle);
    Server::start(&Options { port: address.port(), ..Options::default() }).unwrap();
}

#[test]
fn a_taken_port_is_an_error_that_names_it() {
    let first = Server::start(&Options::default()).unwrap();
    let port = first.address().port();
    let error = Server::start(&Options { port, ..Options::default() }).err().unwrap();
    assert!(matches!(&error, ServeError::Listen { address, .. } if address.port() == port));
    assert!(error.to_string().starts_with(&format!("cannot listen on 127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn every_request_is_logged_once() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let options = Options {
        tables: small_tables(),
        log: Some(Arc::new(move |exchange| sink.lock().unwrap().push(exchange.to_string()))),
        ..Options::default()
    };
    let site = Site::open(&options);
    site.get("/products/1?x=%20");
    site.delete("/none/1");
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("GET /products/1?x=%20 200 54 B "), "{}", lines[0]);
    assert!(lines[1].starts_with("DELETE /none/1 404 "), "{}", lines[1]);
}
