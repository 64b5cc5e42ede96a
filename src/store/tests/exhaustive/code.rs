//! The code's own transitions beside the model's. The clock shows the number of the run.

use std::collections::HashSet;

use super::machine::{GONE, MEMBERS, Member as M, Phase, Scope as Meant, State, Step};
use crate::store::sync::{
    Counts, Event, Failure, IfRunning, Member, MemberState, Reason, Refusal, RunOutcome, Scope, ScopeState,
    Snapshot, Token, What, next,
};

/// The id of the one scope.
pub const SCOPE: &str = "s";

/// Compares steps of the model with the code; a transition that it knows already is not asked for again, as the
/// code is a function of the scope and the event.
#[derive(Default)]
pub struct Code {
    known: HashSet<(Option<Meant>, u8, Asked)>,
}

/// An event without who sends work: the code does not see that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    Start { by: usize, tracks: bool, rule: u8 },
    Begin { by: usize, member: usize },
    Page { epoch: u8, member: usize, attempt: u8 },
    End { epoch: u8, member: usize, attempt: u8, ok: bool },
    Stop(usize),
    Quiesce(usize),
    Recover { owner: usize, stalled: bool },
    Delete,
}

/// What an event is to make of the scope: `Err` when it is to change nothing.
type Answer = Result<Option<Meant>, Refusal>;

impl Code {
    /// Ends the test when the code does not do what the model does.
    pub fn follow(&mut self, state: &State, step: Step, after: &State) {
        let Some((asked, refusal)) = asked(state, step) else { return };
        if self.known.insert((state.scope, state.next_run, asked)) {
            let meant = refusal.map_or(Ok(after.scope), Err);
            compare(state.scope.as_ref(), state.next_run, asked, meant);
        }
    }

    pub fn transitions(&self) -> usize {
        self.known.len()
    }
}

/// Asks the code for every event there is; the model says by itself what is possible. Gives how many.
pub fn ask_everything(scope: Option<&Meant>, next_run: u8) -> usize {
    let events = alphabet();
    for event in &events {
        compare(scope, next_run, *event, answer(scope, next_run, *event));
    }
    events.len()
}

fn alphabet() -> Vec<Asked> {
    let mut events = vec![Asked::Delete];
    for owner in [0, 1, GONE] {
        events.extend([true, false].map(|stalled| Asked::Recover { owner, stalled }));
    }
    for by in [0, 1] {
        events.extend([Asked::Stop(by), Asked::Quiesce(by)]);
        events.extend(MEMBERS.map(|member| Asked::Begin { by, member }));
        for rule in 0..3 {
            events.extend([true, false].map(|tracks| Asked::Start { by, tracks, rule }));
        }
    }
    for member in MEMBERS {
        for (epoch, attempt) in [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (1, 3)] {
            events.push(Asked::Page { epoch, member, attempt });
            events.extend([true, false].map(|ok| Asked::End { epoch, member, attempt, ok }));
        }
    }
    events
}

/// The table of events (sync-semantics.md §2) once more, as what is possible in a scope.
fn answer(scope: Option<&Meant>, next_run: u8, asked: Asked) -> Answer {
    let running = scope.filter(|scope| scope.phase == Phase::Syncing);
    let owned = |owner: usize| running.filter(|scope| scope.owner == owner).ok_or(Refusal::NotRunning);
    let admits = |epoch, member, attempt| {
        running.filter(|scope| scope.admits(epoch, member, attempt)).ok_or(Refusal::Stale)
    };
    match asked {
        Asked::Start { rule: 1, .. } if running.is_some() => Err(Refusal::Skipped),
        Asked::Start { rule: 2, .. } if running.is_some() => Err(Refusal::Busy),
        Asked::Start { by, tracks, .. } => Ok(Some(super::WHOLE.started(scope, by, next_run, tracks))),
        Asked::Begin { by, member } => Ok(Some(owned(by)?.begun(member))),
        Asked::Page { epoch, member, attempt } => Ok(Some(*admits(epoch, member, attempt)?)),
        Asked::End { epoch, member, attempt, ok } => {
            Ok(Some(admits(epoch, member, attempt)?.ended(member, ok)))
        }
        Asked::Stop(owner) | Asked::Quiesce(owner) | Asked::Recover { owner, .. } => {
            Ok(Some(owned(owner)?.interrupted()))
        }
        Asked::Delete => scope.map(|_| None).ok_or(Refusal::Nothing),
    }
}

/// A step of the model as an event of the code, with how it must be refused; `None` when it is none of the scope's.
fn asked(state: &State, step: Step) -> Option<(Asked, Option<Refusal>)> {
    let scope = state.scope;
    let owner = scope.map_or(GONE, |scope| scope.owner);
    let start = |by, tracks, rule| Asked::Start { by, tracks, rule };
    Some(match step {
        // A guard that holds is a start; the machine has no word for taking over what was done.
        Step::Reboot(_)
        | Step::Kill(_)
        | Step::ReadGuard(_)
        | Step::Resume(_)
        | Step::DeleteStatus { .. } => {
            return None;
        }
        Step::Restart(by) => (start(by, true, 0), None),
        Step::Guarded(by) => (start(by, true, 1), None),
        Step::Empty(by) => (start(by, false, 0), None),
        Step::Skip(by) => (start(by, true, 1), Some(Refusal::Skipped)),
        Step::Busy(by) => (start(by, true, 2), Some(Refusal::Busy)),
        Step::Recover(_) => (Asked::Recover { owner, stalled: false }, None),
        Step::Expire(_) => (Asked::Recover { owner, stalled: true }, None),
        Step::Stop(by) => (Asked::Stop(by), None),
        Step::Quiesce(by) => (Asked::Quiesce(by), None),
        Step::Begin { by, member } => (Asked::Begin { by, member }, None),
        Step::Deadline { member, .. } => {
            let (epoch, attempt) = scope.map(|scope| (scope.epoch, scope.members[member].1))?;
            (Asked::End { epoch, member, attempt, ok: false }, None)
        }
        Step::End { token, ok, late } => {
            let asked = Asked::End { epoch: token.epoch, member: token.member, attempt: token.attempt, ok };
            (asked, late.then_some(Refusal::Stale))
        }
        Step::Delete(_) => (Asked::Delete, None),
    })
}

fn compare(scope: Option<&Meant>, next_run: u8, asked: Asked, meant: Answer) {
    let before = snapshot(scope, next_run);
    let told = ask(&before, scope, next_run, asked);
    let seen = told.as_ref().map(|change| seen(&change.after)).map_err(|refusal| *refusal);
    let newest = |after: Option<Meant>| {
        let started = matches!(asked, Asked::Start { .. });
        (after, i64::from(next_run) - i64::from(!started))
    };
    assert_eq!(seen, meant.map(newest), "{asked:?} in {scope:?}");
    let Ok(change) = told else { return };
    change.after.check().unwrap();
    let after = change.after.scope.as_ref();
    let still = |token: &Token| change.after.admits(token);
    let mut cut: Vec<Token> = before.current_tokens().into_iter().filter(|token| !still(token)).collect();
    // An end is not cut off.
    cut.retain(|_| !matches!(asked, Asked::End { .. }));
    assert_eq!(change.superseded, cut, "{asked:?} in {scope:?}");
    let was_running = scope.filter(|scope| scope.phase == Phase::Syncing);
    let ended = was_running.and_then(|scope| match (asked, after) {
        (Asked::Start { .. }, _) => Some((scope.epoch, RunOutcome::Restarted)),
        (_, None) => Some((scope.epoch, RunOutcome::Deleted)),
        (_, Some(after)) => match after.state {
            ScopeState::Syncing => None,
            ScopeState::Synced => Some((scope.epoch, RunOutcome::Synced)),
            ScopeState::Failed => Some((scope.epoch, RunOutcome::Failed)),
            ScopeState::Interrupted => Some((scope.epoch, RunOutcome::Interrupted)),
        },
    });
    let told = change.ended.as_ref().map(|end| (u8::try_from(end.epoch).unwrap(), end.how));
    assert_eq!(told, ended, "{asked:?} in {scope:?}");
    let begun = matches!(asked, Asked::Begin { .. });
    assert_eq!(
        change.token.is_some_and(|token| change.after.admits(&token)),
        begun,
        "{asked:?} in {scope:?}"
    );
    assert_eq!(after.and_then(|after| after.reason), reason(asked, after), "{asked:?} in {scope:?}");
}

fn reason(asked: Asked, after: Option<&Scope>) -> Option<Reason> {
    let reason = match asked {
        Asked::Stop(_) => Reason::Stopped,
        Asked::Quiesce(_) => Reason::Incomplete,
        Asked::Recover { stalled: true, .. } => Reason::OwnerStalled,
        Asked::Recover { .. } => Reason::OwnerLost,
        _ => return None,
    };
    after.map(|_| reason)
}

fn ask(
    before: &Snapshot,
    scope: Option<&Meant>,
    next_run: u8,
    asked: Asked,
) -> Result<crate::store::sync::Change, Refusal> {
    let members = MEMBERS.map(member_id);
    let failure = Failure::new("http.503", "the server answered 503");
    let token = |epoch: u8, member: usize, attempt: u8| Token {
        scope: SCOPE.to_owned(),
        epoch: epoch.into(),
        instance: member_id(member),
        attempt: attempt.into(),
    };
    let started = matches!(asked, Asked::Start { .. });
    let at = if started { next_run } else { scope.map_or(0, |scope| scope.run) }.into();
    let happen = |by: usize, what: What<'_>| next(before, &Event { at, by: &owner_id(by), what });
    match asked {
        Asked::Start { by, tracks, rule } => {
            let if_running = [IfRunning::Restart, IfRunning::Skip, IfRunning::Error][usize::from(rule)];
            let members = if tracks { &members[..] } else { &[] };
            happen(by, What::Start { members, if_running })
        }
        Asked::Begin { by, member } => happen(by, What::Begin(&members[member])),
        Asked::Page { epoch, member, attempt } => happen(GONE, What::Page(&token(epoch, member, attempt))),
        Asked::End { epoch, member, attempt, ok } => {
            let token = token(epoch, member, attempt);
            happen(GONE, if ok { What::Succeed(&token) } else { What::Fail(&token, &failure) })
        }
        Asked::Stop(by) => happen(by, What::Interrupt),
        Asked::Quiesce(by) => happen(by, What::Quiesce),
        Asked::Recover { owner, stalled } => {
            let reason = if stalled { Reason::OwnerStalled } else { Reason::OwnerLost };
            happen(GONE, What::Recover { owner: &owner_id(owner), reason })
        }
        Asked::Delete => happen(GONE, What::Delete),
    }
}

/// The id of a member.
pub fn member_id(member: usize) -> String {
    format!("i{member}")
}

fn owner_id(owner: usize) -> String {
    format!("p{owner}")
}

fn snapshot(scope: Option<&Meant>, next_run: u8) -> Snapshot {
    Snapshot { id: SCOPE.to_owned(), last_epoch: i64::from(next_run) - 1, scope: scope.map(real) }
}

fn real(meant: &Meant) -> Scope {
    let members = if meant.tracks { &meant.members[..] } else { &[] };
    let member = |(number, (state, attempt)): (usize, &(M, u8))| Member {
        state: STATES[*state as usize],
        attempt: (*attempt).into(),
        ..Member::new(member_id(number))
    };
    let time = |run: u8| (run > 0).then_some(i64::from(run));
    Scope {
        epoch: meant.epoch.into(),
        owner: owner_id(meant.owner),
        state: match meant.phase {
            Phase::Syncing => ScopeState::Syncing,
            Phase::Synced => ScopeState::Synced,
            Phase::Failed => ScopeState::Failed,
            Phase::Interrupted => ScopeState::Interrupted,
        },
        members: members.iter().enumerate().map(member).collect(),
        last_started_at: time(meant.started),
        last_failed_at: time(meant.failed),
        last_synced_at: time(meant.synced),
        timestamp: meant.run.into(),
        reason: None,
    }
}

const STATES: [MemberState; 5] = [
    MemberState::NotStarted,
    MemberState::Syncing,
    MemberState::Failed,
    MemberState::Synced,
    MemberState::Interrupted,
];

/// A snapshot in the words of the model, with the newest epoch.
fn seen(snapshot: &Snapshot) -> (Option<Meant>, i64) {
    (snapshot.scope.as_ref().map(meant), snapshot.last_epoch)
}

fn meant(scope: &Scope) -> Meant {
    let small = |number: i64| u8::try_from(number).unwrap();
    let mut members = [(M::NotStarted, 0); 2];
    for (slot, member) in members.iter_mut().zip(&scope.members) {
        let state = [M::NotStarted, M::Syncing, M::Failed, M::Synced, M::Interrupted];
        let at = STATES.iter().position(|known| *known == member.state).unwrap();
        *slot = (state[at], small(member.attempt));
    }
    let Counts { not_started, syncing, failed, synced, interrupted } = scope.counts();
    let counts = [not_started, syncing, failed, synced, interrupted];
    Meant {
        phase: match scope.state {
            ScopeState::Syncing => Phase::Syncing,
            ScopeState::Synced => Phase::Synced,
            ScopeState::Failed => Phase::Failed,
            ScopeState::Interrupted => Phase::Interrupted,
        },
        epoch: small(scope.epoch),
        owner: scope.owner[1..].parse().unwrap(),
        tracks: !scope.members.is_empty(),
        members,
        counts: counts.map(|count| i8::try_from(count).unwrap()),
        started: small(scope.last_started_at.unwrap_or(0)),
        failed: small(scope.last_failed_at.unwrap_or(0)),
        synced: small(scope.last_synced_at.unwrap_or(0)),
        run: small(scope.epoch),
    }
}
