//! The power fails. What was written and not yet synced is lost, kept, torn at the sectors of a disk, or
//! written in another order; what was synced is there. Every call of one run is recorded, and from the
//! record thousands of disks are made as they could have been at some moment.
//!
//! The process waits for the disk only before the log is folded in (`synchronous=NORMAL`): the last
//! commits may be gone. What is left must be of one moment all the same.

use std::collections::BTreeMap;
use std::fs;

use rusqlite::Connection;

use super::scene::{CHANGES, Files, Scene};
use super::shim::Shim;
use super::workload::{self, Workload};
use super::{is_long, tell};
use crate::promises::executed;

/// Disks for each workload.
const SHORT: usize = 250;
const LONG: usize = 10_000;
/// On every so many of them a run completes.
const RUN: usize = 50;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A change of one file, as the record has it.
#[derive(Debug)]
enum Change {
    Create,
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
    Sync,
    Unlink,
}

/// A generator of numbers that repeats (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).unwrap_or(0) % sides.max(1)
    }
}

/// A file on a disk whose power fails.
#[derive(Debug, Default)]
struct File<'r> {
    /// What is there for sure; `None` when it may be that nothing is.
    synced: Option<Vec<u8>>,
    /// What came after.
    pending: Vec<&'r Change>,
    /// The file of the same name before, whose removal is not sure yet.
    removed: Option<Vec<u8>>,
}

impl<'r> File<'r> {
    fn of(bytes: &[u8]) -> Self {
        Self { synced: Some(bytes.to_vec()), ..Self::default() }
    }

    /// The file as the process sees it.
    fn seen(&self) -> Option<Vec<u8>> {
        let mut bytes = self.synced.clone();
        for change in &self.pending {
            apply(&mut bytes, change);
        }
        bytes
    }

    fn suffer(&mut self, change: &'r Change) {
        match change {
            Change::Sync => {
                self.synced = self.seen();
                self.pending.clear();
            }
            Change::Unlink => {
                let gone = std::mem::take(self);
                self.removed = gone.synced.or(gone.removed);
            }
            _ => self.pending.push(change),
        }
    }

    /// The file as it may be found.
    fn found(&self, dice: &mut Dice) -> Option<Vec<u8>> {
        if self.removed.is_some() && dice.roll(4) == 0 {
            return self.removed.clone();
        }
        let mut pending: Vec<&Change> = self.pending.clone();
        let mood = dice.roll(4);
        if mood == 1 {
            pending.truncate(dice.roll(pending.len() + 1));
        }
        if mood == 2 {
            for at in (1..pending.len()).rev() {
                pending.swap(at, dice.roll(at + 1));
            }
        }
        let loses = mood >= 2;
        let mut bytes = self.synced.clone();
        for change in pending {
            match change {
                _ if loses && dice.roll(3) == 0 => {}
                Change::Write { at, bytes: new } if loses && dice.roll(4) == 0 => {
                    for (number, sector) in new.chunks(SECTOR).enumerate().filter(|_| dice.roll(2) == 0) {
                        put(bytes.get_or_insert_default(), at + number * SECTOR, sector);
                    }
                }
                change => apply(&mut bytes, change),
            }
        }
        bytes
    }
}

fn apply(bytes: &mut Option<Vec<u8>>, change: &Change) {
    match change {
        Change::Create => _ = bytes.get_or_insert_default(),
        Change::Write { at, bytes: new } => put(bytes.get_or_insert_default(), *at, new),
        Change::Truncate(length) => bytes.get_or_insert_default().resize(*length, 0),
        Change::Sync => {}
        Change::Unlink => *bytes = None,
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let end = at + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(new);
}

/// All files of the database at one moment of the record.
struct Disk<'r> {
    files: BTreeMap<&'r str, File<'r>>,
}

impl<'r> Disk<'r> {
    fn of(files: &'r Files) -> Self {
        let files = files.iter().map(|(name, bytes)| (name.as_str(), File::of(bytes)));
        Self { files: files.collect() }
    }

    fn suffer(&mut self, name: &'r str, change: &'r Change) {
        if name.is_empty() {
            // The folder: names that came and went are settled now.
            self.files.values_mut().for_each(|file| file.removed = None);
            return;
        }
        self.files.entry(name).or_default().suffer(change);
    }

    fn found(&self, dice: &mut Dice) -> Files {
        let mut found = Files::new();
        for (name, file) in &self.files {
            if !name.ends_with("-shm") {
                found.extend(file.found(dice).map(|bytes| ((*name).to_owned(), bytes)));
            }
        }
        // The index of the log is never synced: nothing, or anything.
        if dice.roll(2) == 0 {
            let noise = (0..32 << 10).map(|_| u8::try_from(dice.roll(256)).unwrap_or(0)).collect();
            found.insert("app.db-shm".to_owned(), noise);
        }
        found
    }
}

/// The record that the shim writes: a letter, an offset or length, a number of bytes, a name, the bytes.
fn read_record(mut rest: &[u8]) -> Vec<(String, Change)> {
    let mut changes = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap();
        let (letter, at, length, name) = (word(), word(), word(), word().to_owned());
        let (at, length): (usize, usize) = (at.parse().unwrap(), length.parse().unwrap());
        rest = &rest[end + 1..];
        let change = match letter {
            "W" => {
                let (bytes, after) = rest.split_at(length);
                rest = after;
                Change::Write { at, bytes: bytes.to_vec() }
            }
            "C" => Change::Create,
            "T" => Change::Truncate(at),
            "S" => Change::Sync,
            "U" => Change::Unlink,
            other => panic!("the shim records `{other}`"),
        };
        changes.push((name, change));
    }
    changes
}

fn fails_at_any_moment(workload: &'static Workload, disks: usize) -> usize {
    let scene = Scene::new(workload);
    let record = scene.file("record");
    let shim = Shim::new(&scene.folder(), CHANGES).record(&record);
    scene.set_back();
    scene.suffer(&shim).code(workload.ends);
    let changes = read_record(&fs::read(&record).unwrap());
    assert!(changes.iter().any(|(_, change)| matches!(change, Change::Sync)), "nothing is ever synced");

    let mut dice = Dice(0x5EED);
    let mut disk = Disk::of(scene.files());
    let mut moments: Vec<usize> = (0..disks).map(|_| dice.roll(changes.len() + 1)).collect();
    moments.sort_unstable();
    let mut done = 0;
    for (number, moment) in moments.into_iter().enumerate() {
        for (name, change) in &changes[done..moment] {
            disk.suffer(name, change);
        }
        done = moment;
        let case = format!("disk {number} of {disks}, after change {moment} of {}", changes.len());
        scene.put_files(&disk.found(&mut dice));
        let is_run = number % RUN == 0;
        if is_run {
            scene.inspect(&case);
            scene.recovers(&case);
        } else {
            scene.judge(&Connection::open(scene.folder().join("app.db")).unwrap(), &case);
        }
    }
    tell(disks, &format!("the power fails at one of {} changes: {}", changes.len(), workload.name));
    disks
}

#[test]
fn the_power_may_fail_at_any_moment() {
    let small = [
        &workload::FIRST,
        &workload::AGAIN,
        &workload::MERGE,
        &workload::RESTART,
        &workload::RECOVERY,
        &workload::OPERATIONS,
        &workload::UNCHANGED,
        &workload::DYNAMIC,
    ];
    let disks = if is_long() { LONG } else { SHORT };
    let cases: usize = small.into_iter().map(|workload| fails_at_any_moment(workload, disks)).sum();
    let large = fails_at_any_moment(&workload::LARGE, disks / 20);
    executed("the_power_may_fail_at_any_moment", "disks as a power failure may leave them", cases + large);
}

#[test]
fn a_record_is_read_back() {
    let record = b"C 0 0 a\nW 2 3 a\n\n\n\nT 4 0 a\nS 0 0 a\nU 0 0 a\n";
    let changes = read_record(record);
    let files = Files::new();
    let mut disk = Disk::of(&files);
    for (name, change) in &changes[..3] {
        disk.suffer(name, change);
    }
    assert_eq!(disk.files["a"].seen().as_deref(), Some(&b"\0\0\n\n"[..]));
    assert_eq!(disk.files["a"].synced, None, "nothing is sure before a sync");
    for (name, change) in &changes[3..] {
        disk.suffer(name, change);
    }
    assert_eq!(disk.files["a"].seen(), None);
    assert_eq!(disk.files["a"].removed.as_deref(), Some(&b"\0\0\n\n"[..]), "until the folder is synced");
}
