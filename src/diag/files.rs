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
