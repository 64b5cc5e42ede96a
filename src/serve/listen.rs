//! Listens, gives every connection a thread, and ends them all in an orderly way.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Exchange;
use super::backend::Backend;
use super::http::{Answer, Connection, Refusal, Request};
use super::mishap::{Delivery, End};
use super::scenario::Plan;

/// Connections at once; more are told to come back later.
const MAX_CONNECTIONS: usize = 128;
/// How long a client may be silent, or refuse to take its answer.
const SILENCE: Duration = Duration::from_secs(60);
/// How long answers under way may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long, and for how many bytes, a refused client may go on sending.
const LINGER: Duration = Duration::from_millis(200);
const MAX_LINGER: u64 = 16 * 1024 * 1024;

pub(super) struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// What is served at one address.
pub(super) struct Site {
    pub backend: RwLock<Arc<Backend>>,
    pub plan: Plan,
    /// The address of the server for redirects to another origin.
    pub twin: String,
}

impl Site {
    /// What answers now.
    fn backend(&self) -> Arc<Backend> {
        Arc::clone(&self.backend.read().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Shared {
    site: Site,
    open: Mutex<Open>,
    /// Told when the server stops and when a connection ends.
    changed: Condvar,
}

#[derive(Default)]
struct Open {
    stopping: bool,
    next: u64,
    streams: HashMap<u64, TcpStream>,
}

impl Listener {
    pub(super) fn start(address: SocketAddr, site: Site) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { site, open: Mutex::default(), changed: Condvar::new() });
        let accepting = spawn("serve-accept", {
            let shared = shared.clone();
            move || accept(&listener, &shared)
        })?;
        Ok(Self { address, shared, accepting: Some(accepting) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn backend(&self) -> Arc<Backend> {
        self.shared.site.backend()
    }

    /// Answers from another back end from the next request on.
    pub(super) fn exchange(&self, backend: Arc<Backend>) {
        *self.shared.site.backend.write().unwrap_or_else(PoisonError::into_inner) = backend;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stop();
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect_timeout(&reachable(self.address), FAREWELL));
        if let Some(accepting) = self.accepting.take() {
            // It has nothing to tell; if it failed, it has ended too.
            let _ = accepting.join();
        }
        self.shared.wait_for_connections();
    }
}

impl Shared {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.open().stopping
    }

    /// Lets nobody send any more; answers under way are still written.
    fn stop(&self) {
        let mut open = self.open();
        open.stopping = true;
        shut(&open, Shutdown::Read);
        drop(open);
        self.changed.notify_all();
    }

    /// Waits for the connections to end; the slow ones are cut.
    fn wait_for_connections(&self) {
        for last in [false, true] {
            let open = self.open();
            if last {
                shut(&open, Shutdown::Both);
            }
            let waited = self.changed.wait_timeout_while(open, FAREWELL, |open| !open.streams.is_empty());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Holds an answer back, unless the server stops; answers whether it does.
    fn hold_back(&self, latency: Duration) -> bool {
        if latency.is_zero() {
            return self.is_stopping();
        }
        let waited = self.changed.wait_timeout_while(self.open(), latency, |open| !open.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// Notes a connection; `None` when there are too many or the server stops.
    fn admit(self: &Arc<Self>, stream: &TcpStream) -> Option<Admission> {
        let mut open = self.open();
        if open.stopping || open.streams.len() >= MAX_CONNECTIONS {
            return None;
        }
        let stream = stream.try_clone().ok()?;
        open.next += 1;
        let number = open.next;
        open.streams.insert(number, stream);
        Some(Admission { shared: self.clone(), number })
    }
}

/// A connection that is counted; dropped with its thread, also when that fails.
struct Admission {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.shared.open().streams.remove(&self.number);
        self.shared.changed.notify_all();
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.is_stopping() {
            return;
        }
        match accepted {
            Ok((stream, _)) => welcome(stream, shared),
            // Out of file handles, or a client that left at once: others may still be served.
            Err(_) => drop(shared.hold_back(Duration::from_millis(10))),
        }
    }
}

fn welcome(stream: TcpStream, shared: &Arc<Shared>) {
    // Without delay a short last packet would wait for the client's acknowledgement.
    let is_ready = stream.set_nodelay(true).is_ok()
        && stream.set_read_timeout(Some(SILENCE)).is_ok()
        && stream.set_write_timeout(Some(SILENCE)).is_ok();
    if !is_ready {
        return;
    }
    let Some(admission) = shared.admit(&stream) else {
        let full = Answer::error(503, "tooManyConnections", "too many connections are open");
        return refuse(Connection::new(stream), &full);
    };
    // Without a thread the connection is closed, which is all that can be done.
    let _ = spawn("serve-connection", move || converse(stream, &admission.shared));
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Answers one client until it leaves.
fn converse(stream: TcpStream, shared: &Shared) {
    let mut connection = Connection::new(stream);
    loop {
        let request = match connection.read() {
            Ok(request) => request,
            Err(Refusal::Gone) => return,
            Err(Refusal::Answer(answer)) => return refuse(connection, &answer),
        };
        let request = Request { keeps_alive: request.keeps_alive && !shared.is_stopping(), ..request };
        let request = shared.site.plan.unmarked(request);
        let mishap = shared.site.plan.next(&request);
        let request = if mishap.is_some() { unconditional(request) } else { request };
        let refused = mishap.is_some_and(|mishap| mishap.refuses(&request));
        let answer = if refused { Answer::empty(204) } else { answer(shared, &request) };
        let Some(mishap) = mishap else {
            if connection.write(&answer, Some(&request)).is_err() || !request.keeps_alive {
                return;
            }
            continue;
        };
        let delivery = mishap.stage(answer, &request, &shared.site.twin);
        let stream = connection.stream();
        let written = delivery.write(stream, request.keeps_alive, &|time| !shared.hold_back(time));
        if written.is_err() || !stays(&delivery, stream, shared) || !request.keeps_alive {
            return;
        }
    }
}

/// The request of a client that knows no earlier answer: whoever is told that nothing has changed would never
/// meet what goes wrong with the answer.
fn unconditional(request: Request) -> Request {
    Request { if_none_match: None, if_modified_since: None, ..request }
}

/// Ends the connection as a mishap wants it; answers whether it goes on.
fn stays(delivery: &Delivery, stream: &mut TcpStream, shared: &Shared) -> bool {
    match delivery.end {
        End::Stay => return true,
        End::Close => {}
        // What was not sent yet is thrown away, and the other side hears of a reset.
        End::Reset => drop(socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO))),
        End::Silence => {
            let quiet = stream.set_read_timeout(Some(Duration::from_millis(50)));
            while quiet.is_ok() && !shared.is_stopping() && !has_left(stream) {}
        }
    }
    false
}

/// Waits a moment for a client to leave.
fn has_left(stream: &TcpStream) -> bool {
    match stream.peek(&mut [0]) {
        Ok(0) => true,
        Ok(_) => {
            std::thread::sleep(Duration::from_millis(50));
            false
        }
        Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
    }
}

/// Answers a client that may still be sending, and hangs up. What it sends is taken for a moment, as a
/// socket that is closed with bytes unread takes the answer back.
fn refuse(mut connection: Connection<TcpStream>, answer: &Answer) {
    if connection.write(answer, None).is_err() {
        return;
    }
    let stream = connection.into_stream();
    let is_ready = stream.shutdown(Shutdown::Write).is_ok() && stream.set_read_timeout(Some(LINGER)).is_ok();
    if is_ready {
        // The client learns it or has left already.
        let _ = io::copy(&mut stream.take(MAX_LINGER), &mut io::sink());
    }
}

fn answer(shared: &Shared, request: &Request) -> Answer {
    let start = Instant::now();
    let backend = shared.site.backend();
    shared.hold_back(backend.latency());
    let answer = backend.answer(request);
    if let Some(log) = &backend.log {
        log(&Exchange {
            method: request.method.name().to_owned(),
            target: request.target.clone(),
            status: answer.status,
            bytes: answer.body.len(),
            took: start.elapsed(),
        });
    }
    answer
}

fn shut(open: &Open, how: Shutdown) {
    for stream in open.streams.values() {
        // A connection that has ended already needs no shutting.
        let _ = stream.shutdown(how);
    }
}

/// Where a server that listens everywhere can be reached from here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
