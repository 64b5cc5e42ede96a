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

    /// The id with this number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number of the id. Those of files that are only added count from 0.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The id that is this much further on.
    ///
    /// # Panics
    /// Never in practice: only with more than four billion files.
    #[must_use]
    pub fn moved(self, by: u32) -> Self {
        Self(self.0.checked_add(by).expect("BUG: more than four billion files"))
    }

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The texts that spans point into; cheap to clone.
#[derive(Debug, Default, Clone)]
pub struct Files {
    /// In order of their ids.
    entries: Vec<(FileId, Arc<SourceFile>)>,
}

impl Files {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text, under the path that messages show (relative, with `/`), behind all others.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = self.following(0);
        self.put(id, path, text);
        id
    }

    /// The id that a file will have before which as many others are added.
    ///
    /// # Panics
    /// Never in practice: only with more than four billion files.
    #[must_use]
    pub fn following(&self, others: usize) -> FileId {
        let next = self.entries.last().map_or(0, |(last, _)| last.index() + 1);
        FileId(u32::try_from(next + others).expect("BUG: more than four billion files"))
    }

    /// Adds a text under an id of the caller's choice, or replaces the text that has the id.
    pub fn put(&mut self, id: FileId, path: impl Into<String>, text: impl Into<Arc<str>>) {
        let file = Arc::new(SourceFile {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
            blocks: OnceLock::new(),
        });
        match self.place(id) {
            Ok(at) => self.entries[at].1 = file,
            Err(at) => self.entries.insert(at, (id, file)),
        }
    }

    /// Takes over the texts of others behind all of its own; gives by how much their ids have moved.
    pub fn append(&mut self, others: Self) -> u32 {
        let by = self.following(0).number();
        self.entries.extend(others.entries.into_iter().map(|(id, file)| (id.moved(by), file)));
        by
    }

    /// Forgets a text.
    pub fn remove(&mut self, id: FileId) {
        if let Ok(at) = self.place(id) {
            self.entries.remove(at);
        }
    }

    /// The file with this id.
    ///
    /// # Panics
    /// When the id comes from another `Files`.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        let at = self.place(id).expect("BUG: a file of other files is asked for");
        &self.entries[at].1
    }

    /// The file with this id, if there is one.
    #[must_use]
    pub fn find(&self, id: FileId) -> Option<&SourceFile> {
        self.place(id).ok().map(|at| &*self.entries[at].1)
    }

    /// All files with their ids, in order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.entries.iter().map(|(id, file)| (*id, &**file))
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

    /// Where the id stands, or would stand.
    fn place(&self, id: FileId) -> Result<usize, usize> {
        // Unless files come and go, ids count from 0 without gaps.
        match self.entries.get(id.index()) {
            Some((there, _)) if *there == id => Ok(id.index()),
            _ => self.entries.binary_search_by_key(&id, |(id, _)| *id),
        }
    }
}

/// One text and the path that messages show for it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
    blocks: OnceLock<Vec<u32>>,
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
        let column = if offset - start < BLOCK {
            characters(&self.text.as_bytes()[start..offset])
        } else {
            self.characters_before(offset) - self.characters_before(start)
        };
        Position { line, column: column + 1, offset }
    }

    fn characters_before(&self, offset: usize) -> usize {
        let blocks = self.blocks.get_or_init(|| characters_before_blocks(&self.text));
        let block = offset / BLOCK;
        blocks[block] as usize + characters(&self.text.as_bytes()[block * BLOCK..offset])
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

/// How many bytes are counted at most to find a column: a line may be as long as its file.
const BLOCK: usize = 1_024;

/// The number of characters before each block of [`BLOCK`] bytes.
fn characters_before_blocks(text: &str) -> Vec<u32> {
    let mut before = 0;
    let mut blocks = vec![0];
    for block in text.as_bytes().chunks(BLOCK) {
        before += u32::try_from(characters(block)).unwrap_or(u32::MAX);
        blocks.push(before);
    }
    blocks
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| !is_continuation(byte)).count()
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

    #[test]
    fn a_column_far_along_its_line_is_counted_in_characters() {
        let line = "aé漢𝄞".repeat(2_000);
        let text = format!("x\n{line}\n{line}");
        for start in [2, 3 + line.len()] {
            for (column, (at, _)) in line.char_indices().enumerate() {
                let (_, found, _) = place(&text, u32::try_from(start + at).unwrap_or(u32::MAX));
                assert_eq!(found, column + 1);
            }
        }
    }

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
        assert_eq!((files.len(), ids[0], ids[1].number()), (2, FileId::first(), 1));
        let listed: Vec<_> = files.iter().map(|(id, file)| (id, file.path(), file.text())).collect();
        assert_eq!(listed, [(ids[0], "a.jigx", "1"), (ids[1], "b.jigx", "2")]);
        assert_eq!(&*files.get(ids[1]).shared_text(), "2");
    }

    #[test]
    fn files_come_and_go_between_others() {
        let id = FileId::from_number;
        let mut files = Files::new();
        for (number, path) in [(100, "c"), (0, "a"), (50, "b")] {
            files.put(id(number), path, path);
        }
        assert_eq!(
            files.iter().map(|(id, file)| (id.number(), file.path())).collect::<Vec<_>>(),
            [(0, "a"), (50, "b"), (100, "c")]
        );
        let before = files.clone();
        files.put(id(50), "b", "new");
        files.remove(id(0));
        files.remove(id(7));
        assert_eq!((files.get(id(50)).text(), before.get(id(50)).text()), ("new", "b"));
        assert_eq!((files.find(id(0)).is_none(), files.len(), files.following(1).number()), (true, 2, 102));
    }

    #[test]
    fn files_are_taken_over_behind_the_own_ones() {
        let mut files = Files::new();
        files.add("a", "1");
        let mut others = Files::new();
        let other = others.add("b", "2");
        let by = files.append(others);
        assert_eq!((by, files.get(other.moved(by)).path(), files.len()), (1, "b", 2));
    }
}
