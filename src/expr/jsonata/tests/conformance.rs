//! The official cases of JSONata 2.2 through our own entry point: parse, print, evaluate.
//!
//! `tests/fixtures/jsonata/cases.jsonl` holds one case a line; `failing.txt` lists the cases that
//! fail, with the reason, and must name exactly those.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::super::super::parse::Dialect;
use super::super::super::{EvalError, Expression};
use super::super::{Evaluator, Host, Limits};

/// At least so many of the 1,686 cases pass.
const FLOOR: usize = 1670;

pub(super) struct System;

impl Host for System {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn uuid(&self) -> String {
        "00000000-0000-4000-8000-000000000000".into()
    }
}

pub(super) fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jsonata").join(name);
    std::fs::read_to_string(path).unwrap()
}

pub(super) struct Case {
    pub id: String,
    fields: Value,
}

impl Case {
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    fn limit(&self, name: &str) -> Option<u64> {
        self.field(name).and_then(Value::as_u64)
    }

    pub fn input<'a>(&'a self, datasets: &'a Value) -> Option<&'a Value> {
        let dataset = self.field("dataset").and_then(Value::as_str);
        dataset.map(|name| &datasets[name]).or_else(|| self.field("data"))
    }

    /// The error code that is asked for.
    fn code(&self) -> Option<&str> {
        let error = self.field("error").and_then(|error| error.get("code"));
        self.field("code").or(error).and_then(Value::as_str)
    }

    fn must_be_rejected(&self) -> bool {
        self.code().is_some_and(|code| code.starts_with("S0"))
    }
}

/// Every case that Rust can read; the rest by id.
pub(super) fn cases() -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut unreadable) = (Vec::new(), Vec::new());
    for line in fixture("cases.jsonl").lines() {
        let id = line.split('"').nth(3).unwrap().to_owned();
        match serde_json::from_str(line) {
            Ok(fields) => cases.push(Case { id, fields }),
            Err(_) => unreadable.push(id),
        }
    }
    (cases, unreadable)
}

/// Evaluates a case; `Err(None)` when our parser refuses it.
fn run(case: &Case, datasets: &Value) -> Result<Option<Value>, Option<EvalError>> {
    let text = case.field("expr").and_then(Value::as_str).unwrap();
    let expression = Expression::parse_as(text, Dialect::Jsonata).map_err(|_| None)?;
    // Some cases test the engine's own bound on ranges, ten million.
    let mut limits = Limits { time: Duration::from_secs(20), sequence: 10_000_000, ..Limits::default() };
    if let Some(time) = case.limit("timelimit") {
        limits.time = Duration::from_millis(time);
    }
    // The reference counts its own levels; ours are a few for each of its.
    limits.depth = case.limit("depth").map_or(20_000, |depth| usize::try_from(depth).unwrap());
    let evaluator = Evaluator::new(System, limits);
    let none = Value::Null;
    let bindings = case.field("bindings").unwrap_or(&none);
    evaluator.evaluate_bound(&expression, case.input(datasets), bindings).map_err(Some)
}

/// Why a case fails; `None` when it passes.
fn verdict(case: &Case, datasets: &Value) -> Option<String> {
    let outcome = run(case, datasets);
    if let Some(code) = case.code() {
        return match outcome {
            Err(None) => (!code.starts_with('S')).then(|| format!("rejected, expected {code}")),
            Err(Some(error)) => {
                (!same_code(&error.code, code)).then(|| format!("{} instead of {code}", error.code))
            }
            Ok(value) => Some(format!("{value:?} instead of {code}")),
        };
    }
    match (outcome, case.field("result")) {
        (Ok(None), None) => None,
        (Ok(Some(value)), Some(expected)) => {
            let unordered = case.field("unordered").is_some_and(|flag| flag == true);
            let equal =
                if unordered { sorted(&value) == sorted(expected) } else { plain(&value) == plain(expected) };
            (!equal).then(|| format!("{value} instead of {expected}"))
        }
        (Ok(value), expected) => Some(format!("{value:?} instead of {expected:?}")),
        (Err(Some(error)), _) => Some(format!("{}: {}", error.code, error.message)),
        (Err(None), _) => Some("rejected".into()),
    }
}

/// The reference's test runner gives U1001 for both limits.
fn same_code(ours: &str, code: &str) -> bool {
    ours == code
        || (code == "U1001" && ours.starts_with("limit."))
        || (code == "D1011" && ours == "limit.depth")
        || (code == "D1012" && ours == "limit.time")
        || (code == "D2015" && ours == "limit.size")
}

/// A text that is equal for equal values, whatever the kind of number.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{}", number.as_f64().unwrap()),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let entries: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, plain(value))).collect();
            format!("{entries:?}")
        }
        other => other.to_string(),
    }
}

fn sorted(value: &Value) -> Vec<String> {
    let mut items: Vec<String> = value.as_array().unwrap().iter().map(plain).collect();
    items.sort();
    items
}

#[test]
fn the_official_cases_pass_but_for_those_listed() {
    let datasets: Value = serde_json::from_str(&fixture("datasets.json")).unwrap();
    let (cases, unreadable) = cases();
    let total = cases.len() + unreadable.len();
    let mut failing: BTreeMap<String, String> =
        unreadable.into_iter().map(|id| (id, "half a character".to_owned())).collect();
    for case in &cases {
        if let Some(reason) = verdict(case, &datasets) {
            failing.insert(case.id.clone(), reason);
        }
    }
    let mut report = format!("{} of {total} pass\n", total - failing.len());
    for (id, reason) in &failing {
        writeln!(report, "{id}\t{reason}").unwrap();
    }
    print(&report);
    let list = fixture("failing.txt");
    let listed: BTreeSet<&str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').next())
        .collect();
    let failed: BTreeSet<&str> = failing.keys().map(String::as_str).collect();
    assert_eq!(failed, listed, "{report}");
    assert_eq!(total, 1686);
    assert!(total - failing.len() >= FLOOR, "{report}");
}

/// Tests may speak.
#[expect(clippy::print_stdout, reason = "the score is what this test is for")]
fn print(text: &str) {
    println!("{text}");
}

#[test]
fn what_the_reference_rejects_is_rejected() {
    let (cases, _) = cases();
    let parse = |case: &Case| {
        Expression::parse_as(case.field("expr").and_then(Value::as_str).unwrap(), Dialect::Jsonata)
    };
    // An expression inside `$eval` is parsed when it is evaluated.
    let accepted = cases.iter().filter(|case| case.must_be_rejected() && parse(case).is_ok());
    let accepted: Vec<&str> = accepted.map(|case| case.id.as_str()).collect();
    assert_eq!(accepted, Vec::<&str>::new());
}
