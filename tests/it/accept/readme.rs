//! The README tells the truth: its commands give the outputs it shows, and its lists are the
//! registries. `SYNCSCOPE_BLESS=1 cargo test readme` writes both anew.

use std::fs;
use std::path::{Path, PathBuf};

use syncscope::diag::RuleInfo;

use super::stage::{Finished, Stage};
use crate::promises::{self, Kept};

#[test]
fn outputs_are_real() {
    let stage = Stage::empty();
    for name in ["quickstart", "broken"] {
        stage.put_example(name, &format!("examples/{name}"));
    }
    rewrite(|readme| {
        let mut out = String::new();
        for part in parts(readme) {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Console(block) => out.push_str(&console(block, &stage)),
            }
        }
        out
    });
}

#[test]
fn every_rule_is_listed() {
    let row = |rule: &RuleInfo| {
        let (group, severity) = (rule.group.word(), rule.severity.word());
        format!("| `{}` | {group} | {severity} | {} |\n", rule.id, rule.summary)
    };
    let mut rules = syncscope::lint::rules().to_vec();
    rules.sort_by_key(|rule| rule.group);
    let rows: String = rules.iter().map(row).collect();
    let head = "| rule | group | severity | finds |\n| --- | --- | --- | --- |\n";
    rewrite(|readme| between(readme, "rules", &format!("{head}{rows}")));
}

#[test]
fn every_schema_is_listed() {
    let names: Vec<String> = syncscope::app::schema_names().iter().map(|name| format!("`{name}`")).collect();
    rewrite(|readme| between(readme, "schemas", &format!("{}\n", names.join(", "))));
}

/// What is promised; `tests/promises.txt` says what holds it.
const PROMISES: [(&str, &str); 9] = [
    ("P1", "the counts always add up"),
    ("P2", "data and the status that claims them are committed together"),
    ("P3", "no reader ever sees half a replace"),
    ("P4", "at most one run of a scope at a time, across processes"),
    ("P5", "a dead owner is noticed by the next command, a suspended one within one lease"),
    ("P6", "late work never changes anything"),
    ("P7", "time and memory are bounded whatever the server does"),
    ("P8", "no secret in database, log, error or recording"),
    ("P9", "no input, however broken, makes it panic"),
];

#[test]
fn every_promise_names_the_tests_that_hold_it() {
    let row = |kept: &Kept, promise: &str| {
        let count = kept.count.strip_suffix('+').map_or(kept.count.clone(), |least| format!("≥ {least}"));
        format!("| {promise} | `{}` | {count} {} |\n", kept.test, kept.cases)
    };
    let mut rows = String::new();
    for (id, promise) in PROMISES {
        let of = |kept: &&Kept| kept.promises.iter().any(|promise| promise == id);
        let kept = promises::all();
        let mut first = format!("**{id}** {promise}");
        for kept in kept.iter().filter(of) {
            rows.push_str(&row(kept, &first));
            first.clear();
        }
    }
    let head = "| promise | held by the test | cases |\n| --- | --- | --- |\n";
    rewrite(|readme| between(readme, "promises", &format!("{head}{rows}")));
}

#[test]
fn every_test_that_holds_a_promise_is_there() {
    let mut code = String::new();
    for folder in ["src", "tests"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut code);
    }
    for kept in promises::all() {
        assert!(code.contains(&format!("fn {}()", kept.test)), "there is no test `{}`", kept.test);
        for id in &kept.promises {
            assert!(PROMISES.iter().any(|(known, _)| known == id), "there is no promise `{id}`");
        }
    }
}

fn sources(folder: &Path, code: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, code);
        } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "c" || ending == "sh") {
            code.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_command_and_option_is_listed() {
    let readme = fs::read_to_string(path()).unwrap();
    let stage = Stage::empty();
    let help = stage.run("--help").code(0).out;
    let commands = help.split_once("Commands:\n").unwrap().1.split("\n\n").next().unwrap();
    for command in commands.lines().map(|line| line.split_whitespace().next().unwrap()) {
        let row =
            readme.lines().find(|line| line.starts_with("| `") && line.contains(&format!("`{command}")));
        let row = row.unwrap_or_else(|| panic!("README.md does not list the command `{command}`"));
        for option in options(&stage.run(&format!("{command} -h")).code(0).out) {
            let known = row.contains(&option) || MINOR.contains(&(command, option.as_str()));
            assert!(known, "README.md does not list `{command} {option}`");
        }
    }
}

/// Options that the overview leaves to `--help`.
const MINOR: &[(&str, &str)] = &[
    ("status", "--db"),
    ("eval", "--db"),
    ("eval", "--jig"),
    ("eval", "--input"),
    ("eval", "--state"),
    ("eval", "--format"),
    ("query", "--db"),
    ("query", "--jig"),
    ("query", "--input"),
    ("query", "--state"),
    ("query", "--param"),
];

/// The long options of a help page without those of all commands.
fn options(help: &str) -> Vec<String> {
    const ALL: [&str; 5] = ["--help", "--version", "--color", "--quiet", "--verbose"];
    let words =
        help.lines().filter_map(|line| line.trim_start().starts_with('-').then(|| line.split_whitespace()));
    let long = words.filter_map(|mut words| words.find(|word| word.starts_with("--")));
    let long = long.map(|word| word.trim_end_matches(',').split('[').next().unwrap().to_owned());
    long.filter(|word| !ALL.contains(&word.as_str())).collect()
}

/// Compares the README with what it should be, times and dates aside, or writes it.
#[track_caller]
fn rewrite(right: impl FnOnce(&str) -> String) {
    let written = fs::read_to_string(path()).unwrap();
    let right = right(&written);
    if calm(&written) == calm(&right) {
        return;
    }
    if std::env::var_os("SYNCSCOPE_BLESS").is_some() {
        fs::write(path(), right).unwrap();
        return;
    }
    let pairs = calm(&written).lines().map(str::to_owned).collect::<Vec<_>>();
    let first = calm(&right)
        .lines()
        .zip(pairs)
        .find(|(right, written)| *right != written.as_str())
        .map(|(right, written)| format!("is:        {written}\nshould be: {right}"));
    panic!(
        "README.md is out of date; SYNCSCOPE_BLESS=1 cargo test readme writes it anew\n{}",
        first.unwrap_or_default()
    );
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

enum Part<'a> {
    Text(&'a str),
    Console(&'a str),
}

/// The page cut at its console blocks.
fn parts(readme: &str) -> Vec<Part<'_>> {
    const OPEN: &str = "```console\n";
    let mut parts = Vec::new();
    let mut rest = readme;
    while let Some(start) = rest.find(OPEN) {
        let (text, block) = rest.split_at(start + OPEN.len());
        let end = block.find("```\n").expect("a console block without end");
        parts.extend([Part::Text(text), Part::Console(&block[..end])]);
        rest = &block[end..];
    }
    parts.push(Part::Text(rest));
    parts
}

/// The commands of a block with what they print now.
fn console(block: &str, stage: &Stage) -> String {
    let mut out = String::new();
    for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let words = words(command);
        assert_eq!(words[0], "syncscope", "{command}");
        let finished = Finished::of(stage.command("").args(&words[1..]));
        let printed = finished.all();
        out.push_str(&format!("$ {command}\n{}\n", printed.trim_end()));
    }
    out
}

/// Splits a command as a shell does, as far as this page needs it.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, ' ') => words.push(String::new()),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// The page with the part between `<!-- NAME -->` and `<!-- /NAME -->` replaced.
fn between(readme: &str, name: &str, text: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&open).unwrap_or_else(|| panic!("README.md has no part `{name}`"));
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{text}{close}{after}")
}

/// The text without what differs between two runs: times, dates, and the blanks that depend on them.
fn calm(text: &str) -> String {
    text.lines().map(calm_line).collect::<Vec<_>>().join("\n")
}

fn calm_line(line: &str) -> String {
    const UNITS: [&str; 5] = ["ms", "s", "min", "h", "d"];
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut out: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let unit = words.get(at + 1).map(|word| word.trim_end_matches([',', ')']));
        let is_number = words[at].parse::<f64>().is_ok();
        if is_number && unit.is_some_and(|unit| UNITS.contains(&unit)) {
            if out.last() != Some(&"TIME") {
                out.push("TIME");
            }
            at += 2;
            continue;
        }
        out.push(calm_word(words[at]));
        at += 1;
    }
    out.join(" ").replace("TIME ago", "AGO").replace("just now", "AGO")
}

fn calm_word(word: &str) -> &str {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    let is_epoch = digits.len() == 13 && digits.bytes().all(|b| b.is_ascii_digit());
    let is_date = digits.len() == 10 && digits.bytes().filter(|b| *b == b'-').count() == 2;
    let is_clock = digits.len() == 8 && digits.bytes().filter(|b| *b == b':').count() == 2;
    if is_epoch || is_date || is_clock { "WHEN" } else { word }
}

#[test]
fn only_times_are_ignored() {
    assert_eq!(
        calm("a  12 ms, b 1 min 5 s ago (2026-01-02 10:20:30Z)"),
        calm("a 3.4 s, b just now (2025-12-31 00:00:01Z)")
    );
    assert_ne!(calm("visits 12 rows"), calm("visits 13 rows"));
    assert_eq!(words("a 'b \"c\"' d"), ["a", "b \"c\"", "d"]);
}
