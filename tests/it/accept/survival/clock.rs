//! The wall clock jumps in the middle of a run: a day either way, before 1970, after 2038.

use super::scene::{CHANGES, Scene};
use super::shim::{Deed, Often, Shim};
use super::workload::{self, Workload};
use super::{spread, tell};

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// How far it jumps: a day, 56 years and more back (before 1970), 20 years on (after 2038), to the year 4000.
const JUMPS: [i64; 6] = [DAY, -DAY, -60 * YEAR, -100 * YEAR, 20 * YEAR, 2000 * YEAR];
/// No run of these tests takes so long, in milliseconds.
const LONGEST: u64 = 60_000;

fn jumps(workload: &'static Workload) {
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
}

#[test]
fn sync_of_changes() {
    jumps(&workload::AGAIN);
}

#[test]
fn a_page_fails() {
    jumps(&workload::FAILURE);
}
