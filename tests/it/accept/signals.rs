//! Signals and pipes that close.

use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::small::{self, Guard, Source};
use super::stage::{Finished, Stage};
use super::stub::Gate;

/// A second is promised; a busy machine gets some grace.
const SOON: Duration = Duration::from_secs(3);

fn stopped_by(signal: Signal, code: i32) {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::When);
    let mut running = stage.start("run app --format json");
    running.wait_for_event(|event| event["event"] == "entity.progress");
    let asked = Instant::now();
    running.signal(signal);
    let finished = running.finish().code(code);
    assert!(asked.elapsed() < SOON, "took {:?}", asked.elapsed());
    let last = finished.events().pop().unwrap();
    assert_eq!(
        (&last["event"], &last["outcome"]),
        (&"run.finished".into(), &"interrupted".into()),
        "{finished}"
    );

    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "interrupted", "{status}");
    let tables = stage.database("app/app.db").rows("SELECT name FROM sqlite_schema WHERE name = 'first'");
    assert!(tables.is_empty(), "nothing of a table that is not complete");
    gate.open();
    stage.run("run app").code(0);
}

#[test]
fn ctrl_c_interrupts_a_run() {
    stopped_by(Signal::SIGINT, 130);
}

#[test]
fn a_termination_interrupts_a_run() {
    stopped_by(Signal::SIGTERM, 143);
}

#[test]
fn a_suspended_run_lets_go_of_its_scope() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=2"]);
    small::write(&stage, source.stub.url(), &Guard::When);
    let mut running = stage.start("run app --format json");
    running.wait_for_event(|event| event["event"] == "entity.progress");
    running.signal(Signal::SIGTSTP);
    running.wait_for_event(|event| event["event"] == "run.finished" && event["outcome"] == "interrupted");
    super::stage::until(|| running.is_stopped());
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "interrupted", "{status}");
    running.signal(Signal::SIGCONT);
    running.finish().code(148);
    gate.open();
}

#[test]
fn people_are_told_of_the_interruption() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/first?page=1"]);
    small::write(&stage, source.stub.url(), &Guard::When);
    let mut running = stage.start("run app");
    super::stage::until(|| {
        assert!(!running.has_ended());
        !source.stub.requests().is_empty()
    });
    running.signal(Signal::SIGINT);
    let finished = running.finish().code(130);
    assert!(finished.all().contains("interrupted"), "{finished}");
}

#[test]
fn ctrl_c_ends_serve() {
    let stage = Stage::example("quickstart");
    let mut running = stage.start("serve app/data --port 0");
    running.wait_for(|line| line.starts_with("http://127.0.0.1:"));
    running.signal(Signal::SIGINT);
    let finished = running.finish();
    assert!(matches!(finished.status.code(), Some(0 | 130)), "{finished}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let stage = Stage::example("quickstart");
    stage.run("run app").code(0);
    for arguments in [
        "lint app",
        "lint app --format json",
        "graph app",
        "query app products-with-prices",
        "query app products-with-prices --format csv",
        "status app",
        "schema values",
        "explain",
        "run app --format json",
        "run app --dry-run",
        "run app",
        "eval app =$string([1..20000])",
        "completions bash",
        "man",
        "--help",
    ] {
        let mut command = stage.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let finished = Finished { status: output.status, out: String::new(), err };
        assert_eq!(finished.status.code(), Some(0), "{arguments}: {finished}");
        assert!(!finished.err.contains("error") && !finished.err.contains("pipe"), "{arguments}: {finished}");
    }
}
