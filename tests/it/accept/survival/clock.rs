//! The wall clock jumps in the middle of a run: a day either way, before 1970, after 2038.

use super::scene::{CHANGES, Scene};
use super::shim::{Deed, Often, Shim};
use super::workload::{self, Workload};
use super::{spread, tell};
use crate::accept::small::{self, Guard, Source};
use crate::accept::stage::{Finished, Stage};
use crate::accept::stub::Gate;
use crate::promises::executed;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// How far it jumps: a day, 56 years and more back (before 1970), 20 years on (after 2038), to the year 4000.
const JUMPS: [i64; 6] = [DAY, -DAY, -60 * YEAR, -100 * YEAR, 20 * YEAR, 2000 * YEAR];
/// No run of these tests takes so long, in milliseconds.
const LONGEST: u64 = 60_000;

fn jumps(workload: &'static Workload) -> usize {
    let scene = Scene::new(workload);
    let calls = scene.count(CHANGES);
    let mut cases = 0;
    for jump in JUMPS {
        let mut moments = spread(calls, 3, 60);
        moments.insert(0, 0);
        for at in moments {
            let case = format!("the clock jumps {jump} s at call {at} of {calls}");
            let wrong = |at| Shim::new(&scene.folder(), CHANGES).at(at, Deed::Shift(jump), Often::Once);
            scene.set_back();
            let run = scene.suffer(&wrong(at)).code(workload.ends);
            for event in run.events() {
                let took = event["durationMs"].as_u64().unwrap_or(0);
                assert!(took < LONGEST, "{case}: {event}");
            }
            scene.inspect(&case);
            // Whoever looks, by that clock or by the right one, sees sense.
            let there = Shim::new(&scene.folder(), "open").at(0, Deed::Shift(jump), Often::Once);
            let here = Shim::new(&scene.folder(), "open");
            for shim in [&there, &here] {
                let shown = scene.start("status app --history", shim).code(0);
                let negative =
                    |word: &str| word.starts_with('-') && word[1..].starts_with(|c: char| c.is_ascii_digit());
                assert!(!shown.out.split_whitespace().any(negative), "{case}: {shown}");
                scene.start("status app --history --format json", shim).code(0).json();
            }
            scene.recovers(&case);
            cases += 1;
        }
    }
    tell(cases, &format!("the wall clock jumps: {}", workload.name));
    cases
}

#[test]
fn the_clock_may_jump_in_the_middle_of_a_run() {
    let cases = [&workload::AGAIN, &workload::FAILURE].into_iter().map(jumps).sum();
    executed("the_clock_may_jump_in_the_middle_of_a_run", "jumps of the wall clock", cases);
}

/// What a condition says, by a clock that is wrong by so many seconds.
fn says(stage: &Stage, condition: &str, wrong: i64) -> bool {
    let mut command = stage.command("eval app");
    command.arg(condition);
    Shim::new(&stage.path("app"), "open").at(0, Deed::Shift(wrong), Often::Once).put_before(&mut command);
    let finished = Finished::of(&mut command).code(0);
    finished.out.contains("true")
}

#[test]
fn what_was_synced_by_a_clock_that_went_ahead_is_not_fresh_for_a_day() {
    let stage = Stage::empty();
    let open = Gate::closed();
    open.open();
    let source = Source::start(&open, &[]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let mut ahead = stage.command("run app");
    Shim::new(&stage.path("app"), "open").at(0, Deed::Shift(DAY), Often::Once).put_before(&mut ahead);
    Finished::of(&mut ahead).code(0);
    let fresh = "scope::age(\"all\", \"synced\") <= minutes(15)";
    assert!(says(&stage, fresh, DAY));
    assert!(!says(&stage, fresh, 0), "set right, the next sync is due");
    assert!(says(&stage, "scope::age(\"all\", \"synced\") >= 0", 0));
    assert!(says(&stage, "scope::age(\"all\", \"synced\") > days(365)", -60 * YEAR));
}

#[test]
fn nobody_is_taken_for_suspended_because_a_clock_jumped() {
    let stage = Stage::empty();
    let gate = Gate::closed();
    let source = Source::start(&gate, &["/second?page=1"]);
    small::write(&stage, source.stub.url(), &Guard::Nothing);
    let mut running = stage.start("run app --format json");
    running.wait_for_event(|event| event["event"] == "entity.progress" && event["entity"] == "first");
    for jump in JUMPS {
        let mut command = stage.command("status app --format json");
        Shim::new(&stage.path("app"), "open").at(0, Deed::Shift(jump), Often::Once).put_before(&mut command);
        let status = Finished::of(&mut command).code(0).json();
        assert_eq!(status["scopes"][0]["state"], "syncing", "{jump}: {status}");
    }
    gate.open();
    running.finish().code(0);
}
