//! `syncscope lint` of many apps against only reading and parsing the same files to YAML events, both as
//! whole processes; of ten times as many; and of one small file.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use granit_parser::{Parser, options};
use measure::{Cost, cost, median, ms, verdict};

const FILES: usize = 1_400;
const ROUNDS: usize = 15;
/// How often the CPU time of the parsing lint may take.
const MOST_TIMES: f64 = 4.0;
const MOST_MEMORY: f64 = 80.0;
/// What a file of a large folder may cost against one of a small folder.
const LINEAR: f64 = 1.25;
const MOST_COLD: Duration = Duration::from_millis(15);
const PARSE: &str = "__parse";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if measure::is_meter() {
        return;
    }
    if arguments.get(1).is_some_and(|first| first == PARSE) {
        println!("{}", parse(Path::new(&arguments[2])));
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let rounds = if quick { 3 } else { ROUNDS };
    let few = Folder::of(FILES);
    let base = few.show(rounds);
    few.formats(rounds);
    if !quick {
        let per_file = Folder::of(10 * FILES).show(rounds / 3) / base;
        println!(
            "a file among ten times as many costs {per_file:.2} times as much, at most {LINEAR}: {}",
            verdict(per_file <= LINEAR)
        );
    }
    small(rounds);
}

/// Apps on disk.
struct Folder {
    home: tempfile::TempDir,
    list: PathBuf,
    count: usize,
}

impl Folder {
    /// Copies of the corpus, until there are enough files.
    fn of(files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = replicate(folder.path(), files);
        let list = folder.path().join("list");
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        fs::write(&list, names.join("\n")).unwrap();
        let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
        Self { home: folder, list, count: files.len() }
    }

    /// Measures both side by side; gives the seconds of CPU time that lint takes for a file.
    fn show(&self, rounds: usize) -> f64 {
        let this = std::env::current_exe().unwrap();
        let (mut events, mut lint) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            events.push(cost(&this, &[PARSE, self.list.to_str().unwrap()], self.home.path()));
            lint.push(self.lint(&[]));
        }
        let [events, lint] = [("parse to events", events), ("lint", lint)].map(Middle::told);
        let times = lint.cpu.as_secs_f64() / events.cpu.as_secs_f64();
        println!(
            "  lint costs {times:.2} times the parsing, at most {MOST_TIMES}: {}",
            verdict(times <= MOST_TIMES)
        );
        println!("  at most {MOST_MEMORY} MB: {}", verdict(lint.peak <= MOST_MEMORY));
        println!("  CPU to wall {:.2}", lint.cpu.as_secs_f64() / lint.wall.as_secs_f64());
        lint.cpu.as_secs_f64() / self.count as f64
    }

    fn formats(&self, rounds: usize) {
        for format in ["json", "concise"] {
            let costs = (0..rounds).map(|_| self.lint(&["--format", format])).collect();
            Middle::told((&format!("lint --format {format}"), costs));
        }
    }

    fn lint(&self, more: &[&str]) -> Cost {
        let arguments: Vec<&str> = ["lint", "apps"].iter().chain(more).copied().collect();
        cost(Path::new(env!("CARGO_BIN_EXE_syncscope")), &arguments, self.home.path())
    }
}

/// What a command costs.
struct Middle {
    cpu: Duration,
    wall: Duration,
    /// In MB.
    peak: f64,
}

impl Middle {
    fn told((name, costs): (&str, Vec<Cost>)) -> Self {
        let cpu = median(costs.iter().map(|cost| cost.cpu).collect());
        let wall = median(costs.iter().map(|cost| cost.wall).collect());
        let peak = costs.iter().map(|cost| cost.peak).max().unwrap() as f64 / 1024.0;
        let code = costs[0].code;
        println!("  {name:22} cpu {:>9}  wall {:>9}  peak {peak:.1} MB  exit {code}", ms(cpu), ms(wall));
        Self { cpu, wall, peak }
    }
}

/// The cost of a whole process that checks one small app.
fn small(rounds: usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("index.jigx"),
        "name: small\ntitle: Small\ntabs:\n  home:\n    jigId: home\n",
    )
    .unwrap();
    fs::create_dir(folder.path().join("jigs")).unwrap();
    fs::write(folder.path().join("jigs/home.jigx"), "title: Home\ntype: jig.default\n").unwrap();
    let lint = Path::new(env!("CARGO_BIN_EXE_syncscope"));
    println!("one small file");
    let costs = (0..rounds).map(|_| cost(lint, &["lint", "jigs/home.jigx"], folder.path())).collect();
    let cpu = Middle::told(("lint", costs)).cpu;
    println!("  under {}: {}", ms(MOST_COLD), verdict(cpu < MOST_COLD));
}

fn replicate(folder: &Path, files: usize) -> Vec<PathBuf> {
    let mut apps: Vec<PathBuf> =
        fs::read_dir(measure::corpus()).unwrap().map(|entry| entry.unwrap().path()).collect();
    apps.retain(|app| app.join("index.jigx").exists());
    apps.sort();
    let one: usize = apps.iter().map(|app| measure::app_files(app).len()).sum();
    for copy in 0..files.div_ceil(one) {
        for app in &apps {
            let name = app.file_name().unwrap().to_str().unwrap();
            measure::copy(app, &folder.join(format!("apps/{copy:03}-{name}")));
        }
    }
    measure::app_files(&folder.join("apps"))
}

/// Reads the files of a list and counts their events.
fn parse(list: &Path) -> usize {
    let mut events = 0;
    for path in fs::read_to_string(list).unwrap().lines() {
        let text = fs::read_to_string(path).unwrap();
        let options =
            options! { block_scalar_eof_without_line_feed: true, max_buffered_comment_events: usize::MAX };
        events += Parser::new_from_str_with_options(&text, options).take_while(Result::is_ok).count();
    }
    events
}
