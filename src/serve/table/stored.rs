//! Rows kept in memory, each as its compact text.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::row::{self, Columns, Filter, Members};
use super::{Changed, Name, View};

/// A time as it is shown, shared by all rows that carry it.
pub(in super::super) type Stamp = Arc<str>;

#[derive(Clone)]
pub(in super::super) struct Stored {
    /// Every row at its place; a deleted row leaves its place empty, so that cursors stay true.
    places: Vec<Option<Row>>,
    by_key: HashMap<Box<str>, usize>,
    columns: Columns,
    version: u64,
    /// When it was changed last.
    changed: Option<Stamp>,
    /// Rows and deletions by the version that changed them last; loaded rows have none.
    changes: BTreeMap<u64, Change>,
    /// The versions that deleted a key.
    deleted: HashMap<Box<str>, u64>,
    origin: u64,
    /// The greatest `id`, while all of them are whole numbers.
    greatest: Option<u64>,
}

#[derive(Clone)]
struct Row {
    key: Box<str>,
    text: Box<str>,
    version: u64,
    created: Option<Stamp>,
    updated: Option<Stamp>,
}

#[derive(Clone)]
enum Change {
    Row(usize),
    Deleted { key: Box<str>, at: Stamp },
}

/// Why a row cannot be kept.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Refused {
    pub message: String,
    /// Where in the row's text, in bytes.
    pub offset: usize,
}

/// A row of that key exists.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Conflict;

impl Default for Stored {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            by_key: HashMap::new(),
            columns: Columns::new(),
            version: 0,
            changed: None,
            changes: BTreeMap::new(),
            deleted: HashMap::new(),
            origin: 0,
            greatest: Some(0),
        }
    }
}

/// Filling it.
impl Stored {
    /// Appends a row of the table as it is in the beginning; such rows are no changes.
    pub(in super::super) fn load(&mut self, text: &str) -> Result<(), Refused> {
        let key = row::inspect(text, &mut self.columns).map_err(|error| refused(text, &error))?;
        if let Some(key) = &key
            && self.by_key.contains_key(key.text.as_str())
        {
            let message = format!("a row with the id `{}` stands above; ids must be unique", key.text);
            return Err(Refused { message, offset: 0 });
        }
        self.note_greatest(key.as_ref().and_then(|key| key.number));
        let key = key.map_or_else(|| self.numbered_key(), |key| key.text);
        let text = row::compact(text);
        self.origin = fingerprint(fingerprint(self.origin, &key), &text);
        self.push(Row { key: key.into_boxed_str(), text, version: 0, created: None, updated: None });
        Ok(())
    }

    /// Gives columns that no row has, such as those of a CSV file without rows.
    pub(in super::super) fn add_columns(&mut self, names: impl Iterator<Item = String>) {
        self.columns.extend(names);
    }

    fn push(&mut self, row: Row) {
        self.by_key.insert(row.key.clone(), self.places.len());
        self.places.push(Some(row));
    }

    fn note_greatest(&mut self, number: Option<u64>) {
        self.greatest = self.greatest.zip(number).map(|(a, b)| a.max(b));
    }

    fn numbered_key(&self) -> String {
        let mut number = self.places.len();
        loop {
            number += 1;
            let key = format!("row-{number}");
            if !self.by_key.contains_key(key.as_str()) {
                return key;
            }
        }
    }
}

/// Reading it.
impl Stored {
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// No place is empty: the number of a row is its place.
    pub(super) fn is_dense(&self) -> bool {
        self.places.len() == self.by_key.len()
    }

    pub(super) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    pub(super) fn changed(&self) -> Option<&str> {
        self.changed.as_deref()
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(in super::super) fn get(&self, key: &str) -> Option<View<'_>> {
        self.by_key.get(key).and_then(|&place| self.at(place)).map(Row::view)
    }

    pub(super) fn scan(
        &self,
        from: usize,
        limit: usize,
        filter: &Filter,
        each: &mut dyn FnMut(View<'_>),
    ) -> Option<usize> {
        let mut found = 0;
        for (index, place) in self.places.iter().enumerate().skip(from) {
            let Some(row) = place.as_ref().filter(|row| filter.matches(&row.text)) else { continue };
            if found == limit {
                return Some(index);
            }
            each(row.view());
            found += 1;
        }
        None
    }

    pub(super) fn changes(
        &self,
        version: u64,
        limit: usize,
        each: &mut dyn FnMut(Changed<'_>),
    ) -> Option<u64> {
        let mut last = version;
        for (found, (&at, change)) in self.changes.range(version + 1..).enumerate() {
            if found == limit {
                return Some(last);
            }
            last = at;
            match change {
                Change::Row(place) => {
                    if let Some(row) = self.at(*place) {
                        each(Changed::Row(row.view()));
                    }
                }
                Change::Deleted { key, at } => each(Changed::Deleted { key, at }),
            }
        }
        None
    }

    fn at(&self, place: usize) -> Option<&Row> {
        self.places.get(place).and_then(Option::as_ref)
    }
}

/// Changing it. Every change gets the next version.
impl Stored {
    /// A key for a row that names none: the next number, or the next `row-<n>`.
    pub(in super::super) fn fresh_key(&self) -> String {
        match self.greatest.and_then(|greatest| greatest.checked_add(1)) {
            Some(next) => next.to_string(),
            None => self.numbered_key(),
        }
    }

    /// The `id` for a key as JSON: a number where all ids are.
    pub(in super::super) fn id_of(&self, key: &str) -> String {
        let is_number = self.greatest.is_some() && key.parse::<u64>().is_ok_and(|n| n.to_string() == key);
        if is_number { key.to_owned() } else { row::quoted(key) }
    }

    pub(in super::super) fn create(&mut self, key: &str, text: &str, now: &Stamp) -> Result<(), Conflict> {
        if self.by_key.contains_key(key) {
            return Err(Conflict);
        }
        self.note_new(text);
        // A row that comes back is no deletion any more.
        if let Some(version) = self.deleted.remove(key) {
            self.changes.remove(&version);
        }
        let change = Change::Row(self.places.len());
        let version = self.record(change, now);
        let now = Some(now.clone());
        self.push(Row { key: key.into(), text: text.into(), version, created: now.clone(), updated: now });
        Ok(())
    }

    /// Replaces a row, or creates it; answers whether it was created.
    pub(in super::super) fn put(&mut self, key: &str, text: &str, now: &Stamp) -> bool {
        if self.create(key, text, now).is_ok() {
            return true;
        }
        self.note_new(text);
        self.rewrite(key, text.into(), now);
        false
    }

    /// Merges top-level members into a row; answers whether there is such a row.
    pub(in super::super) fn patch(&mut self, key: &str, changes: &Members<'_>, now: &Stamp) -> bool {
        let Some(text) = self.get(key).and_then(|row| Some(Members::parse(row.text).ok()?.merged(changes)))
        else {
            return false;
        };
        self.note_new(&text);
        self.rewrite(key, text, now);
        true
    }

    pub(in super::super) fn delete(&mut self, key: &str, now: &Stamp) -> bool {
        let Some(place) = self.by_key.remove(key) else { return false };
        if let Some(row) = self.places[place].take() {
            self.changes.remove(&row.version);
        }
        let version = self.record(Change::Deleted { key: key.into(), at: now.clone() }, now);
        self.deleted.insert(key.into(), version);
        true
    }

    fn rewrite(&mut self, key: &str, text: Box<str>, now: &Stamp) {
        let Some(&place) = self.by_key.get(key) else { return };
        let version = self.record(Change::Row(place), now);
        let Some(row) = self.places[place].as_mut() else { return };
        self.changes.remove(&row.version);
        *row = Row { text, version, updated: Some(now.clone()), ..row.clone() };
    }

    fn record(&mut self, change: Change, now: &Stamp) -> u64 {
        self.version += 1;
        self.changed = Some(now.clone());
        self.changes.insert(self.version, change);
        self.version
    }

    /// Learns the columns of a row that was accepted, and whether ids go on being numbers.
    fn note_new(&mut self, text: &str) {
        let number = row::inspect(text, &mut self.columns).ok().flatten().and_then(|key| key.number);
        self.note_greatest(number);
    }
}

impl Row {
    fn view(&self) -> View<'_> {
        View {
            key: Name::Text(&self.key),
            text: &self.text,
            created: self.created.as_deref(),
            updated: self.updated.as_deref(),
        }
    }
}

/// Goes on with a 64-bit FNV-1a hash, whose values are the same in every build.
pub(super) fn fingerprint(before: u64, text: &str) -> u64 {
    let start = before ^ 0xcbf2_9ce4_8422_2325;
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn refused(text: &str, error: &serde_json::Error) -> Refused {
    let offset = super::super::load::offset_of(text, error.line(), error.column());
    Refused { message: super::super::load::message_of(error), offset }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table(rows: &[&str]) -> Stored {
        let mut table = Stored::default();
        for row in rows {
            table.load(row).unwrap();
        }
        table
    }

    fn changed(table: &Stored, version: u64) -> Vec<String> {
        let mut found = Vec::new();
        table.changes(version, usize::MAX, &mut |change| {
            found.push(match change {
                Changed::Row(row) => row.text.to_owned(),
                Changed::Deleted { key, .. } => format!("-{key}"),
            });
        });
        found
    }

    #[test]
    fn keys_come_from_id_or_are_counted() {
        let mut table = table(&[r#"{"a":1}"#, r#"{"id":"x"}"#, r#"{"a":2}"#]);
        assert!(["row-1", "x", "row-3"].iter().all(|key| table.get(key).is_some()));
        let refused = table.load(r#"{"id":"x"}"#).unwrap_err();
        assert!(refused.message.contains("`x`"), "{}", refused.message);
        assert_eq!((table.fresh_key().as_str(), table.id_of("4").as_str()), ("row-4", "\"4\""));
    }

    #[test]
    fn numbers_count_on() {
        let mut table = table(&[r#"{"id":7}"#, r#"{"id":3}"#]);
        assert_eq!((table.fresh_key().as_str(), table.id_of("8").as_str()), ("8", "8"));
        let now = Stamp::from("now");
        table.create("8", r#"{"id":8}"#, &now).unwrap();
        assert_eq!(table.create("8", r#"{"id":8}"#, &now), Err(Conflict));
        assert_eq!(table.fresh_key(), "9");
    }

    #[test]
    fn changes_hold_the_last_state_of_each_row_once() {
        let mut table = table(&[r#"{"id":"a"}"#, r#"{"id":"b"}"#]);
        assert!(changed(&table, 0).is_empty(), "loaded rows are no changes");
        let now = Stamp::from("now");
        assert!(table.put("c", r#"{"id":"c"}"#, &now));
        assert!(table.patch("a", &Members::parse(r#"{"n":1}"#).unwrap(), &now));
        assert!(!table.put("c", r#"{"id":"c","n":2}"#, &now));
        assert!(table.delete("b", &now) && !table.delete("b", &now));
        assert_eq!(changed(&table, 0), [r#"{"id":"a","n":1}"#, r#"{"id":"c","n":2}"#, "-b"]);
        assert_eq!(changed(&table, 3), ["-b"]);
        assert_eq!(table.changes(0, 2, &mut |_| ()), Some(3));
        assert!(table.put("b", r#"{"id":"b"}"#, &now), "a deleted row may come back");
        assert_eq!(changed(&table, 3), [r#"{"id":"b"}"#]);
    }

    #[test]
    fn places_stay_when_rows_go() {
        let mut table = table(&[r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
        table.delete("1", &Stamp::from("now"));
        let mut seen = Vec::new();
        let next = table.scan(1, 1, &Filter::default(), &mut |row| seen.push(row.text.to_owned()));
        assert_eq!((seen, next), (vec![r#"{"id":2}"#.to_owned()], Some(2)));
        assert!(!table.is_dense());
    }

    #[test]
    fn the_origin_tells_contents_apart() {
        let (a, b) = (table(&[r#"{"id":1}"#]), table(&[r#"{ "id": 1 }"#]));
        assert_eq!(a.origin(), b.origin());
        assert_ne!(a.origin(), table(&[r#"{"id":2}"#]).origin());
    }
}
