//! From a save to its diagnostics, through the whole of `dev`: the real command, the real watcher, the
//! debounce, reading and checking, until the line is out.
#![allow(clippy::cast_precision_loss, clippy::unwrap_used, clippy::print_stdout)]

#[path = "shared/measure.rs"]
mod measure;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use measure::{copy, ms, verdict};

const SAVES: usize = 200;
const TARGET: Duration = Duration::from_millis(100);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() {
    for files in [100, 1_400] {
        let dir = tempfile::tempdir().unwrap();
        let app = App::with_files(dir.path(), files);
        let mut dev = Dev::start(dir.path());
        let mut times: Vec<Duration> = (0..SAVES).map(|n| dev.save(&app, n)).collect();
        let (early, late) = (dev.resident(), {
            for n in 0..SAVES {
                dev.save(&app, n);
            }
            dev.resident()
        });
        times.sort_unstable();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        println!(
            "{files} files: write() to diagnostics p50 {}, p99 {}, most {} ({} under {}); {early} to {late} KiB",
            ms(at(50)),
            ms(at(99)),
            ms(at(100)),
            verdict(at(99) < TARGET),
            ms(TARGET),
        );
    }
}

/// An app of many files.
struct App {
    file: PathBuf,
    text: String,
}

impl App {
    fn with_files(folder: &Path, files: usize) -> Self {
        let app = folder.join("app");
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart"), &app);
        let action = fs::read_to_string(app.join("actions/refresh-visits.jigx")).unwrap();
        for n in 0..files {
            let text = action.replace("refresh-visits", &format!("refresh-{n}"));
            let text = text.replace("sync-scope-visits", &format!("scope-{n}"));
            let path = app.join(format!("actions/group-{}/refresh-{n}.jigx", n % 20));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let file = app.join("actions/group-0/refresh-0.jigx");
        let text = fs::read_to_string(&file).unwrap();
        Self { file, text }
    }
}

/// The command at work; killed when dropped.
struct Dev {
    child: Child,
    read: Receiver<Instant>,
}

impl Dev {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncscope"));
        command.args(["dev", "app", "--format", "json"]).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, read) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if line.contains(r#""event":"dev.loaded""#) || line.contains(r#""event":"dev.rejected""#) {
                    let _ = sender.send(Instant::now());
                }
            }
        });
        let dev = Self { child, read };
        dev.read.recv_timeout(PATIENCE).unwrap();
        // The first reading is over; the watching of its folders follows at once.
        thread::sleep(Duration::from_millis(500));
        dev
    }

    /// Breaks the file or mends it; gives how long the answer took.
    fn save(&mut self, app: &App, n: usize) -> Duration {
        let text = if n.is_multiple_of(2) {
            app.text.replace("type: action.", "type: actoin.")
        } else {
            app.text.clone()
        };
        while self.read.try_recv().is_ok() {
            // A save may have been seen half done, and then again.
        }
        let begun = Instant::now();
        fs::write(&app.file, format!("{text}# {n}\n")).unwrap();
        let told = self.read.recv_timeout(PATIENCE).unwrap();
        // What one save causes is over before the next.
        thread::sleep(Duration::from_millis(30));
        told - begun
    }

    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
