//! Maps: keys, the ones that are given twice, and `<<`.

use std::collections::HashSet;

use super::{Body, Builder, Frame};
use crate::diag::Span;
use crate::syntax::keys::Keys;
use crate::syntax::remarks as shared;
use crate::syntax::yaml::remarks;
use crate::syntax::{Entry, Kind, Node, Scalar, Style};

#[derive(Default)]
pub(in crate::syntax::yaml) struct Map {
    pub entries: Vec<Entry>,
    pub(super) merges: Vec<Node>,
    pub(super) key: Key,
    keys: Keys,
    /// How many entries there were when a repeated key was told as belonging to the empty one before it.
    told_orphans: Option<usize>,
}

/// What the next value of a map belongs to.
#[derive(Default)]
pub(super) enum Key {
    /// The next node is a key.
    #[default]
    Wanted,
    Text(Scalar, Span),
    Merge,
    /// Repeated or unfit: its value is dropped.
    Dropped,
}

impl Builder<'_> {
    /// The value of a finished map: the map, or the expression that YAML took for one.
    pub(super) fn finish_map(&mut self, map: Map, span: Span) -> Kind {
        match self.torn_expression(&map, span) {
            Some(scalar) => Kind::String(scalar),
            None => Kind::Object(self.merge(map)),
        }
    }

    /// A list item such as `- =a ? 'b' : 'c'`, which is YAML for a map with the key `=a ? 'b'`.
    fn torn_expression(&mut self, map: &Map, span: Span) -> Option<Scalar> {
        let ([entry], []) = (map.entries.as_slice(), map.merges.as_slice()) else { return None };
        let key = &entry.key;
        if key.style != Style::Plain || !key.text.starts_with('=') || !key.text.contains(['?', '{']) {
            return None;
        }
        let text =
            self.text.get(span.range()).filter(|text| text.starts_with('=') && !text.contains('\n'))?;
        let colon = entry.key_span.end as usize + self.text[entry.key_span.end as usize..].find(':')?;
        let colon = Span::new(self.file, colon, colon + 1);
        self.tell(remarks::torn_expression(text, span, colon));
        Some(Scalar { text: text.into(), style: Style::Plain })
    }

    /// Gives a map what its `<<` keys name; its own keys come first, and win.
    fn merge(&mut self, map: Map) -> Vec<Entry> {
        let mut entries = map.entries;
        if map.merges.is_empty() {
            return entries;
        }
        let mut taken: HashSet<Box<str>> = entries.iter().map(|entry| entry.key.text.clone()).collect();
        let sources = map.merges.into_iter().flat_map(|merged| match merged.kind {
            Kind::Array(items) => items,
            _ => vec![merged],
        });
        for source in sources {
            match source.kind {
                Kind::Object(more) => {
                    entries.extend(more.into_iter().filter(|e| taken.insert(e.key.text.clone())));
                }
                Kind::Null if self.damaged.contains(&source.span) => {}
                _ => self.tell(remarks::bad_merge(source.span, source.kind_word())),
            }
        }
        entries
    }

    pub(super) fn key_drops_value(&self) -> bool {
        let Some(Frame { body: Body::Entries(map), .. }) = self.frames.last() else { return false };
        matches!(map.key, Key::Merge | Key::Dropped)
    }

    pub(super) fn place_key(&mut self, node: Node, anchor: usize) {
        if anchor == 0 {
            self.anchors.keep(&self.frames, &node);
        } else {
            self.anchors.define_spare(anchor, node.clone());
        }
        let end = node.span.end as usize;
        let key = self.key(node);
        let Some(frame) = self.frames.last_mut() else { return };
        frame.end = frame.end.max(end);
        if let Body::Entries(map) = &mut frame.body {
            map.key = key;
        }
    }

    /// Judges a key: texts are fit, the first of its name stands.
    fn key(&mut self, node: Node) -> Key {
        let span = node.span;
        let text = match node.kind {
            Kind::String(scalar) if span.start == span.end && scalar.style == Style::Plain => {
                self.tell(remarks::missing_key(span));
                return Key::Dropped;
            }
            Kind::String(scalar) => scalar,
            Kind::Array(_) | Kind::Object(_) => {
                self.tell(remarks::unfit_key(&node.kind, span));
                return Key::Dropped;
            }
            _ => Scalar { text: self.text[span.range()].into(), style: Style::Plain },
        };
        if &*text.text == "<<" && text.style == Style::Plain {
            return Key::Merge;
        }
        let Some(Frame { body: Body::Entries(map), .. }) = self.frames.last_mut() else {
            return Key::Dropped;
        };
        if let Some(first) = map.keys.find_or_note(&map.entries, &text.text) {
            let first = map.entries[first].key_span;
            let empty = map.entries.last().filter(|last| last.value.is_null()).map(|last| last.key.clone());
            let told =
                empty.is_some() && map.told_orphans.replace(map.entries.len()) == Some(map.entries.len());
            if told {
                return Key::Dropped;
            }
            let mut diagnostic = shared::repeated_key(&text.text, span, first);
            if let Some(empty) = empty {
                diagnostic = diagnostic.help(remarks::orphan(&empty.text));
            }
            self.tell(diagnostic);
            return Key::Dropped;
        }
        Key::Text(text, span)
    }
}
