//! The transitions themselves and the invariants they keep.

use super::{
    Change, Counts, Event, IfRunning, Member, MemberState, Reason, Refusal, RunEnd, RunOutcome, Scope,
    ScopeState, Snapshot, Token, What,
};

/// What `event` makes of the scope.
///
/// # Errors
/// Why it changes nothing.
pub fn next(before: &Snapshot, event: &Event<'_>) -> Result<Change, Refusal> {
    let change = match &event.what {
        What::Start { members, if_running } => start(before, event, members, *if_running),
        What::Begin(instance) => begin(before, event, instance),
        What::Page(token) => page(before, event.at, token),
        What::Succeed(token) => end(before, event.at, token, MemberState::Synced, None),
        What::Fail(token, failure) => {
            end(before, event.at, token, MemberState::Failed, Some((*failure).clone()))
        }
        What::Interrupt => interrupt(before, event.at, event.by, Reason::Stopped),
        What::Recover { owner, reason } => interrupt(before, event.at, owner, *reason),
        What::Quiesce => interrupt(before, event.at, event.by, Reason::Incomplete),
        What::Delete => delete(before, event.at),
    }?;
    debug_assert_eq!(change.after.check(), Ok(()), "{event:?}");
    Ok(change)
}

fn start(
    before: &Snapshot,
    event: &Event<'_>,
    ids: &[String],
    if_running: IfRunning,
) -> Result<Change, Refusal> {
    let running = before.scope.as_ref().filter(|s| s.state == ScopeState::Syncing);
    match (running, if_running) {
        (Some(_), IfRunning::Skip) => return Err(Refusal::Skipped),
        (Some(_), IfRunning::Error) => return Err(Refusal::Busy),
        _ => {}
    }
    let epoch = before.last_epoch + 1;
    let members = distinct(ids);
    let empty = members.is_empty();
    let last = before.scope.as_ref();
    let scope = Scope {
        epoch,
        owner: event.by.to_owned(),
        state: if empty { ScopeState::Synced } else { ScopeState::Syncing },
        members,
        last_started_at: Some(event.at),
        last_failed_at: last.and_then(|s| s.last_failed_at),
        last_synced_at: if empty { Some(event.at) } else { last.and_then(|s| s.last_synced_at) },
        timestamp: event.at,
        reason: None,
    };
    Ok(Change {
        after: Snapshot { id: before.id.clone(), last_epoch: epoch, scope: Some(scope) },
        token: None,
        superseded: before.current_tokens(),
        ended: running.map(|old| RunEnd {
            epoch: old.epoch,
            how: RunOutcome::Restarted,
            at: not_before_start(old, event.at),
        }),
    })
}

fn begin(before: &Snapshot, event: &Event<'_>, instance: &str) -> Result<Change, Refusal> {
    let mut scope = running(before, event.by)?;
    let at = not_before_start(&scope, event.at);
    let position = scope.members.iter().position(|m| m.id == instance).ok_or(Refusal::NotMember)?;
    let superseded = match scope.members[position].state {
        MemberState::Syncing => vec![before.token(scope.epoch, &scope.members[position])],
        _ => Vec::new(),
    };
    let member = &mut scope.members[position];
    member.state = MemberState::Syncing;
    member.attempt += 1;
    member.started_at = Some(at);
    member.ended_at = None;
    member.failure = None;
    let token = before.token(scope.epoch, &scope.members[position]);
    scope.timestamp = at;
    Ok(Change { token: Some(token), superseded, ..changed(before, scope) })
}

fn page(before: &Snapshot, at: i64, token: &Token) -> Result<Change, Refusal> {
    let mut scope = admitted(before, token)?;
    scope.timestamp = not_before_start(&scope, at);
    Ok(changed(before, scope))
}

fn end(
    before: &Snapshot,
    at: i64,
    token: &Token,
    state: MemberState,
    failure: Option<super::Failure>,
) -> Result<Change, Refusal> {
    let mut scope = admitted(before, token)?;
    let at = not_before_start(&scope, at);
    let member = scope.members.iter_mut().find(|m| m.id == token.instance).ok_or(Refusal::Stale)?;
    member.state = state;
    member.ended_at = Some(at.max(member.started_at.unwrap_or(at)));
    member.failure = failure;
    let ended = roll_up(&mut scope, at);
    Ok(Change { ended, ..changed(before, scope) })
}

fn roll_up(scope: &mut Scope, at: i64) -> Option<RunEnd> {
    scope.timestamp = at;
    let counts = scope.counts();
    if counts.open() > 0 {
        return None;
    }
    let how = if counts.failed > 0 {
        scope.state = ScopeState::Failed;
        scope.last_failed_at = Some(at);
        RunOutcome::Failed
    } else {
        scope.state = ScopeState::Synced;
        scope.last_synced_at = Some(at);
        RunOutcome::Synced
    };
    Some(RunEnd { epoch: scope.epoch, how, at })
}

fn interrupt(before: &Snapshot, at: i64, owner: &str, reason: Reason) -> Result<Change, Refusal> {
    let mut scope = running(before, owner)?;
    let at = not_before_start(&scope, at);
    for member in scope.members.iter_mut().filter(|m| m.state == MemberState::Syncing) {
        member.state = MemberState::Interrupted;
        member.ended_at = Some(at.max(member.started_at.unwrap_or(at)));
        member.failure = Some(reason.failure());
    }
    scope.state = ScopeState::Interrupted;
    scope.timestamp = at;
    scope.reason = Some(reason);
    let ended = Some(RunEnd { epoch: scope.epoch, how: RunOutcome::Interrupted, at });
    Ok(Change { superseded: before.current_tokens(), ended, ..changed(before, scope) })
}

fn delete(before: &Snapshot, at: i64) -> Result<Change, Refusal> {
    let scope = before.scope.as_ref().ok_or(Refusal::Nothing)?;
    let running = scope.state == ScopeState::Syncing;
    Ok(Change {
        after: Snapshot { scope: None, ..before.clone() },
        token: None,
        superseded: before.current_tokens(),
        ended: running.then(|| RunEnd {
            epoch: scope.epoch,
            how: RunOutcome::Deleted,
            at: not_before_start(scope, at),
        }),
    })
}

pub(super) fn check(snapshot: &Snapshot) -> Result<(), String> {
    let Some(scope) = &snapshot.scope else { return Ok(()) };
    let id = &snapshot.id;
    let counts = scope.counts();
    let total = u32::try_from(scope.members.len()).unwrap_or(u32::MAX);
    let rules = [
        (counts.total() == total, "I1: the counts do not add up"),
        (
            counts.interrupted == 0 || scope.state == ScopeState::Interrupted,
            "I3: interrupted members outside state interrupted",
        ),
        (scope.state != ScopeState::Syncing || counts.open() > 0, "I4: syncing, but nothing is open"),
        (final_state_fits(scope.state, counts, total), "I5: the final state does not match the counts"),
        (
            scope.state == ScopeState::Syncing || counts.syncing == 0,
            "I6: members at work outside state syncing",
        ),
        (final_time_fits(scope), "I7: the time of the end lies before the start"),
        (scope.epoch >= 1 && scope.epoch <= snapshot.last_epoch, "I9: the epoch is newer than the newest"),
    ];
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(format!("scope `{id}`: {rule}")))
}

fn final_state_fits(state: ScopeState, counts: Counts, total: u32) -> bool {
    match state {
        ScopeState::Failed => counts.open() == 0 && counts.failed > 0,
        ScopeState::Synced => counts.synced == total,
        ScopeState::Syncing | ScopeState::Interrupted => true,
    }
}

fn final_time_fits(scope: &Scope) -> bool {
    match scope.state {
        ScopeState::Failed => scope.last_failed_at >= scope.last_started_at,
        ScopeState::Synced => scope.last_synced_at >= scope.last_started_at,
        ScopeState::Syncing | ScopeState::Interrupted => true,
    }
}

fn running(before: &Snapshot, owner: &str) -> Result<Scope, Refusal> {
    let scope = before.scope.as_ref().ok_or(Refusal::NotRunning)?;
    if scope.state == ScopeState::Syncing && scope.owner == owner {
        Ok(scope.clone())
    } else {
        Err(Refusal::NotRunning)
    }
}

fn admitted(before: &Snapshot, token: &Token) -> Result<Scope, Refusal> {
    if before.admits(token) { before.scope.clone().ok_or(Refusal::Stale) } else { Err(Refusal::Stale) }
}

fn changed(before: &Snapshot, scope: Scope) -> Change {
    let after = Snapshot { scope: Some(scope), ..before.clone() };
    Change { after, token: None, superseded: Vec::new(), ended: None }
}

/// Within one run an end is never shown before its start, whatever the wall clock does.
fn not_before_start(scope: &Scope, at: i64) -> i64 {
    scope.last_started_at.map_or(at, |started| at.max(started))
}

fn distinct(ids: &[String]) -> Vec<Member> {
    let mut seen = std::collections::HashSet::new();
    ids.iter().filter(|id| seen.insert(id.as_str())).map(Member::new).collect()
}
