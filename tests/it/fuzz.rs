//! Bytes in, no panic out: every grammar that reads what a stranger wrote, and the fixes.
//!
//! Each target starts from the files in `tests/fuzz/<target>/` and goes on with mutations of them. A crash
//! that is found is kept there as a file named after it. `SYNCSCOPE_LONG=1 cargo test --test it fuzz` goes on
//! for a hundred times as long, with other numbers when `SYNCSCOPE_SEED` is set.

mod dice;
mod targets;
mod wire;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::promises::executed;
use dice::Dice;

/// What must survive any bytes.
type Target<'t> = dyn FnMut(&[u8]) + 't;

/// Runs a target over its files and over `rounds` mutations of them.
#[track_caller]
fn fuzz(name: &str, rounds: usize, target: &mut Target<'_>) {
    let corpus = corpus(name);
    for (file, bytes) in &corpus {
        survive(&format!("tests/fuzz/{name}/{file}"), bytes, target);
    }
    let (rounds, seed) = match (std::env::var_os("SYNCSCOPE_LONG"), std::env::var("SYNCSCOPE_SEED")) {
        (None, _) => (rounds, 1),
        (Some(_), seed) => (rounds * 100, seed.ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)),
    };
    let mut dice = Dice::new(seed);
    let texts: Vec<&[u8]> = corpus.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    for round in 0..rounds {
        let bytes = dice.mutant(&texts);
        survive(&format!("{name}, seed {seed}, round {round}"), &bytes, target);
    }
    executed(&format!("fuzz_{name}"), "texts", corpus.len() + rounds);
}

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(name);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let named = entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path));
    let mut found: Vec<_> = named.map(|(name, path)| (name, fs::read(path).unwrap())).collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no files to begin with", folder.display());
    found
}

#[track_caller]
fn survive(what: &str, bytes: &[u8], target: &mut Target<'_>) {
    let survived = catch_unwind(AssertUnwindSafe(|| target(bytes))).is_ok();
    assert!(survived, "{what}: broke off over\nb\"{}\"", bytes.escape_ascii());
}

#[test]
fn fuzz_yaml() {
    fuzz("yaml", 1500, &mut |bytes| targets::tree(bytes, syncscope::syntax::Format::Yaml));
}

#[test]
fn fuzz_json() {
    fuzz("json", 1500, &mut |bytes| targets::tree(bytes, syncscope::syntax::Format::Json));
}

#[test]
fn fuzz_expression() {
    fuzz("expression", 1500, &mut targets::expression);
}

#[test]
fn fuzz_condition() {
    fuzz("condition", 400, &mut targets::condition);
}

#[test]
fn fuzz_sql() {
    let checker = syncscope::store::Checker::new().unwrap();
    fuzz("sql", 600, &mut |bytes| targets::sql(&checker, bytes));
}

#[test]
fn fuzz_settings() {
    fuzz("settings", 300, &mut targets::settings);
}

#[test]
fn fuzz_fixes() {
    fuzz("fixes", 40, &mut targets::fixes);
}

#[test]
fn fuzz_request() {
    let server = wire::server();
    fuzz("request", 150, &mut |bytes| wire::request(&server, bytes));
}

#[test]
fn fuzz_answer() {
    let stub = wire::Stub::start();
    let app = wire::App::new(stub.address());
    fuzz("answer", 60, &mut |bytes| stub.answer(bytes, || app.run()));
}
