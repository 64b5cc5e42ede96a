//! What a run takes place in: the world as it is, or a recording of it.

use std::path::Path;
use std::sync::Arc;

use crate::app::Settings;
use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::World;
use crate::cli::shell::Shell;
use crate::cli::units::counted;
use crate::run::provider::{Tape, TapeError, TapeHead};
use crate::run::{Clock, Schedule, StoppedClock, SystemClock};

/// A world whose exchanges are kept in a folder. Time stands still and one thing happens after the
/// other, so that a replay comes to the same.
pub(super) fn recorded(dir: &Path, settings: &Settings, backend: Option<&str>) -> Result<World, Failure> {
    let head = TapeHead::new(SystemClock.now(), SystemClock.uuid(), backend.map(str::to_owned));
    let clock = StoppedClock::new(head.time, &head.seed);
    let tape = Tape::record(dir, head, &settings.secrets)?;
    Ok(World {
        clock: Arc::new(clock),
        tape: Some(Arc::new(tape)),
        schedule: Schedule::OneByOne,
        answers: None,
    })
}

/// The world of a recording: no network, and its time.
pub(super) fn replayed(dir: &Path, settings: &Settings) -> Result<World, Failure> {
    let tape = Tape::replay(dir, &settings.secrets)?;
    let clock = StoppedClock::new(tape.head().time, &tape.head().seed).without_durations();
    Ok(World {
        clock: Arc::new(clock),
        tape: Some(Arc::new(tape)),
        schedule: Schedule::OneByOne,
        answers: None,
    })
}

/// Says what was recorded, or what the recording did not have, which makes a good end a bad one.
pub(super) fn told(exit: Exit, world: &World, dir: &Path, shell: &Shell) -> Exit {
    let Some(tape) = &world.tape else { return exit };
    let count = counted(tape.count() as u64, "exchange");
    if !tape.is_played() {
        shell.out.note(&format!("recorded {count} in `{}`", dir.display()));
        return exit;
    }
    let missed = tape.missed();
    for message in &missed {
        shell.out.error(message, Some("record it again, if what the app asks for has changed on purpose"));
    }
    if missed.is_empty() && tape.count() > 0 {
        shell.out.note(&format!("{count} of the recording were not asked for"));
    }
    if exit == Exit::Clean && !missed.is_empty() { Exit::Problems } else { exit }
}

impl From<TapeError> for Failure {
    fn from(error: TapeError) -> Self {
        match error {
            TapeError::Invalid { message } => Self::usage(message),
            TapeError::Io { message } => Self::environment(message),
        }
    }
}
