//! Rows held back in one stretch of memory.

use super::Row;

/// Rows that wait to be staged.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    text: String,
    /// Where each row's id and data end in the text.
    ends: Vec<(usize, usize)>,
}

impl Buffer {
    /// Adds rows at the end.
    pub(super) fn extend(&mut self, rows: &[Row<'_>]) {
        for row in rows {
            self.text.push_str(row.id);
            let id = self.text.len();
            self.text.push_str(row.data);
            self.ends.push((id, self.text.len()));
        }
    }

    /// Bytes of text.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// The rows in the order they came.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts
            .zip(&self.ends)
            .map(|(start, &(id, end))| Row { id: &self.text[start..id], data: &self.text[id..end] })
    }
}

/// Bytes of text of some rows.
pub(super) fn size_of(rows: &[Row<'_>]) -> usize {
    rows.iter().map(|row| row.id.len() + row.data.len()).sum()
}
