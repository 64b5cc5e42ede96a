//! Eight processes that start, run, stop, delete and look, and are interrupted, suspended and killed at random, at
//! one database: nobody ever sees it in a state that the machine does not allow, and nobody hears of locks.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::small::{self, Guard, PAGES, ROWS, Source, page};
use super::stage::{Database, Finished, Running, Stage, until};
use super::stub::{Gate, Stub};
use crate::promises::executed;

const PROCESSES: usize = 8;
const DB: &str = "app/app.db";

/// Everything a process is asked to do, with how often.
const COMMANDS: [(&str, usize); 7] = [
    ("run app --format json", 6),
    ("run app --on onFocus --format json", 4),
    ("run app --on onRefresh --format json", 3),
    ("run app --action drop --format json", 2),
    ("status app --format json", 2),
    ("doctor app --format json", 2),
    ("query app sync-scopes --format json", 1),
];

const SIGNALS: [Signal; 7] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGSTOP,
    Signal::SIGSTOP,
    Signal::SIGKILL,
    Signal::SIGKILL,
];

/// A generator that repeats (splitmix64); what comes of it does not, as processes take their time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % sides.max(1)
    }

    fn command(&mut self) -> &'static str {
        let all: usize = COMMANDS.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(all);
        let fits = |(_, weight): &&(&str, usize)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        };
        COMMANDS.iter().find(fits).unwrap().0
    }
}

/// A process at work, and what was done to it.
struct Slot {
    command: &'static str,
    running: Running,
    sent: Vec<Signal>,
    wakes: Option<Instant>,
    /// Whether its lease is to run out while it is suspended.
    outlasts_its_lease: bool,
}

/// What the whole came to.
#[derive(Default)]
struct Tally {
    processes: usize,
    signals: usize,
    ended: usize,
    looks: usize,
    /// Processes with something at work that came back after their lease had run out.
    outlasted: usize,
    /// Which process began which run of which incarnation of the scope.
    begun: BTreeMap<i64, usize>,
    /// Runs that a process has said to be synced.
    synced: Vec<i64>,
}

fn app(stage: &Stage, url: &str) {
    small::write(stage, url, &Guard::Nothing);
    small::settings(stage, url, "history: { runs: 1000000 }\n");
    let index = std::fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    let (head, list) = index.split_once("onLoad:\n").unwrap();
    let list = list.trim_end();
    let guarded =
        list.replacen("  options:\n", "  condition: { scope: { id: all, isNot: syncing } }\n  options:\n", 1);
    let skipping = list.replacen(
        "          instanceIds: [pull-first, pull-second]",
        "          instanceIds: [pull-first, pull-second]\n          ifRunning: skip",
        1,
    );
    stage.write(
        "app/index.jigx",
        format!("{head}onLoad:\n{list}\nonFocus:\n{guarded}\nonRefresh:\n{skipping}\n"),
    );
    stage.write(
        "app/actions/drop.jigx",
        "action:\n  type: action.delete-sync-scope\n  options: { id: all }\n",
    );
}

/// A server whose answers take a moment, and whose rows change all the time, all of an answer at once.
fn server(version: &Arc<AtomicU64>) -> Stub {
    let (version, asked) = (Arc::clone(version), AtomicU64::new(0));
    Stub::start(move |path| {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(nth % 7 * 4));
        // Pages of one fetch may be of different versions: what matters is that all rows come.
        page(path, version.load(Ordering::SeqCst))
    })
}

#[test]
fn eight_processes_at_random_leave_every_promise_whole() {
    let stage = Stage::empty();
    let version = Arc::new(AtomicU64::new(1));
    let server = server(&version);
    app(&stage, server.url());
    stage.run("run app").code(0);
    let minutes = if std::env::var_os("SYNCSCOPE_LONG").is_some() { 5 * 60 } else { 20 };
    let end = Instant::now() + Duration::from_secs(minutes);
    let (mut dice, mut tally) = (Dice(7), Tally::default());
    let mut slots: Vec<Option<Slot>> = (0..PROCESSES).map(|_| None).collect();
    let mut watched = Watched::new(&stage);
    while Instant::now() < end {
        version.fetch_add(1, Ordering::SeqCst);
        for slot in &mut slots {
            step(slot, &stage, &mut dice, &mut tally);
        }
        watched.look();
        tally.looks += 1;
        thread::sleep(Duration::from_millis(15));
    }
    for slot in slots.iter_mut().filter_map(Option::take) {
        finish(slot, &mut tally);
    }
    afterwards(&stage, &tally);
    let test = "eight_processes_at_random_leave_every_promise_whole";
    executed(test, "processes", tally.processes);
    executed(test, "signals", tally.signals);
    executed(test, "looks at the tables meanwhile", tally.looks);
    executed(test, "suspensions that outlast a lease", tally.outlasted);
}

/// Starts a process where there is none, takes leave of one that has ended, or does something to one at work.
fn step(slot: &mut Option<Slot>, stage: &Stage, dice: &mut Dice, tally: &mut Tally) {
    let Some(working) = slot else {
        let command = dice.command();
        let running = stage.start(command);
        *slot = Some(Slot { command, running, sent: Vec::new(), wakes: None, outlasts_its_lease: false });
        tally.processes += 1;
        return;
    };
    if working.running.has_ended() {
        finish(slot.take().unwrap(), tally);
        return;
    }
    if working.outlasts_its_lease && working.running.is_stopped() {
        working.outlasts_its_lease = false;
        tally.outlasted += usize::from(let_the_lease_run_out(stage, working.running.id()));
    }
    if working.wakes.is_some_and(|wakes| Instant::now() > wakes) {
        if working.running.is_stopped() {
            working.running.signal(Signal::SIGCONT);
        }
    } else if working.wakes.is_none() && dice.below(30) == 0 {
        let signal = SIGNALS[dice.below(SIGNALS.len())];
        working.running.signal(signal);
        working.sent.push(signal);
        tally.signals += 1;
        if matches!(signal, Signal::SIGTSTP | Signal::SIGSTOP) {
            let while_stopped = Duration::from_millis(100 + dice.below(2000) as u64);
            working.wakes = Some(Instant::now() + while_stopped);
            working.outlasts_its_lease = signal == Signal::SIGSTOP;
        }
    }
}

/// What 15 seconds would do, for a process that is suspended: its lease is over, and whoever looks next takes its
/// work for abandoned. Nothing is done to one that has nothing at work, or that keeps the database for itself.
fn let_the_lease_run_out(stage: &Stage, process: u32) -> bool {
    let connection = rusqlite::Connection::open(stage.path(DB)).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let aged = connection.execute(
        "UPDATE _syncOwner SET leaseAt = leaseAt - 3600000, leaseUptime = leaseUptime - 3600000
         WHERE pid = ?1 AND id IN (SELECT owner FROM _syncWork WHERE state = 'open'
                                   UNION SELECT owner FROM _syncRun WHERE state = 'syncing')",
        [process],
    );
    aged.is_ok_and(|owners| owners > 0)
}

fn finish(mut slot: Slot, tally: &mut Tally) {
    until(|| {
        if !slot.running.has_ended() && slot.running.is_stopped() {
            slot.running.signal(Signal::SIGCONT);
        }
        slot.running.has_ended()
    });
    tally.ended += 1;
    let number = tally.ended;
    let (command, sent) = (slot.command, slot.sent);
    let finished = slot.running.finish_after_signals();
    ended_as_documented(command, &sent, &finished);
    if command.starts_with("run") {
        note_runs(&finished, number, tally);
    }
}

fn ended_as_documented(command: &str, sent: &[Signal], finished: &Finished) {
    let all = finished.all();
    for word in ["locked", "panicked", "BUG:", "internal error"] {
        assert!(!all.contains(word), "`{command}` after {sent:?} says `{word}`: {finished}");
    }
    let was_sent = |signal: Signal| sent.contains(&signal);
    if let Some(signal) = finished.status.signal() {
        // Killed, or before it could listen.
        assert!(sent.iter().any(|sent| *sent as i32 == signal), "`{command}` after {sent:?}: {finished}");
        return;
    }
    let fine = match finished.status.code().unwrap() {
        0 => true,
        // A dead process has left something, or the scope was taken by somebody else.
        1 if command.starts_with("doctor") => only_the_dead(finished),
        1 if command.starts_with("run") => finished.out.contains("\"outcome\":\"interrupted\""),
        130 => was_sent(Signal::SIGINT),
        143 => was_sent(Signal::SIGTERM),
        148 => was_sent(Signal::SIGTSTP),
        _ => false,
    };
    assert!(fine, "`{command}` after {sent:?}: {finished}");
}

fn only_the_dead(finished: &Finished) -> bool {
    let report = finished.json();
    let findings = report["findings"].as_array().unwrap().clone();
    findings.iter().all(|finding| finding["gravity"] == "note" || finding["check"] == "owner")
}

/// Suspended in the middle of a fetch, overtaken by another process, and told to go on: nothing that it does then
/// counts, whether it sees to its lease first or not (P6).
#[test]
fn who_outlasts_a_lease_in_suspension_comes_back_and_changes_nothing() {
    for held in ["/first?page=2", "/second?page=4"] {
        let stage = Stage::empty();
        let gate = Gate::closed();
        let source = Source::start(
            &gate,
            if held.starts_with("/f") { &["/first?page=2"] } else { &["/second?page=4"] },
        );
        small::write(&stage, source.stub.url(), &Guard::When);
        let mut late = stage.start("run app --format json");
        until(|| {
            assert!(!late.has_ended());
            source.stub.requests().iter().any(|head| head.contains(held))
        });
        late.signal(Signal::SIGSTOP);
        until(|| late.is_stopped());
        assert!(let_the_lease_run_out(&stage, late.id()), "{held}");
        let status = stage.run("status app --format json").code(0).json();
        assert_eq!(status["scopes"][0]["state"], "interrupted", "{held}: {status}");
        source.change();
        gate.open();
        stage.run("run app").code(0);
        let before = stage.database(DB).dump();
        late.signal(Signal::SIGCONT);
        let finished = late.finish().code(1);
        assert!(finished.out.contains("\"outcome\":\"interrupted\""), "{held}: {finished}");
        let of_it = ["_syncOwner", "_syncRun"];
        let strip = |dump: Vec<(String, Vec<Vec<Value>>)>| -> Vec<_> {
            dump.into_iter().filter(|(table, _)| !of_it.contains(&table.as_str())).collect()
        };
        assert_eq!(strip(stage.database(DB).dump()), strip(before), "{held}: late work changed something");
        let stale = "SELECT count(*) FROM _syncRun WHERE state = 'synced'";
        assert_eq!(stage.database(DB).value(stale), 1, "{held}");
        stage.run("doctor app").code(0);
    }
    executed("who_outlasts_a_lease_in_suspension_comes_back_and_changes_nothing", "ends of a lease", 2);
}

/// Two processes never begin one run, as none is begun twice.
fn note_runs(finished: &Finished, process: usize, tally: &mut Tally) {
    let complete = finished.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for event in complete.filter(|event| event["event"] == "scope.changed") {
        let row = &event["row"];
        let Some(epoch) = row["epoch"].as_i64() else { continue };
        if row["state"] == "syncing" && row["notStarted"] == row["total"] {
            let other = tally.begun.insert(epoch, process);
            assert!(other.is_none_or(|other| other == process), "run {epoch} has two owners: {finished}");
        }
        if row["state"] == "synced" {
            tally.synced.push(epoch);
        }
    }
}

/// Somebody who looks at the tables all the time.
struct Watched {
    database: Database,
    newest: i64,
    /// How runs ended, by their number.
    ended: BTreeMap<i64, String>,
}

impl Watched {
    fn new(stage: &Stage) -> Self {
        Self { database: stage.database(DB), newest: 0, ended: BTreeMap::new() }
    }

    fn look(&mut self) {
        const BROKEN: &str = "SELECT 'counts', id, state FROM (
              SELECT s.*, count(i.instanceId) AS n, ifnull(sum(i.state = 'notStarted'), 0) AS c0,
                ifnull(sum(i.state = 'syncing'), 0) AS c1, ifnull(sum(i.state = 'failed'), 0) AS c2,
                ifnull(sum(i.state = 'synced'), 0) AS c3, ifnull(sum(i.state = 'interrupted'), 0) AS c4
              FROM _syncScope s LEFT JOIN _syncInstance i ON i.scopeId = s.id AND i.epoch = s.epoch GROUP BY s.id)
            WHERE (c0, c1, c2, c3, c4, n) IS NOT (notStarted, syncing, failed, synced, interrupted, total)
            UNION ALL SELECT 'state', id, state FROM _syncScope
            WHERE (state = 'synced' AND synced <> total) OR (state <> 'syncing' AND syncing > 0)
              OR (state = 'syncing' AND notStarted + syncing = 0)
            UNION ALL SELECT 'two owners', scopeId, count(*) FROM _syncRun WHERE state = 'syncing'
            GROUP BY scopeId HAVING count(*) > 1";
        let broken = self.database.rows(BROKEN);
        assert!(broken.is_empty(), "{broken:?}");
        let newest = self.database.value("SELECT max(lastEpoch) FROM _syncEpoch").as_i64().unwrap();
        assert!(newest >= self.newest, "an epoch went back: {newest} after {}", self.newest);
        self.newest = newest;
        for table in ["first", "second"] {
            assert_eq!(self.database.count(table), PAGES * ROWS, "{table} is seen by half");
        }
        self.what_has_ended_stays();
    }

    /// Nothing comes to a run that is over, whoever wakes up late (P6).
    fn what_has_ended_stays(&mut self) {
        let ended = "SELECT epoch, state || ' ' || endedAt || ' ' || total || ' ' || notStarted || ' ' || failed || ' '
                       || synced || ' ' || interrupted
                     FROM _syncRun WHERE state <> 'syncing' ORDER BY epoch DESC LIMIT 200";
        for row in self.database.rows(ended) {
            let (epoch, now) = (row[0].as_i64().unwrap(), row[1].as_str().unwrap().to_owned());
            let before = self.ended.entry(epoch).or_insert_with(|| now.clone());
            assert_eq!(*before, now, "run {epoch} was changed after its end");
        }
    }
}

fn afterwards(stage: &Stage, tally: &Tally) {
    stage.run("status app").code(0);
    let told = stage.run("doctor app").code(0);
    assert!(told.out.contains("nothing is wrong"), "{told}");
    let database = stage.database(DB);
    for epoch in &tally.synced {
        let state = database.value(&format!("SELECT state FROM _syncRun WHERE epoch = {epoch}"));
        assert_eq!(state, "synced", "run {epoch} was told to be synced, and that is lost");
    }
    assert_eq!(database.value("SELECT count(*) FROM _syncRun WHERE state = 'syncing'"), 0);
    assert_eq!(database.value("PRAGMA integrity_check"), "ok");
    stage.run("run app").code(0);
    let status = stage.run("status app --format json").code(0).json();
    assert_eq!(status["scopes"][0]["state"], "synced", "{status}");
    let files = std::fs::read_dir(stage.path("app")).unwrap().flatten();
    let left: Vec<_> = files.filter(|file| file.file_name().to_string_lossy().contains("-owner-")).collect();
    assert!(left.is_empty(), "{left:?}");
}
