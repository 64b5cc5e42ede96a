//! Living with findings: silence, a baseline, what changed since, counts and costs.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::commands::fed;
use super::stage::{Finished, Stage};

/// Findings as `rule file`.
fn told(run: &Finished) -> Vec<String> {
    let report = run.json();
    let one =
        |found: &Value| format!("{} {}", found["rule"].as_str().unwrap(), found["file"].as_str().unwrap());
    report["diagnostics"].as_array().unwrap().iter().map(one).collect()
}

fn edit(stage: &Stage, path: &str, old: &str, new: &str) {
    let text = fs::read_to_string(stage.path(path)).unwrap();
    assert!(text.contains(old), "{path} has no {old}");
    stage.write(path, text.replacen(old, new, 1));
}

#[test]
fn a_baseline_takes_what_is_there_and_tells_what_comes() {
    let stage = Stage::example("broken");
    let before = told(&stage.run("lint app --format json"));
    let written = stage.run("lint app --write-baseline known.json --format json");
    assert_eq!(
        told(&written),
        ["invalid-yaml app/jigs/scope.jigx"],
        "what cannot be read is told all the same"
    );
    assert!(
        written.err.contains(&format!("wrote {} findings to `known.json`", before.len() - 1)),
        "{written}"
    );
    let known = fs::read_to_string(stage.path("known.json")).unwrap();
    assert!(known.contains("\"app/jigs/home.jigx\"") && !known.contains("line"), "{known}");
    // Lines come before it, and an item before its item: it is the same finding.
    edit(&stage, "app/index.jigx", "\n", "\n# a comment\n\n");
    let run = stage.run("lint app --baseline known.json --format json");
    assert_eq!(told(&run), ["invalid-yaml app/jigs/scope.jigx"], "{run}");
    assert_eq!(fs::read_to_string(stage.path("known.json")).unwrap(), known);
    edit(&stage, "app/index.jigx", "function: fetch-customers", "function: fetch-customer");
    let run = stage.run("lint app --baseline known.json --format json").code(1);
    assert_eq!(told(&run), ["unknown-function app/index.jigx", "invalid-yaml app/jigs/scope.jigx"], "{run}");
}

#[test]
fn a_baseline_shrinks_and_never_grows() {
    let stage = Stage::example("broken");
    stage.run("lint app --write-baseline base/known.json").code(3);
    stage.write("base/.keep", "");
    stage.run("lint app --write-baseline base/known.json");
    let known = fs::read_to_string(stage.path("base/known.json")).unwrap();
    assert!(known.contains("\"../app/index.jigx\""), "{known}");
    edit(&stage, "app/jigs/home.jigx", "linkToo", "linkTo");
    let read = || fs::read_to_string(stage.path("base/known.json")).unwrap();

    // A part of the app or of the rules says nothing about the rest.
    for part in ["lint app/functions", "lint app --select sync", "lint app --ignore unknown-key"] {
        stage.run(&format!("{part} --baseline base/known.json"));
        assert_eq!(read(), known, "{part}");
    }
    let mut in_ci = stage.command("lint app --baseline base/known.json");
    let run = Finished::of(in_ci.env("CI", "true"));
    assert!(
        run.err.contains("1 finding mended but still in `base/known.json`, a check outside of CI"),
        "{run}"
    );
    assert_eq!(read(), known);

    let run = stage.run("lint app --baseline base/known.json");
    assert!(run.err.contains("1 finding mended and taken out of `base/known.json`"), "{run}");
    assert!(!read().contains("linkToo") && read().len() < known.len());
    let shrunk = read();
    edit(&stage, "app/jigs/home.jigx", "linkTo", "linkToo");
    let run = stage.run("lint app --baseline base/known.json").code(1);
    assert!(run.out.contains("unknown-key"), "{run}");
    assert_eq!(read(), shrunk, "it does not grow");
    fs::remove_file(stage.path("app/index.jigx")).unwrap();
    stage.write("app/index.jigx", "name: x\ntitle: X\ncategory: business\n");
    stage.run("lint app --baseline base/known.json");
    assert!(!read().contains("index.jigx"), "what is gone is mended");
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let stage = Stage::example("broken");
    let run = stage.run("lint app --baseline none.json").code(2);
    assert!(run.err.contains("`--write-baseline none.json` writes it"), "{run}");
    stage.write("wrong.json", "{\"version\":1,\"findings\":[]}");
    assert!(stage.run("lint app --baseline wrong.json").code(2).err.contains("`wrong.json` is no baseline"));
    stage.write("later.json", "{\"version\":2,\"findings\":{}}");
    assert!(stage.run("lint app --baseline later.json").code(2).err.contains("version 2"));
}

#[test]
fn comments_silence_everything_that_comments_can() {
    let stage = Stage::example("broken");
    let before = stage.run("lint app --format json").json();
    let all = before["diagnostics"].as_array().unwrap().len();
    let diff = stage.run("lint app --add-ignores --diff").code(1);
    assert!(diff.out.contains('+') && diff.err.contains("can be silenced"), "{diff}");
    assert_eq!(stage.run("lint app --format json").json(), before, "a diff changes nothing");
    let run = stage.run("lint app --add-ignores=later --format json").code(1);
    assert_eq!(told(&run), ["invalid-yaml app/jigs/scope.jigx"], "{run}");
    assert!(run.err.contains(&format!("silenced {} findings", all - 1)), "{run}");
    let home = fs::read_to_string(stage.path("app/jigs/home.jigx")).unwrap();
    assert!(home.contains("# syncscope: ignore[unknown-key] -- later\n        linkToo"), "{home}");
    let again = stage.run("lint app --add-ignores=later --format json").code(1);
    assert_eq!(told(&again).len(), 1, "{again}");
    assert_eq!(fs::read_to_string(stage.path("app/jigs/home.jigx")).unwrap(), home);
    edit(&stage, "app/jigs/home.jigx", "linkToo", "linkTo");
    let run = stage.run("lint app").code(1);
    assert!(run.out.contains("[unused-ignore]: `unknown-key` finds nothing here"), "{run}");
    stage.run("lint app --fix");
    assert!(!fs::read_to_string(stage.path("app/jigs/home.jigx")).unwrap().contains("syncscope:"));
    assert!(stage.run("lint app --add-ignores=").code(2).err.contains("one line of text"));
    stage.run("lint app --add-ignores --fix").code(2);
    let text = fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    let given_back = fed(&stage, "lint --add-ignores --stdin-filename app/index.jigx -", &text);
    assert!(given_back.out.starts_with(text.lines().next().unwrap()), "{given_back}");
}

fn git(stage: &Stage, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]);
    command.args(arguments);
    stage.settle(&mut command);
    Finished::of(&mut command).code(0);
}

#[test]
fn what_changed_since_a_revision_is_told_wherever_it_shows() {
    if Command::new("git").arg("--version").output().is_err() {
        return;
    }
    let stage = Stage::example("broken");
    let refused = stage.run("lint app --since HEAD").code(2);
    assert!(refused.err.contains("`app` is in no git repository"), "{refused}");
    git(&stage, &["init", "-q"]);
    git(&stage, &["add", "."]);
    git(&stage, &["commit", "-qm", "one"]);
    let wrong = stage.run("lint app --since mian").code(2);
    assert!(wrong.err.contains("git knows no revision `mian`"), "{wrong}");
    let nothing = stage.run("lint app --since HEAD --format json").code(0);
    assert!(told(&nothing).is_empty(), "{nothing}");

    // What a file does to others: its function is gone, and a call elsewhere goes nowhere.
    fs::remove_file(stage.path("app/functions/fetch-customers.jigx")).unwrap();
    let gone = stage.run("lint app --since HEAD --format json").code(1);
    assert!(told(&gone).iter().any(|one| one == "unknown-function app/index.jigx"), "{gone}");
    assert!(gone.json()["diagnostics"][0]["message"].as_str().unwrap().contains("fetch-customers"), "{gone}");
    git(&stage, &["checkout", "-q", "."]);

    // All that stands in a changed file, and in a new one.
    edit(&stage, "app/jigs/home.jigx", "linkToo", "linkTooo");
    let changed = stage.run("lint app --since HEAD --format json").code(1);
    assert_eq!(told(&changed), ["unknown-key app/jigs/home.jigx"], "{changed}");
    git(&stage, &["commit", "-qam", "two"]);
    assert!(told(&stage.run("lint app --since HEAD --format json")).is_empty());
    assert_eq!(told(&stage.run("lint app --since HEAD~1 --format json")).len(), 1);
    stage.write(
        "app/jigs/new.jigx",
        "title: New\ntype: jig.default\nonFocus: { type: action.go-to, options: { linkTo: nowhere } }\n",
    );
    let new = stage.run("lint app --since HEAD --format json").code(1);
    assert!(told(&new).contains(&"unknown-jig app/jigs/new.jigx".to_owned()), "{new}");
    assert!(told(&new).iter().all(|one| one.ends_with("app/jigs/new.jigx")), "{new}");
}

#[test]
fn counts_stand_in_place_of_findings() {
    let stage = Stage::example("broken");
    let report = stage.run("lint app --format json").json();
    let found = report["diagnostics"].as_array().unwrap().len() as u64;
    let run = stage.run("lint app --statistics").code(1);
    assert!(run.out.contains("unknown-key") && !run.out.contains("linkToo"), "{run}");
    let counts = stage.run("lint app --statistics --format json").code(1).json();
    let rows = counts["statistics"].as_array().unwrap();
    let count = |row: &Value| row["count"].as_u64().unwrap();
    assert_eq!(rows.iter().map(count).sum::<u64>(), found);
    assert!(rows.windows(2).all(|pair| count(&pair[0]) >= count(&pair[1])), "{counts}");
    assert!(
        rows.iter()
            .any(|row| row["rule"] == "unknown-key" && row["fixable"] == 1 && row["group"] == "schema")
    );
    stage.run("lint app --statistics --format sarif").code(2);
    let file = stage.run("lint app --statistics --format json --output counts.json");
    assert!(
        file.out.is_empty()
            && fs::read_to_string(stage.path("counts.json")).unwrap().contains("\"statistics\"")
    );
}

#[test]
fn costs_are_told_of_the_rules_that_run() {
    let stage = Stage::example("broken");
    let run = stage.run("lint app --profile-rules --ignore unknown-jig,sync --format json").code(1);
    run.json();
    assert!(run.err.contains("ms") && run.err.contains("missing-equals"), "{run}");
    assert!(!run.err.contains("unknown-jig") && !run.err.contains("unguarded-scope"), "{run}");
}

#[test]
fn ignored_files_are_no_part_of_an_app() {
    let stage = Stage::example("broken");
    stage.write("app/jigs/old/a.jigx", "title: [\n").write("app/.syncscopeignore", "old/\n");
    let all = stage.run("lint app --format json").code(1);
    assert!(!told(&all).iter().any(|one| one.contains("old/")), "{all}");
    stage.write("app/.syncscopeignore", "");
    assert!(told(&stage.run("lint app --format json")).iter().any(|one| one.contains("old/a.jigx")));
    stage.write("app/.gitignore", "jigs/old\n");
    assert!(!told(&stage.run("lint app --format json")).iter().any(|one| one.contains("old/")));
    let named = stage.run("lint app/jigs/old/a.jigx --format json").code(1);
    assert_eq!(told(&named), ["invalid-yaml app/jigs/old/a.jigx"], "who names a file means it");
}

#[test]
fn code_scanning_knows_a_finding_again() {
    let stage = Stage::example("broken");
    let names = || {
        let log = stage.run("lint app --format sarif").json();
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let name = |one: &Value| (one["ruleId"].clone(), one["partialFingerprints"].clone());
        (results.iter().map(name).collect::<Vec<_>>(), log)
    };
    let (before, log) = names();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().clone();
    let tags = |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap()["properties"]["tags"].clone();
    assert_eq!(
        (tags("unknown-key"), tags("unknown-function")),
        (serde_json::json!(["schema"]), serde_json::json!(["functions"]))
    );
    edit(&stage, "app/index.jigx", "\n", "\n# one more line\n");
    edit(&stage, "app/jigs/home.jigx", "linkToo: ", "linkToo:    ");
    assert_eq!(names().0, before);
}
