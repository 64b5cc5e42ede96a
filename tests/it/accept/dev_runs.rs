//! What `dev` runs, and on which version of the app.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::dev::event;
use super::small::{self, Guard, Source};
use super::stage::{Running, Stage, until};
use super::stub::Gate;

/// Changes the app without a change of what it does.
fn touch(stage: &Stage, text: &str) {
    let path = stage.path("app/index.jigx");
    let index = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{index}# {text}\n")).unwrap();
}

#[track_caller]
fn finished(dev: &mut Running) -> Value {
    event(dev, "run.finished")["outcome"].clone()
}

#[test]
fn what_was_asked_runs_again_after_every_change() {
    let stage = Stage::example("quickstart");
    let mut dev = stage.start("dev app --format json --on onLoad");
    assert_eq!(finished(&mut dev), "ok");
    touch(&stage, "changed");
    event(&mut dev, "dev.loaded");
    assert_eq!(finished(&mut dev), "ok");
    // A broken version does not run, its repair does.
    let path = stage.path("app/index.jigx");
    let index = fs::read_to_string(&path).unwrap();
    fs::write(&path, index.replacen("- sync-prices", "- sync-prizes", 1)).unwrap();
    event(&mut dev, "dev.rejected");
    fs::write(&path, index + "# good\n").unwrap();
    let next = dev.wait_for_event(|event| event["event"] == "dev.loaded" || event["event"] == "run.started");
    assert_eq!(next["event"], "dev.loaded");
    assert_eq!(finished(&mut dev), "ok");
    assert_eq!(stage.database("app/.syncscope/app.db").count("_syncRun"), 3);
}

#[test]
fn nothing_runs_when_nothing_was_asked() {
    let stage = Stage::example("quickstart");
    let mut dev = stage.start("dev app --format json");
    event(&mut dev, "dev.tables");
    touch(&stage, "changed");
    event(&mut dev, "dev.loaded");
    dev.signal(Signal::SIGINT);
    let finished = dev.finish().code(130);
    assert!(!finished.out.contains("run.started"), "{finished}");
    assert!(!stage.path("app/.syncscope/app.db").exists(), "looking makes no database");
}

#[test]
fn a_run_goes_on_to_its_end_and_then_the_newest_version_runs_once() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let mut dev = stage.start("dev app --format json --on onLoad");
    event(&mut dev, "entity.progress");
    for text in ["one", "two", "three"] {
        touch(&stage, text);
        event(&mut dev, "dev.loaded");
    }
    gate.open();
    assert_eq!(finished(&mut dev), "ok");
    event(&mut dev, "run.started");
    assert_eq!(finished(&mut dev), "ok");
    dev.signal(Signal::SIGINT);
    let ended = dev.finish().code(130);
    let runs = ended.events().iter().filter(|event| event["event"] == "run.started").count();
    assert_eq!(runs, 2, "three changes, one more run: {ended}");
}

#[test]
fn restart_interrupts_a_run_and_begins_it_anew() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let mut dev = stage.start("dev app --format json --on onLoad --restart");
    event(&mut dev, "entity.progress");
    touch(&stage, "changed");
    assert_eq!(finished(&mut dev), "interrupted");
    event(&mut dev, "run.started");
    gate.open();
    assert_eq!(finished(&mut dev), "ok");
}

#[test]
fn changed_tables_are_served_and_run_again() {
    let stage = Stage::example("quickstart");
    let mut dev = stage.start("dev app --format json --on onLoad");
    let first = event(&mut dev, "dev.tables")["url"].clone();
    assert_eq!(finished(&mut dev), "ok");
    let rows = || stage.database("app/.syncscope/app.db").count("depots");
    let before = rows();
    let path = stage.path("app/data/depots.json");
    let mut table: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let mut row = table["value"][0].clone();
    row["id"] = "D99".into();
    table["value"].as_array_mut().unwrap().push(row);
    fs::write(&path, table.to_string()).unwrap();
    assert_eq!(event(&mut dev, "dev.tables")["url"], first, "at the address that is known");
    assert_eq!(finished(&mut dev), "ok");
    assert_eq!(rows(), before + 1);
    fs::write(&path, "[{").unwrap();
    assert!(event(&mut dev, "dev.tables")["error"].is_string());
}

#[test]
fn it_is_said_why_a_guard_now_skips() {
    let stage = Stage::example("quickstart");
    let mut dev = stage.start("dev app --format json --action refresh-visits");
    assert_eq!(finished(&mut dev), "ok");
    let inputs = event(&mut dev, "dev.inputs");
    let changes = inputs["changes"].as_array().unwrap();
    let read =
        changes.iter().find(|change| change["what"] == "scope sync-scope-visits state").expect("the state");
    assert_eq!((&read["before"], &read["after"]), (&"\"none\"".into(), &"\"synced\"".into()), "{inputs}");
    let guard = changes.iter().find(|change| change["kind"] == "guard").expect("the guard");
    assert_eq!((&guard["before"], &guard["after"]), (&"run".into(), &"skip".into()), "{inputs}");
    assert!(guard["why"].as_str().unwrap().contains("does not hold"), "{inputs}");
}

#[test]
fn a_datasource_that_gives_other_rows_is_shown() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    let mut dev = stage.start("dev app --format json");
    event(&mut dev, "dev.tables");
    let path = stage.path("app/datasources/open-visits.jigx");
    let text = fs::read_to_string(&path).unwrap();
    // The first look is over when the second reading is told.
    touch(&stage, "changed");
    event(&mut dev, "dev.loaded");
    fs::write(&path, text.replacen("SELECT", "SELECT DISTINCT 1 AS one,", 1)).unwrap();
    let told = dev.wait_for_event(|event| event["event"] == "dev.inputs" || event["event"] == "dev.rejected");
    let changes = told["changes"].as_array().unwrap_or_else(|| panic!("{told}"));
    assert!(changes.iter().any(|change| change["id"] == "open-visits"), "{told}");
}

#[test]
fn what_the_app_does_not_have_is_told_and_waited_for() {
    let stage = Stage::example("quickstart");
    let mut dev = stage.start("dev app --format json --action refresh-visit");
    let failed = event(&mut dev, "dev.failed");
    assert!(failed["message"].as_str().unwrap().contains("refresh-visit"), "{failed}");
    let from = stage.path("app/actions/refresh-visits.jigx");
    fs::copy(from, stage.path("app/actions/refresh-visit.jigx")).unwrap();
    let next =
        dev.wait_for_event(|event| event["event"] == "run.finished" || event["event"] == "dev.rejected");
    assert!(next.is_object());
}

#[test]
fn signals_interrupt_the_run_and_end_the_session() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let stage = Stage::empty();
        let gate = Gate::closed();
        let source = Source::start(&gate, &["/first?page=2"]);
        small::write(&stage, source.stub.url(), &Guard::Nothing);
        let mut dev = stage.start("dev app --format json --on onLoad");
        event(&mut dev, "entity.progress");
        dev.signal(signal);
        let ended = dev.finish().code(code);
        assert!(ended.out.contains(r#""outcome":"interrupted""#), "{ended}");
        let status = stage.run("status app --format json").code(0).json();
        assert_eq!(status["scopes"][0]["state"], "interrupted", "{status}");
        gate.open();
    }
}

#[test]
fn a_suspended_session_lets_go_and_runs_again_when_it_goes_on() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let mut dev = stage.start("dev app --format json --on onLoad");
    event(&mut dev, "entity.progress");
    dev.signal(Signal::SIGTSTP);
    assert_eq!(finished(&mut dev), "interrupted");
    event(&mut dev, "dev.suspended");
    until(|| dev.is_stopped());
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "interrupted", "{status}");
    gate.open();
    dev.signal(Signal::SIGCONT);
    assert_eq!(finished(&mut dev), "ok");
    dev.signal(Signal::SIGINT);
    dev.finish().code(130);
}
