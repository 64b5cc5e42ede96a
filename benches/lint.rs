//! `syncscope lint` of a large folder against only reading and parsing the same files to YAML
//! events, both as whole processes.
#![allow(clippy::cast_precision_loss, clippy::print_stdout, clippy::unwrap_used)]

#[path = "shared/measure.rs"]
mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use granit_parser::{Parser, options};
use measure::{Cost, cost, median, ms, verdict};

const FILES: usize = 1400;
const ROUNDS: usize = 15;
const TARGET: f64 = 4.0;
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
    let folder = tempfile::tempdir().unwrap();
    let files = replicate(folder.path());
    let list = folder.path().join("list");
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    fs::write(&list, names.join("\n")).unwrap();
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    compare(folder.path(), &list);
}

fn compare(folder: &Path, list: &Path) {
    let this = std::env::current_exe().unwrap();
    let lint = PathBuf::from(env!("CARGO_BIN_EXE_syncscope"));
    let mut costs: [Vec<Cost>; 4] = Default::default();
    for _ in 0..ROUNDS {
        costs[0].push(cost(&this, &[PARSE, list.to_str().unwrap()], folder));
        costs[1].push(cost(&lint, &["lint", "apps"], folder));
        costs[2].push(cost(&lint, &["lint", "--format", "json", "apps"], folder));
        costs[3].push(cost(&lint, &["lint", "--format", "concise", "apps"], folder));
    }
    let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu).collect());
    let base = cpu(&costs[0]);
    for (name, costs) in
        ["parse to events", "lint", "lint --format json", "lint --format concise"].iter().zip(&costs)
    {
        let wall: Vec<Duration> = costs.iter().map(|cost| cost.wall).collect();
        let peak = costs.iter().map(|cost| cost.peak).max().unwrap();
        println!(
            "{name:24} cpu {:>9}  ×{:.2}  wall {:>9}  peak {:.1} MB  exit {}",
            ms(cpu(costs)),
            cpu(costs).as_secs_f64() / base.as_secs_f64(),
            ms(median(wall)),
            peak as f64 / 1024.0,
            costs[0].code,
        );
    }
    let ratio = cpu(&costs[1]).as_secs_f64() / base.as_secs_f64();
    println!(
        "lint costs {ratio:.2} times the parsing, at most {TARGET} is the target: {}",
        verdict(ratio <= TARGET)
    );
}

/// Copies of the corpus, until there are enough files.
fn replicate(folder: &Path) -> Vec<PathBuf> {
    let mut apps: Vec<PathBuf> =
        fs::read_dir(measure::corpus()).unwrap().map(|entry| entry.unwrap().path()).collect();
    apps.retain(|app| app.join("index.jigx").exists());
    apps.sort();
    let one: usize = apps.iter().map(|app| measure::app_files(app).len()).sum();
    for copy in 0..FILES.div_ceil(one) {
        for app in &apps {
            let name = app.file_name().unwrap().to_str().unwrap();
            measure::copy(app, &folder.join(format!("apps/{copy:02}-{name}")));
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
