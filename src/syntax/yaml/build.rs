//! Events become a tree, in one pass.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, StructureStyle, Tag, options};

use super::anchors::{self, Anchors, Refused};
use super::plain;
use super::remarks;
use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::{Entry, Kind, MAX_DEPTH, Node, Scalar, Style, Tree, comment};

/// After this many findings in one file the rest is kept quiet.
const MAX_DIAGNOSTICS: usize = 1000;
/// Maps with more keys than this find repeated ones by hashing.
const HASHED_KEYS: usize = 12;

/// What came of a text.
pub(super) struct Built {
    pub tree: Tree,
    pub diagnostics: Vec<Diagnostic>,
    /// The mistake at which reading stopped.
    pub failure: Option<Failure>,
}

/// Why and where reading stopped.
pub(super) struct Failure {
    pub error: ScanError,
    pub at: usize,
    /// Where the outermost `[` or `{` stands that was open.
    pub flow: Option<usize>,
}

/// Builds the tree of `text`, up to the first syntax mistake.
pub(super) fn build(file: FileId, text: &str) -> Built {
    let mut builder = Builder::new(file, text);
    let mut failure = None;
    for next in events(text) {
        match next {
            Ok((event, span)) => {
                if !builder.take(event, span) {
                    break;
                }
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    builder.finish(failure)
}

fn events(text: &str) -> Parser<'_, StrInput<'_>> {
    let options = options! {
        block_scalar_eof_without_line_feed: true,
        emit_unresolved_aliases: true,
        max_buffered_comment_events: usize::MAX,
    };
    Parser::new_from_str_with_options(text, options)
}

/// A list or map that is not finished.
pub(super) struct Frame {
    pub body: Body,
    start: usize,
    end: usize,
    flow: bool,
}

pub(super) enum Body {
    Items(Vec<Node>),
    Entries(Box<Map>),
}

#[derive(Default)]
pub(super) struct Map {
    pub entries: Vec<Entry>,
    merges: Vec<Node>,
    key: Key,
    hashed: HashMap<Box<str>, usize>,
}

/// What the next value of a map belongs to.
#[derive(Default)]
enum Key {
    /// The next node is a key.
    #[default]
    Wanted,
    Text(Scalar, Span),
    Merge,
    /// Repeated or unfit: its value is dropped.
    Dropped,
}

struct Builder<'s> {
    file: FileId,
    text: &'s str,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: Anchors,
    comments: Vec<crate::syntax::Comment>,
    damaged: Vec<Span>,
    diagnostics: Vec<Diagnostic>,
    /// The end of the last node, from which a block scalar's header is looked for.
    cursor: usize,
    /// How many lists and maps are open that are nested too deeply.
    skipped: usize,
    documents: usize,
    budget_told: bool,
}

impl Frame {
    fn new(body: Body, range: Range<usize>, style: StructureStyle) -> Self {
        Self { body, start: range.start, end: range.end, flow: style == StructureStyle::Flow }
    }

    fn wants_key(&self) -> bool {
        matches!(&self.body, Body::Entries(map) if matches!(map.key, Key::Wanted))
    }
}

impl Body {
    /// How many children are in place.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Items(items) => items.len(),
            Self::Entries(map) => map.entries.len(),
        }
    }
}

impl<'s> Builder<'s> {
    fn new(file: FileId, text: &'s str) -> Self {
        Self {
            file,
            text,
            frames: Vec::new(),
            root: None,
            anchors: Anchors::default(),
            comments: Vec::new(),
            damaged: Vec::new(),
            diagnostics: Vec::new(),
            cursor: 0,
            skipped: 0,
            documents: 0,
            budget_told: false,
        }
    }

    /// Takes one event; `false` when nothing further is of interest.
    fn take(&mut self, event: Event<'_>, place: granit_parser::Span) -> bool {
        let range = place.byte_range().unwrap_or_default();
        match event {
            Event::Comment(..) => self.comments.push(comment::read(self.span(range), self.text)),
            Event::DocumentStart(..) => return self.document(range),
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag, &place, "seq");
                let range = self.list_range(range, style);
                self.open(Frame::new(Body::Items(Vec::new()), range, style), anchor);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag, &place, "map");
                self.open(Frame::new(Body::Entries(Box::default()), range, style), anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, &place),
            Event::Alias(id) => self.alias(id, range),
            Event::UnresolvedAlias(_) => self.unknown_alias(range),
            _ => {}
        }
        true
    }

    fn finish(mut self, failure: Option<ScanError>) -> Built {
        let flow = self.frames.iter().find(|frame| frame.flow).map(|frame| frame.start);
        let failure = failure.map(|error| {
            let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
            Failure { error, at, flow }
        });
        while !self.frames.is_empty() {
            self.skipped = 0;
            self.close(0..0);
        }
        let nothing = Node { span: Span::new(self.file, 0, 0), kind: Kind::Null };
        comment::sort(&mut self.comments);
        let tree =
            Tree { root: self.root.unwrap_or(nothing), comments: self.comments, damaged: self.damaged };
        Built { tree, diagnostics: self.diagnostics, failure }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn document(&mut self, range: Range<usize>) -> bool {
        self.cursor = self.cursor.max(range.end);
        self.documents += 1;
        if self.documents > 1 && remarks::has_content(&self.text[range.end..]) {
            self.tell(remarks::second_document(self.span(range.clone())));
            self.damaged.push(self.span(range.start..self.text.len()));
        }
        self.documents == 1
    }

    fn open(&mut self, frame: Frame, anchor: usize) {
        self.cursor = self.cursor.max(frame.end);
        if self.skipped > 0 || self.frames.len() >= MAX_DEPTH {
            if self.skipped == 0 {
                let span = self.span(frame.start..frame.end.max(frame.start + 1).min(self.text.len()));
                self.tell(remarks::too_deep(span));
            }
            self.skipped += 1;
            return;
        }
        if anchor != 0 {
            self.anchors.define(anchor, &self.frames);
        }
        self.frames.push(frame);
    }

    fn close(&mut self, range: Range<usize>) {
        if self.skipped > 0 {
            self.skipped -= 1;
            if self.skipped == 0 {
                self.place_too_deep();
            }
            return;
        }
        let Some(mut frame) = self.frames.pop() else { return };
        if frame.flow && !range.is_empty() {
            frame.end = frame.end.max(range.end);
        }
        self.cursor = self.cursor.max(frame.end);
        let span = self.span(frame.start..frame.end);
        let kind = match frame.body {
            Body::Items(items) => Kind::Array(items),
            Body::Entries(map) => Kind::Object(self.merge(*map)),
        };
        self.place(Node { span, kind }, 0);
    }

    fn place_too_deep(&mut self) {
        let span = self.span(self.cursor..self.cursor);
        self.damaged.push(span);
        match self.frames.last_mut() {
            Some(Frame { body: Body::Entries(map), .. }) if matches!(map.key, Key::Wanted) => {
                map.key = Key::Dropped;
            }
            _ => self.place(Node { span, kind: Kind::Null }, 0),
        }
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
                    entries.extend(more.into_iter().filter(|e| taken.insert(e.key.text.clone())))
                }
                Kind::Null if self.damaged.contains(&source.span) => {}
                _ => self.tell(remarks::bad_merge(source.span, source.kind_word())),
            }
        }
        entries
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
        place: &granit_parser::Span,
    ) {
        let range = place.byte_range().unwrap_or_default();
        let raw_end = range.end;
        let range = self.scalar_range(range, style);
        let span = self.span(range);
        self.cursor = self.cursor.max(raw_end);
        if self.skipped > 0 {
            return;
        }
        let kind = self.scalar_kind(text, style, tag, place, span);
        self.place(Node { span, kind }, anchor);
    }

    /// The bytes of a scalar as [`Node::span`] promises them.
    fn scalar_range(&self, range: Range<usize>, style: ScalarStyle) -> Range<usize> {
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => block_range(self.text, self.cursor, range),
            ScalarStyle::Plain if range.is_empty() => self.nothing_at(range.start),
            _ => range,
        }
    }

    /// The start of a list; granit gives the first item of one that is indented no deeper than its key.
    fn list_range(&self, range: Range<usize>, style: StructureStyle) -> Range<usize> {
        let in_map = matches!(self.frames.last(), Some(Frame { body: Body::Entries(_), .. }));
        if style == StructureStyle::Flow || !in_map {
            return range;
        }
        let start = ahead(self.text, self.cursor, b"-").min(range.start);
        start..range.end
    }

    /// The place of a value that is not there: right after its `:` or `-`.
    fn nothing_at(&self, at: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let is_value = !self.frames.last().is_some_and(Frame::wants_key);
        if is_value && bytes.get(at) == Some(&b':') {
            return at + 1..at + 1;
        }
        let blanks =
            bytes[self.cursor.min(at)..at].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        at - blanks..at - blanks
    }

    fn scalar_kind(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        tag: Option<Cow<'_, Tag>>,
        place: &granit_parser::Span,
        span: Span,
    ) -> Kind {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let string = |text: Cow<'_, str>| Kind::String(Scalar { text: text.into(), style });
        let is_key = self.frames.last().is_some_and(Frame::wants_key);
        if let Some(tag) = tag {
            return self.tagged(&text, style, &tag, place, span).unwrap_or_else(|| string(text));
        }
        if style != Style::Plain || is_key {
            return string(text);
        }
        if span.start == span.end {
            return Kind::Null;
        }
        let resolved = plain::resolve(&text);
        if let Some(remark) = resolved.remark {
            self.tell(remarks::number(remark, &text, span));
        }
        resolved.kind
    }

    /// What a tag makes of a scalar; `None` leaves it a text.
    fn tagged(
        &mut self,
        text: &str,
        style: Style,
        tag: &Tag,
        place: &granit_parser::Span,
        span: Span,
    ) -> Option<Kind> {
        if tag.core_suffix().is_none() && tag.original() != "!" {
            self.unsupported_tag(tag, place);
            return (style == Style::Plain).then(|| plain::resolve(text).kind);
        }
        let kind = match tag.core_suffix() {
            None | Some("str") => return None,
            Some("null") => plain::is_null(text).then_some(Kind::Null),
            Some("bool") => plain::boolean(text).map(Kind::Bool),
            Some("int") => plain::number(text).map(|n| n.kind).filter(is_whole),
            Some("float") => {
                plain::number(text).map(|n| n.kind).filter(|kind| matches!(kind, Kind::Number(_)))
            }
            Some(_) => None,
        };
        if kind.is_none() {
            self.tell(remarks::wrong_tag(&tag.original(), text, span));
        }
        kind
    }

    fn check_tag(&mut self, tag: Option<Cow<'_, Tag>>, place: &granit_parser::Span, wanted: &str) {
        if let Some(tag) = tag
            && !tag.is_yaml_core_schema_tag(wanted)
            && tag.original() != "!"
        {
            self.unsupported_tag(&tag, place);
        }
    }

    fn unsupported_tag(&mut self, tag: &Tag, place: &granit_parser::Span) {
        let range = place.tag_span().and_then(|span| span.byte_range()).or_else(|| place.byte_range());
        let span = self.span(range.unwrap_or_default());
        self.tell(remarks::unsupported_tag(&tag.original(), span));
    }

    fn alias(&mut self, id: usize, range: Range<usize>) {
        self.cursor = self.cursor.max(range.end);
        if self.skipped > 0 {
            return;
        }
        let span = self.span(range.clone());
        let text = self.text;
        let kind = match self.anchors.copy(id, &self.frames, || count_nodes(text)) {
            Ok(node) => return self.place(anchors::at(span, node), 0),
            Err(refused) => {
                self.refuse(refused, span, &text[range]);
                Kind::Null
            }
        };
        self.damaged.push(span);
        self.place(Node { span, kind }, 0);
    }

    /// Tells why an alias has no value; the budget is told of once.
    fn refuse(&mut self, refused: Refused, span: Span, alias: &str) {
        let diagnostic = match refused {
            Refused::Endless => remarks::endless_alias(alias, span),
            Refused::Budget => remarks::alias_budget(alias, span),
            Refused::Depth => remarks::too_deep(span),
        };
        if refused != Refused::Budget || !std::mem::replace(&mut self.budget_told, true) {
            self.tell(diagnostic);
        }
    }

    fn unknown_alias(&mut self, range: Range<usize>) {
        self.cursor = self.cursor.max(range.end);
        if self.skipped > 0 {
            return;
        }
        let span = self.span(range.clone());
        self.tell(remarks::unknown_alias(&self.text[range], span));
        self.damaged.push(span);
        self.place(Node { span, kind: Kind::Null }, 0);
    }

    /// Puts a finished node into the list or map that it belongs to.
    fn place(&mut self, node: Node, anchor: usize) {
        if self.frames.last().is_some_and(Frame::wants_key) {
            return self.place_key(node, anchor);
        }
        if anchor != 0 {
            self.anchors.define(anchor, &self.frames);
        }
        if self.key_drops_value() {
            self.anchors.keep(&self.frames, &node);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        frame.end = frame.end.max(node.span.end as usize);
        match &mut frame.body {
            Body::Items(items) => items.push(node),
            Body::Entries(map) => match std::mem::take(&mut map.key) {
                Key::Text(key, key_span) => map.entries.push(Entry { key, key_span, value: node }),
                Key::Merge => map.merges.push(node),
                Key::Wanted | Key::Dropped => {}
            },
        }
    }

    fn key_drops_value(&self) -> bool {
        let Some(Frame { body: Body::Entries(map), .. }) = self.frames.last() else { return false };
        matches!(map.key, Key::Merge | Key::Dropped)
    }

    fn place_key(&mut self, node: Node, anchor: usize) {
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
            Kind::String(scalar) if span.start == span.end && scalar.text.is_empty() => {
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
        if let Some(first) = map.find_or_note(&text.text) {
            let first = map.entries[first].key_span;
            self.tell(remarks::repeated_key(&text.text, span, first));
            return Key::Dropped;
        }
        Key::Text(text, span)
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }
}

impl Map {
    /// The entry that has this key already; a new key is remembered.
    fn find_or_note(&mut self, key: &str) -> Option<usize> {
        if self.entries.len() < HASHED_KEYS {
            return self.entries.iter().position(|entry| &*entry.key.text == key);
        }
        if self.hashed.is_empty() {
            self.hashed = self.entries.iter().enumerate().map(|(at, e)| (e.key.text.clone(), at)).collect();
        }
        let found = self.hashed.get(key).copied();
        if found.is_none() {
            self.hashed.insert(key.into(), self.entries.len());
        }
        found
    }
}

/// From the `|` or `>` of a block scalar to the end of its last line that is not blank.
///
/// granit's range begins at the text and ends after all blank lines that follow it.
fn block_range(text: &str, cursor: usize, body: Range<usize>) -> Range<usize> {
    let start = ahead(text, cursor, b"|>");
    let kept = text[start..body.end.max(start)].trim_end_matches([' ', '\t', '\r', '\n']).len();
    let tail = &text[start + kept..];
    let spaces = if text[start..start + kept].contains('\n') {
        tail.len() - tail.trim_start_matches([' ', '\t']).len()
    } else {
        0
    };
    start..start + kept + spaces
}

/// The next indicator out of `wanted` after `from`, past comments, tags and anchors.
fn ahead(text: &str, from: usize, wanted: &[u8]) -> usize {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            _ if wanted.contains(&byte) => return at,
            b'#' => at += bytes[at..].iter().take_while(|&&b| b != b'\n').count(),
            b'!' | b'&' | b'*' => at += bytes[at..].iter().take_while(|b| !b.is_ascii_whitespace()).count(),
            _ => at += 1,
        }
    }
    from
}

/// How many values stand in a text, aliases counted as one each.
fn count_nodes(text: &str) -> usize {
    events(text).map_while(Result::ok).filter(|(event, _)| event.is_node()).count()
}

fn is_whole(kind: &Kind) -> bool {
    matches!(kind, Kind::Number(number) if !number.value.is_f64())
}
