//! A copy in memory, to try something out.

use rusqlite::OpenFlags;

use super::Store;
use super::error::{StoreError, translate};
use super::open::{self, Kind, OpenOptions, Place};

impl Store {
    /// A copy in memory of what is committed now; what is done to it changes nothing here.
    ///
    /// # Errors
    /// Those of the database.
    pub fn copy_in_memory(&self) -> Result<Self, StoreError> {
        let place = Place::memory();
        let fail = |error: rusqlite::Error| translate(&error, self.path());
        // It lives for as long as a connection does.
        let first = open::connect(&place, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        let Place::Memory(target) = &place else {
            return Err(StoreError::Internal { detail: "a copy that is not in memory".into() });
        };
        // Connections for authors' statements may not attach, which this does.
        let source = open::connect_with_uri(&self.inner.place)?;
        source.execute("VACUUM INTO ?1", [target]).map_err(fail)?;
        let options = OpenOptions::default();
        let writer = open::writer(&place, &options)?;
        drop(first);
        Ok(Self::assemble(place, &options, Kind::Ours, Some(writer), Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Map, json};

    use super::*;
    use crate::store::{LocalRow, Method};

    fn put(store: &Store, id: &str) {
        let data = json!({"id": id}).as_object().cloned().unwrap_or_else(Map::new);
        store.write_rows("things", Method::Create, &[LocalRow { id, data: &data }], 1).unwrap();
    }

    fn count(store: &Store) -> usize {
        use crate::store::{Dialect, Parameters, Query};
        let query = Query::new("SELECT id FROM [things]", &Dialect { shorthand: false, package: None });
        store.query(&query, &Parameters::new()).unwrap().rows.len()
    }

    #[test]
    fn a_copy_is_apart_from_what_it_was_made_of() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b?#%.db");
        let file = Store::open(&path, &OpenOptions::default()).unwrap();
        let read_only = || Store::open_read_only(&path, &OpenOptions::default()).unwrap();
        for original in [Store::open_in_memory().unwrap(), file] {
            put(&original, "1");
            let copy = original.copy_in_memory().unwrap();
            put(&copy, "2");
            assert_eq!((count(&original), count(&copy)), (1, 2));
        }
        let copy = read_only().copy_in_memory().unwrap();
        put(&copy, "2");
        assert_eq!((count(&read_only()), count(&copy)), (1, 2));
    }
}
