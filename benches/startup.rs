//! From the start of the process to the first byte of its output.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use measure::{median, ms, verdict};

const ROUNDS: usize = 60;
const TARGET: Duration = Duration::from_millis(15);

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    measure::copy(&example, &folder.path().join("app"));
    for arguments in [
        "--version",
        "--help",
        "lint app",
        "run app --dry-run",
        "run app --format json",
        "run app",
        "status app",
    ] {
        let times: Vec<Duration> = (0..ROUNDS).map(|_| first_byte(folder.path(), arguments)).collect();
        let most = times.iter().max().copied().unwrap();
        let middle = median(times);
        println!(
            "{arguments:24} median {:>8}  slowest {:>8}  {}",
            ms(middle),
            ms(most),
            verdict(middle < TARGET)
        );
    }
}

/// The first byte on either stream counts: progress is told on standard error.
fn first_byte(folder: &Path, arguments: &str) -> Duration {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_syncscope"));
    command.args(arguments.split_whitespace()).current_dir(folder).stdin(Stdio::null());
    let (mut reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut child = command.spawn().unwrap();
    drop(command);
    let got = reader.read(&mut [0]).unwrap();
    let time = begun.elapsed();
    assert_eq!(got, 1, "`{arguments}` says something");
    std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
    assert!(child.wait().unwrap().code().is_some_and(|code| code == 0), "`{arguments}` goes well");
    time
}
