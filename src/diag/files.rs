use std::sync::{Arc, OnceLock};

/// Names one file within a [`Files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(super) u32);

impl FileId {
    /// The first file of any [`Files`].
    #[must_use]
    pub fn first() -> Self {
        Self(0)
    }

    /// The position of the file in its [`Files`], counted from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The texts that spans point into.
#[derive(Debug, Default, Clone)]
pub struct Files {
    entries: Vec<SourceFile>,
}

impl Files {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the path that messages show (relative, with `/`).
    ///
    /// # Panics
    /// Never in practice: only with more than four billion files.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.entries.len()).expect("BUG: more than four billion files"));
        self.entries.push(SourceFile { path: path.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The file with this id.
    ///
    /// # Panics
    /// When the id comes from another `Files`.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.entries[id.index()]
    }

    /// All files with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.entries.iter().zip(0..).map(|(file, n)| (FileId(n), file))
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One text and the path that messages show for it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// The path as shown.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, shared.
    #[must_use]
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Line and column (both from 1, columns in Unicode scalar values) of a byte offset;
    /// offsets past the end give the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let starts = self.lines.get_or_init(|| line_starts(&self.text));
        let line = starts.partition_point(|&start| start as usize <= offset).max(1);
        let start = starts[line - 1] as usize;
        let before = &self.text.as_bytes()[start..offset];
        let column = before.iter().filter(|&&b| !is_continuation(b)).count() + 1;
        Position { line, column, offset }
    }
}

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub offset: usize,
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

fn line_starts(text: &str) -> Vec<u32> {
    let after_break = |(at, byte): (usize, u8)| (byte == b'\n').then_some(at + 1);
    let starts = std::iter::once(0).chain(text.bytes().enumerate().filter_map(after_break));
    starts.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, offset: u32) -> (usize, usize, usize) {
        let mut files = Files::new();
        let id = files.add("a", text);
        let position = files.get(id).position(offset);
        (position.line, position.column, position.offset)
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let text = "ab\r\né漢x\n\nend";
        let table =
            [(0, (1, 1)), (2, (1, 3)), (4, (2, 1)), (6, (2, 2)), (9, (2, 3)), (11, (3, 1)), (15, (4, 4))];
        for (offset, expected) in table {
            let (line, column, at) = place(text, offset);
            assert_eq!(((line, column), at), (expected, offset as usize), "{offset}");
        }
    }

    #[test]
    fn offsets_past_the_end_give_the_end() {
        assert_eq!(place("ab\n", 3), (2, 1, 3));
        assert_eq!(place("ab\n", u32::MAX), (2, 1, 3));
        assert_eq!(place("", 0), (1, 1, 0));
        assert_eq!(place("", 7), (1, 1, 0));
    }

    #[test]
    fn files_are_kept_in_order_under_their_ids() {
        let mut files = Files::new();
        assert!(files.is_empty());
        let ids = [files.add("a.jigx", "1"), files.add("b.jigx", "2")];
        assert_eq!((files.len(), ids[0], ids[1].index()), (2, FileId::first(), 1));
        let listed: Vec<_> = files.iter().map(|(id, file)| (id, file.path(), file.text())).collect();
        assert_eq!(listed, [(ids[0], "a.jigx", "1"), (ids[1], "b.jigx", "2")]);
        assert_eq!(&*files.get(ids[1]).shared_text(), "2");
    }
}
