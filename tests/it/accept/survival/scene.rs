//! A workload on its stage: the app, its server, and a database that is put back before every case.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use syncscope::store::doctor;

use super::backend::{self, Backend};
use super::ledger;
use super::shim::{Deed, Often, Shim};
use super::workload::{Before, ROWS, Seen, Server, Workload};
use crate::accept::stage::{Finished, Stage};

/// Everything that reaches files or the server and may change something.
pub(super) const CHANGES: &str = "open write sync lock truncate unlink map connect send recv";

/// The version of the rows before, and the one that is served then.
const OLD: u64 = 1;
const NEW: u64 = 2;
/// The database that some workloads read, beside their own.
const OTHER: &str = "crm.db";

pub(super) struct Scene {
    pub(super) workload: &'static Workload,
    stage: Stage,
    server: Server,
    /// The files of the database, as every case finds them.
    files: Files,
    /// What the back end holds before.
    backend: Backend,
    /// The last work before.
    work: i64,
    /// What an undisturbed run makes of the tables.
    wanted: Rows,
}

pub(super) type Files = BTreeMap<String, Vec<u8>>;
/// The rows of the app's tables: id and data.
type Rows = BTreeMap<&'static str, Vec<(String, String)>>;

impl Scene {
    pub(super) fn new(workload: &'static Workload) -> Self {
        let stage = Stage::empty();
        let server = workload.serve();
        workload.write(&stage, server.stub.url());
        let (files, wanted, backend) = (Files::new(), Rows::new(), Backend::default());
        let mut scene = Self { workload, stage, server, files, backend, work: 0, wanted };
        fs::create_dir_all(scene.folder()).unwrap();
        scene.come_to_the_beginning();
        scene.files = scene.read_files();
        scene.backend = scene.server.backend().clone();
        scene.run_again();
        let connection = scene.look();
        scene.wanted = workload.tables.iter().map(|(table, _)| (*table, rows(&connection, table))).collect();
        assert!(scene.wanted.values().all(|rows| !rows.is_empty()), "{}: a table stays empty", workload.name);
        scene
    }

    /// Does everything that has happened before.
    fn come_to_the_beginning(&mut self) {
        let before = self.workload.before;
        if self.workload.reads_database {
            self.fill_other_database(OLD);
        }
        if matches!(before, Before::Synced | Before::Killed) {
            self.stage.run("run app").code(0);
            let works = "SELECT ifnull(max(work), 0) FROM _syncStatus";
            self.work = ledger::texts(&self.look(), works)[0].parse().unwrap();
        }
        for step in self.workload.prepare {
            self.server.backend().refuses = step.refused;
            self.stage.run(step.command).code(step.ends);
            self.server.backend().refuses = false;
        }
        self.server.serve_version(NEW);
        if self.workload.reads_database {
            self.fill_other_database(NEW);
        }
        if matches!(before, Before::Killed | Before::Cut) {
            self.kill_in_the_middle();
        }
    }

    /// Whether pages are kept with which another run goes on.
    fn can_be_gone_on(&self) -> bool {
        let connection = self.look();
        ledger::is_made(&connection)
            && ledger::texts(&connection, "SELECT count(*) FROM _syncResume") == ["1"]
    }

    /// Makes the other database anew, all rows of one version.
    fn fill_other_database(&self, version: u64) {
        let path = self.folder().join(OTHER);
        let _ = fs::remove_file(&path);
        let other = Connection::open(path).unwrap();
        let rows = format!(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, version INTEGER);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
             INSERT INTO customers SELECT i, {version} FROM n",
            3 * ROWS
        );
        other.execute_batch(&rows).unwrap();
    }

    /// Where the database is.
    pub(super) fn folder(&self) -> PathBuf {
        self.stage.path("app/data")
    }

    /// A file beside the app.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.stage.path(name)
    }

    /// The files of the database before a case.
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    fn kill_in_the_middle(&self) {
        let log = self.file("middle.log");
        let shim = || Shim::new(&self.folder(), "recv");
        let before = self.read_files();
        self.start("run app", &shim().log(&log)).code(0);
        let answers = fs::read_to_string(&log).unwrap().lines().count();
        // The bytes of an answer arrive in one piece or in several.
        let last = if self.workload.before == Before::Cut { answers } else { answers * 2 / 3 };
        for answer in (1..=last).rev() {
            self.put_files(&before);
            let run = self.start("run app", &shim().at(answer, Deed::Kill, Often::Once));
            if run.status.code().is_none() && (self.workload.before != Before::Cut || self.can_be_gone_on()) {
                return;
            }
        }
        panic!("{}: was never killed", self.workload.name);
    }

    /// Puts everything back as it was before.
    pub(super) fn set_back(&self) {
        self.put_files(&self.files);
        *self.server.backend() = self.backend.clone();
        self.server.falter();
    }

    /// Puts other files in the place of the database.
    pub(super) fn put_files(&self, files: &Files) {
        let _ = fs::remove_dir_all(self.folder());
        fs::create_dir_all(self.folder()).unwrap();
        for (name, bytes) in files {
            fs::write(self.folder().join(name), bytes).unwrap();
        }
    }

    fn read_files(&self) -> Files {
        let entries = fs::read_dir(self.folder()).unwrap().map(Result::unwrap);
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
            .collect()
    }

    /// Does what the workload does, in a hostile world.
    pub(super) fn suffer(&self, shim: &Shim) -> Finished {
        self.start(self.workload.command, shim)
    }

    /// Does anything, in a hostile world.
    pub(super) fn start(&self, arguments: &str, shim: &Shim) -> Finished {
        let mut command = self.stage.command(arguments);
        shim.put_before(&mut command);
        Finished::of(&mut command)
    }

    /// How many calls of these classes there are when nothing goes wrong.
    pub(super) fn count(&self, classes: &str) -> usize {
        let log = self.file("calls.log");
        let _ = fs::remove_file(&log);
        self.set_back();
        self.suffer(&Shim::new(&self.folder(), classes).log(&log)).code(self.workload.ends);
        self.inspect(&format!("{}: undisturbed", self.workload.name));
        assert!(!self.is_hollow(), "{}: what it is about does not happen", self.workload.name);
        fs::read_to_string(&log).map_or(0, |text| text.lines().count())
    }

    /// The database as a reader finds it now; a copy of it, so that looking mends nothing.
    fn look(&self) -> Connection {
        let copy = self.stage.path("look");
        let _ = fs::remove_dir_all(&copy);
        self.stage.copy(&self.folder(), "look");
        Connection::open(copy.join("app.db")).unwrap()
    }

    /// Whatever happened, this holds; and `doctor` sees nothing but what the dead have left.
    pub(super) fn inspect(&self, case: &str) {
        let connection = self.look();
        self.judge(&connection, case);
        if ledger::is_made(&connection) {
            drop(connection);
            let mut found = doctor::examine(&self.stage.path("look/app.db")).unwrap();
            found.retain(|finding| finding.check != "owner" && finding.gravity == doctor::Gravity::Problem);
            assert!(found.is_empty(), "{}, {case}, doctor: {found:#?}", self.workload.name);
        }
    }

    /// What it is about did not happen although nobody disturbed it.
    fn is_hollow(&self) -> bool {
        let asks_for_news = self.workload.tables.iter().any(|(table, _)| *table == "fixed");
        let writes = self.workload.always.is_some();
        (asks_for_news && self.server.said_unchanged() == 0)
            || (writes && backend::number_of_writes(&self.look()) != backend::WRITES.len())
    }

    /// What holds in any database that the workload may leave.
    pub(super) fn judge(&self, connection: &Connection, case: &str) {
        let name = self.workload.name;
        let broken = ledger::broken(connection);
        assert!(broken.is_empty(), "{name}, {case}: {broken:#?}");
        if !ledger::is_made(connection) {
            return;
        }
        for (table, seen) in self.workload.tables {
            self.judge_table(connection, table, *seen, case);
        }
        let broken =
            self.workload.always.map_or_else(Vec::new, |law| law(connection, &self.server.backend()));
        assert!(broken.is_empty(), "{name}, {case}: {broken:#?}");
    }

    /// Rows are old or new, and the status says which (P2, P3).
    fn judge_table(&self, connection: &Connection, table: &str, seen: Seen, case: &str) {
        let rows = rows(connection, table);
        let versions: Vec<u64> = rows.iter().map(|(_, data)| version(data)).collect();
        let new = versions.iter().take_while(|version| **version == NEW).count();
        let case = format!("{}, {case}, `{table}`", self.workload.name);
        let is_mixed = seen != Seen::Rows && versions[new..].iter().any(|version| *version != OLD);
        assert!(!is_mixed, "{case}: {versions:?}");
        let is_new = new > 0 && new == versions.len();
        let all = self.wanted.get(table).map_or(versions.len(), Vec::len);
        let in_parts = matches!(seen, Seen::Pages | Seen::Rows);
        assert!(versions.is_empty() || versions.len() == all || in_parts, "{case}: {versions:?}");
        let claim = format!(
            "SELECT count(*) FROM _syncStatus WHERE entity = '{table}' AND state = 'synced' AND work > {}",
            self.work
        );
        let is_claimed = ledger::texts(connection, &claim) != ["0"];
        match seen {
            Seen::Whole => {
                assert!(new == 0 || is_new, "{case} is torn: {versions:?}");
                assert_eq!(is_claimed, is_new, "{case}: status and rows differ");
            }
            Seen::Pages => {
                assert_eq!(new as u64 % ROWS, 0, "{case} has a part of a page: {versions:?}");
                assert!(!is_claimed || is_new, "{case} is claimed too early");
            }
            Seen::Unclaimed => assert!(new == 0 || is_new, "{case} is torn: {versions:?}"),
            Seen::Rows => {
                let wanted = self.wanted.get(table).unwrap_or(&rows);
                assert!(!is_claimed || rows == *wanted, "{case} is claimed too early: {versions:?}");
            }
        }
    }

    /// The next command sees nothing stale.
    pub(super) fn look_at_status(&self, case: &str) {
        let status = self.stage.run("status app --format json").code(0);
        assert!(
            !status.out.contains("\"syncing\"\n") && !status.out.contains(": \"syncing\""),
            "{case}: {status}"
        );
        self.inspect(&format!("{case}, after status"));
    }

    /// `doctor --repair` leaves nothing to repair; its backup is taken away.
    pub(super) fn repair(&self, case: &str) {
        let repaired = self.stage.run("doctor app --repair");
        assert_eq!(repaired.status.code(), Some(0), "{}, {case}: {repaired}", self.workload.name);
        self.inspect(&format!("{case}, after a repair"));
        for name in self.read_files().into_keys().filter(|name| name.contains(".backup-")) {
            fs::remove_file(self.folder().join(name)).unwrap();
        }
    }

    /// Runs once more, undisturbed: it completes, and nothing is left behind.
    fn run_again(&self) {
        self.set_back();
        self.server.behave();
        for command in self.workload.complete {
            self.stage.run(command).code(0);
        }
    }

    /// The same, and every row is as it should be.
    pub(super) fn recovers(&self, case: &str) {
        let name = self.workload.name;
        self.server.behave();
        for command in self.workload.complete {
            let again = self.stage.run(command);
            assert_eq!(again.status.code(), Some(0), "{name}, {case}: {again}");
        }
        let left: Vec<String> = self.read_files().into_keys().filter(|name| name != OTHER).collect();
        assert_eq!(left, ["app.db"], "{name}, {case}: files are left behind");
        let connection = self.look();
        let broken = ledger::broken_or_unfinished(&connection);
        assert!(broken.is_empty(), "{name}, {case}, in the end: {broken:#?}");
        for (table, wanted) in &self.wanted {
            assert_eq!(&rows(&connection, table), wanted, "{name}, {case}: `{table}` in the end");
        }
        let state = ledger::texts(&connection, "SELECT state FROM _syncScope");
        assert_eq!(state, ["synced"], "{name}, {case}");
        let law = self.workload.in_the_end;
        let broken = law.map_or_else(Vec::new, |law| law(&connection, &self.server.backend()));
        assert!(broken.is_empty(), "{name}, {case}, in the end: {broken:#?}");
        let found = doctor::examine(&self.folder().join("app.db")).unwrap();
        assert!(found.is_empty(), "{name}, {case}, doctor in the end: {found:#?}");
    }
}

fn version(data: &str) -> u64 {
    let row: serde_json::Value = serde_json::from_str(data).unwrap();
    row["version"].as_u64().unwrap()
}

/// The rows of a table, in order of id; none when there is no such table.
fn rows(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let exists = format!("SELECT count(*) FROM sqlite_schema WHERE name = '{table}'");
    if ledger::texts(connection, &exists) == ["0"] {
        return Vec::new();
    }
    let sql = format!("SELECT id, data FROM [{table}] ORDER BY id");
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<rusqlite::Result<_>>().unwrap()
}
