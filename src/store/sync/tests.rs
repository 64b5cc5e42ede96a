//! One test per row of the event table.
#![allow(clippy::unwrap_used)]

use super::*;

fn ids(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn event<'a>(at: i64, what: What<'a>) -> Event<'a> {
    Event { at, by: "me", what }
}

fn start<'a>(at: i64, members: &'a [String], if_running: IfRunning) -> Event<'a> {
    event(at, What::Start { members, if_running })
}

fn started(names: &[&str]) -> Snapshot {
    next(&Snapshot::unknown("s"), &start(100, &ids(names), IfRunning::Restart)).unwrap().after
}

fn begin(before: &Snapshot, member: &str, at: i64) -> (Snapshot, Token) {
    let change = next(before, &event(at, What::Begin(member))).unwrap();
    (change.after, change.token.unwrap())
}

fn counts(snapshot: &Snapshot) -> (u32, u32, u32, u32, u32) {
    let c = snapshot.scope.as_ref().unwrap().counts();
    (c.not_started, c.syncing, c.failed, c.synced, c.interrupted)
}

fn state(snapshot: &Snapshot) -> ScopeState {
    snapshot.scope.as_ref().unwrap().state
}

fn failure() -> Failure {
    Failure::new("http.503", "the server answered 503")
}

#[test]
fn row_1_start_begins_a_new_epoch_and_counts_distinct_ids() {
    let first = started(&["a", "b", "a"]);
    assert_eq!((state(&first), counts(&first)), (ScopeState::Syncing, (2, 0, 0, 0, 0)));
    assert_eq!(first.scope.as_ref().unwrap().last_started_at, Some(100));
    let (running, token) = begin(&first, "a", 110);
    let again = next(&running, &start(200, &ids(&["a"]), IfRunning::Restart)).unwrap();
    assert_eq!(again.after.last_epoch, 2);
    assert_eq!(again.superseded, [token.clone()]);
    assert_eq!(again.ended, Some(RunEnd { epoch: 1, how: RunOutcome::Restarted, at: 200 }));
    assert!(!again.after.admits(&token));
}

#[test]
fn row_1_a_restart_keeps_the_last_times() {
    let (running, token) = begin(&started(&["a"]), "a", 110);
    let failed = next(&running, &event(120, What::Fail(&token, &failure()))).unwrap().after;
    let again = next(&failed, &start(200, &ids(&["a"]), IfRunning::Restart)).unwrap().after;
    let scope = again.scope.unwrap();
    assert_eq!(
        (scope.last_failed_at, scope.last_synced_at, scope.last_started_at),
        (Some(120), None, Some(200))
    );
}

#[test]
fn row_1a_skip_and_error_leave_a_running_scope_alone() {
    let running = started(&["a"]);
    let members = ids(&["a"]);
    assert_eq!(next(&running, &start(200, &members, IfRunning::Skip)), Err(Refusal::Skipped));
    assert_eq!(next(&running, &start(200, &members, IfRunning::Error)), Err(Refusal::Busy));
    let done = next(&running, &event(150, What::Interrupt)).unwrap().after;
    assert!(next(&done, &start(200, &members, IfRunning::Skip)).is_ok());
    assert!(next(&done, &start(200, &members, IfRunning::Error)).is_ok());
}

#[test]
fn row_1b_nothing_to_track_is_synced_at_once() {
    let empty = started(&[]);
    let scope = empty.scope.as_ref().unwrap();
    assert_eq!((scope.state, counts(&empty)), (ScopeState::Synced, (0, 0, 0, 0, 0)));
    assert_eq!((scope.last_started_at, scope.last_synced_at), (Some(100), Some(100)));
}

#[test]
fn row_2_begin_counts_attempts() {
    let (one, token) = begin(&started(&["a", "b"]), "a", 110);
    assert_eq!((counts(&one), token.attempt), ((1, 1, 0, 0, 0), 1));
    let failed = next(&one, &event(120, What::Fail(&token, &failure()))).unwrap().after;
    assert_eq!(counts(&failed), (1, 0, 1, 0, 0));
    let (again, second) = begin(&failed, "a", 130);
    assert_eq!((counts(&again), second.attempt), ((1, 1, 0, 0, 0), 2));
    let done = next(&again, &event(140, What::Succeed(&second))).unwrap().after;
    let (third, token) = begin(&done, "a", 150);
    assert_eq!((counts(&third), token.attempt), ((1, 1, 0, 0, 0), 3));
    let change = next(&third, &event(160, What::Begin("a"))).unwrap();
    assert_eq!((change.superseded, counts(&change.after)), (vec![token], (1, 1, 0, 0, 0)));
}

#[test]
fn row_2_only_the_owner_begins_and_only_members() {
    let running = started(&["a"]);
    assert_eq!(next(&running, &event(110, What::Begin("x"))), Err(Refusal::NotMember));
    let stranger = Event { at: 110, by: "other", what: What::Begin("a") };
    assert_eq!(next(&running, &stranger), Err(Refusal::NotRunning));
    assert_eq!(next(&Snapshot::unknown("s"), &event(1, What::Begin("a"))), Err(Refusal::NotRunning));
    assert_eq!(next(&started(&[]), &event(1, What::Begin("a"))), Err(Refusal::NotRunning));
}

#[test]
fn row_3_a_page_needs_a_current_token() {
    let (running, token) = begin(&started(&["a"]), "a", 110);
    let after = next(&running, &event(130, What::Page(&token))).unwrap().after;
    assert_eq!(after.scope.unwrap().timestamp, 130);
    for stale in [
        Token { epoch: 2, ..token.clone() },
        Token { attempt: 2, ..token.clone() },
        Token { instance: "b".into(), ..token.clone() },
        Token { scope: "t".into(), ..token.clone() },
    ] {
        assert_eq!(next(&running, &event(130, What::Page(&stale))), Err(Refusal::Stale));
    }
}

#[test]
fn rows_4_to_6_the_last_end_decides() {
    let (one, a) = begin(&started(&["a", "b"]), "a", 110);
    let (two, b) = begin(&one, "b", 111);
    let half = next(&two, &event(120, What::Succeed(&a))).unwrap();
    assert_eq!((state(&half.after), half.ended), (ScopeState::Syncing, None));
    let synced = next(&half.after, &event(130, What::Succeed(&b))).unwrap();
    assert_eq!((state(&synced.after), counts(&synced.after)), (ScopeState::Synced, (0, 0, 0, 2, 0)));
    assert_eq!(synced.after.scope.as_ref().unwrap().last_synced_at, Some(130));
    assert_eq!(synced.ended.unwrap().how, RunOutcome::Synced);
    let early = next(&two, &event(120, What::Fail(&a, &failure()))).unwrap();
    assert_eq!(state(&early.after), ScopeState::Syncing);
    let failed = next(&early.after, &event(130, What::Succeed(&b))).unwrap().after;
    assert_eq!((state(&failed), counts(&failed)), (ScopeState::Failed, (0, 0, 1, 1, 0)));
    let scope = failed.scope.unwrap();
    assert_eq!((scope.last_failed_at, scope.last_synced_at), (Some(130), None));
}

#[test]
fn rows_7_and_9_stop_and_quiesce_keep_what_never_began() {
    let (running, token) = begin(&started(&["a", "b"]), "a", 110);
    let stopped = next(&running, &event(120, What::Interrupt)).unwrap();
    assert_eq!((state(&stopped.after), counts(&stopped.after)), (ScopeState::Interrupted, (1, 0, 0, 0, 1)));
    assert_eq!(stopped.superseded, [token.clone()]);
    let done = next(&running, &event(120, What::Succeed(&token))).unwrap().after;
    let quiet = next(&done, &event(130, What::Quiesce)).unwrap().after;
    assert_eq!((state(&quiet), counts(&quiet)), (ScopeState::Interrupted, (1, 0, 0, 1, 0)));
    assert_eq!(details(quiet.scope.as_ref().unwrap(), |_| &[])["b"]["state"], "notStarted");
    assert_eq!(next(&quiet, &event(140, What::Quiesce)), Err(Refusal::NotRunning));
    let stranger = Event { at: 120, by: "other", what: What::Interrupt };
    assert_eq!(next(&running, &stranger), Err(Refusal::NotRunning));
}

#[test]
fn row_8_recover_needs_the_right_owner() {
    let (running, _) = begin(&started(&["a", "b"]), "a", 110);
    let recover =
        |owner| Event { at: 120, by: "other", what: What::Recover { owner, reason: Reason::OwnerLost } };
    assert_eq!(next(&running, &recover("third")), Err(Refusal::NotRunning));
    let after = next(&running, &recover("me")).unwrap().after;
    assert_eq!((state(&after), counts(&after)), (ScopeState::Interrupted, (1, 0, 0, 0, 1)));
    let details = details(after.scope.as_ref().unwrap(), |_| &[]);
    assert_eq!(details["reason"], "owner.lost");
    assert_eq!(details["a"]["error"]["code"], "owner.lost");
}

#[test]
fn row_10_delete_keeps_the_epoch() {
    let (running, token) = begin(&started(&["a"]), "a", 110);
    let gone = next(&running, &event(120, What::Delete)).unwrap();
    assert_eq!((gone.after.scope.clone(), gone.after.last_epoch), (None, 1));
    assert_eq!(gone.superseded, [token.clone()]);
    assert_eq!(next(&gone.after, &event(130, What::Delete)), Err(Refusal::Nothing));
    let again = next(&gone.after, &start(140, &ids(&["a"]), IfRunning::Restart)).unwrap().after;
    assert_eq!(again.last_epoch, 2);
    assert!(!begin(&again, "a", 150).0.admits(&token));
}

#[test]
fn row_12_late_ends_change_nothing() {
    let (running, token) = begin(&started(&["a"]), "a", 110);
    let done = next(&running, &event(120, What::Succeed(&token))).unwrap().after;
    assert_eq!(next(&done, &event(130, What::Succeed(&token))), Err(Refusal::Stale));
    assert_eq!(next(&done, &event(130, What::Fail(&token, &failure()))), Err(Refusal::Stale));
}

#[test]
fn a_clock_that_runs_backwards_never_puts_an_end_before_its_start() {
    let (running, token) = begin(&started(&["a"]), "a", 50);
    let done = next(&running, &event(-7, What::Succeed(&token))).unwrap().after;
    let scope = done.scope.unwrap();
    assert_eq!((scope.last_synced_at, scope.timestamp), (Some(100), 100));
    let member = &scope.members[0];
    assert!(member.ended_at >= member.started_at);
}

#[test]
fn broken_snapshots_are_told_apart() {
    let (running, _) = begin(&started(&["a"]), "a", 110);
    let broken = |change: &dyn Fn(&mut Scope)| {
        let mut snapshot = running.clone();
        change(snapshot.scope.as_mut().unwrap());
        snapshot.check().unwrap_err()
    };
    assert!(broken(&|s| s.state = ScopeState::Synced).contains("I5"));
    assert!(broken(&|s| s.state = ScopeState::Interrupted).contains("I6"));
    assert!(broken(&|s| s.members[0].state = MemberState::Interrupted).contains("I3"));
    assert!(broken(&|s| s.members[0].state = MemberState::Failed).contains("I4"));
    assert!(broken(&|s| s.epoch = 9).contains("I9"));
}

#[test]
fn details_have_the_documented_shape() {
    let (one, token) = begin(&started(&["a", "b"]), "a", 110);
    let failed = next(&one, &event(120, What::Fail(&token, &failure()))).unwrap().after;
    let entity = [EntityDetail {
        note: None,
        entity: "default/tasks".into(),
        function_id: None,
        state: ScopeState::Failed,
        rows: 3,
        inserted: None,
        updated: None,
        unchanged: None,
        deleted: None,
        error: Some(failure()),
    }];
    let shown = details(failed.scope.as_ref().unwrap(), |id| if id == "a" { &entity } else { &[] });
    let error = serde_json::json!({"code": "http.503", "message": "the server answered 503"});
    let expected = serde_json::json!({
        "a": {"state": "failed", "startedAt": 110, "endedAt": 120, "attempt": 1, "error": error,
              "entities": [{"entity": "default/tasks", "state": "failed", "rows": 3, "error": error}]},
        "b": {"state": "notStarted", "attempt": 0, "entities": []},
    });
    assert_eq!(shown, expected);
}
