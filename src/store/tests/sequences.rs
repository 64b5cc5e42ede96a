//! Random sequences of events drive the real store and the reference model side by side; after every event both
//! must tell the same, and every invariant must hold in the tables themselves.

use std::collections::BTreeMap;
use std::io::Write as _;

use crate::promises::executed;

use super::model::{IfRunning as Rule, Model};
use super::*;

const SEQUENCES: u64 = 20_000;
const SCOPES: [&str; 2] = ["s1", "s2"];
const INSTANCES: [&str; 3] = ["a", "b", "c"];
const TABLES: [&str; 2] = ["default/t", "u"];

#[derive(Debug, Clone)]
enum Step {
    Start { process: usize, scope: usize, members: Vec<usize>, rule: Rule, guard: bool },
    Begin { process: usize, instance: usize, entities: Vec<(usize, bool)> },
    Page { work: usize, op: usize, rows: Vec<u8>, gone: Vec<u8> },
    FinishOp { work: usize, op: usize, ok: bool, by_writer: bool },
    Finish { work: usize, ok: bool },
    Stop(usize),
    Quiesce { process: usize, only: Option<usize> },
    Kill(usize),
    Recover(usize),
    Suspend { victim: usize, by: usize },
    DeleteScope { process: usize, scope: usize },
    DeleteStatus { process: usize, id: u32 },
}

/// A small generator (splitmix64), so that a seed names a sequence for ever.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub(super) fn pick(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll(sides as u64)).unwrap()
    }

    fn coin(&mut self) -> bool {
        self.roll(2) == 0
    }

    fn some(&mut self, most: usize, sides: usize) -> Vec<usize> {
        (0..self.pick(most + 1)).map(|_| self.pick(sides)).collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        self.some(3, 6).into_iter().map(|n| u8::try_from(n).unwrap()).collect()
    }

    fn step(&mut self, processes: usize) -> Step {
        let process = self.pick(processes);
        match self.roll(39) {
            0..=6 => self.start(process),
            7..=14 => {
                let mut entities: Vec<_> = self.some(2, 2).into_iter().map(|e| (e, self.coin())).collect();
                entities.truncate(2);
                Step::Begin { process, instance: self.pick(3), entities }
            }
            15..=20 => {
                Step::Page { work: self.pick(4), op: self.pick(2), rows: self.bytes(), gone: self.bytes() }
            }
            21..=24 => Step::FinishOp {
                work: self.pick(4),
                op: self.pick(2),
                ok: self.roll(4) > 0,
                by_writer: self.coin(),
            },
            25..=31 => Step::Finish { work: self.pick(4), ok: self.roll(4) > 0 },
            32 => Step::Stop(process),
            33 => Step::Quiesce { process, only: if self.coin() { None } else { Some(self.pick(2)) } },
            // Opening anew costs as much as ten other steps.
            34 if self.roll(3) == 0 => Step::Kill(process),
            34 | 35 => Step::Recover(process),
            36 => Step::Suspend { victim: self.pick(processes), by: process },
            37 => Step::DeleteScope { process, scope: self.pick(2) },
            _ => Step::DeleteStatus { process, id: u32::try_from(self.roll(6)).unwrap() },
        }
    }

    fn start(&mut self, process: usize) -> Step {
        let rule = [Rule::Restart, Rule::Restart, Rule::Skip, Rule::Error][self.pick(4)];
        let guard = self.roll(5) > 0;
        Step::Start { process, scope: self.pick(2), members: self.some(3, 3), rule, guard }
    }
}

/// Both sides of one sequence.
struct Pair<'a> {
    rig: &'a mut Rig,
    model: Model,
    works: Vec<Work>,
    writers: BTreeMap<(usize, usize), Writer>,
    /// What the writers got, to be given once more when somebody else wrote to the table meanwhile.
    pages: BTreeMap<(usize, usize), Vec<Sent>>,
    now: i64,
}

/// A page as it was given: rows and deletions.
type Sent = (Vec<(String, String)>, Vec<String>);

/// The store's side, kept over many sequences.
pub(super) struct Rig {
    pub(super) bench: Bench,
    pub(super) raw: rusqlite::Connection,
    pub(super) stores: Vec<Store>,
}

pub(super) fn patient() -> OpenOptions {
    // No lease runs out by itself here, and no thread renews what a test has made old.
    // Small pieces, so that some pages are staged and some held.
    // A short history, so that sequences reach its end.
    let retention = Retention { runs: 3, ..Retention::default() };
    let lease = std::time::Duration::from_secs(36_000);
    OpenOptions { lease, staging_buffer: 100, retention, ..quick() }
}

impl Rig {
    pub(super) fn new(processes: usize) -> Self {
        let bench = Bench::new();
        let stores = (0..processes).map(|_| Store::open(&bench.path(), &patient()).unwrap()).collect();
        let raw = rusqlite::Connection::open(bench.path()).unwrap();
        raw.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        raw.pragma_update(None, "synchronous", "OFF").unwrap();
        bench.store.ensure_tables(&ids(&TABLES)).unwrap();
        Self { bench, raw, stores }
    }

    pub(super) fn reset(&self) {
        let stages: Vec<String> = self
            .raw
            .prepare_cached("SELECT name FROM sqlite_schema WHERE name GLOB '_syncStage*' AND type = 'table'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let drops: String = stages.iter().map(|name| format!("DROP TABLE {name};")).collect();
        self.raw
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {drops}
                 DELETE FROM _syncScope; DELETE FROM _syncStatus; DELETE FROM _syncEpoch; DELETE FROM _syncInstance;
                 DELETE FROM _syncRun; DELETE FROM _syncWork; DELETE FROM _syncOperation;
                 UPDATE _syncSequence SET last = 0; DELETE FROM [default/t]; DELETE FROM u; COMMIT"
            ))
            .unwrap();
    }
}

impl Rig {
    /// One process looks while another has been suspended for longer than its lease.
    pub(super) fn suspend(&self, victim: usize, by: usize, now: i64) {
        let id = lock(&self.stores[victim].inner.owner).id().unwrap_or_default().to_owned();
        let age = "UPDATE _syncOwner SET leaseAt = leaseAt - 72000000, leaseUptime = leaseUptime - 72000000
                   WHERE id = ?1";
        self.raw.execute(age, [&id]).unwrap();
        self.stores[by].recover(now).unwrap();
        self.raw.execute(&age.replace("- 72000000", "+ 72000000"), [&id]).unwrap();
    }
}

impl Pair<'_> {
    fn apply(&mut self, step: &Step) -> Result<(), String> {
        // The clock wanders, backwards too.
        self.now += [3, 1, 0, -5][self.works.len() % 4];
        match step {
            Step::Start { process, scope, members, rule, guard } => {
                self.start(*process, *scope, members, *rule, *guard)
            }
            Step::Begin { process, instance, entities } => self.begin(*process, *instance, entities),
            Step::Page { work, op, rows, gone } => self.page(*work, *op, rows, gone),
            Step::FinishOp { work, op, ok, by_writer } => self.finish_op(*work, *op, *ok, *by_writer),
            Step::Finish { work, ok } => self.finish(*work, *ok),
            other => {
                self.environment(other);
                Ok(())
            }
        }?;
        self.compare()
    }

    fn start(
        &mut self,
        process: usize,
        scope: usize,
        members: &[usize],
        rule: Rule,
        guard: bool,
    ) -> Result<(), String> {
        let instance_ids: Vec<String> = members.iter().map(|m| INSTANCES[*m].to_owned()).collect();
        let if_running = match rule {
            Rule::Restart => IfRunning::Restart,
            Rule::Skip => IfRunning::Skip,
            Rule::Error => IfRunning::Error,
        };
        let start = StartScope { id: SCOPES[scope], instance_ids: &instance_ids, if_running, now: self.now };
        let mut guarded = |reader: &Reader<'_>| -> Result<bool, StoreError> {
            reader.scope_brief(SCOPES[scope])?;
            Ok(guard)
        };
        let outcome = match self.rig.stores[process].start_scope(&start, &mut guarded).unwrap().outcome {
            Start::Begun { .. } => "begun",
            Start::SkippedByGuard => "guard",
            Start::SkippedBusy => "skip",
            Start::Busy => "busy",
        };
        same(
            "start",
            &outcome,
            &self.model.start(process, SCOPES[scope], &instance_ids, rule, guard, self.now),
        )
    }

    fn begin(&mut self, process: usize, instance: usize, entities: &[(usize, bool)]) -> Result<(), String> {
        let operations: Vec<_> = entities.iter().map(|(entity, _)| rest(TABLES[*entity])).collect();
        let begin =
            BeginInstance { instance_id: Some(INSTANCES[instance]), operations: &operations, now: self.now };
        let work = self.rig.stores[process].begin_instance(&begin).unwrap().work;
        let entities: Vec<_> =
            entities.iter().map(|(entity, replace)| (TABLES[*entity].to_owned(), *replace)).collect();
        let number = self.model.begin(process, INSTANCES[instance], &entities);
        let tokens: Vec<_> =
            work.tokens().iter().map(|t| (t.scope.clone(), t.epoch, t.instance.clone(), t.attempt)).collect();
        let statuses: Vec<_> = (0..entities.len()).map(|op| work.status_id(op).unwrap().to_owned()).collect();
        self.works.push(work);
        same("tokens", &tokens, &self.model.works[number].serves)?;
        same(
            "status ids",
            &statuses,
            &self.model.works[number].ops.iter().map(|op| op.status.to_string()).collect(),
        )
    }

    /// The work a step speaks of, newest first, with a handle of the process that began it.
    fn find(&self, back: usize, op: usize) -> Option<(usize, Store, usize)> {
        let number = self.works.len().checked_sub(back + 1)?;
        let store = self.rig.stores[self.model.works[number].owner.0].clone();
        Some((number, store, op % self.works[number].operations.len().max(1)))
    }

    fn page(&mut self, back: usize, op: usize, rows: &[u8], gone: &[u8]) -> Result<(), String> {
        let Some((number, store, op)) = self.find(back, op) else { return Ok(()) };
        let Some(model_op) = self.model.works[number].ops.get(op) else { return Ok(()) };
        let mode = if model_op.replace { Mode::Replace } else { Mode::Upsert };
        self.model.works[number].pages += 1;
        let data = format!("{{\"w\":{number},\"p\":{}}}", self.model.works[number].pages);
        let rows: Vec<_> = rows.iter().map(|id| (format!("r{id}"), data.clone())).collect();
        let gone: Vec<_> = gone.iter().map(|id| format!("r{id}")).collect();
        let fresh = || store.rows_writer(&self.works[number], op, mode).unwrap();
        let writer = self.writers.entry((number, op)).or_insert_with(fresh);
        let sent = self.pages.entry((number, op)).or_default();
        sent.push((rows.clone(), gone.clone()));
        let given = match give(writer, &sent[sent.len() - 1], self.now) {
            Err(StoreError::Overlapped { .. }) => {
                let (again, given) = anew(&store, &self.works[number], op, sent, self.now);
                *writer = again;
                given
            }
            given => given,
        };
        same("page", &heard(given), &self.model.page(number, op, &rows, &gone))
    }

    fn finish_op(&mut self, back: usize, op: usize, ok: bool, by_writer: bool) -> Result<(), String> {
        let Some((number, store, op)) = self.find(back, op) else { return Ok(()) };
        let Some(model_op) = self.model.works[number].ops.get(op) else { return Ok(()) };
        let by_writer = by_writer && ok;
        let work = &self.works[number];
        let heard = if by_writer {
            let mode = if model_op.replace { Mode::Replace } else { Mode::Upsert };
            let known = self.writers.remove(&(number, op));
            let writer = known.unwrap_or_else(|| store.rows_writer(work, op, mode).unwrap());
            match writer.finish(None, self.now) {
                Err(StoreError::Overlapped { .. }) => {
                    let sent = self.pages.get(&(number, op)).map_or(&[][..], Vec::as_slice);
                    let (again, given) = anew(&store, work, op, sent, self.now);
                    heard(given.and_then(|()| again.finish(None, self.now)))
                }
                finished => heard(finished),
            }
        } else {
            let outcome = if ok { Outcome::Ok } else { failed() };
            heard(store.finish_operation(work, op, &outcome, self.now))
        };
        same("finish_op", &heard, &self.model.finish_op(number, op, ok, by_writer))
    }

    fn finish(&mut self, back: usize, ok: bool) -> Result<(), String> {
        let Some((number, store, _)) = self.find(back, 0) else { return Ok(()) };
        let outcome = if ok { Outcome::Ok } else { failed() };
        store.finish_instance(&self.works[number], &outcome, self.now).unwrap();
        self.model.finish(number, ok, self.now);
        Ok(())
    }

    fn environment(&mut self, step: &Step) {
        let (rig, model, now) = (&mut *self.rig, &mut self.model, self.now);
        match step {
            Step::Stop(process) => {
                rig.stores[*process].interrupt_own(now).unwrap();
                model.stop_own(*process);
            }
            Step::Quiesce { process, only } => {
                match only {
                    None => rig.stores[*process].quiesce(now),
                    Some(scope) => rig.stores[*process].quiesce_scopes(&ids(&[SCOPES[*scope]]), now),
                }
                .unwrap();
                model.quiesce(*process, only.map(|scope| SCOPES[scope]));
            }
            Step::Kill(process) => {
                lock(&rig.stores[*process].inner.owner).die();
                rig.stores[*process] = Store::open(&rig.bench.path(), &patient()).unwrap();
                model.kill(*process);
            }
            Step::Recover(process) => {
                rig.stores[*process].recover(now).unwrap();
                model.recover(None, now);
            }
            Step::Suspend { victim, by } if victim != by => {
                rig.suspend(*victim, *by, now);
                model.recover(Some(*victim), now);
            }
            Step::DeleteScope { process, scope } => {
                rig.stores[*process].delete_scope(SCOPES[*scope], now).unwrap();
                model.delete_scope(SCOPES[*scope]);
            }
            Step::DeleteStatus { process, id } => {
                rig.stores[*process].delete_status(&id.to_string()).unwrap();
                model.delete_status(*id);
            }
            _ => {}
        }
    }

    fn compare(&self) -> Result<(), String> {
        let store = &self.rig.bench.store;
        let model = &self.model;
        let (scopes, statuses, runs) = store
            .read(|reader| -> Result<_, StoreError> {
                Ok((reader.scopes()?, reader.statuses()?, reader.history(None)?))
            })
            .unwrap();
        same(
            "scopes",
            &scopes.iter().map(scope_seen).collect::<Vec<_>>(),
            &model.scopes.iter().map(|(id, s)| scope_meant(id, s)).collect(),
        )?;
        let seen: Vec<_> =
            statuses.iter().map(|s| (s.id.clone(), s.state.word(), s.entity.clone())).collect();
        let meant: Vec<_> =
            model.statuses.iter().map(|(id, s)| (id.to_string(), s.state, s.key.1.clone())).collect();
        same("statuses", &seen, &meant)?;
        let seen: Vec<_> = runs
            .iter()
            .map(|r| (r.scope_id.clone(), r.epoch, r.state.clone(), r.stale_completions))
            .collect();
        let meant: Vec<_> = model
            .runs
            .iter()
            .map(|((id, epoch), r)| (id.clone(), *epoch, r.state.to_owned(), r.stale))
            .collect();
        same("runs", &seen, &meant)?;
        for table in TABLES {
            let meant = model.tables.get(table).cloned().unwrap_or_default();
            same(table, &self.rows(table), &meant)?;
        }
        if let Some(last) = self.works.len().checked_sub(1) {
            for number in last.saturating_sub(1)..=last {
                let current = store.is_current(&self.works[number]).unwrap();
                same("is_current", &current, &model.is_current(number))?;
            }
        }
        invariants(&self.rig.raw)
    }

    fn rows(&self, table: &str) -> BTreeMap<String, String> {
        let mut statement = self.rig.raw.prepare_cached(&format!("SELECT id, data FROM [{table}]")).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn give(writer: &mut Writer, (rows, gone): &Sent, now: i64) -> Result<(), StoreError> {
    let rows: Vec<_> = rows.iter().map(|(id, data)| Row { id, data }).collect();
    let deleted: Vec<&str> = gone.iter().map(String::as_str).collect();
    writer.page(&Page { rows: &rows, deleted: &deleted, bytes: 1, now, ..Page::default() }).map(drop)
}

/// Begins a replace once more, as a run does when somebody else wrote to the table meanwhile.
fn anew(store: &Store, work: &Work, op: usize, sent: &[Sent], now: i64) -> (Writer, Result<(), StoreError>) {
    store.restart_operation(work, op).unwrap();
    let mut writer = store.rows_writer(work, op, Mode::Replace).unwrap().staging_all();
    let given = sent.iter().try_for_each(|page| give(&mut writer, page, now));
    (writer, given)
}

/// I1 to I8 and the leftovers, asked of the tables and of nothing else.
pub(super) fn invariants(raw: &rusqlite::Connection) -> Result<(), String> {
    let sql = "
        WITH counted AS (
          SELECT s.*, count(i.instanceId) AS n,
                 ifnull(sum(i.state = 'notStarted'), 0) AS c0, ifnull(sum(i.state = 'syncing'), 0) AS c1,
                 ifnull(sum(i.state = 'failed'), 0) AS c2, ifnull(sum(i.state = 'synced'), 0) AS c3,
                 ifnull(sum(i.state = 'interrupted'), 0) AS c4
          FROM _syncScope s LEFT JOIN _syncInstance i ON i.scopeId = s.id AND i.epoch = s.epoch GROUP BY s.id)
        SELECT 'I1' FROM counted WHERE notStarted + syncing + failed + synced + interrupted <> total OR n <> total
          OR (state <> 'interrupted' AND notStarted + syncing + failed + synced <> total)
        UNION ALL SELECT 'I2' FROM counted
          WHERE (c0, c1, c2, c3, c4) IS NOT (notStarted, syncing, failed, synced, interrupted)
        UNION ALL SELECT 'I3' FROM counted WHERE interrupted > 0 AND state <> 'interrupted'
        UNION ALL SELECT 'I4' FROM counted WHERE state = 'syncing' AND notStarted + syncing = 0
        UNION ALL SELECT 'I5' FROM counted WHERE (state = 'synced') <> (synced = total AND state <> 'interrupted')
          OR (state = 'failed' AND (notStarted + syncing > 0 OR failed = 0))
          OR (state = 'syncing' AND notStarted + syncing = 0 AND failed > 0)
        UNION ALL SELECT 'I6' FROM counted WHERE syncing > 0 AND state <> 'syncing'
        UNION ALL SELECT 'I7' FROM counted WHERE (state = 'failed' AND lastFailedAt < lastStartedAt)
          OR (state = 'synced' AND lastSyncedAt < lastStartedAt)
        UNION ALL SELECT 'I9' FROM counted c JOIN _syncEpoch e ON e.scopeId = c.id WHERE c.epoch <> e.lastEpoch
        UNION ALL SELECT 'old members' FROM _syncInstance i LEFT JOIN _syncScope s ON s.id = i.scopeId
          WHERE s.epoch IS NOT i.epoch
        UNION ALL SELECT 'a status without open work' FROM _syncStatus t LEFT JOIN _syncWork w ON w.id = t.work
          WHERE t.state = 'syncing' AND w.state IS NOT 'open'
        UNION ALL SELECT 'a member without open work' FROM _syncInstance i LEFT JOIN _syncWork w ON w.id = i.work
          WHERE i.state = 'syncing' AND w.state IS NOT 'open'
        UNION ALL SELECT 'a staging table without open work' FROM sqlite_schema t
          WHERE t.type = 'table' AND t.name GLOB '_syncStage_*' AND NOT EXISTS (
            SELECT 1 FROM _syncWork w WHERE w.state = 'open' AND t.name GLOB '_syncStage_' || w.id || '_*')
        UNION ALL SELECT 'a forgotten work' FROM _syncWork w WHERE w.state = 'ended'
          AND NOT EXISTS (SELECT 1 FROM _syncInstance i WHERE i.work = w.id)";
    let mut statement = raw.prepare_cached(sql).unwrap();
    let broken: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    if broken.is_empty() { Ok(()) } else { Err(format!("broken in the tables: {broken:?}")) }
}

fn heard<T>(result: Result<T, StoreError>) -> bool {
    match result {
        Ok(_) => true,
        Err(StoreError::Stale) => false,
        Err(error) => panic!("{error:?}"),
    }
}

fn scope_seen(row: &ScopeRow) -> Value {
    let members: Vec<_> = row
        .details
        .as_object()
        .unwrap()
        .iter()
        .filter(|(id, _)| *id != "reason")
        .map(|(id, member)| json!([id, member["state"], member["attempt"]]))
        .collect();
    json!([
        row.id,
        row.state,
        row.epoch,
        row.last_started_at,
        row.last_failed_at,
        row.last_synced_at,
        members,
        row.details["reason"]
    ])
}

fn scope_meant(id: &str, scope: &super::model::Scope) -> Value {
    let members: Vec<_> = scope.members.iter().map(|m| json!([m.id, m.state, m.attempt])).collect();
    json!([id, scope.state, scope.epoch, scope.started, scope.failed, scope.synced, members, scope.reason])
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: &T, meant: &T) -> Result<(), String> {
    if seen == meant { Ok(()) } else { Err(format!("{what}\n  store: {seen:?}\n  model: {meant:?}")) }
}

fn run(rig: &mut Rig, steps: &[Step]) -> Result<(), String> {
    rig.reset();
    let processes = rig.stores.len();
    let (writers, pages) = (BTreeMap::new(), BTreeMap::new());
    let model = Model::new(processes, 3);
    let mut pair = Pair { rig, model, works: Vec::new(), writers, pages, now: 1000 };
    for (at, step) in steps.iter().enumerate() {
        pair.apply(step).map_err(|error| format!("after step {at}: {error}"))?;
    }
    Ok(())
}

/// Leaves out steps for as long as the sequence still fails.
fn shrink(rig: &mut Rig, mut steps: Vec<Step>) -> (Vec<Step>, String) {
    let mut error = run(rig, &steps).unwrap_err();
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        match run(rig, &fewer) {
            Err(again) => (steps, error) = (fewer, again),
            Ok(()) => at += 1,
        }
    }
    (steps, error)
}

/// Sequences that once failed, as `processes seed`; whoever finds another one adds it.
const KEPT: &str = include_str!("../../../proptest-regressions/store/sequences.txt");
/// How many sequences lie between two looks by the doctor, which take longer than a sequence.
const BETWEEN_LOOKS: u64 = 100;

fn drive(seeds: std::ops::Range<u64>, processes: usize) {
    let mut rig = Rig::new(processes);
    for seed in seeds {
        one(&mut rig, seed, processes);
        if seed % BETWEEN_LOOKS == 0 {
            let found = crate::store::doctor::examine(&rig.bench.path()).unwrap();
            let alive = |finding: &crate::store::doctor::Finding| {
                finding.check != "owner" && finding.gravity == crate::store::doctor::Gravity::Problem
            };
            assert_eq!(found.into_iter().find(alive), None, "seed {seed} of {processes} processes");
        }
    }
}

/// Tells of which sequence it was, when something in the middle of it panics.
struct Named(u64, usize);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "in the sequence `{} {}`", self.1, self.0);
        }
    }
}

fn one(rig: &mut Rig, seed: u64, processes: usize) {
    let _named = Named(seed, processes);
    let mut dice = Dice(seed);
    let steps: Vec<_> = (0..4 + dice.pick(14)).map(|_| dice.step(processes)).collect();
    if run(rig, &steps).is_err() {
        let (steps, error) = shrink(rig, steps);
        panic!(
            "`{processes} {seed}` is a line for proptest-regressions/store/sequences.txt: {error}\n{steps:#?}"
        );
    }
}

#[test]
fn sequences_that_once_failed_agree_with_the_model() {
    for line in KEPT.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (processes, seed) = line.split_once(' ').unwrap();
        let processes = processes.parse().unwrap();
        one(&mut Rig::new(processes), seed.parse().unwrap(), processes);
    }
}

#[test]
fn random_sequences_of_one_process_agree_with_the_model_1() {
    drive(0..SEQUENCES / 2, 1);
    executed("random_sequences_of_one_process_agree_with_the_model_1", "sequences of one process", 10_000);
}

#[test]
fn random_sequences_of_one_process_agree_with_the_model_2() {
    drive(SEQUENCES / 2..SEQUENCES, 1);
    executed("random_sequences_of_one_process_agree_with_the_model_2", "sequences of one process", 10_000);
}

#[test]
fn random_sequences_of_several_processes_agree_with_the_model() {
    let count = SEQUENCES / 5 * if std::env::var_os("SYNCSCOPE_LONG").is_some() { 25 } else { 1 };
    drive(1_000_000..1_000_000 + count, 3);
    let test = "random_sequences_of_several_processes_agree_with_the_model";
    executed(test, "sequences of three processes", usize::try_from(count).unwrap());
}
