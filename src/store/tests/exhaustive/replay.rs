//! Walks through the model with the real store beside it: files, locks, transactions, rows and statuses. After every
//! step both must tell the same.

use std::collections::{HashMap, HashSet};

use super::code::{SCOPE, member_id};
use super::machine::{MEMBERS, Machine, Member, Phase, Scope, State, Step, Token};
use crate::store::tests::sequences::{Dice, Rig, invariants, patient};
use crate::store::tests::*;

/// A walk is as long as this, or ends where nothing new can happen.
const STEPS: usize = 30;
const TABLES: [&str; 2] = ["default/t", "u"];

/// Goes through the model so often, where possible by steps that it has not taken yet; gives how many distinct
/// ones it took.
pub fn walk(machine: Machine, walks: u64) -> usize {
    let mut rig = Rig::new(2);
    let mut taken = HashSet::new();
    for seed in 0..walks {
        rig.reset();
        let mut dice = Dice(seed);
        let mut pair =
            Pair { rig: &mut rig, state: State::initial(), works: HashMap::new(), path: Vec::new() };
        for _ in 0..STEPS {
            let steps = machine.steps(&pair.state);
            let key = |state: &State, step: Step| (state.scope, state.live, state.status, step);
            // A walk has few starts and should make much of each.
            let starts = dice.pick(6) == 0;
            let is_fresh = |step: Step| !taken.contains(&key(&pair.state, step)) && is_start(step) == starts;
            let fresh: Vec<_> = steps.iter().filter(|(step, _)| is_fresh(*step)).collect();
            let calm: Vec<_> = steps.iter().filter(|(step, _)| !is_start(*step)).collect();
            let (step, next) = match (fresh.as_slice(), calm.as_slice()) {
                ([], []) => steps[dice.pick(steps.len())],
                ([], calm) => *calm[dice.pick(calm.len())],
                (fresh, _) => *fresh[dice.pick(fresh.len())],
            };
            taken.insert(key(&pair.state, step));
            pair.take(step, next);
        }
    }
    taken.len()
}

fn is_start(step: Step) -> bool {
    matches!(step, Step::Restart(_) | Step::Guarded(_) | Step::Empty(_) | Step::Kill(_) | Step::Delete(_))
}

struct Pair<'r> {
    rig: &'r mut Rig,
    state: State,
    works: HashMap<Token, Work>,
    path: Vec<Step>,
}

impl Pair<'_> {
    fn take(&mut self, step: Step, next: State) {
        self.path.push(step);
        match step {
            Step::Restart(by) | Step::Guarded(by) => self.start(by, step, IfRunning::Restart, true),
            Step::Empty(by) => self.start(by, step, IfRunning::Restart, false),
            Step::Skip(by) => self.start(by, step, IfRunning::Skip, true),
            Step::Busy(by) => self.start(by, step, IfRunning::Error, true),
            Step::Begin { by, member } => self.begin(by, member, &next),
            Step::Deadline { member, .. } => self.deadline(member),
            Step::End { token, ok, late } => self.end(token, ok, late),
            other => self.environment(other),
        }
        self.state = next;
        self.compare();
    }

    /// The clock shows the number of the run.
    fn now(&self) -> i64 {
        self.state.scope.map_or(i64::from(self.state.next_run) - 1, |scope| scope.run.into())
    }

    fn start(&mut self, by: usize, step: Step, if_running: IfRunning, tracks: bool) {
        let members: Vec<String> = MEMBERS.iter().filter(|_| tracks).map(|k| member_id(*k)).collect();
        let now = self.state.next_run.into();
        let start = StartScope { id: SCOPE, instance_ids: &members, if_running, now };
        let mut guard = |reader: &Reader<'_>| -> Result<bool, StoreError> {
            let syncing = reader.scope_brief(SCOPE)?.is_some_and(|brief| brief.state == ScopeState::Syncing);
            Ok(!matches!(step, Step::Guarded(_)) || !syncing)
        };
        let outcome = self.rig.stores[by].start_scope(&start, &mut guard).unwrap().outcome;
        let as_meant = match step {
            Step::Skip(_) => outcome == Start::SkippedBusy,
            Step::Busy(_) => outcome == Start::Busy,
            _ => matches!(outcome, Start::Begun { epoch, .. } if epoch == i64::from(self.state.next_run)),
        };
        assert!(as_meant, "{outcome:?} after {:?}", self.path);
    }

    fn begin(&mut self, by: usize, member: usize, next: &State) {
        let instance = member_id(member);
        let operations = [rest(TABLES[member])];
        let begin = BeginInstance { instance_id: Some(&instance), operations: &operations, now: self.now() };
        let work = self.rig.stores[by].begin_instance(&begin).unwrap().work;
        let scope = next.scope.unwrap();
        let attempt = scope.members[member].1;
        let tokens: Vec<_> = work.tokens().iter().map(|token| (token.epoch, token.attempt)).collect();
        assert_eq!(tokens, [(i64::from(scope.epoch), i64::from(attempt))], "{:?}", self.path);
        let token = Token { owner: by, epoch: scope.epoch, member, attempt, run: scope.run };
        self.works.insert(token, work);
    }

    fn deadline(&mut self, member: usize) {
        let scope: Scope = self.state.scope.unwrap();
        let attempt = scope.members[member].1;
        let token = Token { owner: scope.owner, epoch: scope.epoch, member, attempt, run: scope.run };
        self.rig.stores[scope.owner].finish_instance(&self.works[&token], &failed(), self.now()).unwrap();
    }

    fn end(&mut self, token: Token, ok: bool, late: bool) {
        let (store, now) = (&self.rig.stores[token.owner], self.now());
        let work = self.works.remove(&token).unwrap();
        if ok {
            let mut writer = store.rows_writer(&work, 0, Mode::Replace).unwrap();
            let data = format!("{{\"run\":{}}}", token.run);
            let written = writer
                .page(&Page { rows: &[Row { id: "r", data: &data }], now, ..Page::default() })
                .and_then(|_| writer.finish(None, now));
            let refused = matches!(written, Err(StoreError::Stale));
            assert!(refused == late && (refused || written.is_ok()), "{written:?} after {:?}", self.path);
        }
        let outcome = if ok { Outcome::Ok } else { failed() };
        store.finish_instance(&work, &outcome, now).unwrap();
    }

    fn environment(&mut self, step: Step) {
        let now = self.now();
        match step {
            Step::Kill(o) => {
                lock(&self.rig.stores[o].inner.owner).die();
                self.rig.stores[o] = Store::open(&self.rig.bench.path(), &patient()).unwrap();
            }
            Step::Recover(o) => drop(self.rig.stores[o].recover(now).unwrap()),
            Step::Expire(o) => self.rig.suspend(self.state.scope.unwrap().owner, o, now),
            Step::Stop(o) => drop(self.rig.stores[o].interrupt_own(now).unwrap()),
            Step::Quiesce(o) => drop(self.rig.stores[o].quiesce(now).unwrap()),
            Step::Delete(o) => drop(self.rig.stores[o].delete_scope(SCOPE, now).unwrap()),
            Step::DeleteStatus { by, member } => {
                let statuses = self.rig.bench.store.statuses().unwrap();
                let row = statuses.iter().find(|row| row.entity == TABLES[member]).unwrap();
                self.rig.stores[by].delete_status(&row.id).unwrap();
            }
            _ => {}
        }
    }

    fn compare(&self) {
        let store = &self.rig.bench.store;
        let scopes = store.scopes().unwrap();
        let seen: Vec<_> = scopes.iter().map(seen).collect();
        let meant: Vec<_> = self.state.scope.iter().map(meant).collect();
        assert_eq!(seen, meant, "after {:?}", self.path);
        let statuses = store.statuses().unwrap();
        for k in MEMBERS {
            let seen = statuses.iter().find(|row| row.entity == TABLES[k]).map(|row| row.state.word());
            assert_eq!(seen, self.state.status[k].map(word), "after {:?}", self.path);
            let data = rows_of(store, TABLES[k]).into_iter().next().map(|(_, data)| data);
            let meant = (self.state.data[k] > 0).then(|| format!("{{\"run\":{}}}", self.state.data[k]));
            assert_eq!(data, meant, "after {:?}", self.path);
        }
        invariants(&self.rig.raw).unwrap_or_else(|broken| panic!("{broken} after {:?}", self.path));
    }
}

fn seen(row: &ScopeRow) -> Value {
    let members: Vec<_> = MEMBERS
        .iter()
        .filter_map(|k| row.details.get(member_id(*k)))
        .map(|member| json!([member["state"], member["attempt"]]))
        .collect();
    let counts = [row.not_started, row.syncing, row.failed, row.synced, row.interrupted];
    let times = [row.last_started_at, row.last_failed_at, row.last_synced_at].map(Option::unwrap_or_default);
    json!([row.state, row.epoch, members, counts, times])
}

fn meant(scope: &Scope) -> Value {
    let phase = match scope.phase {
        Phase::Syncing => "syncing",
        Phase::Synced => "synced",
        Phase::Failed => "failed",
        Phase::Interrupted => "interrupted",
    };
    let members: Vec<_> = scope
        .members
        .iter()
        .filter(|_| scope.tracks)
        .map(|(member, attempt)| json!([word(*member), attempt]))
        .collect();
    json!([phase, scope.epoch, members, scope.counts, [scope.started, scope.failed, scope.synced]])
}

fn word(member: Member) -> &'static str {
    match member {
        Member::NotStarted => "notStarted",
        Member::Syncing => "syncing",
        Member::Failed => "failed",
        Member::Synced => "synced",
        Member::Interrupted => "interrupted",
    }
}
