//! The page of `dev` on a real terminal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;

use super::stage::{PATIENCE, Stage, until};

const INDEX: &str = "name: small\ntitle: Small\nonLoad:\n  type: action.go-back\n";
const GOOD: &str = "action:\n  type: action.go-back\n";
const BAD: &str = "action:\n  type: action.go-bakc\n";

/// A command on a terminal that a test looks at.
struct Terminal {
    child: Child,
    keys: File,
    output: Receiver<String>,
    seen: String,
    /// The command's end of it.
    end: OwnedFd,
}

impl Terminal {
    fn start(stage: &Stage, arguments: &str, rows: u16) -> Self {
        let size = Winsize { ws_row: rows, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).unwrap();
        let end = || Stdio::from(pty.slave.try_clone().unwrap());
        let mut command = stage.command(arguments);
        command.stdin(end()).stdout(end()).stderr(end()).env("TERM", "xterm").env("NO_COLOR", "1");
        let child = command.spawn().unwrap();
        let keys = File::from(pty.master.try_clone().unwrap());
        let mut screen = File::from(pty.master);
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            let mut rest: Vec<u8> = Vec::new();
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                rest.extend(&bytes[..count]);
                let whole = std::str::from_utf8(&rest).map_or_else(|error| error.valid_up_to(), str::len);
                let text = String::from_utf8(rest.drain(..whole).collect()).unwrap();
                if sender.send(text).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, output, seen: String::new(), end: pty.slave }
    }

    /// Waits until all of these are on one page.
    #[track_caller]
    fn wait_for(&mut self, wanted: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(page) =
                self.pages().into_iter().rev().find(|page| wanted.iter().all(|text| page.contains(text)))
            {
                self.seen.clear();
                return page;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(text) => self.seen.push_str(&text),
                Err(error) => panic!("{error}: no {wanted:?} in {:?}", self.pages().last()),
            }
        }
    }

    /// What was shown, drawing by drawing, without what moves the cursor.
    fn pages(&self) -> Vec<String> {
        let drawings = self.seen.split("\u{1b}[?2026h\u{1b}[H").skip(1);
        let whole = drawings.filter_map(|drawing| drawing.split_once("\u{1b}[?2026l"));
        whole
            .map(|(page, _)| page.replace("\u{1b}[K", "").replace("\u{1b}[J", "").replace('\r', ""))
            .collect()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Whether keys are shown and come line by line, as a shell wants it.
    fn is_usual(&self) -> bool {
        let modes = tcgetattr(self.end.as_fd()).unwrap().local_flags;
        modes.contains(LocalFlags::ICANON | LocalFlags::ECHO)
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits for its end; gives what it ended with and what it wrote last.
    #[track_caller]
    fn finish(mut self) -> (Option<i32>, String) {
        until(|| self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code();
        assert!(self.is_usual(), "the terminal is as it was");
        drop(std::mem::replace(&mut self.end, File::open("/dev/null").unwrap().into()));
        while let Ok(text) = self.output.recv_timeout(PATIENCE) {
            self.seen.push_str(&text);
        }
        assert!(self.seen.contains("\u{1b}[?25h\u{1b}[?1049l"), "the other screen is left: {:?}", self.seen);
        (code, self.seen.clone())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn app() -> Stage {
    let stage = Stage::empty();
    stage.write("app/index.jigx", INDEX).write("app/actions/one.jigx", GOOD);
    stage
}

#[test]
fn the_page_shows_how_the_app_stands_and_keys_work() {
    let stage = app();
    let mut terminal = Terminal::start(&stage, "dev app", 24);
    let page = terminal.wait_for(&["small  ready  no problems", "q quit"]);
    assert_eq!(page.lines().count(), 24);
    assert!(!terminal.is_usual(), "keys come one by one");

    stage.write("app/actions/one.jigx", BAD);
    let page = terminal.wait_for(&[
        "small  broken  1 error",
        "running the version of ",
        ", 1 error",
        "action.go-bakc",
    ]);
    assert!(page.contains("--> app/actions/one.jigx:2:9"), "{page}");
    terminal.press("?");
    terminal.wait_for(&["run onLoad from now on", "run action one from now on"]);
    terminal.press("?");
    terminal.wait_for(&["action.go-bakc"]);

    stage.write("app/actions/one.jigx", GOOD);
    terminal.wait_for(&["small  ready", "1 fixed", "good again"]);
    terminal.press("r");
    terminal.wait_for(&["small  onLoad", "done in "]);
    terminal.press("2");
    terminal.wait_for(&["small  action one", "done in "]);
    terminal.press("c");
    terminal.wait_for(&["small  ready  no problems"]);
    terminal.press("s");
    terminal.wait_for(&["nothing has been synced yet", "s back"]);
    stage.write("app/actions/one.jigx", BAD);
    terminal.wait_for(&["small  broken", "action.go-bakc", "s status"]);
    stage.write("app/actions/one.jigx", GOOD);
    terminal.wait_for(&["small  ready", "good again"]);
    terminal.press("l");
    terminal.wait_for(&["nothing has changed"]);
    terminal.press("q");
    let (code, last) = terminal.finish();
    assert_eq!(code, Some(0));
    assert!(last.ends_with("\r\n") && last.contains("small  ready  no problems"), "{last:?}");
}

#[test]
fn a_run_waits_while_the_folder_of_the_app_is_gone() {
    let stage = app();
    let mut terminal = Terminal::start(&stage, "dev app", 24);
    terminal.wait_for(&["small  ready"]);
    std::fs::rename(stage.path("app"), stage.path("away")).unwrap();
    terminal.wait_for(&["small  broken"]);
    terminal.press("r");
    terminal.wait_for(&["the run waits until the app is back"]);
    std::fs::rename(stage.path("away"), stage.path("app")).expect("nothing is in its place");
    terminal.wait_for(&["small  onLoad", "done in "]);
}

#[test]
fn the_page_is_never_empty_in_between() {
    let stage = app();
    let mut terminal = Terminal::start(&stage, "dev app", 12);
    terminal.wait_for(&["small  ready"]);
    for n in 0..5 {
        stage.write("app/actions/one.jigx", if n % 2 == 0 { BAD } else { GOOD });
        terminal.wait_for(&[if n % 2 == 0 { "small  broken" } else { "small  ready" }]);
    }
    stage.write("app/actions/two.jigx", BAD);
    terminal.wait_for(&["2 errors"]);
    for page in terminal.pages() {
        assert!(page.contains("small  ") && page.contains("q quit"), "{page:?}");
    }
    assert!(!terminal.seen.contains("\u{1b}[2J"), "it is wiped once, at the start");
}

#[test]
fn a_small_terminal_shows_what_matters_most() {
    let stage = app();
    stage.write("app/actions/one.jigx", BAD).write("app/actions/two.jigx", BAD);
    let mut terminal = Terminal::start(&stage, "dev app", 5);
    let page = terminal.wait_for(&["small  broken  2 errors"]);
    assert!(page.lines().count() <= 5, "{page}");
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let stage = app();
        let mut terminal = Terminal::start(&stage, "dev app", 24);
        terminal.wait_for(&["small  ready"]);
        terminal.signal(signal);
        assert_eq!(terminal.finish().0, Some(code));
    }
}

#[test]
fn a_suspended_page_gives_the_terminal_back_and_returns() {
    let stage = app();
    let mut terminal = Terminal::start(&stage, "dev app", 24);
    terminal.wait_for(&["small  ready"]);
    terminal.signal(Signal::SIGTSTP);
    until(|| terminal.is_usual());
    stage.write("app/actions/one.jigx", BAD);
    terminal.signal(Signal::SIGCONT);
    terminal.wait_for(&["small  broken  1 error"]);
    assert!(!terminal.is_usual());
    terminal.press("q");
    assert_eq!(terminal.finish().0, Some(0));
}

#[test]
fn lint_has_the_same_page_without_runs() {
    let stage = app();
    let mut terminal = Terminal::start(&stage, "lint app --watch", 24);
    let page = terminal.wait_for(&["small  ready", "q quit"]);
    assert!(!page.contains("r run"), "{page}");
    stage.write("app/actions/one.jigx", BAD);
    terminal.wait_for(&["small  broken  1 error", "action.go-bakc"]);
    terminal.press("q");
    assert_eq!(terminal.finish().0, Some(0));
}
