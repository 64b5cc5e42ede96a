//! What the tests of the providers share: a sink that collects, servers that misbehave, functions
//! from YAML.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{
    Connections, Fetch, FetchError, Fetched, Http, HttpOptions, Page, Provider, Rest, RestOptions, Sink,
    Stop, Validator,
};
use crate::app::{AppPath, Inputs, Project, Renewal, Secret, load};
use crate::diag::{Diagnostic, Files, Severity};
use crate::run::provider::Pace;
use crate::run::{Clock, Credentials};

/// Keeps what it is given; a later row replaces an earlier one with its id.
#[derive(Debug, Default)]
pub(super) struct Collect {
    pub(super) rows: Vec<(String, String)>,
    pub(super) deleted: Vec<String>,
    pub(super) pages: Vec<usize>,
    /// Where each page says that another fetch can go on.
    pub(super) resumes: Vec<Option<String>>,
    pub(super) bytes: u64,
    /// Asked to stop after so many pages.
    pub(super) stop_after: Option<(usize, Stop)>,
    /// Refuses the page with this number.
    pub(super) refuse: Option<usize>,
}

impl Collect {
    pub(super) fn ids(&self) -> Vec<&str> {
        self.rows.iter().map(|(id, _)| id.as_str()).collect()
    }

    pub(super) fn row(&self, id: &str) -> Value {
        let (_, data) = self.rows.iter().rfind(|(key, _)| key == id).unwrap();
        serde_json::from_str(data).unwrap()
    }
}

impl Sink for Collect {
    fn page(&mut self, page: &Page<'_>) -> Result<(), FetchError> {
        if self.refuse == Some(self.pages.len()) {
            return Err(FetchError::lasting("apply.constraint", "the sink refuses"));
        }
        self.rows.extend(page.rows.iter().map(|row| (row.id.to_string(), row.data.to_string())));
        self.deleted.extend(page.deleted.iter().cloned());
        self.pages.push(page.rows.len());
        self.resumes.push(page.resume.clone());
        self.bytes += page.bytes;
        if let Some((pages, stop)) = &self.stop_after
            && *pages == self.pages.len()
        {
            stop.ask();
        }
        Ok(())
    }
}

/// A request as a [`Scripted`] server got it.
#[derive(Debug, Clone)]
pub(in crate::run) struct Seen {
    pub(in crate::run) method: String,
    pub(in crate::run) target: String,
    pub(in crate::run) headers: Vec<(String, String)>,
    pub(in crate::run) body: String,
}

impl Seen {
    pub(in crate::run) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What a [`Scripted`] server does with a request.
pub(in crate::run) enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes and then nothing more, without closing.
    Hang(Vec<u8>),
}

/// A whole answer with a status, headers and a body.
pub(in crate::run) fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes =
        format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    bytes.extend(headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")));
    Reply::Bytes([bytes.as_bytes(), b"\r\n", body].concat())
}

/// `200` with JSON.
pub(in crate::run) fn json_answer(body: &Value) -> Reply {
    answer(200, &[("Content-Type", "application/json")], body.to_string())
}

/// A server on loopback that does what it is told, one connection for each request.
pub(in crate::run) struct Scripted {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    ended: Arc<AtomicBool>,
}

impl Scripted {
    /// `script` gets the number of each request, from 0, and the request.
    pub(in crate::run) fn start(script: impl Fn(usize, &Seen) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicBool::new(false));
        let (log, end) = (Arc::clone(&seen), Arc::clone(&ended));
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                held.extend(handle(stream.unwrap(), &log, &script));
            }
        });
        Self { address, seen, ended }
    }

    pub(in crate::run) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(in crate::run) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(in crate::run) fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn handle(
    mut stream: TcpStream,
    log: &Mutex<Vec<Seen>>,
    script: &dyn Fn(usize, &Seen) -> Reply,
) -> Option<TcpStream> {
    let seen = read_request(&stream)?;
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    match script(number, &seen) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes);
            None
        }
        Reply::Hang(bytes) => {
            let _ = stream.write_all(&bytes);
            Some(stream)
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Does not wait, and remembers what it was asked to.
#[derive(Debug, Default)]
pub(in crate::run) struct NoWait(pub(in crate::run) Mutex<Vec<Duration>>);

impl Pace for NoWait {
    fn jitter(&self) -> f64 {
        1.0
    }

    fn now(&self) -> Instant {
        Instant::now() + self.0.lock().unwrap().iter().sum::<Duration>()
    }

    fn wait(&self, time: Duration, stop: &Stop) -> Result<(), FetchError> {
        self.0.lock().unwrap().push(time);
        stop.check()
    }
}

/// Allows every host, and names the one that the tests' servers are on.
pub(in crate::run) fn loopback() -> Vec<String> {
    ["*", "127.0.0.1"].map(str::to_owned).to_vec()
}

/// Counts its ids: `id-1`, `id-2`.
#[derive(Debug, Default)]
pub(super) struct Counting(Mutex<u32>);

impl Clock for Counting {
    fn now(&self) -> i64 {
        1_750_000_000_000
    }

    fn uuid(&self) -> String {
        let mut number = self.0.lock().unwrap();
        *number += 1;
        format!("id-{number}")
    }
}

struct Known(BTreeMap<String, Secret>, BTreeMap<String, Renewal>);

impl Credentials for Known {
    fn secret(&self, name: &str) -> Option<Secret> {
        self.0.get(name).cloned()
    }

    fn renewal(&self, name: &str) -> Option<Renewal> {
        self.1.get(name).cloned()
    }
}

/// A fetch to be tried.
pub(super) struct Trial {
    project: Project,
    pub(super) http: HttpOptions,
    pub(super) pace: Arc<NoWait>,
    pub(super) arguments: Map<String, Value>,
    pub(super) world: Value,
    pub(super) credentials: BTreeMap<String, Secret>,
    pub(super) renewals: BTreeMap<String, Renewal>,
    pub(super) max_pages: u64,
    pub(super) connections: Connections,
    pub(super) validator: Option<Validator>,
    pub(super) resume: Option<String>,
    pub(super) stop: Stop,
    pub(super) sink: Collect,
}

impl Trial {
    /// Of the function that the YAML describes; `${url}` in it stands for `url`.
    pub(super) fn of(yaml: &str, url: &str) -> Self {
        let text = yaml.replace("${url}", url);
        let text =
            if text.contains("provider:") { text } else { format!("provider: DATA_PROVIDER_REST\n{text}") };
        let pace = Arc::new(NoWait::default());
        let http = HttpOptions {
            pace: Arc::<NoWait>::clone(&pace),
            timeout: Duration::from_secs(10),
            allow: loopback(),
            ..HttpOptions::default()
        };
        Self {
            project: project(&text),
            http,
            pace,
            arguments: Map::new(),
            world: json!({ "solution": { "settings": { "custom": { "baseUrl": url } } }, "user": { "email": "a@b.c" } }),
            credentials: BTreeMap::new(),
            renewals: BTreeMap::new(),
            max_pages: 10_000,
            connections: Connections::new(),
            validator: None,
            resume: None,
            stop: Stop::new(None),
            sink: Collect::default(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn credential(mut self, name: &str, secret: &str) -> Self {
        self.credentials.insert(name.to_owned(), Secret::new(secret.to_owned()));
        self
    }

    pub(super) fn renewal(mut self, name: &str, renewal: Renewal) -> Self {
        self.renewals.insert(name.to_owned(), renewal);
        self
    }

    pub(super) fn run(&mut self) -> Result<Fetched, FetchError> {
        let credentials = Arc::new(Known(self.credentials.clone(), self.renewals.clone()));
        let mut options = RestOptions::new(Http::new(&self.http), credentials, Arc::new(Counting::default()));
        options.max_pages = self.max_pages;
        options.connections = self.connections.clone();
        let request = Fetch {
            entity: "things",
            function: self.project.functions.get("f").map(AsRef::as_ref),
            parameters: &self.arguments,
            world: &self.world,
            cursor: None,
            known: super::Known { validator: self.validator.as_ref(), resume: self.resume.as_deref() },
            stop: &self.stop,
            functions: &self.project.functions,
            tables: &crate::run::provider::NoTables,
        };
        Rest::new(options).fetch(&request, &mut self.sink)
    }

    /// Runs what must go well and gives what arrived.
    pub(super) fn ok(mut self) -> Collect {
        let fetched = self.run();
        assert_eq!(fetched.map(|fetched| Fetched { validator: None, ..fetched }), Ok(Fetched::default()));
        self.sink
    }

    /// Runs what must fail.
    pub(super) fn err(mut self) -> FetchError {
        self.run().unwrap_err()
    }
}

/// An app with one function, `f`.
fn project(yaml: &str) -> Project {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("functions")).unwrap();
    std::fs::write(folder.path().join("index.jigx"), "name: test\n").unwrap();
    std::fs::write(folder.path().join("functions/f.jigx"), yaml).unwrap();
    let root = folder.path().to_path_buf();
    let app = AppPath { shown_from: root.clone(), root, single: None, selected: Vec::new() };
    let inputs = Inputs { app: &app, overlay: BTreeMap::new(), env: &|_| None };
    let loaded = load(&inputs, &mut Files::default()).unwrap();
    let is_error = |found: &&Diagnostic| {
        found.severity == Severity::Error && !["missing-key", "wrong-value"].contains(&found.rule)
    };
    let errors: Vec<_> = loaded.diagnostics().filter(is_error).collect();
    assert!(errors.is_empty(), "{yaml}{errors:#?}");
    loaded.project
}
