//! Events become a tree, in one pass.

mod map;
mod scalar;

use std::ops::Range;

use granit_parser::{Event, Parser, ScanError, StrInput, StructureStyle, options};

use self::map::{Key, Map};
use super::anchors::{self, Anchors, Refused};
use super::remarks;
use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::remarks as shared;
use crate::syntax::{Entry, Kind, MAX_DEPTH, Node, Tree, boundary, comment};

/// After this many findings in one file the rest is kept quiet.
const MAX_DIAGNOSTICS: usize = 1000;
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
    /// Where the last quoted text begins if nothing was read after it, or else the end of what was read.
    pub cursor: usize,
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
    /// Where the last scalar begins and ends, if it has quotes.
    last_quoted: Option<(usize, usize)>,
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
            last_quoted: None,
            skipped: 0,
            documents: 0,
            budget_told: false,
        }
    }

    /// Takes one event; `false` when nothing further is of interest.
    fn take(&mut self, event: Event<'_>, place: granit_parser::Span) -> bool {
        let range = bytes(&place, self.text);
        match event {
            Event::Comment(..) => self.comments.push(comment::read(self.span(range), self.text)),
            Event::DocumentStart(explicit, _) => return self.document(explicit, range),
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
            let at = error.marker().byte_offset().unwrap_or(self.text.len());
            let at = boundary(self.text, at);
            Failure {
                error,
                at,
                flow,
                cursor: self
                    .last_quoted
                    .filter(|last| last.1 == self.cursor)
                    .map_or(self.cursor, |last| last.0),
            }
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

    /// Begins a document; without `---` the range is that of the token that comes first.
    fn document(&mut self, explicit: bool, range: Range<usize>) -> bool {
        let range = if explicit { range } else { range.start..range.start };
        if explicit {
            self.cursor = self.cursor.max(range.end);
        }
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
                let first = self.text[frame.start..].chars().next().map_or(0, char::len_utf8);
                let span = self.span(frame.start..frame.start + first);
                self.tell(shared::too_deep(span));
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
            Body::Entries(map) => self.finish_map(*map, span),
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

    /// The start of a list; granit gives the first item of one that is indented no deeper than its key.
    fn list_range(&self, range: Range<usize>, style: StructureStyle) -> Range<usize> {
        let in_map = matches!(self.frames.last(), Some(Frame { body: Body::Entries(_), .. }));
        if style == StructureStyle::Flow || !in_map {
            return range;
        }
        let start = ahead(self.text, self.cursor, b"-").min(range.start);
        start..range.end
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
            Refused::Lost => return,
            Refused::Endless => remarks::endless_alias(alias, span),
            Refused::Budget => remarks::alias_budget(alias, span),
            Refused::Depth => shared::too_deep(span),
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

    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }
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

/// The bytes of an event, whatever granit says.
fn bytes(place: &granit_parser::Span, text: &str) -> Range<usize> {
    let range = place.byte_range().unwrap_or_default();
    let start = boundary(text, range.start);
    start..boundary(text, range.end.max(start))
}

/// How many values stand in a text, aliases counted as one each.
fn count_nodes(text: &str) -> usize {
    events(text).map_while(Result::ok).filter(|(event, _)| event.is_node()).count()
}
