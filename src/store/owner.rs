//! Who runs what: every process that runs something is a row in `_syncOwner` and holds an OS lock on a file of
//! its own beside the database for its life. A lock that can be taken means a dead owner; a lease that was not
//! renewed means a suspended one. Either may be declared too early without harm, the epochs see to that.
//!
//! Files are made, and files without a row are removed, only while the database's write lock is held. So nobody
//! sees a file between its creation and its lock.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::params;

use super::error::{StoreError, is_out_of_space};
use super::lock;
use super::open::Place;
use super::session::{Guarded, Trouble};
use super::sync::Reason;

/// This process among the owners.
pub(super) struct Owner {
    database: Option<PathBuf>,
    lease: Duration,
    registration: Option<Registration>,
}

struct Registration {
    /// What runs name as their owner; a new one after others declared the old one lost.
    id: String,
    incarnation: u32,
    name: String,
    lock_file: Option<LockFile>,
    renewed: Instant,
}

struct LockFile {
    path: PathBuf,
    /// Holds the lock for as long as it is open.
    _file: File,
}

/// An owner that is no more, with what is left of it.
pub(super) struct Gone {
    pub(super) id: String,
    pub(super) reason: Reason,
    /// The dead owner's file, locked by us, to be removed once its runs are mended.
    remains: Option<LockFile>,
}

/// Renews the lease of its process until dropped.
pub(super) struct Heartbeat {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Owner {
    pub(super) fn new(place: &Place, lease: Duration) -> Self {
        let database = match place {
            Place::File(path) => Some(path.clone()),
            Place::Fixed(_) | Place::Memory(_) => None,
        };
        Self { database, lease, registration: None }
    }

    /// The id of this process, if it ever ran something.
    pub(super) fn id(&self) -> Option<&str> {
        self.registration.as_ref().map(|r| r.id.as_str())
    }

    /// Makes sure that this process has a file and a row, inside a write transaction.
    pub(super) fn register(&mut self, guarded: &Guarded, now: i64) -> Result<String, Trouble> {
        if let Some(own) = &mut self.registration {
            if guarded.exists("SELECT 1 FROM _syncOwner WHERE id = ?1", [&own.id])? {
                return Ok(own.id.clone());
            }
            own.incarnation += 1;
            own.id = format!("{}.{}", own.name, own.incarnation);
        } else {
            self.registration = Some(self.first_registration(guarded)?);
        }
        let own = self.registration.as_mut().expect("BUG: registered just above");
        own.renewed = Instant::now();
        let file =
            own.lock_file.as_ref().and_then(|l| l.path.file_name()).map(|n| n.to_string_lossy().into_owned());
        guarded.run(
            "INSERT INTO _syncOwner (id, pid, lockFile, startedAt, leaseAt, leaseUptime)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![own.id, std::process::id(), file, now, wall_clock(), uptime()],
        )?;
        Ok(own.id.clone())
    }

    fn first_registration(&self, guarded: &Guarded) -> Result<Registration, Trouble> {
        let name = uuid::Uuid::new_v4().simple().to_string()[..12].to_owned();
        let lock_file = match &self.database {
            Some(database) => {
                sweep(guarded, database)?;
                Some(create_lock(&lock_path(database, &name), database)?)
            }
            None => None,
        };
        Ok(Registration { id: name.clone(), incarnation: 1, name, lock_file, renewed: Instant::now() })
    }

    /// Renews the lease when a fifth of it has passed; part of every write transaction.
    pub(super) fn renew_if_due(&mut self, guarded: &Guarded) -> Result<(), Trouble> {
        let due = self.lease / 5;
        match &mut self.registration {
            Some(own) if own.renewed.elapsed() >= due => {
                own.renewed = Instant::now();
                renew(guarded, &own.id)
            }
            _ => Ok(()),
        }
    }

    /// Every other owner with something open that is dead or suspended.
    pub(super) fn find_gone(&self, guarded: &Guarded) -> Result<Vec<Gone>, Trouble> {
        let own = self.id().unwrap_or("");
        let rows = guarded.all(
            "WITH busy(id) AS (
               SELECT owner FROM _syncRun WHERE state = 'syncing'
               UNION SELECT owner FROM _syncWork WHERE state = 'open'
               UNION SELECT ifnull(owner, '') FROM _commandQueue WHERE state = 'processing')
             SELECT busy.id, o.id, o.lockFile, o.leaseAt, o.leaseUptime
             FROM busy LEFT JOIN _syncOwner o ON o.id = busy.id WHERE busy.id <> ?1 ORDER BY busy.id",
            [own],
            |row| {
                Ok((
                    row.get(0)?,
                    Row {
                        known: row.get::<_, Option<String>>(1)?.is_some(),
                        lock_file: row.get(2)?,
                        lease_at: row.get(3)?,
                        lease_uptime: row.get(4)?,
                    },
                ))
            },
        )?;
        let mut gone = Vec::new();
        for (id, row) in rows {
            let id: String = id;
            if let Some((reason, remains)) = self.judge(&row)? {
                gone.push(Gone { id, reason, remains });
            }
        }
        Ok(gone)
    }

    /// Owners that have nothing open and whose process has ended.
    pub(super) fn idle_and_dead(&self, guarded: &Guarded) -> Result<Vec<String>, Trouble> {
        let rows = guarded.all(
            "SELECT id, lockFile FROM _syncOwner WHERE id <> ?1
               AND id NOT IN (SELECT owner FROM _syncRun WHERE state = 'syncing')
               AND id NOT IN (SELECT owner FROM _syncWork WHERE state = 'open') ORDER BY id",
            [self.id().unwrap_or("")],
            |row| {
                let id: String = row.get(0)?;
                Ok((id, Row { known: true, lock_file: row.get(1)?, lease_at: None, lease_uptime: None }))
            },
        )?;
        let mut dead = Vec::new();
        for (id, row) in rows {
            if matches!(self.judge(&row)?, Some((Reason::OwnerLost, _))) {
                dead.push(id);
            }
        }
        Ok(dead)
    }

    fn judge(&self, row: &Row) -> Result<Option<(Reason, Option<LockFile>)>, Trouble> {
        let (Some(database), true) = (&self.database, row.known) else {
            return Ok(Some((Reason::OwnerLost, None)));
        };
        let Some(name) = &row.lock_file else { return Ok(Some((Reason::OwnerLost, None))) };
        let path = database.with_file_name(name);
        let file = match OpenOptions::new().read(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some((Reason::OwnerLost, None)));
            }
            Err(error) => return Err(cannot_lock(database, &error).into()),
        };
        // A shared lock, so that two processes that look at once do not take each other for the owner.
        match file.try_lock_shared() {
            Ok(()) => Ok(Some((Reason::OwnerLost, Some(LockFile { path, _file: file })))),
            Err(TryLockError::WouldBlock) if self.has_expired(row) => Ok(Some((Reason::OwnerStalled, None))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot_lock(database, &error).into()),
        }
    }

    /// Both clocks must say so: the wall clock may jump, the uptime may differ between containers.
    fn has_expired(&self, row: &Row) -> bool {
        let lease = i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX);
        let wall = row.lease_at.is_none_or(|at| wall_clock().abs_diff(at) > lease.unsigned_abs());
        let since_boot = match (row.lease_uptime, uptime()) {
            (Some(then), Some(now)) => now.abs_diff(then) > lease.unsigned_abs(),
            _ => true,
        };
        wall && since_boot
    }

    /// Gives up the row and the file, unless runs of ours are still open: those are for others to mend.
    pub(super) fn leave(&mut self, guarded: &Guarded) {
        let Some(own) = self.registration.take() else { return };
        // A last courtesy; what fails here is swept by the next process.
        let _ = guarded.conn.busy_timeout(Duration::from_millis(500));
        if let (Ok(true), Some(file)) = (leave_row(guarded, &own.id), &own.lock_file) {
            remove(file);
        }
    }

    /// Dies as a killed process does: the lock goes, everything else stays.
    #[cfg(test)]
    pub(super) fn die(&mut self) {
        self.registration = None;
    }
}

struct Row {
    known: bool,
    lock_file: Option<String>,
    lease_at: Option<i64>,
    lease_uptime: Option<i64>,
}

impl Gone {
    /// Removes the owner's row; part of the transaction that mends its runs.
    pub(super) fn strike(&self, guarded: &Guarded) -> Result<(), Trouble> {
        guarded.run("DELETE FROM _syncOwner WHERE id = ?1", [&self.id])?;
        Ok(())
    }

    /// Removes the dead owner's file, after the commit.
    pub(super) fn bury(self) {
        if let Some(file) = &self.remains {
            remove(file);
        }
    }
}

impl Heartbeat {
    /// Starts the thread; `None` when the system gives none, then only transactions renew the lease.
    pub(super) fn start(writer: Arc<Mutex<Guarded>>, owner: Arc<Mutex<Owner>>) -> Option<Self> {
        let (stop, stopped) = channel();
        let pause = lock(&owner).lease / 5;
        let beat = move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
                let guarded = lock(&writer);
                let own = lock(&owner);
                // A missed beat is made good by the next one.
                let _ = own.id().map_or(Ok(()), |id| renew_if_busy(&guarded, id));
            }
        };
        let thread = std::thread::Builder::new().name("syncscope-lease".into()).spawn(beat).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Heartbeat {
    /// Waits for the thread, which holds the writing connection that is to be closed last.
    fn drop(&mut self) {
        self.stop = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn renew(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    guarded.run(
        "UPDATE _syncOwner SET leaseAt = ?2, leaseUptime = ?3 WHERE id = ?1",
        params![id, wall_clock(), uptime()],
    )?;
    Ok(())
}

fn renew_if_busy(guarded: &Guarded, id: &str) -> Result<(), Trouble> {
    if guarded.conn.is_autocommit() && has_open(guarded, id)? { renew(guarded, id) } else { Ok(()) }
}

fn has_open(guarded: &Guarded, id: &str) -> Result<bool, Trouble> {
    guarded.exists(
        "SELECT 1 FROM _syncRun WHERE owner = ?1 AND state = 'syncing'
         UNION ALL SELECT 1 FROM _syncWork WHERE owner = ?1 AND state = 'open'
         UNION ALL SELECT 1 FROM _commandQueue WHERE owner = ?1 AND state = 'processing' LIMIT 1",
        [id],
    )
}

fn leave_row(guarded: &Guarded, id: &str) -> Result<bool, Trouble> {
    if has_open(guarded, id)? {
        return Ok(false);
    }
    guarded.run("DELETE FROM _syncOwner WHERE id = ?1", [id])?;
    Ok(true)
}

/// The file of an owner beside the database; files with such names are swept when nobody holds them.
pub(super) fn lock_path(database: &Path, name: &str) -> PathBuf {
    let file = database.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    database.with_file_name(format!("{file}-owner-{name}"))
}

fn create_lock(path: &Path, database: &Path) -> Result<LockFile, StoreError> {
    let file =
        OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| cannot_lock(database, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(LockFile { path: path.to_path_buf(), _file: file }),
        Err(error) => {
            remove(&LockFile { path: path.to_path_buf(), _file: file });
            let error = match error {
                TryLockError::Error(error) => error,
                TryLockError::WouldBlock => std::io::ErrorKind::WouldBlock.into(),
            };
            Err(cannot_lock(database, &error))
        }
    }
}

/// Removes what dead owners left behind that had nothing open; the write lock keeps others from adding meanwhile.
pub(super) fn sweep(guarded: &Guarded, database: &Path) -> Result<(), Trouble> {
    let prefix = lock_path(database, "");
    let Some(prefix) = prefix.file_name().and_then(|n| n.to_str()) else { return Ok(()) };
    let folder = database.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| n.starts_with(prefix)) else { continue };
        let Ok(file) = OpenOptions::new().read(true).open(entry.path()) else { continue };
        if file.try_lock_shared().is_ok() && leave_rows_of(guarded, name)? {
            remove(&LockFile { path: entry.path(), _file: file });
        }
    }
    Ok(())
}

/// Removes the rows of a dead owner's file, unless something of theirs is still to be mended.
fn leave_rows_of(guarded: &Guarded, file: &str) -> Result<bool, Trouble> {
    let owners: Vec<String> =
        guarded.all("SELECT id FROM _syncOwner WHERE lockFile = ?1", [file], |row| row.get(0))?;
    let mut all_left = true;
    for owner in owners {
        all_left &= leave_row(guarded, &owner)?;
    }
    Ok(all_left)
}

fn remove(lock_file: &LockFile) {
    // Left behind it is swept by the next process that runs something.
    let _ = std::fs::remove_file(&lock_file.path);
}

fn cannot_lock(database: &Path, error: &std::io::Error) -> StoreError {
    let path = database.to_path_buf();
    if is_out_of_space(error) {
        return StoreError::DiskFull { path };
    }
    StoreError::NoLocking { path, reason: error.to_string() }
}

fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since the machine started, the same for all its processes and blind to changes of the wall
/// clock; only where the system tells it in a file.
fn uptime() -> Option<i64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (whole, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}
