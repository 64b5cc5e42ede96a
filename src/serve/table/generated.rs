//! Rows that a function writes when they are asked for.

use std::sync::Arc;

use super::super::row::{self, Columns, Filter};
use super::{Name, View};

/// Appends the row of that number.
type WriteRow = dyn Fn(usize, &mut String) + Send + Sync;

#[derive(Clone)]
pub(super) struct Generated {
    pub(super) len: usize,
    pub(super) origin: u64,
    row: Arc<WriteRow>,
}

impl Generated {
    pub(super) fn new(
        name: &str,
        len: usize,
        row: impl Fn(usize, &mut String) + Send + Sync + 'static,
    ) -> Self {
        let origin = super::stored::fingerprint(super::stored::fingerprint(0, name), &len.to_string());
        Self { len, origin, row: Arc::new(row) }
    }

    pub(super) fn scan(
        &self,
        from: usize,
        limit: usize,
        filter: &Filter,
        each: &mut dyn FnMut(View<'_>),
    ) -> Option<usize> {
        let mut text = String::new();
        let mut found = 0;
        for index in from..self.len {
            if found == limit && filter.0.is_empty() {
                return Some(index);
            }
            self.write(index, &mut text);
            if !filter.matches(&text) {
                continue;
            }
            if found == limit {
                return Some(index);
            }
            each(view(index, &text));
            found += 1;
        }
        None
    }

    pub(super) fn with<R>(&self, key: &str, read: impl FnOnce(View<'_>) -> R) -> Option<R> {
        let index: usize = key.parse().ok()?;
        if index >= self.len || index.to_string() != key {
            return None;
        }
        let mut text = String::new();
        self.write(index, &mut text);
        Some(read(view(index, &text)))
    }

    pub(super) fn columns(&self) -> Columns {
        let mut columns = Columns::new();
        let mut text = String::new();
        if self.len > 0 {
            self.write(0, &mut text);
            // A row that is no object has no columns: its author sees that in the answer.
            let _ = row::inspect(&text, &mut columns);
        }
        columns
    }

    fn write(&self, index: usize, text: &mut String) {
        text.clear();
        (self.row)(index, text);
    }
}

fn view(index: usize, text: &str) -> View<'_> {
    View { key: Name::Number(index), text, created: None, updated: None }
}
