//! From a settled change to findings, in one process: what an author waits for after saving a file.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;
#[path = "shared/town.rs"]
mod town;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use measure::{median, ms, verdict};
use syncscope::app::AppPath;
use syncscope::lint::{Changes, Request, Session};

const ROUNDS: usize = 60;
const LONG_FILE: usize = 147_000;
const MANY_RELOADS: usize = 10_000;

fn main() {
    if measure::is_meter() {
        return;
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    for (files, target) in [(1_400, 10), (14_000, 30)] {
        let mut app = App::new(files);
        println!("{} files: {} the first time", app.files.len(), ms(app.first));
        for kind in ["jigs", "actions", "functions", "datasources", "databases", "index"] {
            app.edit(kind, Duration::from_millis(target));
        }
        app.come_and_go();
        app.long_file();
        app.everything();
        if files < 10_000 && !quick {
            app.memory();
        }
    }
}

/// An app with a session.
struct App {
    folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    session: Session,
    first: Duration,
}

impl App {
    fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_path_buf();
        let files = town::build(&root, count);
        let place = AppPath { root: root.clone(), single: None, selected: Vec::new(), shown_from: root };
        let mut session = Session::new(place, Request::default(), Box::new(|_| None));
        let begun = Instant::now();
        session.reload(Changes::Unknown).unwrap();
        Self { folder, files, session, first: begun.elapsed() }
    }

    fn reload(&mut self, path: &Path) -> Duration {
        let begun = Instant::now();
        let checked = self.session.reload(Changes::Paths(&[path.to_path_buf()])).unwrap();
        let count = checked.findings().count();
        let time = begun.elapsed();
        assert!(count < usize::MAX);
        time
    }

    /// Changes the first line of a file of a kind, which moves all that stands behind it.
    fn edit(&mut self, kind: &str, target: Duration) {
        let folder = self.folder.path().join(kind);
        let is_meant = |path: &&PathBuf| path.starts_with(&folder) || path.file_stem().unwrap() == kind;
        let candidates: Vec<PathBuf> = self.files.iter().filter(is_meant).cloned().collect();
        let Some(path) = candidates.into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()) else {
            return;
        };
        let text = fs::read_to_string(&path).unwrap();
        let mut times = Vec::new();
        for round in 0..ROUNDS {
            fs::write(&path, format!("# {}\n{text}", "x".repeat(round))).unwrap();
            times.push(self.reload(&path));
        }
        fs::write(&path, text).unwrap();
        self.reload(&path);
        show(&format!("  one of {kind} changed"), times, Some(target));
    }

    /// A file comes and goes.
    fn come_and_go(&mut self) {
        let path = self.folder.path().join("jigs/one-more.jigx");
        let mut times = Vec::new();
        for _ in 0..ROUNDS / 4 {
            fs::write(&path, "title: One more\ntype: jig.default\n").unwrap();
            times.push(self.reload(&path));
            fs::remove_file(&path).unwrap();
            times.push(self.reload(&path));
        }
        show("  a file comes and goes", times, None);
    }

    fn long_file(&mut self) {
        let path = self.folder.path().join("jigs/long.jigx");
        let mut times = Vec::new();
        for round in 0..ROUNDS / 4 {
            fs::write(&path, long_text(round)).unwrap();
            times.push(self.reload(&path));
        }
        fs::remove_file(&path).unwrap();
        self.reload(&path);
        show("  a file of 147 kB changed", times, Some(Duration::from_millis(60)));
    }

    /// When nobody knows what has changed, every file is read and compared.
    fn everything(&mut self) {
        let mut times = Vec::new();
        for _ in 0..ROUNDS / 8 {
            let begun = Instant::now();
            self.session.reload(Changes::Unknown).unwrap();
            times.push(begun.elapsed());
        }
        show("  everything looked at", times, None);
    }

    fn memory(&mut self) {
        let path =
            self.files.iter().find(|path| path.starts_with(self.folder.path().join("jigs"))).unwrap().clone();
        let text = fs::read_to_string(&path).unwrap();
        let mut early = 0;
        for round in 0..MANY_RELOADS {
            fs::write(&path, format!("# {round}\n{text}")).unwrap();
            self.reload(&path);
            if round == MANY_RELOADS / 10 {
                early = resident();
            }
        }
        let late = resident();
        let flat = late <= early + early / 50;
        let mb = |kib: u64| format!("{:.1} MB", kib as f64 / 1024.0);
        println!(
            "  memory after {} reloads {}, after {MANY_RELOADS} {}: {}",
            MANY_RELOADS / 10,
            mb(early),
            mb(late),
            verdict(flat)
        );
    }
}

fn show(what: &str, mut times: Vec<Duration>, target: Option<Duration>) {
    times.sort_unstable();
    let worst = times[times.len() - 1];
    let told =
        target.map(|target| format!("under {}: {}", ms(target), verdict(median(times.clone()) < target)));
    println!(
        "{what:32} median {:>9}  worst {:>9}  {}",
        ms(median(times)),
        ms(worst),
        told.unwrap_or_default()
    );
}

fn long_text(round: usize) -> String {
    let mut text = format!("title: Long {round}\ntype: jig.default\nchildren:\n");
    for n in 0.. {
        if text.len() >= LONG_FILE {
            break;
        }
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "  - type: component.text-field\n    instanceId: field-{n}\n    options:\n      label: Field {n}\n      \
             initialValue: =@ctx.user.email & ' {n}'\n      isHidden: =@ctx.jig.state.searchText = '{n}'\n"
        );
    }
    text
}

/// The memory that the process holds, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
