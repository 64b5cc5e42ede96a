//! `dev` and `lint --watch`: a save is checked, a good one goes live, a broken one does not.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::stage::{Running, Stage};

const INDEX: &str = "name: small\ntitle: Small\nonLoad:\n  type: action.go-back\n";
const GOOD: &str = "action:\n  type: action.go-back\n";
const BAD: &str = "action:\n  type: action.go-bakc\n";

fn app() -> Stage {
    let stage = Stage::empty();
    stage.write("app/index.jigx", INDEX).write("app/actions/one.jigx", GOOD);
    stage
}

/// Waits for an event with this name.
#[track_caller]
pub(super) fn event(running: &mut Running, name: &str) -> Value {
    running.wait_for_event(|event| event["event"] == name)
}

/// Waits for the next event of a reading, whatever it came to.
#[track_caller]
fn reading(running: &mut Running) -> Value {
    let names = ["dev.loaded", "dev.rejected", "dev.unreadable"];
    running.wait_for_event(|event| names.iter().any(|name| event["event"] == *name))
}

fn rules(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|found| found["rule"].as_str().unwrap()).collect()
}

#[test]
fn a_broken_save_is_told_and_the_last_good_version_goes_on() {
    let stage = app();
    let mut dev = stage.start("dev app --format json");
    let started = event(&mut dev, "dev.started");
    assert_eq!((&started["seq"], &started["trigger"]), (&json!(1), &json!("onLoad")));
    let loaded = event(&mut dev, "dev.loaded");
    assert_eq!(loaded["summary"], json!({"files": 2, "errors": 0, "warnings": 0, "infos": 0}));
    let running = &loaded["running"];
    assert!(running.is_i64());
    assert_eq!(event(&mut dev, "dev.watching")["by"], "events");

    stage.write("app/actions/one.jigx", BAD);
    let rejected = reading(&mut dev);
    assert_eq!(rejected["event"], "dev.rejected");
    assert_eq!(rejected["changed"], json!(["app/actions/one.jigx"]));
    assert_eq!((rules(&rejected["new"]), &rejected["running"]), (vec!["unknown-action-type"], running));
    assert_eq!(rejected["new"][0]["start"]["line"], 2);

    // The same mistake on another line is the same mistake.
    stage.write("app/actions/one.jigx", format!("# above\n{BAD}"));
    let moved = reading(&mut dev);
    assert_eq!((&moved["new"], &moved["fixed"], &moved["still"]), (&json!([]), &json!([]), &json!(1)));

    stage.write("app/actions/one.jigx", GOOD);
    let repaired = reading(&mut dev);
    assert_eq!(
        (repaired["event"].as_str(), rules(&repaired["fixed"])),
        (Some("dev.loaded"), vec!["unknown-action-type"])
    );
    assert!(repaired["running"].as_i64() >= running.as_i64());

    dev.signal(Signal::SIGINT);
    let finished = dev.finish().code(130);
    let events = finished.events();
    let numbers: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "every line is numbered");
    assert_eq!(events.last().unwrap()["event"], "dev.ended");
}

#[test]
fn a_save_that_changes_no_byte_is_not_told() {
    let stage = app();
    let mut dev = stage.start("dev app --format json");
    event(&mut dev, "dev.watching");
    stage.write("app/actions/one.jigx", GOOD);
    stage.write("app/app.db", "not ours").write("app/jigs/.home.jigx.swp", "an editor's own");
    stage.write("app/actions/two.jigx", GOOD);
    assert_eq!(reading(&mut dev)["changed"], json!(["app/actions/two.jigx"]));
}

#[test]
fn editors_save_in_many_ways() {
    let stage = app();
    let file = stage.path("app/actions/one.jigx");
    let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
    let ways: [(&str, &dyn Fn(&str)); 4] = [
        ("in place", &|text| write(&file, text)),
        ("by rename", &|text| {
            write(&file.with_extension("tmp"), text);
            fs::rename(file.with_extension("tmp"), &file).unwrap();
        }),
        ("delete and create", &|text| {
            fs::remove_file(&file).unwrap();
            write(&file, text);
        }),
        ("backup and create", &|text| {
            fs::rename(&file, file.with_extension("jigx~")).unwrap();
            write(&file, text);
            fs::remove_file(file.with_extension("jigx~")).unwrap();
        }),
    ];
    for poll in ["", " --poll"] {
        let mut dev = stage.start(&format!("dev app --format json{poll}"));
        let watching = event(&mut dev, "dev.watching");
        assert_eq!(watching["by"], if poll.is_empty() { "events" } else { "polling" });
        for (way, save) in ways {
            save(BAD);
            until_reading(&mut dev, way, |event| event["event"] == "dev.rejected");
            save(GOOD);
            until_reading(&mut dev, way, |event| event["event"] == "dev.loaded");
        }
    }
}

/// A slow machine may see a file between its removal and its return.
#[track_caller]
fn until_reading(dev: &mut Running, way: &str, wanted: impl Fn(&Value) -> bool) {
    for _ in 0..8 {
        let read = reading(dev);
        if wanted(&read) {
            return;
        }
    }
    panic!("not seen: {way}");
}

#[test]
fn it_starts_before_the_app_is_there_and_survives_its_removal() {
    let stage = Stage::empty();
    let mut dev = stage.start("dev app --format json");
    let missing = event(&mut dev, "dev.unreadable");
    assert_eq!(
        (missing["message"].as_str(), &missing["running"]),
        (Some("`app` does not exist"), &Value::Null)
    );
    stage.write("app/actions/one.jigx", GOOD);
    until_reading(&mut dev, "no index", |event| {
        event["message"].as_str().is_some_and(|text| text.contains("no app found"))
    });
    stage.write("app/index.jigx", INDEX);
    until_reading(&mut dev, "an index", |event| event["event"] == "dev.loaded");

    for _ in 0..2 {
        fs::remove_dir_all(stage.path("app")).unwrap();
        until_reading(&mut dev, "gone", |event| {
            event["message"] == "`app` does not exist" && event["running"].is_i64()
        });
        stage.write("app/actions/one.jigx", BAD).write("app/index.jigx", INDEX);
        until_reading(&mut dev, "back", |event| event["summary"]["errors"] == 1);
        stage.write("app/actions/one.jigx", GOOD);
        until_reading(&mut dev, "good", |event| event["event"] == "dev.loaded");
    }
    fs::rename(stage.path("app"), stage.path("moved")).unwrap();
    until_reading(&mut dev, "moved", |event| event["event"] == "dev.unreadable");
    fs::rename(stage.path("moved"), stage.path("app")).unwrap();
    stage.write("app/actions/one.jigx", BAD);
    until_reading(&mut dev, "moved back", |event| event["event"] == "dev.rejected");
}

#[test]
fn broken_settings_are_seen_to_be_repaired() {
    let stage = app();
    stage.write("app/syncscope.yaml", "databse: app.db\n");
    let mut dev = stage.start("dev app --format json --on onLoad");
    let rejected = event(&mut dev, "dev.rejected");
    assert_eq!((rules(&rejected["new"]), &rejected["running"]), (vec!["unknown-key"], &Value::Null));
    stage.write("app/syncscope.yaml", "database: app.db\n");
    event(&mut dev, "dev.loaded");
    assert_eq!(event(&mut dev, "run.finished")["outcome"], "ok");
}

#[test]
fn hundreds_of_files_at_once_come_to_what_a_fresh_check_says() {
    let stage = app();
    let mut dev = stage.start("dev app --format json");
    event(&mut dev, "dev.watching");
    for n in 0..300 {
        let text = if n % 3 == 0 { BAD } else { GOOD };
        stage.write(&format!("app/actions/group-{}/a{n}.jigx", n % 7), text);
    }
    fs::rename(stage.path("app/actions/group-0"), stage.path("app/actions/other")).unwrap();
    fs::remove_dir_all(stage.path("app/actions/group-1")).unwrap();
    let fresh = stage.run("lint app --format json").code(1).json();
    let wanted = &fresh["summary"];
    let is_same = |event: &Value| {
        ["files", "errors", "warnings", "infos"].iter().all(|count| event["summary"][count] == wanted[count])
    };
    until_reading(&mut dev, "all of it", is_same);
}

#[test]
fn people_without_a_terminal_get_lines() {
    let stage = app();
    let mut dev = stage.start("dev app");
    dev.wait_for(|line| {
        line.ends_with("small: 2 files, no problems, 0 ms") || line.contains("2 files, no problems")
    });
    stage.write("app/actions/one.jigx", BAD);
    dev.wait_for(|line| line.contains("  app/actions/one.jigx: 1 new, "));
    dev.wait_for(|line| {
        line == "error[unknown-action-type]: there is no action `action.go-bakc`"
            || line.starts_with("error[unknown-action-type]")
    });
    dev.wait_for(|line| line.starts_with("running the version of ") && line.ends_with(", 1 error"));
    stage.write("app/actions/one.jigx", GOOD);
    dev.wait_for(|line| line.contains("1 fixed") && line.ends_with("good again"));
    dev.wait_for(|line| line.starts_with("fixed error[unknown-action-type] app/actions/one.jigx: "));
    dev.signal(Signal::SIGTERM);
    let finished = dev.finish().code(143);
    assert!(finished.err.contains("watching, Ctrl-C ends"), "{finished}");
    assert!(!finished.out.contains('\u{1b}'), "no page: {finished}");
}

#[test]
fn polling_says_why() {
    let stage = app();
    let mut dev = stage.start("dev app --poll --quiet");
    dev.wait_for(|line| line.contains("no problems"));
    dev.signal(Signal::SIGINT);
    assert_eq!(dev.finish().code(130).err, "");
    let mut dev = stage.start("dev app --poll");
    dev.wait_for(|line| line.contains("no problems"));
    stage.write("app/actions/one.jigx", BAD);
    dev.wait_for(|line| line.contains("1 new"));
    dev.signal(Signal::SIGINT);
    let finished = dev.finish().code(130);
    assert!(
        finished.err.contains("looking for changes again and again, because `--poll` says so"),
        "{finished}"
    );
}

#[test]
fn lint_watches_too() {
    let stage = app();
    let mut lint = stage.start("lint app --watch --format concise");
    lint.wait_for(|line| line.contains("2 files, no problems"));
    stage.write("app/actions/one.jigx", BAD);
    lint.wait_for(|line| line.starts_with("app/actions/one.jigx:2:9: error[unknown-action-type] "));
    lint.signal(Signal::SIGINT);
    let finished = lint.finish().code(130);
    assert!(!finished.out.contains("running the version"), "nothing runs here: {finished}");

    let mut lint = stage.start("lint app --watch --format json --ignore unknown-action-type");
    assert_eq!(event(&mut lint, "dev.loaded")["summary"]["errors"], 0);
}

#[test]
fn lint_watches_several_apps_and_parts_of_them() {
    let stage = app();
    stage
        .write("other/index.jigx", INDEX)
        .write("other/actions/one.jigx", GOOD)
        .write("other/actions/two.jigx", BAD);
    let mut lint = stage.start("lint app other/actions/one.jigx --watch --format json");
    let first = [event(&mut lint, "dev.loaded"), event(&mut lint, "dev.loaded")];
    assert!(first.iter().all(|event| event["new"] == json!([])), "{first:?}");
    stage.write("other/actions/one.jigx", BAD);
    assert_eq!(rules(&event(&mut lint, "dev.rejected")["new"]), ["unknown-action-type"]);
    stage.write("app/actions/one.jigx", BAD);
    assert_eq!(event(&mut lint, "dev.rejected")["changed"], json!(["app/actions/one.jigx"]));
}

#[test]
fn what_does_not_go_with_watching_is_refused() {
    let stage = app();
    for arguments in ["--fix", "--diff", "--output report.txt", "--format sarif", "--format json=report.json"]
    {
        stage.run(&format!("lint app --watch {arguments}")).code(2);
    }
    stage.run("dev app --yes --no").code(2);
    stage.run("dev app --action a --on onLoad").code(2);
}

#[test]
fn secrets_are_kept_out_of_what_is_told() {
    let stage = app();
    stage.write("app/syncscope.yaml", "user: { displayName: \"${env:NAME_OF_USER}\" }\n");
    let mut command = stage.command("dev app --format json");
    command.env("NAME_OF_USER", "hunter22");
    let mut dev = Running::spawn(command);
    event(&mut dev, "dev.watching");
    stage.write("app/actions/one.jigx", "action:\n  type: action.hunter22\n");
    let rejected = event(&mut dev, "dev.rejected").to_string();
    assert!(rejected.contains("action.***") && !rejected.contains("hunter22"), "{rejected}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let stage = app();
    let mut command = stage.command("dev app --format json");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}
