//! What a process costs, measured from outside of it.
//!
//! A measured command is started by a small process of its own (this binary again), because the
//! system adds up what the children of a process have used and tells it only to that process.
#![allow(dead_code, clippy::print_stdout, clippy::unwrap_used)]

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const METER: &str = "__meter";

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// User and system time of all its threads.
    pub cpu: Duration,
    /// From its start to its end.
    pub wall: Duration,
    /// The most memory it held at a time, in KiB.
    pub peak: u64,
    /// What it ended with.
    pub code: i32,
}

/// Must be asked first by every bench: does the measuring when the bench was started for that.
pub fn is_meter() -> bool {
    let mut arguments = env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != METER) {
        return false;
    }
    let mut command = Command::new(arguments.next().unwrap());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().unwrap();
    let wall = begun.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    println!("{cpu} {} {} {}", wall.as_micros(), usage.max_rss(), status.code().unwrap_or(-1));
    true
}

/// Runs a command and tells its cost; what it prints is thrown away.
pub fn cost(program: &Path, arguments: &[&str], folder: &Path) -> Cost {
    let mut meter = Command::new(env::current_exe().unwrap());
    meter.arg(METER).arg(program).args(arguments).current_dir(folder).stdin(Stdio::null());
    let output = meter.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<i64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let [cpu, wall, peak, code] = numbers[..] else { panic!("the meter says `{text}`") };
    let micros = |number: i64| Duration::from_micros(u64::try_from(number).unwrap());
    Cost {
        cpu: micros(cpu),
        wall: micros(wall),
        peak: u64::try_from(peak).unwrap(),
        code: i32::try_from(code).unwrap(),
    }
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A duration as milliseconds for people.
pub fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Says whether a target is met.
pub fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// The corpus beside the repository, or else the examples in it.
pub fn corpus() -> std::path::PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = root.join("../shared/corpus");
    if corpus.exists() { corpus } else { root.join("examples") }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::write(&target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// The files of apps below a folder.
pub fn app_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() {
            if !path.ends_with("data") {
                found.extend(app_files(&path));
            }
        } else if matches!(ending, Some("jigx" | "yaml" | "yml" | "json")) {
            found.push(path);
        }
    }
    found.sort();
    found
}
