//! The library between the binary and libc: built once, told what to do by the environment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is done to the process. See `tests/shim/shim.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// It is killed before the call.
    Kill,
    /// It is killed in the middle of the call, if that writes.
    Torn,
    /// The call fails with this error.
    Fail(&'static str),
    /// The wall clock is wrong by so many seconds from the call on.
    Shift(i64),
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Often {
    Once,
    ForEver,
}

/// What is watched, and what happens when.
#[derive(Debug, Clone)]
pub(super) struct Shim {
    area: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Shim {
    /// Watches the files below a folder; `classes` of calls are numbered from 1.
    pub(super) fn new(area: &Path, classes: &str) -> Self {
        Self { area: area.to_path_buf(), variables: vec![("SHIM_CLASS", classes.to_owned())] }
    }

    /// Does something at a call; at number 0, from the beginning.
    pub(super) fn at(mut self, number: usize, deed: Deed, often: Often) -> Self {
        self.variables.push(("SHIM_AT", number.to_string()));
        let word = match deed {
            Deed::Kill => "kill",
            Deed::Torn => "torn",
            Deed::Fail(error) => error,
            Deed::Shift(seconds) => {
                self.variables.push(("SHIM_SECONDS", seconds.to_string()));
                "shift"
            }
        };
        self.variables.push(("SHIM_DEED", word.to_owned()));
        if often == Often::ForEver {
            self.variables.push(("SHIM_ALWAYS", "1".to_owned()));
        }
        self
    }

    /// Sleeping takes no time.
    pub(super) fn in_haste(mut self) -> Self {
        self.variables.push(("SHIM_HASTE", "1".to_owned()));
        self
    }

    /// Writes a line for every numbered call to a file.
    pub(super) fn log(mut self, file: &Path) -> Self {
        self.variables.push(("SHIM_LOG", file.to_string_lossy().into_owned()));
        self
    }

    /// Writes everything that changes files to a file.
    pub(super) fn record(mut self, file: &Path) -> Self {
        self.variables.push(("SHIM_RECORD", file.to_string_lossy().into_owned()));
        self
    }

    /// Puts it before a command.
    pub(super) fn put_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library()).env("SHIM_AREA", &self.area);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// The library, built by the C compiler that SQLite needs as well.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/shim.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let library = folder.join("shim.so");
        // Several test programs may build it at once.
        let new = folder.join(format!("shim-{}.so", std::process::id()));
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let built = Command::new(compiler)
            .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", "-o"])
            .args([&new, &source])
            .arg("-ldl")
            .status();
        assert!(built.expect("these tests need a C compiler").success());
        std::fs::rename(&new, &library).unwrap();
        library
    })
}
