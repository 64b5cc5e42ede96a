//! Opening: files, folders, settings of a connection, migrations, and refusing what is not ours.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::{StoreError, code_of, is_out_of_space, translate};
use super::session::Guarded;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// How long to wait for other programs that hold the database.
    pub busy_timeout: Duration,
    /// How much a power failure may cost.
    pub durability: Durability,
    /// How many bytes of a replace a writer holds back before it stages them; large pieces cost less than many
    /// small ones.
    pub staging_buffer: usize,
    /// How long a suspended owner is believed; it renews its lease five times as often.
    pub lease: Duration,
    /// What stays of the runs that have ended.
    pub retention: Retention,
}

/// What stays of the runs that have ended; the rest goes in the transaction that ends another run. The current
/// run of a scope stays in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many of the newest runs of a scope.
    pub runs: u32,
    /// For how long after its end.
    pub age: Option<Duration>,
    /// How many runs of all scopes together, those that were deleted included.
    pub most: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { runs: 100, age: None, most: 10_000 }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(10),
            durability: Durability::default(),
            staging_buffer: 4 << 20,
            lease: Duration::from_secs(15),
            retention: Retention::default(),
        }
    }
}

/// How much a power failure may cost. A crash of the program costs nothing in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Durability {
    /// Nothing: every commit waits for the disk.
    Full,
    /// The last commits, never consistency.
    #[default]
    Normal,
    /// Everything; for throw-away databases.
    Off,
}

/// Where a store lives.
#[derive(Debug, Clone)]
pub(super) enum Place {
    File(PathBuf),
    /// A file that nobody can change, such as one in a folder that may only be read.
    Fixed(PathBuf),
    Memory(String),
}

impl Place {
    /// The path for messages.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Fixed(path) => path,
            Self::Memory(_) => Path::new(":memory:"),
        }
    }

    /// A fresh place in memory that the connections of one store share.
    pub(super) fn memory() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self::Memory(format!("file:/syncscope-{number}?vfs=memdb"))
    }
}

/// `SYNS`: tells our databases from others.
const APPLICATION_ID: i64 = 0x5359_4e53;
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_network.sql"),
    include_str!("migrations/0003_commands.sql"),
];
/// Older ones can damage a write-ahead log that two connections share.
const OLDEST_SQLITE: i32 = 3_051_003;

/// What a database file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ours, with all tables.
    Ours,
    /// Without our tables, or with those of an older version.
    Older,
}

/// Opens the one connection that writes; creates folder, file and tables.
pub(super) fn writer(place: &Place, options: &OpenOptions) -> Result<Guarded, StoreError> {
    check_library()?;
    if let Place::File(path) = place {
        create_folder(path)?;
    }
    let conn = connect(place, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
    let fail = |error| translate(&error, place.path());
    settings(&conn, options).map_err(fail)?;
    let kind = identify(&conn, place.path())?;
    if conn.is_readonly("main").map_err(fail)? {
        return Err(StoreError::ReadOnly { path: place.path().to_path_buf() });
    }
    if let Place::File(path) = place {
        use_log(&conn, path, options.busy_timeout)?;
    }
    if kind == Kind::Older {
        migrate(&conn, place.path())?;
    }
    Ok(Guarded::new(conn).map_err(fail)?.keeping(options.retention))
}

/// Opens a connection that only reads a database that is known to exist.
pub(super) fn reader(place: &Place, options: &OpenOptions) -> Result<Guarded, StoreError> {
    let fail = |error| translate(&error, place.path());
    let flags = match place {
        Place::File(_) | Place::Fixed(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Place::Memory(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let conn = connect(place, flags)?;
    settings(&conn, options).map_err(fail)?;
    Guarded::new(conn).map_err(fail)
}

/// Opens the first connection of a store that never writes.
pub(super) fn lone_reader(path: &Path, options: &OpenOptions) -> Result<(Place, Guarded, Kind), StoreError> {
    check_library()?;
    match std::fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(StoreError::Missing { path: path.to_path_buf() });
        }
        Err(error) => {
            return Err(StoreError::CannotOpen { path: path.to_path_buf(), reason: error.to_string() });
        }
    }
    let place = Place::File(path.to_path_buf());
    match identified(place, options) {
        // Beside a log nobody may write the index of the log, so without one the file is complete as it is.
        Err(StoreError::CannotOpen { .. } | StoreError::ReadOnly { .. }) if !log_path(path).exists() => {
            identified(Place::Fixed(path.to_path_buf()), options)
        }
        outcome => outcome,
    }
}

fn identified(place: Place, options: &OpenOptions) -> Result<(Place, Guarded, Kind), StoreError> {
    let guarded = reader(&place, options)?;
    let kind = identify(&guarded.conn, place.path())?;
    Ok((place, guarded, kind))
}

pub(super) fn log_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn check_library() -> Result<(), StoreError> {
    if rusqlite::version_number() >= OLDEST_SQLITE {
        return Ok(());
    }
    let detail = format!("SQLite {} is too old, 3.51.3 is needed", rusqlite::version());
    Err(StoreError::Internal { detail })
}

fn create_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| {
        let path = path.to_path_buf();
        if is_out_of_space(&error) {
            return StoreError::DiskFull { path };
        }
        StoreError::CannotOpen { path, reason: format!("the folder cannot be created: {error}") }
    })
}

/// A connection that may name other databases by their addresses, to copy from.
pub(super) fn connect_with_uri(place: &Place) -> Result<Connection, StoreError> {
    let flags = match place {
        Place::File(_) | Place::Fixed(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Place::Memory(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    connect_how(place, flags, OpenFlags::SQLITE_OPEN_URI)
}

pub(super) fn connect(place: &Place, flags: OpenFlags) -> Result<Connection, StoreError> {
    connect_how(place, flags, OpenFlags::empty())
}

fn connect_how(place: &Place, flags: OpenFlags, more: OpenFlags) -> Result<Connection, StoreError> {
    let flags = flags | more | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let with_uri = flags | OpenFlags::SQLITE_OPEN_URI;
    let opened = match place {
        Place::File(path) => Connection::open_with_flags(path, flags),
        Place::Fixed(path) => Connection::open_with_flags(fixed_uri(path), with_uri),
        Place::Memory(uri) => Connection::open_with_flags(uri, with_uri),
    };
    opened.map_err(|error| translate(&error, place.path()))
}

fn fixed_uri(path: &Path) -> String {
    let text = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{text}?immutable=1")
}

fn settings(conn: &Connection, options: &OpenOptions) -> rusqlite::Result<()> {
    conn.busy_timeout(options.busy_timeout)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // The dialect's `= "text"` needs SQLite's old leniency (datasources.md §2.2).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
    // A staged table takes the place of another; views that speak of it must not stop that.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    conn.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
        Durability::Off => "OFF",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "cache_size", -8192)
}

/// Whose database it is; reads the file for the first time.
fn identify(conn: &Connection, path: &Path) -> Result<Kind, StoreError> {
    let fail = |error| translate(&error, path);
    // In one statement, or another process could make the file ours between the two numbers.
    let both = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version";
    let (application, version): (i64, i64) =
        conn.query_row(both, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fail)?;
    let supported = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let path = path.to_path_buf();
    match (application, version) {
        (APPLICATION_ID, found) if found > supported => {
            Err(StoreError::NewerSchema { path, found, supported })
        }
        (APPLICATION_ID, found) if found == supported => Ok(Kind::Ours),
        (APPLICATION_ID, _) | (0, 0) => Ok(Kind::Older),
        _ => Err(StoreError::Foreign { path }),
    }
}

fn use_log(conn: &Connection, path: &Path, patience: Duration) -> Result<(), StoreError> {
    let mode = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0));
    if mode("PRAGMA journal_mode").map_err(|error| translate(&error, path))? == "wal" {
        return Ok(());
    }
    // Two processes that switch a new file at once do not wait for each other by themselves.
    let give_up = Instant::now() + patience;
    loop {
        match mode("PRAGMA journal_mode = WAL").map_err(|error| translate(&error, path)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                let reason = format!("it refuses the write-ahead log and stays with `{mode}`");
                return Err(StoreError::NoLocking { path: path.to_path_buf(), reason });
            }
            Err(StoreError::Locked { .. }) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(error),
        }
    }
}

fn migrate(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error| translate(&error, path);
    conn.execute_batch("BEGIN IMMEDIATE").map_err(fail)?;
    let done = migrate_inside(conn, path).and_then(|()| conn.execute_batch("COMMIT").map_err(fail));
    if done.is_err() {
        // The first error is the one to tell; a rollback that fails too is done by the next opening.
        let _ = conn.execute_batch("ROLLBACK");
    }
    done
}

fn migrate_inside(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |error| translate(&error, path);
    // Another process may have done it while we waited for the lock.
    if identify(conn, path)? == Kind::Ours {
        return Ok(());
    }
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(fail)?;
    let count = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = conn.query_row(count, [], |row| row.get(0)).map_err(fail)?;
    if version == 0 && tables > 0 {
        // Whoever made them did not expect us: a sync would replace rows that are not ours.
        return Err(StoreError::Foreign { path: path.to_path_buf() });
    }
    for sql in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        conn.execute_batch(sql).map_err(|error| match code_of(&error) {
            Some(rusqlite::ErrorCode::Unknown) => StoreError::Foreign { path: path.to_path_buf() },
            _ => translate(&error, path),
        })?;
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(fail)?;
    conn.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))
        .map_err(fail)
}
