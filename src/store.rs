//! The database of an app: scopes and statuses, entity tables, queries. The only SQL, the only `rusqlite`.
//!
//! Every event of the machine in [`sync`] is exactly one `BEGIN IMMEDIATE … COMMIT` that also holds the rows
//! it speaks of. One connection writes, others read and are never kept waiting. Wall clock times are handed in
//! as epoch milliseconds. Several threads may share a [`Store`] (clone it), several processes the file.

mod change;
mod check;
mod claim;
mod copy;
mod dialect;
pub mod doctor;
mod entity;
mod error;
mod explain;
mod history;
mod open;
mod outside;
mod owner;
mod protect;
mod query;
mod queue;
mod resume;
mod rows;
mod scope;
mod session;
mod statement;
pub mod sync;
mod unchanged;
mod work;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

pub use change::{Change, Head, Part, RowsMode};
pub use check::{Checked, Checker, TableUse};
pub use dialect::{Dialect, ParameterUse};
pub use entity::{LocalRow, Method, WriteReport};
pub use error::{Fault, SqlError, StoreError};
pub use explain::{MistakeKind, Repair, SqlMistake};
pub use open::{Durability, OpenOptions, Retention};
pub use outside::{Answered, Asked, Outside};
pub use protect::{OnEmpty, Percent, Protection};
pub use query::{Limits, Parameters, Query, Reader, Rows};
pub use queue::{
    Claim, Claimed, CommandRow, CommandState, Ending, Enqueue, Gone, GoneCommand, LocalWrite, NewCommand,
    RowChange, Settled, Submission, Tracked, is_temp_id, temp_id,
};
pub use rows::{Changes, RunRow, ScopeBrief, ScopeRow, StatusRow};
pub use scope::{LeftBehind, Start, StartScope, Started};
pub use statement::Statement;
pub use unchanged::{UNCHANGED, Validator};
pub use work::{BeginInstance, Begun, Operation, Outcome, Progress, Work};
pub use writer::{Finish, Finished, Mode, Page, PageReport, Row, Survivors, Tally, Writer};

use rusqlite::InterruptHandle;

use error::translate;
use open::{Kind, Place};
use owner::{Heartbeat, Owner};
use session::{Guarded, Trouble};

/// An open database; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    options: OpenOptions,
    kind: Kind,
    writer: Option<WriteSide>,
    readers: Mutex<Vec<Guarded>>,
    owner: Arc<Mutex<Owner>>,
    heartbeat: Mutex<Option<Heartbeat>>,
}

/// The one connection that writes.
struct WriteSide {
    connection: Arc<Mutex<Guarded>>,
    interrupt: InterruptHandle,
}

/// How long a stop waits before it interrupts a running statement again.
const INTERRUPT_PAUSE: Duration = Duration::from_millis(2);
/// More idle readers than this are closed.
const IDLE_READERS: usize = 16;

impl Store {
    /// Opens the database for a run; creates its folder, its file and its tables.
    ///
    /// # Errors
    /// Environment: the file cannot be opened or created, is not ours, is damaged, newer, locked or read-only.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let place = Place::File(path.to_path_buf());
        let writer = open::writer(&place, options)?;
        Ok(Self::assemble(place, options, Kind::Ours, Some(writer), Vec::new()))
    }

    /// Opens a throw-away database in memory.
    ///
    /// # Errors
    /// Only when SQLite itself cannot work.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let (place, options) = (Place::memory(), OpenOptions::default());
        let writer = open::writer(&place, &options)?;
        Ok(Self::assemble(place, &options, Kind::Ours, Some(writer), Vec::new()))
    }

    /// Opens an existing database without the right to write; nothing is created or changed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without a file; else as [`Store::open`].
    pub fn open_read_only(path: &Path, options: &OpenOptions) -> Result<Self, StoreError> {
        let (place, reader, kind) = open::lone_reader(path, options)?;
        Ok(Self::assemble(place, options, kind, None, vec![reader]))
    }

    fn assemble(
        place: Place,
        options: &OpenOptions,
        kind: Kind,
        writer: Option<Guarded>,
        readers: Vec<Guarded>,
    ) -> Self {
        let owner = Arc::new(Mutex::new(Owner::new(&place, options.lease)));
        let inner = Inner {
            place,
            options: options.clone(),
            kind,
            writer: writer.map(WriteSide::new),
            readers: Mutex::new(readers),
            owner,
            heartbeat: Mutex::new(None),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Reads with one view of the database: everything the closure asks is of the same moment.
    ///
    /// # Errors
    /// Those of the closure, and of the database.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let inner = &self.inner;
        let pooled = lock(&inner.readers).pop();
        let guarded = match pooled {
            Some(guarded) => guarded,
            None => open::reader(&inner.place, &inner.options)?,
        };
        let begun = guarded.run("BEGIN", []);
        let result = match begun {
            Ok(_) => work(&Reader::new(&guarded, inner.place.path(), inner.kind)),
            Err(trouble) => Err(self.explain(trouble).into()),
        };
        let ended = if guarded.conn.is_autocommit() { Ok(0) } else { guarded.run("COMMIT", []) };
        let mut idle = lock(&inner.readers);
        if ended.is_ok() && idle.len() < IDLE_READERS {
            idle.push(guarded);
        }
        result
    }

    /// One event: `BEGIN IMMEDIATE`, the closure, `COMMIT`; any error rolls all of it back.
    fn write<T>(&self, work: impl FnOnce(&Guarded) -> Result<T, Trouble>) -> Result<T, StoreError> {
        self.try_write(work).map_err(|trouble| self.explain(trouble))
    }

    fn try_write<T>(&self, work: impl FnOnce(&Guarded) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let writer = self.inner.writer.as_ref().ok_or_else(|| self.read_only())?;
        self.transact(&lock(&writer.connection), work)
    }

    /// The same, after breaking off what this process is writing just now; that is rolled back and counts as
    /// stale.
    fn write_at_once<T>(&self, work: impl FnOnce(&Guarded) -> Result<T, Trouble>) -> Result<T, StoreError> {
        let writer = self.inner.writer.as_ref().ok_or_else(|| self.read_only())?;
        let guarded = loop {
            match writer.connection.try_lock() {
                Ok(guarded) => break guarded,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => writer.interrupt.interrupt(),
            }
            std::thread::sleep(INTERRUPT_PAUSE);
        };
        self.transact(&guarded, work).map_err(|trouble| self.explain(trouble))
    }

    fn transact<T>(
        &self,
        guarded: &Guarded,
        work: impl FnOnce(&Guarded) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if !guarded.conn.is_autocommit() {
            // A panic of an earlier caller left its transaction open.
            guarded.run("ROLLBACK", [])?;
        }
        guarded.run("BEGIN IMMEDIATE", [])?;
        let result = work(guarded).and_then(|value| {
            lock(&self.inner.owner).renew_if_due(guarded)?;
            guarded.run("COMMIT", [])?;
            Ok(value)
        });
        if result.is_err() && !guarded.conn.is_autocommit() {
            // The first error is the one to tell.
            let _ = guarded.run("ROLLBACK", []);
        }
        result
    }

    fn explain(&self, trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Sqlite(error) => translate(&error, self.inner.place.path()),
            Trouble::Store(error) => error,
            Trouble::Aborted => StoreError::Internal { detail: "an aborted write without a cause".into() },
        }
    }

    fn read_only(&self) -> StoreError {
        StoreError::ReadOnly { path: self.inner.place.path().to_path_buf() }
    }

    /// The file behind the store, `:memory:` without one.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.inner.place.path()
    }

    /// This process among the owners of runs, registered when it first needs to be.
    fn own_id(&self, guarded: &Guarded, now: i64) -> Result<String, Trouble> {
        let id = lock(&self.inner.owner).register(guarded, now)?;
        self.beat();
        Ok(id)
    }

    fn beat(&self) {
        let Some(writer) = &self.inner.writer else { return };
        let mut heartbeat = lock(&self.inner.heartbeat);
        if heartbeat.is_none() && matches!(self.inner.place, Place::File(_)) {
            *heartbeat = Heartbeat::start(Arc::clone(&writer.connection), Arc::clone(&self.inner.owner));
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl WriteSide {
    fn new(guarded: Guarded) -> Self {
        let interrupt = guarded.conn.get_interrupt_handle();
        Self { connection: Arc::new(Mutex::new(guarded)), interrupt }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        *lock(&self.heartbeat) = None;
        // The writing connection goes last: only it can fold the log into the file.
        lock(&self.readers).clear();
        if let Some(writer) = &self.writer {
            lock(&self.owner).leave(&lock(&writer.connection));
        }
    }
}

/// A poisoned lock only means that a caller's closure panicked; transactions are checked for leftovers.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
