//! What must survive any bytes from the network: our server, and our client.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use syncscope::action::ProviderKind;
use syncscope::app::{Inputs, Loaded, discover, load};
use syncscope::diag::Files;
use syncscope::run::provider::{Http, HttpOptions, Rest, RestOptions};
use syncscope::run::{
    Engine, Observer, Providers, Record, RunOptions, SettingsCredentials, Stop, SystemClock, Trigger,
};
use syncscope::serve::{Options, Server, Table};
use syncscope::store::Store;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn server() -> Server {
    let table = Table::from_rows("tasks", [r#"{"id":"1","name":"one"}"#]).unwrap();
    Server::start(&Options { tables: vec![table], ..Options::default() }).unwrap()
}

/// Sends bytes as a request; the server answers or hangs up, and goes on.
pub(super) fn request(server: &Server, bytes: &[u8]) {
    talk(server.address(), bytes);
    let well = talk(server.address(), b"GET /tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(well.starts_with(b"HTTP/1.1 200"), "{}", well.escape_ascii());
}

fn talk(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may hang up before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// A server that answers whatever it is asked with the same bytes.
pub(super) struct Stub {
    address: SocketAddr,
    answer: Arc<Mutex<Vec<u8>>>,
    stop: Arc<AtomicBool>,
}

impl Stub {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer: Arc<Mutex<Vec<u8>>> = Arc::default();
        let stop: Arc<AtomicBool> = Arc::default();
        let (given, stopped) = (Arc::clone(&answer), Arc::clone(&stop));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let bytes = given.lock().unwrap().clone();
                serve(stream, &bytes);
            }
        });
        Self { address, answer, stop }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does something while these bytes are the answer.
    pub(super) fn answer(&self, bytes: &[u8], work: impl FnOnce()) {
        *self.answer.lock().unwrap() = bytes.to_vec();
        work();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn serve(mut stream: TcpStream, answer: &[u8]) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(length) => head.extend_from_slice(&piece[..length]),
        }
    }
    // The client may have enough before all is sent.
    let _ = stream.write_all(answer);
}

/// An app with one function, run again and again on one database.
pub(super) struct App {
    folder: tempfile::TempDir,
    store: Store,
}

struct Silent;

impl Observer for Silent {
    fn observe(&self, _: &Record) {}
}

impl App {
    pub(super) fn new(address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("index.jigx", include_str!("../../fuzz/app/index.jigx"));
        let function = include_str!("../../fuzz/app/functions/get-tasks.jigx");
        write("functions/get-tasks.jigx", &function.replace("ADDRESS", &address.to_string()));
        Self { folder, store: Store::open_in_memory().unwrap() }
    }

    fn load(folder: &Path, files: &mut Files) -> Loaded {
        let place = discover(&[folder.to_path_buf()], folder).unwrap().remove(0);
        load(&Inputs { app: &place, overlay: [].into(), env: &|_| None }, files).unwrap()
    }

    /// Runs it; how it ends is the answer's business, but it ends, and no scope is left at work.
    pub(super) fn run(&self) {
        let mut files = Files::new();
        let loaded = Self::load(self.folder.path(), &mut files);
        let settings = &loaded.project.settings;
        let http = HttpOptions { retries: 0, ..HttpOptions::of_app(&loaded.project, settings) };
        let credentials = Arc::new(SettingsCredentials::new(settings));
        let clock = Arc::new(SystemClock);
        let mut rest = RestOptions::new(Http::new(&http), credentials, clock.clone());
        rest.max_pages = 5;
        let engine = Engine {
            project: &loaded.project,
            files: &files,
            store: &self.store,
            providers: Providers::new().with(ProviderKind::Rest, Arc::new(Rest::new(rest))),
            clock,
            observer: &Silent,
            stop: Stop::new(None),
            options: RunOptions::default(),
        };
        engine.trigger(&Trigger::Event { name: "onLoad".into(), jig: None }).unwrap();
        let scopes = self.store.scopes().unwrap();
        assert!(scopes.iter().all(|scope| scope.state.word() != "syncing"), "{scopes:?}");
    }
}
