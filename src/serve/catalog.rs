//! The tables by name, and the tokens that say how far a client has seen one of them.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use super::table::{Stamp, Table};
use super::{Clock, Options, ServeError, load};

/// First segments of routes, which no table may be called.
const RESERVED: [&str; 2] = ["odata", "cursor"];

pub(super) struct Catalog {
    tables: BTreeMap<String, RwLock<Table>>,
    clock: Clock,
    started: Stamp,
    /// Tells this run's changes from those of an earlier run over the same files.
    run: u128,
}

impl Catalog {
    pub(super) fn open(options: &Options) -> Result<Self, ServeError> {
        let mut tables = options.dir.as_deref().map(load::folder).transpose()?.unwrap_or_default();
        tables.extend(options.tables.iter().cloned());
        let now = (options.clock)();
        Ok(Self {
            tables: by_name(tables)?,
            clock: options.clock.clone(),
            started: stamp(now),
            run: now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos(),
        })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    pub(super) fn is_database(&self, name: &str) -> bool {
        self.tables.keys().any(|table| table.split_once('/').is_some_and(|(database, _)| database == name))
    }

    /// The table to read. A thread that failed while it held the lock has changed a row or not: both
    /// are fine to read.
    pub(super) fn read(&self, name: &str) -> Option<RwLockReadGuard<'_, Table>> {
        Some(self.tables.get(name)?.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn write(&self, name: &str) -> Option<RwLockWriteGuard<'_, Table>> {
        Some(self.tables.get(name)?.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The time at which loaded rows came to be.
    pub(super) fn started(&self) -> &str {
        &self.started
    }

    pub(super) fn now(&self) -> Stamp {
        stamp((self.clock)())
    }

    /// A token for all that a table holds at `version`. Before the first change it depends on the rows
    /// alone, so it survives a restart over the same files; later ones do not, as the changes do not.
    pub(super) fn watermark(&self, table: &Table, version: u64) -> String {
        let origin = table.origin();
        if version == 0 {
            format!("{origin:016x}-0")
        } else {
            format!("{origin:016x}-{version}-{:x}", self.run)
        }
    }

    /// The version that a token of this table means, or `None` when it cannot be continued from.
    pub(super) fn version_of(&self, table: &Table, watermark: &str) -> Option<u64> {
        let version: u64 = watermark.split('-').nth(1)?.parse().ok()?;
        let is_ours = version <= table.version() && self.watermark(table, version) == watermark;
        is_ours.then_some(version)
    }
}

fn by_name(tables: Vec<Table>) -> Result<BTreeMap<String, RwLock<Table>>, ServeError> {
    let mut named = BTreeMap::new();
    for table in tables {
        let name = table.name().to_owned();
        check_name(&name)?;
        if named.insert(name.clone(), RwLock::new(table)).is_some() {
            let message = format!("the table `{name}` exists twice; give one of them another name");
            return Err(ServeError::Name(message));
        }
    }
    for name in named.keys() {
        if let Some((database, _)) = name.split_once('/')
            && named.contains_key(database)
        {
            let message = format!("`{database}` is a table and a folder of tables; rename one of them");
            return Err(ServeError::Name(message));
        }
    }
    Ok(named)
}

fn check_name(name: &str) -> Result<(), ServeError> {
    let parts: Vec<&str> = name.split('/').collect();
    if parts.len() > 2 || parts.iter().any(|part| part.is_empty()) {
        let message = format!("the table name `{name}` is none, expected `table` or `database/table`");
        return Err(ServeError::Name(message));
    }
    if RESERVED.contains(&parts[0]) {
        let message =
            format!("`{}` is the name of a route; call the table or folder something else", parts[0]);
        return Err(ServeError::Name(message));
    }
    Ok(())
}

/// A time as ISO 8601 in UTC, to the millisecond.
fn stamp(time: SystemTime) -> Stamp {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Stamp::from(format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn open(names: &[&str], seconds: u64) -> Result<Catalog, ServeError> {
        let tables = names.iter().map(|name| Table::from_rows(name, [r#"{"id":1}"#]).unwrap()).collect();
        let clock: Clock = Arc::new(move || UNIX_EPOCH + Duration::from_secs(seconds));
        Catalog::open(&Options { tables, clock, ..Options::default() })
    }

    #[test]
    fn names_are_checked() {
        for (names, message) in [
            (&["a", "a"][..], "the table `a` exists twice"),
            (&["a", "a/b"], "`a` is a table and a folder"),
            (&["odata"], "`odata` is the name of a route"),
            (&["cursor/b"], "`cursor` is the name of a route"),
            (&["a/b/c"], "expected `table` or `database/table`"),
            (&["a/"], "expected `table` or `database/table`"),
        ] {
            let error = open(names, 0).err().unwrap().to_string();
            assert!(error.starts_with(message) || error.contains(message), "{error}");
        }
    }

    #[test]
    fn watermarks_survive_a_restart_only_before_changes() {
        let (first, second) = (open(&["a"], 1).unwrap(), open(&["a"], 2).unwrap());
        assert_eq!(first.started(), "1970-01-01T00:00:01.000Z");
        let loaded = first.watermark(&first.read("a").unwrap(), 0);
        assert_eq!(second.version_of(&second.read("a").unwrap(), &loaded), Some(0));
        for catalog in [&first, &second] {
            let now = catalog.now();
            catalog.write("a").unwrap().editable().unwrap().delete("1", &now);
        }
        let changed = first.watermark(&first.read("a").unwrap(), 1);
        assert_eq!(first.version_of(&first.read("a").unwrap(), &changed), Some(1));
        assert_eq!(second.version_of(&second.read("a").unwrap(), &changed), None);
        for nonsense in ["", "x", "0-0", "1-2-3", &loaded.replace("-0", "-9")] {
            assert_eq!(first.version_of(&first.read("a").unwrap(), nonsense), None, "{nonsense}");
        }
    }
}
