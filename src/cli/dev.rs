//! `dev`: watches an app, checks every save, keeps the last good version, and runs what was asked.
//!
//! One thread decides everything: it takes [`queue::Event`]s one after another. The others only bring
//! them: the watcher, the [`reader`] (which reads and checks), a [`work`]er for every run, the keys
//! and the signals. What is told goes through a [`view::View`]: a page on a terminal, lines, or JSON.

mod events;
mod inputs;
mod keys;
mod lines;
mod model;
mod page;
mod queue;
mod quiet;
mod reader;
mod session;
mod tables;
mod view;
mod work;

use std::path::{Path, PathBuf};

use super::Exit;
use super::app::{AppArg, the_one};
use super::failure::Failure;
use super::findings;
use super::output::Format;
use super::run::Asked;
use super::shell::Shell;
use crate::app::{AppPath, discover};
use crate::lint::Request;
use crate::watch::{Choice, LiveApp, Trouble};

use session::{Plan, Runs, Session};
use view::Style;

/// Watches an app while its author works on it. Every save is checked at once; the app goes live when
/// it has no errors, and else the last good version goes on. What `--on`, `--jig` or `--action` name
/// runs again after every change; without them the key `r` runs `onLoad`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    app: AppArg,
    #[command(flatten)]
    asked: Asked,
    /// Interrupt a run when the app changes, and start it again; without it, the run goes on to its end
    #[arg(long)]
    restart: bool,
    /// Look at the files again and again in place of waiting for the system to tell of changes
    #[arg(long)]
    poll: bool,
    /// How it is told; `json` is one event per line
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

pub(super) fn run(args: &Args, shell: &mut Shell) -> Result<Exit, Failure> {
    let place = awaited(&args.app.app, shell);
    let live = one_app(args.app.app.clone(), place, shell);
    let style = match args.format {
        Format::Human => Style::People(findings::Format::Human),
        Format::Json => Style::Programs,
    };
    let runs = Runs { asked: args.asked.clone(), restart: args.restart };
    Session::open(Plan { apps: vec![live], choice: choice(args.poll), runs: Some(runs), style }, shell)?
        .work()
}

/// What `lint --watch` wants.
pub(super) struct Watch<'a> {
    /// Files and folders.
    pub(super) paths: &'a [PathBuf],
    /// How findings are shown.
    pub(super) format: findings::Format,
    /// Which findings are asked for, in an app.
    pub(super) ask: &'a dyn Fn(&AppPath) -> Request,
}

/// Checks apps after every change, until stopped.
pub(super) fn lint(watch: &Watch<'_>, shell: &mut Shell) -> Result<Exit, Failure> {
    let style = match watch.format {
        findings::Format::Json => Style::Programs,
        format => Style::People(format),
    };
    let apps = apps(watch, shell);
    Session::open(Plan { apps, choice: Choice::Best, runs: None, style }, shell)?.work()
}

/// The apps that are there; or else those that are awaited at the paths.
fn apps(watch: &Watch<'_>, shell: &Shell) -> Vec<LiveApp> {
    let asking = |live: LiveApp, place: &AppPath| {
        let request = (watch.ask)(place);
        live.asking(Box::new(move |found| Request { paths: found.selected.clone(), ..request.clone() }))
    };
    if let Ok(places) = discover(watch.paths, &shell.cwd) {
        return places.iter().map(|place| asking(known_app(place.clone(), shell), place)).collect();
    }
    let awaited = watch.paths.iter().map(|path| (path, awaited(path, shell)));
    awaited.map(|(path, place)| asking(one_app(path.clone(), place.clone(), shell), &place)).collect()
}

/// The app at a path, wherever its folder turns out to be.
fn one_app(path: PathBuf, place: AppPath, shell: &Shell) -> LiveApp {
    let cwd = shell.cwd.clone();
    let find = move || {
        let places = discover(std::slice::from_ref(&path), &cwd)?;
        the_one(places, &path).map_err(Failure::into_trouble)
    };
    LiveApp::new(place, Box::new(find), shell.shared_env())
}

/// An app that was found before, with the parts of it that are asked for.
fn known_app(place: AppPath, shell: &Shell) -> LiveApp {
    let (cwd, known) = (shell.cwd.clone(), place.clone());
    let find = move || {
        let path = known.single.as_ref().unwrap_or(&known.root);
        let mut places = discover(std::slice::from_ref(path), &cwd)?;
        let found = places.pop().ok_or_else(|| Trouble::new("there is no app any more"))?;
        Ok(AppPath { selected: known.selected.clone(), ..found })
    };
    LiveApp::new(place, Box::new(find), shell.shared_env())
}

/// Where an app is awaited that is not there, or not readable yet.
fn awaited(path: &Path, shell: &Shell) -> AppPath {
    let absolute = shell.path(path);
    let absolute = absolute.components().collect::<PathBuf>();
    let is_file = absolute.is_file() || !absolute.is_dir() && absolute.extension().is_some();
    let (root, single) = match absolute.parent() {
        Some(folder) if is_file => (folder.to_path_buf(), Some(absolute)),
        _ => (absolute, None),
    };
    AppPath { root, single, selected: Vec::new(), shown_from: shell.cwd.clone() }
}

fn choice(poll: bool) -> Choice {
    if poll { Choice::Poll } else { Choice::Best }
}
