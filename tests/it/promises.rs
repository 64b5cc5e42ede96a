//! What the README promises, and how many cases hold it: `tests/promises.txt`.
//!
//! A test says by [`executed`] how many distinct cases it went through; the number must be the one that is
//! written down for it, so that the README, which shows the file as a table, cannot say more than was done.
//! `SYNCSCOPE_BLESS=1` writes the numbers anew; with `SYNCSCOPE_LONG=1` a test may do more than the file says.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The promises that it holds, `P1` and so on.
    pub promises: Vec<String>,
    /// The name of the test.
    pub test: String,
    /// What is counted.
    pub cases: String,
    /// How many; `120+` where chance decides, which is then the least.
    pub count: String,
}

impl Kept {
    fn read(line: &str) -> Self {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [promises, test, cases, count] = parts.as_slice() else {
            panic!("tests/promises.txt: `{line}` is not `promises | test | cases | count`")
        };
        Self {
            promises: promises.split_whitespace().map(str::to_owned).collect(),
            test: (*test).to_owned(),
            cases: (*cases).to_owned(),
            count: (*count).to_owned(),
        }
    }
}

/// Says that a test went through `count` cases of a kind; ends it when fewer than promised, or others.
///
/// # Panics
/// When the file has another number, or no line for the test.
#[track_caller]
pub fn executed(test: &str, cases: &str, count: usize) {
    let kept = all().into_iter().find(|kept| kept.test == test && kept.cases == cases);
    let Some(kept) = kept else {
        panic!("tests/promises.txt has no line `P… | {test} | {cases} | {count}`")
    };
    tell(test, count, cases);
    let least: usize = kept.count.trim_end_matches('+').parse().expect("a number");
    let more_is_fine = kept.count.ends_with('+') || std::env::var_os("SYNCSCOPE_LONG").is_some();
    if count == least || (more_is_fine && count > least) {
        return;
    }
    if std::env::var_os("SYNCSCOPE_BLESS").is_some() {
        bless(&kept, count);
        return;
    }
    panic!("{test}: {count} {cases}, tests/promises.txt promises {}", kept.count);
}

#[allow(clippy::print_stdout)]
fn tell(test: &str, count: usize, cases: &str) {
    println!("{test}: {count} {cases}");
}

/// Every line of the file in its order.
///
/// # Panics
/// When there is no such file, or a line of it is none.
#[must_use]
pub fn all() -> Vec<Kept> {
    let text = fs::read_to_string(path()).expect("tests/promises.txt is there");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(Kept::read).collect()
}

fn bless(kept: &Kept, count: usize) {
    let file = File::open(path()).expect("tests/promises.txt is there");
    file.lock().expect("the file can be locked");
    let text = fs::read_to_string(path()).expect("tests/promises.txt is there");
    let renew = |line: &str| {
        let is_it = !line.starts_with('#') && !line.is_empty() && {
            let read = Kept::read(line);
            (read.test, read.cases) == (kept.test.clone(), kept.cases.clone())
        };
        let plus = if kept.count.ends_with('+') { "+" } else { "" };
        match line.rsplit_once('|') {
            Some((before, _)) if is_it => format!("{before}| {count}{plus}\n"),
            _ => format!("{line}\n"),
        }
    };
    fs::write(path(), text.lines().map(renew).collect::<String>())
        .expect("tests/promises.txt can be written");
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promises.txt")
}
