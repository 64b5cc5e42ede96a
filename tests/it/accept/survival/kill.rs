//! Killed at every point: before every call that changes something, and in the middle of every write.

use super::scene::{CHANGES, Scene};
use super::shim::{Deed, Often, Shim};
use super::workload::{self, Workload};
use super::{spread, tell};
use crate::promises::executed;

/// How many points of each workload the short form visits, and the most that the long form does.
const SHORT: usize = 18;
const LONG: usize = 1000;
/// Every so often somebody looks before it is run again.
const LOOK: usize = 6;

fn everywhere(workload: &'static Workload) -> usize {
    let scene = Scene::new(workload);
    let calls = scene.count(CHANGES);
    assert!(calls > 20, "the shim sees nothing");
    let mut killed = 0;
    let points = spread(calls, SHORT, LONG);
    for (order, &point) in points.iter().enumerate() {
        let deed = if order % 3 == 0 { Deed::Torn } else { Deed::Kill };
        let case = format!("{deed:?} at call {point} of {calls}");
        scene.set_back();
        let run = scene.suffer(&Shim::new(&scene.folder(), CHANGES).at(point, deed, Often::Once));
        // Threads take turns in another way every time: now and then there are fewer calls.
        match run.status.code() {
            None => killed += 1,
            code => assert_eq!(code, Some(workload.ends), "{case}: {run}"),
        }
        scene.inspect(&case);
        match order % LOOK {
            0 => scene.look_at_status(&case),
            // Whoever repairs before anything else is run does no harm.
            3 => scene.repair(&case),
            _ => {}
        }
        scene.recovers(&case);
    }
    assert!(killed * 10 >= points.len() * 9, "{killed} of {} were killed", points.len());
    tell(points.len(), &format!("killed at one of {calls} calls: {}", workload.name));
    points.len()
}

#[test]
fn a_process_may_be_killed_at_every_point() {
    let cases = workload::ALL.into_iter().map(everywhere).sum();
    executed("a_process_may_be_killed_at_every_point", "points of nineteen workloads", cases);
}
