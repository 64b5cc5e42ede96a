//! A folder with an app in it, and the real binary at work on it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// Longer than anything takes on a busy machine; a test that waits so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of its own, deleted when dropped.
pub(super) struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    /// An empty folder.
    pub(super) fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A copy of an example, in the folder `app`.
    pub(super) fn example(name: &str) -> Self {
        let stage = Self::empty();
        stage.put_example(name, "app");
        stage
    }

    /// Copies an example to a folder of this one.
    pub(super) fn put_example(&self, name: &str, relative: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(&from, &self.path(relative));
        // What a developer's own runs left behind is no part of the example.
        if let Err(error) = fs::remove_dir_all(self.path(relative).join(".syncscope")) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
    }

    /// Copies a folder into this one.
    pub(super) fn copy(&self, from: &Path, to: &str) {
        copy(from, &self.path(to));
    }

    /// A path in the folder.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a file, with the folders above it.
    pub(super) fn write(&self, relative: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The binary with these arguments (a text split at blanks), in this folder, in an environment
    /// that holds nothing but what a test adds.
    pub(super) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncscope"));
        command.args(arguments.split_whitespace());
        self.settle(&mut command);
        command
    }

    /// Any program, in this folder and the same empty environment.
    pub(super) fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null());
    }

    /// Runs the binary to its end.
    pub(super) fn run(&self, arguments: &str) -> Finished {
        Finished::of(&mut self.command(arguments))
    }

    /// Starts the binary and goes on.
    pub(super) fn start(&self, arguments: &str) -> Running {
        Running::spawn(self.command(arguments))
    }

    /// Reads a database, without disturbing who works on it.
    pub(super) fn database(&self, relative: &str) -> Database {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.path(relative), flags).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        Database { connection }
    }

    /// A text without the name of this folder, which is another one every time.
    pub(super) fn nameless(&self, text: &str) -> String {
        text.replace(&*self.dir.path().to_string_lossy(), "[DIR]")
    }
}

/// A database, to look into.
pub(super) struct Database {
    connection: Connection,
}

impl Database {
    /// The rows of a query, each as a list of its values.
    pub(super) fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.connection.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| (0..columns).map(|i| Ok(json(row.get_ref(i)?))).collect());
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// The one value of a query.
    pub(super) fn value(&self, sql: &str) -> Value {
        self.rows(sql).remove(0).remove(0)
    }

    /// How many rows a table has.
    pub(super) fn count(&self, table: &str) -> u64 {
        self.value(&format!("SELECT count(*) FROM [{table}]")).as_u64().unwrap()
    }

    /// Everything in it: every table's name with every row.
    pub(super) fn dump(&self) -> Vec<(String, Vec<Vec<Value>>)> {
        let tables = self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        let name = |row: Vec<Value>| row[0].as_str().unwrap().to_owned();
        tables
            .into_iter()
            .map(name)
            .map(|table| (table.clone(), self.rows(&format!("SELECT * FROM [{table}]"))))
            .collect()
    }
}

fn json(value: rusqlite::types::ValueRef<'_>) -> Value {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()).into(),
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ExitStatus,
    pub(super) out: String,
    pub(super) err: String,
}

impl Finished {
    pub(super) fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        let finished = Self { status, out: text(stdout), err: text(stderr) };
        finished.assert_no_panic();
        finished
    }

    /// Ends the test unless the command ended with this code.
    #[track_caller]
    pub(super) fn code(self, expected: i32) -> Self {
        assert_eq!(self.status.code(), Some(expected), "{self}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Standard output as one JSON value a line.
    #[track_caller]
    pub(super) fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// Both outputs.
    pub(super) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    #[track_caller]
    fn assert_no_panic(&self) {
        let all = self.all();
        assert!(
            !all.contains("panicked at") && !all.contains("BUG:") && !all.contains("RUST_BACKTRACE"),
            "{self}"
        );
        assert!(self.status.signal().is_none_or(|signal| signal == 9), "{self}");
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.out, self.err)
    }
}

/// A command at work. It is killed when dropped.
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: String,
    errors: Option<JoinHandle<String>>,
}

impl Running {
    pub(super) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = follow(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let errors = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, lines, seen: String::new(), errors: Some(errors) }
    }

    /// Waits for a line of its standard output.
    #[track_caller]
    pub(super) fn wait_for(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push_str(&line);
                    self.seen.push('\n');
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("waited in vain; so far: {}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("ended early: {}", self.seen),
            }
        }
    }

    /// Waits for an event of `run --format json`.
    #[track_caller]
    pub(super) fn wait_for_event(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
        let line = self.wait_for(|line| wanted(&parse(line)));
        parse(&line)
    }

    /// Sends a signal.
    pub(super) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Its number among the processes.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether it is suspended.
    pub(super) fn is_stopped(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// Kills it, as a crash would, and waits for it to be gone.
    pub(super) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end; any signal may have ended it.
    pub(super) fn finish_after_signals(self) -> Finished {
        self.ended()
    }

    /// Waits for its end.
    pub(super) fn finish(self) -> Finished {
        let finished = self.ended();
        finished.assert_no_panic();
        finished
    }

    fn ended(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        assert!(Instant::now() < deadline, "does not end; so far: {}", self.seen);
        let status = self.child.wait().unwrap();
        let err = self.errors.take().unwrap().join().unwrap();
        Finished { status, out: std::mem::take(&mut self.seen), err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Asks again and again until it is so.
#[track_caller]
pub(super) fn until(mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "waited in vain");
        thread::sleep(Duration::from_millis(2));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            // Not `fs::copy`, which would take over that a file may only be read.
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}
