//! Thousands of runs in one process: memory, file handles, threads and the log stay as they are.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use syncscope::action::ProviderKind;
use syncscope::app::{Inputs, discover, load};
use syncscope::diag::Files;
use syncscope::run::provider::{Http, HttpOptions, Rest, RestOptions};
use syncscope::run::{
    Engine, Observer, Outcome, Providers, Record, RunOptions, SettingsCredentials, Stop, SystemClock, Trigger,
};
use syncscope::store::{OpenOptions, Store};

use super::is_long;
use crate::accept::dev::event;
use crate::accept::small::{self, Guard, Source};
use crate::accept::stage::{Finished, Stage};
use crate::accept::stub::Gate;
use crate::promises::executed;

/// Where the app is, for the process that does the work.
const APP: &str = "SYNCSCOPE_SOAK_APP";
const RUNS: &str = "SYNCSCOPE_SOAK_RUNS";
/// What may come on top between the first part of the runs and the last one.
const MORE_MEMORY: u64 = 6 << 20;
/// SQLite folds the log in at 1,000 pages; a transaction that is longer makes it longer.
const LONGEST_LOG: u64 = 8 << 20;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Holds {
    memory: u64,
    handles: usize,
    threads: u64,
}

impl Holds {
    fn of(process: &str) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let number = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        Self {
            memory: number("VmRSS:") * 1024,
            handles: fs::read_dir(format!("/proc/{process}/fd")).unwrap().count(),
            threads: number("Threads:"),
        }
    }

    fn stays(self, later: Self) {
        assert!(later.memory <= self.memory + MORE_MEMORY, "memory grows: {self:?} {later:?}");
        assert!(later.handles <= self.handles + 2, "handles are kept: {self:?} {later:?}");
        assert!(later.threads <= self.threads + 2, "threads are kept: {self:?} {later:?}");
    }
}

fn source(stage: &Stage) -> Source {
    let open = Gate::closed();
    open.open();
    let source = Source::start(&open, &[]);
    small::write(stage, source.stub.url(), &Guard::When);
    source
}

#[test]
fn thousands_of_runs_in_one_process_hold_no_more_than_the_first() {
    let runs = if is_long() { 5000 } else { 200 };
    let stage = Stage::empty();
    let _source = source(&stage);
    // A process of its own: others of this one come and go.
    let mut command = Command::new(std::env::current_exe().unwrap());
    stage.settle(&mut command);
    command.args(["--exact", "accept::survival::soak::runs_in_one_process"]);
    command.env(APP, stage.path("app")).env(RUNS, runs.to_string());
    Finished::of(&mut command).code(0);
    let database = stage.database("app/app.db");
    assert_eq!(database.value("SELECT max(lastEpoch) FROM _syncEpoch"), runs);
    let test = "thousands_of_runs_in_one_process_hold_no_more_than_the_first";
    executed(test, "runs in one process", runs);
}

/// Does nothing by itself: the test above starts it in a process of its own.
#[test]
fn runs_in_one_process() {
    let (Some(app), Ok(runs)) = (std::env::var_os(APP), std::env::var(RUNS)) else { return };
    let (app, runs) = (Path::new(&app), runs.parse::<usize>().unwrap());
    let found = discover(&[app.to_path_buf()], app).unwrap().remove(0);
    let mut files = Files::new();
    let loaded = load(&Inputs { app: &found, overlay: [].into(), env: &|_| None }, &mut files).unwrap();
    let settings = &loaded.project.settings;
    let store = Store::open(&settings.database, &OpenOptions::default()).unwrap();
    let http = Http::new(&HttpOptions::of_app(&loaded.project, settings));
    let rest = RestOptions::new(http, Arc::new(SettingsCredentials::new(settings)), Arc::new(SystemClock));
    let providers = Providers::new().with(ProviderKind::Rest, Arc::new(Rest::new(rest)));
    let mut early = None;
    let mut longest = 0;
    for run in 0..runs {
        let engine = Engine {
            project: &loaded.project,
            files: &files,
            store: &store,
            providers: providers.clone(),
            clock: Arc::new(SystemClock),
            observer: &Deaf,
            stop: Stop::new(None),
            options: RunOptions::default(),
        };
        let summary = engine.trigger(&Trigger::Event { name: "onLoad".into(), jig: None }).unwrap();
        assert_eq!(summary.outcome, Outcome::Ok);
        longest = fs::metadata(app.join("app.db-wal")).unwrap().len().max(longest);
        if run == runs / 5 {
            early = Some(Holds::of("self"));
        }
    }
    early.unwrap().stays(Holds::of("self"));
    assert!(longest <= LONGEST_LOG, "the log grows to {longest} bytes");
}

struct Deaf;

impl Observer for Deaf {
    fn observe(&self, _: &Record) {}
}

#[test]
fn a_long_day_with_dev_holds_no_more_than_its_beginning() {
    let changes = if is_long() { 600 } else { 25 };
    let stage = Stage::empty();
    let _source = source(&stage);
    let index = fs::read_to_string(stage.path("app/index.jigx")).unwrap();
    let mut dev = stage.start("dev app --format json --on onLoad");
    event(&mut dev, "run.finished");
    let mut early = None;
    for change in 0..changes {
        fs::write(stage.path("app/index.jigx"), format!("{index}# {change}\n")).unwrap();
        assert_eq!(event(&mut dev, "run.finished")["outcome"], "ok");
        if change == changes / 5 {
            early = Some(Holds::of(&dev.id().to_string()));
        }
    }
    early.unwrap().stays(Holds::of(&dev.id().to_string()));
    let log = fs::metadata(stage.path("app/app.db-wal")).map_or(0, |file| file.len());
    assert!(log <= LONGEST_LOG, "the log grows to {log} bytes");
    let test = "a_long_day_with_dev_holds_no_more_than_its_beginning";
    executed(test, "changes and runs in one `dev`", changes);
}
