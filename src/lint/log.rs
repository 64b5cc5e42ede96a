//! Which questions about the rest of the app were asked while a file was checked. After a change, the
//! file is checked again when one of them may have another answer, and only then.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::HashSet;
use foldhash::fast::FixedState;

use crate::action::UseKind;
use crate::app::FileKind;
use crate::diag::FileId;

/// A question, told by what decides its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question<'q> {
    /// Something that depends on the whole app.
    Everything,
    /// What stands in a file, and what is wrong there.
    File(FileId),
    /// The part of the app with this id.
    Part(FileKind, &'q str),
    /// Whether there are parts of a kind.
    AnyPart(FileKind),
    /// All parts of a kind.
    Parts(FileKind),
    /// What the index declares under this name.
    OfHome(HomePart, &'q str),
    /// The places that define an id.
    Definitions(UseKind, &'q str),
    /// All definitions of a kind, with their places.
    Defined(UseKind),
    /// Which ids are defined.
    Ids(UseKind),
    /// All uses of ids of a kind, with their places.
    Uses(UseKind),
    /// The script of this name.
    Script(&'q str),
    /// All scripts.
    Scripts,
    /// The row of a table with this key.
    Row(&'static str, &'q str),
    /// The files in which the word with this hash stands.
    Word(u64),
    /// All rows of a table.
    Rows(&'static str),
}

/// What an index may declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum HomePart {
    /// States of the app.
    State,
    /// Datasources: whether there is one.
    Datasource,
    /// Shared expressions.
    Shared,
}

/// A question as it is remembered. Two questions may share a mark; then a file is checked once more than
/// it must.
pub(super) type Mark = u32;

impl Question<'_> {
    pub fn mark(self) -> Mark {
        u32::try_from(FixedState::default().hash_one(self) >> 32).unwrap_or_default()
    }
}

/// The questions that were asked.
#[derive(Default)]
pub(super) struct Log {
    /// `None` when nobody will want to know.
    asked: Option<RefCell<HashSet<Mark>>>,
}

impl Log {
    /// Keeps what it is told.
    pub fn keeping() -> Self {
        Self { asked: Some(RefCell::default()) }
    }

    pub fn note(&self, question: Question<'_>) {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().insert(question.mark());
        }
    }

    /// What `work` comes to, and the questions that it asked on the way.
    pub fn noted<T>(&self, work: impl FnOnce() -> T) -> (T, Box<[Mark]>) {
        let Some(asked) = &self.asked else { return (work(), Box::default()) };
        let before = asked.take();
        let result = work();
        let marks: Box<[Mark]> = asked.replace(before).into_iter().collect();
        self.note_again(&marks);
        (result, marks)
    }

    /// Notes what was noted before: an answer at hand depends on the same.
    pub fn note_again(&self, marks: &[Mark]) {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().extend(marks);
        }
    }

    /// What was asked since the last time.
    pub fn take(&self) -> Box<[Mark]> {
        self.asked.as_ref().map_or_else(Box::default, |asked| asked.borrow_mut().drain().collect())
    }
}

/// Questions with new answers.
#[derive(Debug)]
pub(super) struct News {
    marks: HashSet<Mark>,
    /// A bit for the last two bytes of each mark: most questions have no new answer, which is seen here.
    bits: Box<[u64]>,
}

impl Default for News {
    fn default() -> Self {
        Self { marks: HashSet::default(), bits: vec![0; (usize::from(u16::MAX) + 1) / 64].into() }
    }
}

impl News {
    pub fn tell(&mut self, question: Question<'_>) {
        let mark = question.mark();
        self.marks.insert(mark);
        let (word, bit) = place(mark);
        self.bits[word] |= bit;
    }

    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Whether one of these questions has a new answer.
    pub fn concern(&self, asked: &[Mark]) -> bool {
        asked.iter().any(|mark| {
            let (word, bit) = place(*mark);
            self.bits[word] & bit != 0 && self.marks.contains(mark)
        })
    }
}

/// The word and the bit of a mark.
fn place(mark: Mark) -> (usize, u64) {
    let low = mark as usize & usize::from(u16::MAX);
    (low / 64, 1 << (low % 64))
}
