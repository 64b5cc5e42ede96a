//! The n-th call of a class fails, once or for ever: the user gets clean words and the documented exit
//! code, what is left is sound, and a run in a better world completes.

use super::scene::Scene;
use super::shim::{Deed, Often, Shim};
use super::workload::{self, Workload};
use super::{spread, tell};
use crate::accept::stage::Finished;
use crate::promises::executed;

/// How many calls of each kind of failure fail in the short form, and at most in the long form.
const SHORT: usize = 2;
const LONG: usize = 400;

/// Which calls fail, and how.
const FAILURES: &[(&str, &[&str])] = &[
    ("read", &["EIO"]),
    ("write", &["EIO", "ENOSPC", "short"]),
    ("sync", &["EIO"]),
    ("open", &["EIO", "ENOSPC"]),
    ("truncate", &["EIO", "ENOSPC"]),
    ("unlink", &["EIO", "EBUSY"]),
    ("map", &["EIO"]),
    ("lock", &["EIO", "EBUSY", "EAGAIN"]),
    ("connect", &["EIO"]),
    ("send", &["EIO"]),
    ("recv", &["EIO"]),
];

fn everywhere(workload: &'static Workload) -> usize {
    let scene = Scene::new(workload);
    let mut cases = 0;
    for (class, errors) in FAILURES {
        let calls = scene.count(class);
        for (error, often) in errors.iter().flat_map(|e| [(e, Often::Once), (e, Often::ForEver)]) {
            for call in spread(calls, SHORT, LONG) {
                let case = format!("{error} {often:?} from {class} {call} of {calls}");
                scene.set_back();
                let shim = Shim::new(&scene.folder(), class).at(call, Deed::Fail(error), often).in_haste();
                let run = scene.suffer(&shim);
                judge(&run, class, workload, &case);
                scene.inspect(&case);
                scene.recovers(&case);
                cases += 1;
            }
        }
    }
    tell(cases, &format!("a call fails, once or for ever: {}", workload.name));
    cases
}

/// Clean words and the documented code.
fn judge(run: &Finished, class: &str, workload: &Workload, case: &str) {
    let code = run.status.code();
    if code == Some(workload.ends) {
        return;
    }
    let is_network = ["connect", "send", "recv"].contains(&class);
    let expected = if is_network { 1 } else { 3 };
    assert_eq!(code, Some(expected), "{}, {case}: {run}", workload.name);
    if is_network {
        assert!(run.all().contains("net."), "{}, {case}: {run}", workload.name);
        return;
    }
    let errors: Vec<&str> = run.err.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{}, {case}: {run}", workload.name);
    assert!(errors[0].contains("app.db`"), "names no file: {}, {case}: {run}", workload.name);
    for stranger in ["internal", "Error", "code:"] {
        assert!(!errors[0].contains(stranger), "{}, {case}: {run}", workload.name);
    }
}

#[test]
fn any_call_may_fail_once_or_for_ever() {
    let workloads = [
        &workload::FIRST,
        &workload::AGAIN,
        &workload::RECOVERY,
        &workload::STATUS,
        &workload::RESTART,
        &workload::OPERATIONS,
        &workload::UNCHANGED,
        &workload::DYNAMIC,
        &workload::SQL,
        &workload::ENQUEUE,
        &workload::SEND,
        &workload::RETRY,
    ];
    let cases = workloads.into_iter().map(everywhere).sum();
    executed(
        "any_call_may_fail_once_or_for_ever",
        "calls of twelve workloads that fail with EIO, ENOSPC, EBUSY",
        cases,
    );
}

/// A disk that is full and stays full: looking needs space too, for the index of the log.
#[test]
fn a_full_disk_is_told_and_what_is_there_can_be_seen() {
    let mut cases = 0;
    for workload in [&workload::AGAIN, &workload::RECOVERY, &workload::FIRST] {
        let scene = Scene::new(workload);
        let writes = scene.count("write");
        for write in spread(writes, 6, 400) {
            let case = format!("full from write {write} of {writes}");
            scene.set_back();
            let full = |at| Shim::new(&scene.folder(), "write").at(at, Deed::Fail("ENOSPC"), Often::ForEver);
            let run = scene.suffer(&full(write));
            judge(&run, "write", workload, &case);
            if run.status.code() == Some(3) {
                assert!(run.err.contains("no space left"), "{case}: {run}");
            }
            for command in ["status app --format json", "query app sync-scopes --format json"] {
                let looked = scene.start(command, &full(1));
                let code = looked.status.code();
                assert!(
                    [Some(0), Some(3)].contains(&code) || command.starts_with("query"),
                    "{case}: {looked}"
                );
                assert!(code == Some(0) || !looked.err.contains("locking"), "{case}: {looked}");
                assert!(code != Some(3) || looked.err.contains("no space left"), "{case}: {looked}");
            }
            scene.inspect(&case);
            scene.recovers(&case);
            cases += 1;
        }
    }
    let test = "a_full_disk_is_told_and_what_is_there_can_be_seen";
    executed(test, "writes of three workloads from which on the disk is full", cases);
}
