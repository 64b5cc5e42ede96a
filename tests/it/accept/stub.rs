//! A web server that answers what a test says, when the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What a test answers with.
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    headers: String,
    promised: Option<usize>,
}

impl Answer {
    /// 200 with a body.
    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body)
    }

    /// Any status.
    pub(super) fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), headers: String::new(), promised: None }
    }

    /// The same with a header.
    pub(super) fn header(self, name: &str, value: &str) -> Self {
        Self { headers: format!("{}{name}: {value}\r\n", self.headers), ..self }
    }

    /// Breaks off before all of the body that was promised has been sent.
    pub(super) fn cut(self) -> Self {
        let promised = Some(self.body.len() + 1000);
        Self { promised, ..self }
    }
}

/// What a client asks for.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// With its query.
    pub(super) path: &'a str,
    /// The request line and the headers.
    pub(super) head: &'a str,
    pub(super) body: &'a str,
}

impl Asked<'_> {
    /// The value of a header; its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A server that runs until it is dropped.
pub(super) struct Stub {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Stub {
    /// Answers every request (its path with query) by the closure, each in a thread of its own.
    pub(super) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_for(move |asked| answer(asked.path))
    }

    /// Answers every request by the closure, each in a thread of its own.
    pub(super) fn start_for(answer: impl Fn(&Asked<'_>) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let stub = Self { url, requests: Arc::clone(&requests), over: Arc::clone(&over) };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                thread::spawn(move || talk(stream, &*answer, &requests));
            }
        });
        stub
    }

    /// `http://127.0.0.1:port`
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The request lines and headers so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees that it is over.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

/// A client that goes away is no failure of the test.
fn talk(
    stream: TcpStream,
    answer: &dyn Fn(&Asked<'_>) -> Answer,
    requests: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    requests.lock().unwrap().push(head.clone());
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let body = String::from_utf8_lossy(&body);
    let Answer { status, body, headers, promised } =
        answer(&Asked { method, path, head: &head, body: &body });
    let length = promised.unwrap_or(body.len());
    let head = format!(
        "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(&body).ok()?;
    stream.flush().ok()
}

/// Holds threads back until it is opened.
#[derive(Default)]
pub(super) struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub(super) fn closed() -> Arc<Self> {
        Arc::default()
    }

    /// Lets everybody through from now on.
    pub(super) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    /// Waits until it is open; gives up when the test has failed meanwhile.
    pub(super) fn pass(&self) {
        let guard = self.open.lock().unwrap();
        let _ = self.opened.wait_timeout_while(guard, Duration::from_secs(90), |open| !*open).unwrap();
    }
}
