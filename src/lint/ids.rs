//! Ids and names that the files of an app use.

use std::ops::Range;

use super::Cx;
use super::entries::Made;
use super::table::{Add, Sight};
use crate::action::{UseKind, type_names};
use crate::app::{FileKind, Holds, Part};
use crate::diag::Span;
use crate::expr::is_expression;
use crate::syntax::Node;

/// Something with an `instanceId`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    /// Its `type`; empty when there is none.
    pub type_name: String,
    /// The id's place.
    pub span: Span,
}

impl Named {
    /// Whether it is an action of this type, or may have been meant as one: a type that nobody
    /// knows is a mistake of its own, and its consequences are not worth telling.
    pub fn may_be(&self, type_name: &str) -> bool {
        let written = self.type_name.as_str();
        let unclear = written.is_empty() || is_expression(written);
        let misspelt = written.starts_with("action") && !type_names().any(|known| known == written);
        unclear || misspelt || written == type_name
    }
}

pub(super) fn named(file: Sight<'_>, add: Add<'_, Named>) {
    file.source.tree.root.visit_maps(&mut |node| {
        if let Some(id) = node.get("instanceId")
            && let Some(text) = id.as_str()
        {
            let type_name = node.get("type").and_then(Node::as_str).unwrap_or_default();
            add(text, Named { type_name: type_name.to_owned(), span: id.span });
        }
    });
}

pub(super) fn members(file: Sight<'_>, add: Add<'_, ()>) {
    let used = file.parts().flat_map(Part::references);
    used.filter(|used| used.kind == UseKind::Member).for_each(|used| add(&used.id, ()));
}

pub(super) fn shared(file: Sight<'_>, add: Add<'_, FileKind>) {
    for part in file.parts() {
        if let Holds::Screen(screen) = &part.holds {
            screen.shared_places.keys().for_each(|name| add(name, part.kind));
        }
    }
}

pub(super) fn files(file: Sight<'_>, add: Add<'_, FileKind>) {
    add(&file.source.id, file.source.kind);
}

/// Adds the ids that a file names, in the index or in an expression.
pub(super) fn named_ids(file: Sight<'_>, add: Add<'_, UseKind>) {
    for part in file.parts() {
        part.references().iter().for_each(|used| add(&used.id, used.kind));
        let expressions = match &part.holds {
            Holds::Screen(screen) => &screen.expressions,
            Holds::Action(global) => &global.expressions,
            _ => continue,
        };
        // Entries that an expression makes name functions, too.
        let makes = expressions.iter().filter(|found| found.expression.text().contains("entity"));
        for found in makes {
            Made::within(found.expression.root(), &mut |made| add(made.function, UseKind::Function));
        }
        let read = expressions.iter().flat_map(|found| found.expression.references().below(&["datasources"]));
        let ids = read.filter_map(|path| path.segments.get(1)?.name.as_deref());
        ids.for_each(|id| add(id, UseKind::Datasource));
    }
}

/// Adds the texts of a file, their words, and the parts of words at dots and slashes.
pub(super) fn words(file: Sight<'_>, add: &mut dyn FnMut(&str)) {
    gather_words(&file.source.tree.root, add);
}

fn gather_words(node: &Node, add: &mut dyn FnMut(&str)) {
    if let Some(text) = node.as_str() {
        add(text.trim());
        words_of(text, add);
    }
    node.entries().iter().for_each(|entry| gather_words(&entry.value, add));
    node.items().iter().for_each(|item| gather_words(item, add));
}

/// Adds the words of a text and, of those with dots and slashes, the parts.
fn words_of(text: &str, add: &mut dyn FnMut(&str)) {
    let (mut word, mut part, mut at) = (0, 0, 0);
    while at < text.len() {
        let (letter, length) = Letter::at(text, at);
        match letter {
            Letter::Word => {}
            Letter::Joint => {
                add(&text[part..at]);
                part = at + 1;
            }
            Letter::Gap => {
                end_word(text, word..at, part, add);
                word = at + length;
                part = word;
            }
        }
        at += length;
    }
    end_word(text, word..at, part, add);
}

fn end_word(text: &str, word: Range<usize>, part: usize, add: &mut dyn FnMut(&str)) {
    add(&text[word.clone()]);
    if part > word.start {
        add(&text[part..word.end]);
    }
}

/// What a character is to the words of a text.
#[derive(Clone, Copy)]
enum Letter {
    /// Stands in words.
    Word,
    /// Stands between the parts of a word.
    Joint,
    /// Stands between words.
    Gap,
}

impl Letter {
    /// All of ASCII, which is nearly all that there is.
    const ASCII: [Self; 128] = {
        let mut letters = [Self::Gap; 128];
        let mut at = 0u8;
        while at < 128 {
            letters[at as usize] = match at {
                b'.' | b'/' | b'$' => Self::Joint,
                b'_' | b'-' => Self::Word,
                _ if at.is_ascii_alphanumeric() => Self::Word,
                _ => Self::Gap,
            };
            at += 1;
        }
        letters
    };

    /// The letter at a place of a text, and its bytes.
    fn at(text: &str, at: usize) -> (Self, usize) {
        let byte = text.as_bytes()[at];
        if let Some(letter) = Self::ASCII.get(usize::from(byte)) {
            return (*letter, 1);
        }
        let c = text[at..].chars().next().unwrap_or_default();
        (if c.is_alphanumeric() { Self::Word } else { Self::Gap }, c.len_utf8())
    }
}

impl<'a> Cx<'a> {
    /// What carries this `instanceId`, whatever it is.
    pub fn named(&self, id: &str) -> Vec<&'a Named> {
        self.rows(|known| &known.named, id).iter().map(|(_, named)| named).collect()
    }

    /// Whether some scope lists the id.
    pub fn is_member(&self, id: &str) -> bool {
        !self.rows(|known| &known.members, id).is_empty()
    }

    /// Whether an app's file of this kind has this id by its name.
    pub fn is_file(&self, kind: FileKind, id: &str) -> bool {
        self.rows(|known| &known.files, id).iter().any(|(_, own)| *own == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_and_their_parts_are_found() {
        let words = |text: &str| {
            let mut words = Vec::new();
            words_of(text, &mut |word| words.extend((!word.is_empty()).then(|| word.to_owned())));
            words
        };
        assert_eq!(words("open get-tasks, now"), ["open", "get-tasks", "now"]);
        assert_eq!(words("=@ctx.user"), ["ctx", "ctx.user", "user"]);
        assert_eq!(words("$a/größe–b_1"), ["a", "$a/größe", "größe", "b_1"]);
        assert_eq!(words(" -- "), ["--"]);
        assert!(words("").is_empty());
    }
}
