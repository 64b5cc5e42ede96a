//! Fixes as their user meets them: what is written, what is shown, what stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::commands::fed;
use super::stage::{Finished, Stage};

#[test]
fn safe_fixes_are_applied_once() {
    let stage = Stage::example("broken");
    let before = texts(&stage.path("app"));
    let run = stage.run("lint app --fix --format json").code(1);
    let report = run.json();
    let fixed = report["summary"]["fixed"].as_u64().unwrap();
    assert!(fixed >= 3 && run.err.contains(&format!("fixed {fixed} problems")), "{run}");
    let after = texts(&stage.path("app"));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "no file comes or goes");
    let home = &after["jigs/home.jigx"];
    assert_eq!(*home, before["jigs/home.jigx"].replace("linkToo", "linkTo"), "nothing else changes");
    let again = stage.run("lint app --fix").code(1);
    let mut offers = again.out.lines().filter(|line| line.contains("= fix:"));
    assert!(offers.all(|line| line.contains("--unsafe-fixes")), "only what a person should look at: {again}");
    assert!(!again.out.contains("fixed"), "{again}");
    assert_eq!(texts(&stage.path("app")), after);
}

#[test]
fn unsafe_fixes_are_applied_when_asked_for() {
    let stage = app_with("onFocus: { type: action.go-to, options: { linkTo: home, isModal: yes } }");
    let jig = stage.path("app/jigs/a.jigx");
    let before = fs::read_to_string(&jig).unwrap();
    stage.run("lint app --fix");
    assert_eq!(fs::read_to_string(&jig).unwrap(), before);
    let run = stage.run("lint app --unsafe-fixes");
    assert!(run.out.contains("1 fixed"), "{run}");
    assert_eq!(fs::read_to_string(&jig).unwrap(), before.replace("yes", "true"));
}

#[test]
fn a_diff_changes_nothing_and_is_what_fix_does() {
    let stage = Stage::example("broken");
    let before = texts(&stage.path("app"));
    let diff = stage.run("lint app --diff").code(1);
    assert!(diff.out.starts_with("--- a/app/index.jigx\n+++ b/app/index.jigx\n@@ "), "{diff}");
    assert!(diff.err.contains("can be fixed"), "{diff}");
    assert_eq!(texts(&stage.path("app")), before);
    stage.write("fixes.patch", &diff.out);
    stage.run("lint app --fix");
    let fixed = texts(&stage.path("app"));
    let clean = stage.run("lint app --diff").code(0);
    assert!(clean.out.is_empty() && clean.err.contains("nothing to fix"), "{clean}");
    fs::remove_dir_all(stage.path("app")).unwrap();
    stage.put_example("broken", "app");
    let mut git = Command::new("git");
    git.args(["apply", "fixes.patch"]);
    stage.settle(&mut git);
    // Without git the texts are compared all the same.
    if Command::new("git").arg("--version").output().is_ok() {
        Finished::of(&mut git).code(0);
        assert_eq!(texts(&stage.path("app")), fixed);
    }
    stage.run("lint app --diff --format json").code(2);
}

#[test]
fn standard_input_comes_back_fixed() {
    let stage = Stage::example("broken");
    let before = texts(&stage.path("app"));
    let text = "title: Home\r\ntype: jig.default # kept\r\nonFocus: { type: action-go-to, options: { linkTo: home } }";
    let run = fed(&stage, "lint --fix --stdin-filename app/jigs/home.jigx -", text).code(0);
    assert_eq!(run.out, text.replace("action-go-to", "action.go-to"));
    assert!(run.err.contains("checked 1 file: no problems, 1 fixed"), "{run}");
    let clean = "title: Home\ntype: jig.default\n";
    assert_eq!(fed(&stage, "lint --fix --stdin-filename app/jigs/home.jigx -", clean).code(0).out, clean);
    let diff = fed(&stage, "lint --diff --stdin-filename app/jigs/home.jigx -", text).code(1);
    assert!(diff.out.contains("+onFocus: { type: action.go-to"), "{diff}");
    assert_eq!(texts(&stage.path("app")), before);
}

#[test]
fn only_the_files_named_are_fixed() {
    let stage = Stage::example("broken");
    let before = texts(&stage.path("app"));
    stage.run("lint app/jigs/home.jigx --fix").code(0);
    let after = texts(&stage.path("app"));
    let changed: Vec<_> = before.keys().filter(|path| before[*path] != after[*path]).collect();
    assert_eq!(changed, ["jigs/home.jigx"]);
}

#[test]
fn what_is_silenced_is_not_fixed() {
    let stage = app_with(
        "onFocus: { type: action-go-to, options: { linkTo: home } } # syncscope: ignore[action-type-alias]",
    );
    let before = texts(&stage.path("app"));
    let run = stage.run("lint app --fix").code(0);
    assert!(!run.out.contains("fixed"), "{run}");
    assert_eq!(texts(&stage.path("app")), before);
}

#[test]
fn bytes_that_are_no_text_are_left_alone() {
    let stage = app_with("onFocus: { type: action.go-to, options: { linkTo: home } }");
    let bytes =
        b"title: caf\xE9\ntype: jig.default\nonFocus: { type: action-go-to, options: { linkTo: home } }\n";
    let marked = b"\xEF\xBB\xBFtitle: x\r\ntype: jig.default\r\nonFocus: { type: action-go-to, options: { linkTo: home } }\r\n";
    stage.write("app/jigs/latin.jigx", bytes).write("app/jigs/marked.jigx", marked);
    stage.run("lint app --fix").code(1);
    assert_eq!(fs::read(stage.path("app/jigs/latin.jigx")).unwrap(), bytes);
    let marked = String::from_utf8(marked.to_vec()).unwrap().replace("action-go-to", "action.go-to");
    assert_eq!(fs::read_to_string(stage.path("app/jigs/marked.jigx")).unwrap(), marked);
}

/// An app with a jig that has this line.
fn app_with(line: &str) -> Stage {
    let stage = Stage::empty();
    stage
        .write("app/index.jigx", "name: test\ntitle: Test\ncategory: business\n")
        .write("app/jigs/home.jigx", "title: Home\ntype: jig.default\n")
        .write("app/jigs/a.jigx", format!("title: A\ntype: jig.default\n{line}\n"));
    stage
}

/// All files below a folder by their paths.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let relative = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                texts.insert(relative, fs::read_to_string(&path).unwrap());
            }
        }
    }
    texts
}

#[test]
fn a_second_run_finds_nothing_more_to_fix() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut fixed = 0;
    for fixture in fs::read_dir(fixtures).unwrap().map(|entry| entry.unwrap().path()) {
        // The one holds files that are no text, the other is no folder app.
        if ["damaged-files", "single-file"].iter().any(|name| fixture.ends_with(name)) {
            continue;
        }
        let stage = Stage::empty();
        for (path, text) in texts(&fixture) {
            stage.write(&format!("app/{path}"), text);
        }
        let first = stage.run("lint app --unsafe-fixes --format json").json();
        let errors = |report: &serde_json::Value| report["summary"]["errors"].as_u64().unwrap();
        let again = stage.run("lint app --unsafe-fixes --format json").json();
        assert_eq!(again["summary"]["fixed"], 0, "{}", fixture.display());
        assert_eq!(errors(&again), errors(&first), "{}", fixture.display());
        stage.run("lint app --unsafe-fixes --diff").code(0);
        fixed += first["summary"]["fixed"].as_u64().unwrap();
    }
    assert!(fixed >= 5, "{fixed}");
}
