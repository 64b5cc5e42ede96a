//! Files of any bytes: the linter answers, whatever they are.

use std::fs;
use std::path::{Path, PathBuf};

use super::stage::Stage;
use crate::promises::executed;

/// A generator of numbers that repeats (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).unwrap_or(0) % sides.max(1)
    }
}

const TOKENS: [&[u8]; 28] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"? ",
    b"|\n",
    b">-\n",
    b"'",
    b"\"",
    b"&a ",
    b"*a",
    b"<<: *a",
    b"!!str ",
    b"#",
    b"---\n",
    b"...\n",
    b"\t",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=",
    b"=@ctx.",
    b"=$map(",
    b"\xf0\x9f\x98\x80",
    b"%YAML 9.9\n",
];

fn mutate(text: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        let to = (at + dice.roll(40)).min(bytes.len());
        match dice.roll(6) {
            0 => drop(bytes.drain(at..to)),
            1 => drop(bytes.splice(at..at, TOKENS[dice.roll(TOKENS.len())].iter().copied())),
            2 => bytes.truncate(at),
            3 => bytes[at..to].iter_mut().for_each(|byte| *byte = byte.wrapping_add(128)),
            4 => {
                let piece = bytes[at..to].to_vec();
                let there = dice.roll(bytes.len() + 1);
                drop(bytes.splice(there..there, piece));
            }
            _ => {
                let piece = TOKENS[dice.roll(TOKENS.len())].repeat(1 + dice.roll(200));
                drop(bytes.splice(at..to, piece));
            }
        }
    }
    bytes
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && !path.ends_with("data") {
            files(&path, found);
        } else if matches!(ending, Some("jigx" | "yaml")) {
            found.push(path);
        }
    }
    found.sort();
}

fn lint(stage: &Stage, arguments: &str, what: &str) {
    let finished = stage.run(arguments);
    assert!(matches!(finished.status.code(), Some(0..=2)), "{what}: {finished}");
}

#[test]
fn mutated_apps_are_linted() {
    let mut dice = Dice(0x5eed_0001);
    for round in 0..60 {
        let stage = Stage::example(if round % 2 == 0 { "quickstart" } else { "broken" });
        let mut found = Vec::new();
        files(&stage.path("app"), &mut found);
        for path in &found {
            if dice.roll(3) > 0 {
                let bytes = mutate(&fs::read(path).unwrap(), &mut dice);
                fs::write(path, bytes).unwrap();
            }
        }
        lint(&stage, "lint app", &format!("round {round}"));
        lint(&stage, "lint app --format json", &format!("round {round}"));
    }
    executed("mutated_apps_are_linted", "damaged apps", 60);
}

#[test]
fn random_bytes_are_linted() {
    let mut dice = Dice(0x5eed_0002);
    for round in 0..20 {
        let stage = Stage::empty();
        let places = [
            "index.jigx",
            "jigs/a.jigx",
            "functions/b.jigx",
            "datasources/c.yaml",
            "actions/d.json",
            "syncscope.yaml",
        ];
        for place in places {
            let length = dice.roll(3000);
            let mut bytes = Vec::new();
            while bytes.len() < length {
                if dice.roll(2) == 0 {
                    bytes.push(u8::try_from(dice.roll(256)).unwrap());
                } else {
                    bytes.extend_from_slice(TOKENS[dice.roll(TOKENS.len())]);
                }
            }
            stage.write(&format!("app/{place}"), bytes);
        }
        lint(&stage, "lint app", &format!("round {round}"));
    }
    executed("random_bytes_are_linted", "apps of random bytes", 20);
}

#[test]
fn mutated_apps_are_planned() {
    let mut dice = Dice(0x5eed_0003);
    for round in 0..30 {
        let stage = Stage::example("quickstart");
        let mut found = Vec::new();
        files(&stage.path("app"), &mut found);
        let path = &found[dice.roll(found.len())];
        fs::write(path, mutate(&fs::read(path).unwrap(), &mut dice)).unwrap();
        lint(&stage, "run app --dry-run", &format!("round {round}"));
    }
    executed("mutated_apps_are_planned", "plans of damaged apps", 30);
}

#[test]
fn shapes_that_are_hard_to_read_are_linted() {
    let deep = |open: &str, close: &str, n: usize| format!("name: {}{}\n", open.repeat(n), close.repeat(n));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let many = format!("*a{}, ", n - 1).repeat(10);
        bomb.push_str(&format!("a{n}: &a{n} [{many}]\n"));
    }
    let cases = [
        ("deep lists", deep("[", "]", 100_000)),
        ("deep maps", deep("{a: ", "}", 50_000)),
        ("deep blocks", (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("deep dashes", format!("x: \n{}\n", "- ".repeat(50_000))),
        ("aliases", bomb),
        ("a deep expression", format!("title: ={}1{}\n", "(".repeat(50_000), ")".repeat(50_000))),
        ("a long expression", format!("title: =1{}\n", " + 1".repeat(50_000))),
        (
            "a deep condition",
            format!("onLoad: {{type: action.go-back, condition: '{}true'}}\n", "!".repeat(50_000)),
        ),
        ("parentheses", format!("onLoad: {{type: action.go-back, condition: '{}'}}\n", "(".repeat(50_000))),
        (
            "a deep block",
            format!(
                "onLoad: {{type: action.go-back, condition: {}true{}}}\n",
                "{not: ".repeat(5_000),
                "}".repeat(5_000)
            ),
        ),
        ("a large file", format!("name: {}\n", "x".repeat(5 << 20))),
        ("nothing", String::new()),
        ("a mark", "\u{feff}".to_owned()),
        ("many documents", "---\na: 1\n".repeat(10_000)),
        ("many keys", (0..60_000).map(|n| format!("k{n}: 1\n")).collect()),
        ("the same key", "k: 1\n".repeat(20_000)),
    ];
    executed("shapes_that_are_hard_to_read_are_linted", "hostile shapes", cases.len());
    for (what, text) in cases {
        let stage = Stage::empty();
        stage.write("app/index.jigx", text);
        lint(&stage, "lint app", what);
    }
}

/// What cannot be read is no finding, so no `--ignore` hides it.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_told_whatever_is_ignored() {
    let stage = Stage::example("quickstart");
    // Reading its first byte fails for everybody, root included.
    std::os::unix::fs::symlink("/proc/self/mem", stage.path("app/jigs/torn.jigx")).unwrap();
    for arguments in ["lint app", "lint app --ignore all", "lint app --ignore all --format json"] {
        let finished = stage.run(arguments);
        assert_eq!(finished.status.code(), Some(3), "{arguments}: {finished}");
        assert!(finished.to_string().contains("cannot read `app/jigs/torn.jigx`"), "{arguments}: {finished}");
    }
}
