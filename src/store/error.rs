//! What can go wrong with the database, whose fault it is, and whether another try can help.

use std::path::{Path, PathBuf};

use rusqlite::ffi::ErrorCode;

use super::owner;
use super::protect::Percent;

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The app's author: a query, a table name, a row.
    App,
    /// The machine: disk, permissions, another program.
    Environment,
    /// Ours.
    Program,
}

/// A mistake in SQL, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// Byte offset in the text as the author wrote it, where known.
    pub offset: Option<usize>,
    /// Which of several statements, counted from 0.
    pub statement: Option<usize>,
    /// What to write instead, where known.
    pub help: Option<String>,
}

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file. Environment; a retry does not help.
    #[error("the database `{}` does not exist yet; it is created by the first run", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be opened or created. Environment; a retry does not help.
    #[error("cannot open the database `{}`: {reason}", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is something else. Environment; a retry does not help.
    #[error("`{}` is not a SQLite database; move it away or name another file", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// A database of another program. Environment; a retry does not help.
    #[error("the database `{}` belongs to another program; name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged. Environment; a retry does not help.
    #[error("the database `{}` is damaged ({detail}); restore it from a backup or delete it", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// Made by a newer syncscope. Environment; a retry does not help.
    #[error(
        "the database `{}` has schema version {found}, this program knows up to {supported}; use a newer syncscope",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that is known here.
        supported: i64,
    },
    /// No space left. Environment; a retry helps once there is space. Nothing was changed.
    #[error("no space left for the database `{}`; nothing was changed", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// Another program holds the database for too long. Environment; a retry can help.
    #[error("the database `{}` is locked by another program", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file may only be read. Environment; a retry does not help.
    #[error("the database `{}` may only be read", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The file system cannot lock or share the file as several processes need it. Environment.
    #[error("the file system of `{}` cannot lock files ({reason}); put the database on a local disk", path.display())]
    NoLocking {
        /// The file.
        path: PathBuf,
        /// What was tried.
        reason: String,
    },
    /// Reading or writing failed. Environment; a retry can help.
    #[error("cannot read or write the database `{}`: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A mistake in the author's SQL. App.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A query took more than it may. App; a retry does not help.
    #[error("the query was stopped: it took more than {limit}")]
    Limit {
        /// The limit with its unit.
        limit: String,
    },
    /// A name that may not be written to. App.
    #[error("`{table}` cannot be written: {reason}")]
    Target {
        /// The table.
        table: String,
        /// Why not.
        reason: String,
    },
    /// A row that the table refuses. App; nothing was changed.
    #[error("the table `{table}` refuses the row: {reason}")]
    Constraint {
        /// The table.
        table: String,
        /// Why.
        reason: String,
    },
    /// A fetch gave no rows for a table that has some, and the app wants them kept. App; nothing was changed.
    #[error(
        "the fetch gave no rows for the table `{table}`, which has {old}; they stay, because `onEmpty` is `keep`; \
         if the table is to be empty, set `onEmpty: replace`"
    )]
    Emptied {
        /// The table.
        table: String,
        /// Rows that it has.
        old: i64,
    },
    /// A fetch gave far fewer rows than a table has. App; nothing was changed.
    #[error(
        "the table `{table}` would shrink from {old} to {new} rows, which is more than the {most} % that \
         `maxShrink` allows; the old rows stay; if the fetch is right, raise `maxShrink`"
    )]
    Shrunk {
        /// The table.
        table: String,
        /// Rows that it has.
        old: i64,
        /// Rows that it would have.
        new: i64,
        /// What it may lose of them.
        most: Percent,
    },
    /// A table was written to while a fetch was compared with its rows. Nobody's fault; nothing was changed, and
    /// a fetch that stages everything does not mind.
    #[error("the table `{table}` was written to during the fetch")]
    Overlapped {
        /// The table.
        table: String,
    },
    /// The work was overtaken by a newer run, a stop or a deletion; its data was rolled back. Nobody's fault.
    #[error("the work is no longer current; its data was not applied")]
    Stale,
    /// A broken promise of ours.
    #[error("internal error in the store: {detail}")]
    Internal {
        /// Which one.
        detail: String,
    },
}

impl StoreError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Sql(_)
            | Self::Limit { .. }
            | Self::Target { .. }
            | Self::Constraint { .. }
            | Self::Emptied { .. }
            | Self::Shrunk { .. }
            | Self::Overlapped { .. } => Fault::App,
            Self::Internal { .. } => Fault::Program,
            _ => Fault::Environment,
        }
    }

    /// Whether the same may succeed when tried again.
    #[must_use]
    pub fn can_retry(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::Locked { .. } | Self::Io { .. })
    }

    /// A stable code for `error` columns and machine formats.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "database.missing",
            Self::CannotOpen { .. } => "database.open",
            Self::NotADatabase { .. } | Self::Foreign { .. } => "database.foreign",
            Self::Corrupt { .. } => "database.corrupt",
            Self::NewerSchema { .. } => "database.newer",
            Self::DiskFull { .. } => "database.full",
            Self::Locked { .. } => "database.locked",
            Self::ReadOnly { .. } => "database.readonly",
            Self::NoLocking { .. } => "database.nolocking",
            Self::Io { .. } => "database.io",
            Self::Sql(_) => "apply.sql",
            Self::Limit { .. } => "limit.query",
            Self::Target { .. } => "apply.target",
            Self::Constraint { .. } => "apply.constraint",
            Self::Emptied { .. } => "apply.empty",
            Self::Shrunk { .. } => "apply.shrink",
            Self::Overlapped { .. } => "apply.overlap",
            Self::Stale => "stale",
            Self::Internal { .. } => "internal",
        }
    }
}

/// Translates a failure of the database itself (not of an author's SQL).
pub(super) fn translate(error: &rusqlite::Error, path: &Path) -> StoreError {
    let reason = words(error);
    let is_file_trouble = matches!(code_of(error), Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen));
    let path = path.to_path_buf();
    // The index of the log is a file too, and the first to want to grow.
    if error.sqlite_extended_error_code() == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
        || (is_file_trouble && has_no_space(&path))
    {
        return StoreError::DiskFull { path };
    }
    if error.sqlite_extended_error_code().is_some_and(|code| LOCK_FAILURES.contains(&code)) {
        return StoreError::NoLocking { path, reason };
    }
    match code_of(error) {
        Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Corrupt { path, detail: reason },
        Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed) => {
            StoreError::Locked { path }
        }
        // Only a stop interrupts our own statements.
        Some(ErrorCode::OperationInterrupted) => StoreError::Stale,
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { path },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => StoreError::CannotOpen { path, reason },
        Some(ErrorCode::SystemIoFailure | ErrorCode::NoLargeFileSupport) => StoreError::Io { path, reason },
        _ => StoreError::Internal { detail: reason },
    }
}

/// Whether the disk is full: SQLite does not say why a file of its own could not be made or grow, so a page is
/// written beside the database to see. What a crash leaves of it is swept like the files of owners.
fn has_no_space(database: &Path) -> bool {
    let probe = owner::lock_path(database, &format!("space-{}", std::process::id()));
    let written = std::fs::write(&probe, [0; 4096]);
    // Without space there may be nothing to remove.
    let _ = std::fs::remove_file(&probe);
    written.is_err_and(|error| is_out_of_space(&error))
}

/// Whether the system says that there is no space.
pub(super) fn is_out_of_space(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// The primary code, wherever it is kept.
pub(super) fn code_of(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.code),
        other => other.sqlite_error_code(),
    }
}

/// Extended codes for a file system that cannot lock or share memory as the write-ahead log needs it.
const LOCK_FAILURES: [i32; 5] = [
    rusqlite::ffi::SQLITE_IOERR_LOCK,
    rusqlite::ffi::SQLITE_IOERR_RDLOCK,
    rusqlite::ffi::SQLITE_IOERR_SHMOPEN,
    rusqlite::ffi::SQLITE_IOERR_SHMLOCK,
    rusqlite::ffi::SQLITE_IOERR_SHMMAP,
];

/// SQLite's words in our style.
pub(super) fn words(error: &rusqlite::Error) -> String {
    let text = match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::Empty => "the statement is empty".to_owned(),
        rusqlite::Error::MultipleStatement => "only one statement is allowed".to_owned(),
        other => other.to_string(),
    };
    text.trim_end_matches('.').to_owned()
}
