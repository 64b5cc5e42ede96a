//! A table: rows in order, known by their key, with a count of changes for sync tokens.

mod generated;
mod stored;

use std::fmt;
use std::sync::Arc;

use super::ServeError;
use super::row::{Columns, Filter};
use generated::Generated;
pub(super) use stored::{Stamp, Stored};

/// A table to serve that comes from a program; [`Options::tables`](super::Options::tables).
#[derive(Clone)]
pub struct Table {
    name: String,
    rows: Rows,
}

#[derive(Clone)]
enum Rows {
    /// Shared until it is changed, so that options may be cloned.
    Stored(Arc<Stored>),
    Generated(Generated),
}

impl Table {
    /// A table of rows that are kept and can be changed. `name` is `table` or `database/table`; every
    /// row is the text of one JSON object.
    ///
    /// # Errors
    /// [`ServeError::Table`] for a row that is no object or repeats an `id`; its line is the number of
    /// the row.
    pub fn from_rows<R: AsRef<str>>(
        name: &str,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Self, ServeError> {
        let mut stored = Stored::default();
        for (index, row) in rows.into_iter().enumerate() {
            stored.load(row.as_ref()).map_err(|refused| ServeError::Table {
                origin: name.to_owned(),
                line: index + 1,
                column: 1,
                message: refused.message,
            })?;
        }
        Ok(Self::stored(name, stored))
    }

    /// A table of `len` rows that are written afresh for every answer, so that it takes no memory
    /// however long it is. `row` is given the number of the row, from 0, and appends the text of one
    /// JSON object. The row's key is its number; the table cannot be changed.
    pub fn generated(
        name: &str,
        len: usize,
        row: impl Fn(usize, &mut String) + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.to_owned(), rows: Rows::Generated(Generated::new(name, len, row)) }
    }

    pub(super) fn stored(name: &str, stored: Stored) -> Self {
        Self { name: name.to_owned(), rows: Rows::Stored(Arc::new(stored)) }
    }

    /// `table` or `database/table`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of rows now.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Stored(rows) => rows.len(),
            Rows::Generated(rows) => rows.len,
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("name", &self.name).field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A new, empty table for the loader to fill.
pub(super) fn empty() -> Stored {
    Stored::default()
}

/// What a row looks like from outside; valid while the table is borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub key: Name<'a>,
    pub text: &'a str,
    pub created: Option<&'a str>,
    pub updated: Option<&'a str>,
}

/// A row's key; a generated row's is its number, written only when asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name<'a> {
    Text(&'a str),
    Number(usize),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// One change since a version, for a sync token.
#[derive(Debug, Clone, Copy)]
pub(super) enum Changed<'a> {
    Row(View<'a>),
    Deleted { key: &'a str, at: &'a str },
}

/// Reading. A *place* is where a row stands for good; the places of deleted rows stay empty.
impl Table {
    /// Calls `each` for up to `limit` matching rows from a place on; answers the place of the next
    /// matching row, if there is one.
    pub(super) fn scan(
        &self,
        from: usize,
        limit: usize,
        filter: &Filter,
        each: &mut dyn FnMut(View<'_>),
    ) -> Option<usize> {
        match &self.rows {
            Rows::Stored(rows) => rows.scan(from, limit, filter, each),
            Rows::Generated(rows) => rows.scan(from, limit, filter, each),
        }
    }

    /// The place after `count` matching rows.
    pub(super) fn place_after(&self, count: usize, filter: &Filter) -> usize {
        let is_dense = match &self.rows {
            Rows::Stored(rows) => rows.is_dense(),
            Rows::Generated(_) => true,
        };
        if filter.0.is_empty() && is_dense {
            return count.min(self.len());
        }
        self.scan(0, count, filter, &mut |_| ()).unwrap_or(usize::MAX)
    }

    pub(super) fn count(&self, filter: &Filter) -> usize {
        if filter.0.is_empty() {
            return self.len();
        }
        let mut count = 0;
        self.scan(0, usize::MAX, filter, &mut |_| count += 1);
        count
    }

    /// What `read` makes of the row of that key.
    pub(super) fn with<R>(&self, key: &str, read: impl FnOnce(View<'_>) -> R) -> Option<R> {
        match &self.rows {
            Rows::Stored(rows) => rows.get(key).map(read),
            Rows::Generated(rows) => rows.with(key, read),
        }
    }

    /// The names of members that rows have; empty when that is not known.
    pub(super) fn columns(&self) -> Columns {
        match &self.rows {
            Rows::Stored(rows) => rows.columns().clone(),
            Rows::Generated(rows) => rows.columns(),
        }
    }

    /// A fingerprint of the rows as they were loaded.
    pub(super) fn origin(&self) -> u64 {
        match &self.rows {
            Rows::Stored(rows) => rows.origin(),
            Rows::Generated(rows) => rows.origin,
        }
    }

    /// When it was changed last, since then.
    pub(super) fn changed(&self) -> Option<&str> {
        match &self.rows {
            Rows::Stored(rows) => rows.changed(),
            Rows::Generated(_) => None,
        }
    }

    /// The number of changes since then.
    pub(super) fn version(&self) -> u64 {
        match &self.rows {
            Rows::Stored(rows) => rows.version(),
            Rows::Generated(_) => 0,
        }
    }

    /// Calls `each` for up to `limit` rows changed after `version`, in the order of change; answers the
    /// version of the last one when there are more.
    pub(super) fn changes(
        &self,
        version: u64,
        limit: usize,
        each: &mut dyn FnMut(Changed<'_>),
    ) -> Option<u64> {
        match &self.rows {
            Rows::Stored(rows) => rows.changes(version, limit, each),
            Rows::Generated(_) => None,
        }
    }

    /// The rows to change, unless they are generated.
    pub(super) fn editable(&mut self) -> Option<&mut Stored> {
        match &mut self.rows {
            Rows::Stored(rows) => Some(Arc::make_mut(rows)),
            Rows::Generated(_) => None,
        }
    }
}
