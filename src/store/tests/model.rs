//! A reference model of scopes, works, statuses and rows, written from the design's event table and sharing no
//! code with the room. It knows no SQL, no transactions and no tokens: it keeps whole objects and looks at them.

use std::collections::BTreeMap;

/// A process: its place among the handles, and which life of it.
pub type Owner = (usize, u32);

#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    pub id: String,
    pub state: &'static str,
    pub attempt: i64,
    pub work: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    pub epoch: i64,
    pub owner: Owner,
    pub state: &'static str,
    pub members: Vec<Member>,
    pub started: i64,
    pub failed: Option<i64>,
    pub synced: Option<i64>,
    pub reason: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    pub entity: String,
    pub replace: bool,
    pub state: &'static str,
    pub status: u32,
    pub staged: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub struct Work {
    pub owner: Owner,
    pub open: bool,
    /// Scope, epoch and member's attempt that it serves.
    pub serves: Vec<(String, i64, String, i64)>,
    pub ops: Vec<Op>,
    pub pages: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub key: (String, String),
    pub state: &'static str,
    pub work: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub state: &'static str,
    pub stale: i64,
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub epochs: BTreeMap<String, i64>,
    pub scopes: BTreeMap<String, Scope>,
    pub runs: BTreeMap<(String, i64), Run>,
    pub works: Vec<Work>,
    pub statuses: BTreeMap<u32, Status>,
    pub last_status: u32,
    pub tables: BTreeMap<String, BTreeMap<String, String>>,
    pub lives: Vec<u32>,
    /// How many runs of a scope the history keeps.
    pub keep: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfRunning {
    Restart,
    Skip,
    Error,
}

impl Model {
    pub fn new(processes: usize, keep: i64) -> Self {
        Self { lives: vec![0; processes], keep, ..Self::default() }
    }

    pub fn owner(&self, process: usize) -> Owner {
        (process, self.lives[process])
    }

    pub fn start(
        &mut self,
        process: usize,
        id: &str,
        members: &[String],
        rule: IfRunning,
        guard: bool,
        now: i64,
    ) -> &'static str {
        self.recover(None, now);
        if !guard {
            return "guard";
        }
        let was_syncing = self.scopes.get(id).is_some_and(|scope| scope.state == "syncing");
        if was_syncing {
            match rule {
                IfRunning::Skip => return "skip",
                IfRunning::Error => return "busy",
                IfRunning::Restart => self.close(id, "restarted"),
            }
        }
        let epoch = self.epochs.get(id).copied().unwrap_or(0) + 1;
        self.epochs.insert(id.to_owned(), epoch);
        let mut unique: Vec<Member> = Vec::new();
        for member in members {
            if unique.iter().all(|known| known.id != *member) {
                unique.push(Member { id: member.clone(), state: "notStarted", attempt: 0, work: None });
            }
        }
        let state = if unique.is_empty() { "synced" } else { "syncing" };
        let old = self.scopes.get(id);
        let scope = Scope {
            epoch,
            owner: self.owner(process),
            state,
            started: now,
            failed: old.and_then(|old| old.failed),
            synced: if unique.is_empty() { Some(now) } else { old.and_then(|old| old.synced) },
            members: unique,
            reason: None,
        };
        self.scopes.insert(id.to_owned(), scope);
        self.runs.insert((id.to_owned(), epoch), Run { state, stale: 0 });
        if was_syncing || state == "synced" {
            self.prune(id);
        }
        self.settle();
        "begun"
    }

    pub fn begin(&mut self, process: usize, instance: &str, entities: &[(String, bool)]) -> usize {
        let number = self.works.len();
        let owner = self.owner(process);
        let ops = entities.iter().map(|(entity, replace)| {
            let key = (instance.to_owned(), entity.clone());
            let known = self.statuses.iter().find(|(_, status)| status.key == key).map(|(id, _)| *id);
            let id = known.unwrap_or(self.last_status + 1);
            self.last_status = self.last_status.max(id);
            self.statuses.insert(id, Status { key, state: "syncing", work: number });
            Op {
                entity: entity.clone(),
                replace: *replace,
                state: "syncing",
                status: id,
                staged: BTreeMap::new(),
            }
        });
        let mut work = Work { owner, open: true, serves: Vec::new(), ops: ops.collect(), pages: 0 };
        for (id, scope) in &mut self.scopes {
            if scope.state != "syncing" || scope.owner != owner {
                continue;
            }
            if let Some(member) = scope.members.iter_mut().find(|member| member.id == instance) {
                member.state = "syncing";
                member.attempt += 1;
                member.work = Some(number);
                work.serves.push((id.clone(), scope.epoch, instance.to_owned(), member.attempt));
            }
        }
        self.works.push(work);
        self.settle();
        number
    }

    /// Whether the work would still be heard.
    pub fn is_current(&self, work: usize) -> bool {
        let work = &self.works[work];
        work.open && (work.serves.is_empty() || work.serves.iter().any(|served| self.wants(served)))
    }

    fn wants(&self, (id, epoch, member, attempt): &(String, i64, String, i64)) -> bool {
        self.scopes.get(id).is_some_and(|scope| {
            scope.state == "syncing"
                && scope.epoch == *epoch
                && scope
                    .members
                    .iter()
                    .any(|m| m.id == *member && m.state == "syncing" && m.attempt == *attempt)
        })
    }

    pub fn page(&mut self, number: usize, op: usize, rows: &[(String, String)], gone: &[String]) -> bool {
        if !self.is_current(number) || self.works[number].ops[op].state != "syncing" {
            return false;
        }
        let op = &mut self.works[number].ops[op];
        let target =
            if op.replace { &mut op.staged } else { self.tables.entry(op.entity.clone()).or_default() };
        for (id, data) in rows {
            target.insert(id.clone(), data.clone());
        }
        for id in gone {
            target.remove(id);
        }
        true
    }

    pub fn finish_op(&mut self, number: usize, op: usize, ok: bool, apply: bool) -> bool {
        if !self.is_current(number) || self.works[number].ops[op].state != "syncing" {
            return false;
        }
        let ended = &mut self.works[number].ops[op];
        ended.state = if ok { "synced" } else { "failed" };
        if ended.replace && apply {
            let rows = std::mem::take(&mut ended.staged);
            self.tables.insert(ended.entity.clone(), rows);
        }
        self.roll_up(number, op);
        true
    }

    fn roll_up(&mut self, number: usize, op: usize) {
        let status = self.works[number].ops[op].status;
        let shared = self.works[number].ops.iter().filter(|other| other.status == status);
        let states: Vec<_> = shared.map(|op| op.state).collect();
        let state = ["syncing", "failed"].into_iter().find(|s| states.contains(s)).unwrap_or("synced");
        if let Some(row) =
            self.statuses.get_mut(&status).filter(|row| row.work == number && row.state == "syncing")
        {
            row.state = state;
        }
    }

    pub fn finish(&mut self, number: usize, ok: bool, now: i64) {
        if self.is_current(number) {
            for op in 0..self.works[number].ops.len() {
                if self.works[number].ops[op].state == "syncing" {
                    self.works[number].ops[op].state = if ok { "synced" } else { "failed" };
                    self.roll_up(number, op);
                }
            }
        }
        let ok = ok && self.works[number].ops.iter().all(|op| op.state != "failed");
        for served in self.works[number].serves.clone() {
            if self.wants(&served) {
                self.end_member(&served.0, &served.2, ok, now);
            } else if let Some(run) = self.runs.get_mut(&(served.0, served.1)) {
                run.stale += 1;
            }
        }
        self.works[number].open = false;
        self.settle();
    }

    fn end_member(&mut self, id: &str, member: &str, ok: bool, now: i64) {
        let Some(scope) = self.scopes.get_mut(id) else { return };
        for m in scope.members.iter_mut().filter(|m| m.id == member) {
            m.state = if ok { "synced" } else { "failed" };
        }
        if scope.members.iter().any(|m| m.state == "notStarted" || m.state == "syncing") {
            return;
        }
        let now = now.max(scope.started);
        if scope.members.iter().any(|m| m.state == "failed") {
            scope.state = "failed";
            scope.failed = Some(now);
        } else {
            scope.state = "synced";
            scope.synced = Some(now);
        }
        let state = scope.state;
        self.close(id, state);
    }

    fn close(&mut self, id: &str, state: &'static str) {
        let epoch = self.scopes[id].epoch;
        self.runs.insert((id.to_owned(), epoch), Run { state, ..self.runs[&(id.to_owned(), epoch)].clone() });
        if state != "restarted" {
            self.prune(id);
        }
    }

    /// Whoever ends a run leaves the newest ones.
    fn prune(&mut self, id: &str) {
        let oldest = self.epochs[id] - self.keep;
        self.runs.retain(|(scope, epoch), run| scope != id || *epoch > oldest || run.state == "syncing");
    }

    fn interrupt(&mut self, id: &str, reason: &'static str) {
        let Some(scope) = self.scopes.get_mut(id).filter(|scope| scope.state == "syncing") else { return };
        scope.state = "interrupted";
        scope.reason = Some(reason);
        for member in scope.members.iter_mut().filter(|member| member.state == "syncing") {
            member.state = "interrupted";
        }
        self.close(id, "interrupted");
        self.settle();
    }

    fn interrupt_owner(&mut self, owner: Owner, reason: &'static str, works_too: bool) {
        let ids: Vec<_> =
            self.scopes.iter().filter(|(_, scope)| scope.owner == owner).map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.interrupt(&id, reason);
        }
        for number in 0..self.works.len() {
            if works_too && self.works[number].owner == owner && self.works[number].open {
                self.stop(number);
            }
        }
    }

    pub fn stop_own(&mut self, process: usize) {
        self.interrupt_owner(self.owner(process), "interrupted", true);
    }

    pub fn quiesce(&mut self, process: usize, only: Option<&str>) {
        let owner = self.owner(process);
        let ids: Vec<_> = self
            .scopes
            .iter()
            .filter(|(id, scope)| scope.owner == owner && only.is_none_or(|only| only == *id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.interrupt(&id, "incomplete");
        }
    }

    pub fn kill(&mut self, process: usize) {
        self.lives[process] += 1;
    }

    /// Mends what the dead left behind, and what the suspended process named had.
    pub fn recover(&mut self, suspended: Option<usize>, _now: i64) {
        let owners: std::collections::BTreeSet<Owner> = self
            .scopes
            .values()
            .map(|scope| scope.owner)
            .chain(self.works.iter().filter(|work| work.open).map(|work| work.owner))
            .collect();
        for owner in owners {
            if owner.1 < self.lives[owner.0] {
                self.interrupt_owner(owner, "owner.lost", true);
            } else if suspended == Some(owner.0) {
                self.interrupt_owner(owner, "owner.stalled", true);
            }
        }
    }

    pub fn delete_scope(&mut self, id: &str) {
        if self.scopes.get(id).is_some_and(|scope| scope.state == "syncing") {
            self.close(id, "deleted");
        }
        self.scopes.remove(id);
        self.settle();
    }

    pub fn delete_status(&mut self, id: u32) {
        self.statuses.remove(&id);
    }

    /// Works that served scopes and that no scope wants any more are stopped.
    fn settle(&mut self) {
        for number in 0..self.works.len() {
            let work = &self.works[number];
            if work.open && !work.serves.is_empty() && !work.serves.iter().any(|served| self.wants(served)) {
                self.stop(number);
            }
        }
    }

    fn stop(&mut self, number: usize) {
        let work = &mut self.works[number];
        work.open = false;
        for op in work.ops.iter_mut().filter(|op| op.state == "syncing") {
            op.state = "interrupted";
            op.staged.clear();
        }
        for status in self.statuses.values_mut().filter(|s| s.work == number && s.state == "syncing") {
            status.state = "interrupted";
        }
    }
}
