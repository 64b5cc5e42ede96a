//! Commands in this process, with streams of our own: what a person at a terminal sees, and what
//! happens when the reader goes away.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use syncscope::cli::{self, Exit, Sink, Source, Streams};

/// A stream that keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that takes so many bytes and then fails.
struct Breaking(usize, io::ErrorKind);

impl Write for Breaking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(self.1)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command in the root of the repository.
fn run(arguments: &str, stdout: Sink, stderr: Sink, env: &[(&str, &str)]) -> Exit {
    let env: BTreeMap<String, String> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let streams = Streams {
        stdin: Source::Pipe(Box::new(io::empty())),
        stdout,
        stderr,
        env: Arc::new(move |name| env.get(name).cloned()),
        cwd: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
    };
    let arguments = std::iter::once("syncscope").chain(arguments.split_whitespace()).map(OsString::from);
    cli::main(arguments, streams)
}

fn on_terminal(arguments: &str, env: &[(&str, &str)]) -> (Exit, String, String) {
    let (out, err) = (Kept::default(), Kept::default());
    let exit =
        run(arguments, Sink::Terminal(Box::new(out.clone())), Sink::Terminal(Box::new(err.clone())), env);
    (exit, out.text(), err.text())
}

#[test]
fn a_terminal_gets_colour_unless_it_wants_none() {
    let coloured = |arguments: &str, env: &[(&str, &str)]| on_terminal(arguments, env).1.contains('\u{1b}');
    assert!(coloured("explain", &[]));
    assert!(coloured("--help", &[]));
    assert!(coloured("lint examples/broken", &[("NO_COLOR", "")]), "an empty NO_COLOR says nothing");
    assert!(!coloured("lint examples/broken", &[("NO_COLOR", "1")]));
    assert!(!coloured("--help", &[("NO_COLOR", "1")]));
    assert!(!coloured("lint examples/broken", &[("TERM", "dumb")]));
    assert!(!coloured("lint examples/broken --color never", &[]));
    assert!(coloured("lint examples/broken --color always", &[("NO_COLOR", "1")]));
}

#[test]
fn colour_changes_nothing_but_colour() {
    let (_, plain, _) = on_terminal("lint examples/broken --color never", &[]);
    let (exit, coloured, _) = on_terminal("lint examples/broken", &[]);
    assert_eq!(exit, Exit::Problems);
    assert_eq!(without_escapes(&coloured), plain);
}

#[test]
fn a_run_tells_the_same_on_a_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &str| {
        let db = dir.path().join(name);
        on_terminal(&format!("run examples/quickstart --db {} {more}", db.display()), &[])
    };
    let (exit, coloured, _) = run("one.db", "");
    assert_eq!(exit, Exit::Clean);
    let (_, plain, _) = run("two.db", "--color never");
    let shape = |text: &str| -> Vec<String> {
        let words = text.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        words.filter(|line| !line.starts_with("done")).collect()
    };
    assert_eq!(shape(&without_escapes(&coloured)), shape(&plain));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let run_app = format!("run examples/quickstart --db {}", dir.path().join("app.db").display());
    let json = format!("{run_app} --format json");
    for arguments in [
        "--help",
        "explain",
        "schema index",
        "lint examples/broken",
        "graph examples/quickstart",
        &run_app,
        &json,
    ] {
        let err = Kept::default();
        let stdout = Sink::Pipe(Box::new(Breaking(0, io::ErrorKind::BrokenPipe)));
        let exit = run(arguments, stdout, Sink::Pipe(Box::new(err.clone())), &[]);
        assert_eq!((exit, err.text().as_str()), (Exit::Clean, ""), "{arguments}");
    }
    let status = Kept::default();
    let after = run_app.replacen("run", "status", 1) + " --format json";
    run(&after, Sink::Pipe(Box::new(status.clone())), Sink::Pipe(Box::new(Kept::default())), &[]);
    assert!(status.text().contains(r#""state": "synced""#), "the run went on to its end: {}", status.text());
}

#[test]
fn output_that_cannot_be_written_is_the_machines_fault() {
    let err = Kept::default();
    let stdout = Sink::Pipe(Box::new(Breaking(10, io::ErrorKind::StorageFull)));
    let exit = run("explain", stdout, Sink::Pipe(Box::new(err.clone())), &[]);
    assert_eq!(exit, Exit::Environment);
    assert!(err.text().starts_with("error: cannot write the output"), "{}", err.text());
}

#[test]
fn an_error_stream_that_is_gone_changes_nothing() {
    let stderr = Sink::Pipe(Box::new(Breaking(0, io::ErrorKind::BrokenPipe)));
    let exit = run("status no/such/app", Sink::Pipe(Box::new(Kept::default())), stderr, &[]);
    assert_eq!(exit, Exit::Usage);
}

#[test]
fn exit_codes_are_numbers_that_shells_know() {
    let codes =
        [Exit::Clean, Exit::Problems, Exit::Usage, Exit::Environment, Exit::Signal(2), Exit::Signal(15)];
    assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 130, 143]);
}

#[test]
fn the_files_of_init_are_an_app_without_findings() {
    let (exit, out, _) = on_terminal("lint src/cli/init --deny info --color never", &[]);
    assert_eq!((exit, out.as_str()), (Exit::Clean, "checked 7 files: no problems\n"));
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/init/index.jigx").is_file());
}

fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn a_check_that_is_done_soon_shows_no_progress() {
    let (_, _, err) = on_terminal("lint examples/quickstart", &[]);
    assert!(!err.contains("checking"), "{err:?}");
}
