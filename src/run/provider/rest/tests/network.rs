//! Which addresses are connected to, what is sent there, and how much is taken from there.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::{one_row, plain};
use crate::run::provider::rest::http::{Address, Request};
use crate::run::provider::testing::{NoWait, Scripted, Trial, answer, json_answer, loopback};
use crate::run::provider::{Http, HttpOptions, Stop};

/// Hosts with the addresses they have at each look; the last ones stay.
#[derive(Debug)]
struct Names {
    of: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    looks: AtomicUsize,
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let look = self.looks.fetch_add(1, Ordering::SeqCst);
        let looks = self.of.get(uri.host().unwrap()).ok_or(ureq::Error::HostNotFound)?;
        let mut found = self.empty();
        for ip in looks.get(look).or(looks.last()).unwrap() {
            found.push(SocketAddr::new(*ip, uri.port_u16().unwrap()));
        }
        Ok(found)
    }
}

fn names(host: &'static str, looks: &[&[&str]]) -> Arc<Names> {
    let ips = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(Names {
        of: HashMap::from([(host, looks.iter().map(ips).collect())]),
        looks: AtomicUsize::new(0),
    })
}

fn options() -> HttpOptions {
    let pace = Arc::new(NoWait::default());
    HttpOptions { pace, timeout: Duration::from_secs(10), retries: 0, ..HttpOptions::default() }
}

fn get(http: &Http, url: &str) -> Result<u16, (String, String)> {
    let address = Address::parse(url).unwrap();
    let request = Request { method: "GET".to_owned(), address, headers: Vec::new(), body: None };
    let stop = Stop::new(None);
    let sent = http.finish(http.begin(request, &stop), &http.redactor(), &stop);
    sent.map(|response| response.status).map_err(|error| (error.code, error.message))
}

fn port(server: &Scripted) -> String {
    server.url().rsplit(':').next().unwrap().to_owned()
}

#[test]
fn a_name_that_leads_to_this_machine_must_be_named() {
    let server = one_row();
    let url = format!("http://api.test:{}/x", port(&server));
    let http = Http::with_names(&options(), names("api.test", &[&["127.0.0.1"]]));
    let (code, message) = get(&http, &url).unwrap_err();
    assert_eq!(code, "config.host");
    assert!(message.contains("`api.test` is this machine (`127.0.0.1`)"), "{message}");
    assert!(server.seen().is_empty());
    let named = HttpOptions { allow: vec!["api.test".to_owned()], ..options() };
    assert_eq!(get(&Http::with_names(&named, names("api.test", &[&["127.0.0.1"]])), &url), Ok(200));
}

#[test]
fn a_name_that_changes_its_address_gains_nothing() {
    let server = one_row();
    let url = format!("http://rebind.test:{}/x", port(&server));
    // What it is at the connection counts, and of several addresses only the public ones.
    for looks in [
        &[&["127.0.0.1"] as &[&str]] as &[&[&str]],
        &[&["::ffff:127.0.0.1", "169.254.169.254"]],
        &[&["64:ff9b::7f00:1"]],
    ] {
        let http = Http::with_names(&options(), names("rebind.test", looks));
        assert_eq!(get(&http, &url).unwrap_err().0, "config.host");
        assert_eq!(get(&http, &url).unwrap_err().0, "config.host");
    }
    assert!(server.seen().is_empty());
}

#[test]
fn an_answer_cannot_lead_to_this_machine() {
    let inner = one_row();
    for place in [
        inner.url(),
        inner.url().replace("127.0.0.1", "2130706433"),
        inner.url().replace("127.0.0.1", "localhost"),
    ] {
        let target = format!("{place}/admin");
        let redirect = Scripted::start({
            let target = target.clone();
            move |_, _| answer(302, &[("Location", &target)], "")
        });
        let mut trial = plain(&redirect);
        (trial.http.allow, trial.http.named) = (vec!["*".to_owned()], vec![redirect.url()]);
        assert_eq!(trial.err().code, "config.host", "{target}");
        let next = Scripted::start(move |_, _| json_answer(&json!({ "items": [], "next": target })));
        let yaml = "method: GET\nurl: ${url}/x\nrecords: =$.items\ncontinuation: {when: =$boolean($.next), url: =$.next}\n";
        let mut trial = Trial::of(yaml, &next.url());
        (trial.http.allow, trial.http.named) = (vec!["*".to_owned()], vec![next.url()]);
        assert_eq!(trial.err().code, "config.host");
    }
    assert!(inner.seen().is_empty());
}

/// A function with everything that could be secret, and a next page at `next`.
fn laden(next: &str, first: impl Fn(Value) -> Value + Send + 'static) -> (Scripted, String) {
    let next = next.to_owned();
    let server = Scripted::start(move |_, _| json_answer(&first(json!(next))));
    let parameters = "  Authorization: {location: header, value: literal}\n  Cookie: {location: header, value: a=b}\n\
        \x20 x-api-key: {location: header, value: literal}\n  Accept-Language: {location: header, value: de}\n\
        \x20 apikey: {location: query, value: literal}\n";
    let yaml = format!(
        "method: GET\nurl: ${{url}}/x\nrecords: =$.items\nparameters:\n{parameters}continuation:\n  when: =$boolean($.next)\n  url: =$.next\n"
    );
    (server, yaml)
}

#[test]
fn a_next_page_elsewhere_gets_nothing_that_may_be_secret() {
    let other = Scripted::start(|_, _| json_answer(&json!({ "items": [{ "id": "b" }] })));
    let (server, yaml) =
        laden(&format!("{}/y?page=2", other.url()), |next| json!({ "items": [{ "id": "a" }], "next": next }));
    let sink = Trial::of(&yaml, &server.url()).ok();
    assert_eq!(sink.ids(), ["a", "b"]);
    let home = server.seen().remove(0);
    assert_eq!((home.header("cookie"), home.header("x-api-key")), (Some("a=b"), Some("literal")));
    let there = other.seen().remove(0);
    assert_eq!(there.target, "/y?page=2");
    for name in ["authorization", "cookie", "x-api-key"] {
        assert_eq!(there.header(name), None, "{name}");
    }
    assert_eq!(there.header("accept-language"), Some("de"));
}

#[test]
fn a_secret_in_the_query_stays_at_home() {
    let other = one_row();
    let target = other.url();
    let server = Scripted::start(move |_, _| json_answer(&json!({ "items": [], "next": target })));
    let yaml = "method: GET\nurl: ${url}/x\nrecords: =$.items\n\
        parameters: {sig: {type: secret, location: query, value: c, required: true}}\n\
        continuation: {when: =$boolean($.next), url: =$.next}\n";
    let error = Trial::of(yaml, &server.url()).credential("c", "secret-7").err();
    assert_eq!(error.code, "config.host");
    assert!(other.seen().is_empty());
}

#[test]
fn a_relative_next_page_behind_a_redirect_elsewhere_gets_no_credentials() {
    let other = Scripted::start(|_, seen| {
        let next = if seen.target == "/y" { json!("/z") } else { json!(null) };
        json_answer(&json!({ "items": [], "next": next }))
    });
    let target = format!("{}/y", other.url());
    let server = Scripted::start(move |_, _| answer(302, &[("Location", &target)], ""));
    let yaml = "method: GET\nurl: ${url}/x\nrecords: =$.items\n\
        parameters: {accessToken: {location: header, value: c, required: true}}\n\
        continuation: {when: =$boolean($.next), url: /z}\n";
    let error = Trial::of(yaml, &server.url()).credential("c", "secret-7").err();
    assert_eq!(error.code, "config.host");
    assert_eq!(other.targets(), ["/y"]);
    assert_eq!(other.seen()[0].header("authorization"), None);
}

#[test]
fn a_wait_that_a_host_asks_for_is_heeded_by_all() {
    let server = Scripted::start(|number, _| match number {
        0 => answer(429, &[("Retry-After", "7")], ""),
        _ => answer(200, &[], "[]"),
    });
    let pace = Arc::new(NoWait::default());
    let http = Http::new(&HttpOptions { pace: Arc::<NoWait>::clone(&pace), allow: loopback(), ..options() });
    assert_eq!(get(&http, &server.url()).unwrap_err().0, "http.429");
    assert_eq!(get(&http.clone(), &format!("{}/other", server.url())), Ok(200));
    let waits: Vec<u128> =
        pace.0.lock().unwrap().iter().map(|wait| wait.as_millis().div_ceil(1000)).collect();
    assert_eq!(waits, [7]);
}

#[test]
fn a_rate_holds_for_all_requests_to_a_host() {
    let server = one_row();
    let pace = Arc::new(NoWait::default());
    let spacing = Some(Duration::from_secs(60));
    let http = Http::new(&HttpOptions {
        pace: Arc::<NoWait>::clone(&pace),
        spacing,
        allow: loopback(),
        ..options()
    });
    for _ in 0..3 {
        assert_eq!(get(&http, &server.url()), Ok(200));
    }
    assert_eq!(pace.0.lock().unwrap().len(), 2);
}

#[test]
fn a_host_gets_so_many_requests_at_a_time() {
    let now = Arc::new(Mutex::new((0_usize, 0_usize)));
    // The server answers one connection after the other, so what it sees at once is what the client begins.
    let seen = Arc::clone(&now);
    let server = Scripted::start(move |_, _| {
        let mut now = seen.lock().unwrap();
        now.0 += 1;
        now.1 = now.1.max(now.0);
        now.0 -= 1;
        answer(200, &[], "[]")
    });
    let http = Http::new(&HttpOptions { concurrency: 1, allow: loopback(), ..options() });
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(get(&http, &server.url()), Ok(200)));
        }
    });
    assert_eq!(server.seen().len(), 6);
    assert_eq!(now.lock().unwrap().1, 1);
}

#[test]
fn limits_can_be_set() {
    let many: Vec<(String, String)> = (0..30).map(|n| (format!("X-{n}"), "x".repeat(100))).collect();
    let server = Scripted::start(move |_, _| {
        let headers: Vec<(&str, &str)> =
            many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        answer(200, &headers, "[]")
    });
    for (count, bytes, expected) in
        [(100, 65536, None), (20, 65536, Some("http.maxHeaders")), (100, 1000, Some("http.maxHeaderBytes"))]
    {
        let mut trial = plain(&server);
        (trial.http.max_headers, trial.http.max_header_bytes) = (count, bytes);
        match (trial.run(), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(setting)) => {
                assert_eq!(error.code, "limit.headers");
                assert!(error.message.contains(setting), "{}", error.message);
            }
            other => panic!("{count} {bytes}: {other:?}"),
        }
    }
    let circle = Scripted::start(|number, _| answer(302, &[("Location", &format!("/{number}"))], ""));
    for (most, requests) in [(0, 1), (3, 4)] {
        let mut trial = plain(&circle);
        trial.http.max_redirects = most;
        let before = circle.seen().len();
        assert_eq!(trial.run().unwrap_err().code, "limit.redirects");
        assert_eq!(circle.seen().len() - before, requests);
    }
}

#[test]
fn more_headers_than_can_be_read_are_told_as_such() {
    let many: Vec<(String, String)> = (0..300).map(|n| (format!("X-{n}"), "x".to_owned())).collect();
    let server = Scripted::start(move |_, _| {
        let headers: Vec<(&str, &str)> =
            many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        answer(200, &headers, "[]")
    });
    assert_eq!(plain(&server).err().code, "limit.headers");
}
