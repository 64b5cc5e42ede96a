//! Where in an app something can be planted, and what planting it changes.

use std::path::PathBuf;

use crate::app::{FileKind, Loaded, Project, Source};
use crate::diag::{Files, Span};
use crate::expr::is_expression;
use crate::syntax::{Entry, Node, push_token};

/// Opens the place at which a finding is expected, in the text of a plant.
pub(super) const OPEN: char = '«';
/// Closes it.
pub(super) const CLOSE: char = '»';

/// One loaded app, to be looked at for places.
#[derive(Clone, Copy)]
pub(super) struct Soil<'a> {
    pub loaded: &'a Loaded,
    pub texts: &'a Files,
}

/// Edits that make one mistake, and where it has to be found.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub edits: Vec<Change>,
    /// The place among the bytes that stay; otherwise a new text marks it.
    pub expected: Option<(PathBuf, std::ops::Range<usize>)>,
}

/// New text for some bytes of a file; a file that is not there yet is empty.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub path: PathBuf,
    pub range: std::ops::Range<usize>,
    pub text: String,
}

/// A value in a file.
#[derive(Clone)]
pub(super) struct Spot<'a> {
    pub soil: Soil<'a>,
    pub source: &'a Source,
    pub node: &'a Node,
    /// Its JSON pointer.
    pub pointer: String,
    /// The values around it, outermost first.
    pub outer: Vec<&'a Node>,
}

impl<'a> Soil<'a> {
    pub fn project(&self) -> &'a Project {
        &self.loaded.project
    }

    /// The files of a kind.
    pub fn files(self, kind: FileKind) -> impl Iterator<Item = Spot<'a>> {
        let files = self.loaded.sources.iter().filter(move |source| source.kind == kind);
        files.map(move |source| self.root(source))
    }

    /// The value of a whole file.
    pub fn root(self, source: &'a Source) -> Spot<'a> {
        Spot { soil: self, source, node: &source.tree.root, pointer: String::new(), outer: Vec::new() }
    }

    /// Every value of every file, outer before inner.
    pub fn spots(self) -> impl Iterator<Item = Spot<'a>> {
        self.loaded.sources.iter().flat_map(move |source| self.root(source).inside())
    }

    /// Every map that declares this `type`.
    pub fn typed(self, kind: &'a str) -> impl Iterator<Item = Spot<'a>> {
        self.spots().filter(move |spot| spot.type_name() == kind)
    }

    /// Every action of this type: `action.go-to`.
    pub fn actions(self, kind: &'a str) -> impl Iterator<Item = Spot<'a>> {
        self.typed(kind)
    }

    /// Every text that is an expression.
    pub fn expressions(self) -> impl Iterator<Item = Spot<'a>> {
        self.spots().filter(|spot| spot.node.as_str().is_some_and(is_expression))
    }

    /// A new file of the app; the path is seen from its folder.
    pub fn new_file(&self, path: &str, text: &str) -> Site {
        Site::of(self.project().root.join(path), 0..0, text)
    }
}

impl Site {
    fn of(path: PathBuf, range: std::ops::Range<usize>, text: &str) -> Self {
        Self { edits: vec![Change { path, range, text: text.to_owned() }], expected: None }
    }

    /// Makes the changes of another one, too.
    pub fn and(mut self, other: Self) -> Self {
        self.edits.extend(other.edits);
        self.expected = self.expected.or(other.expected);
        self
    }

    /// Says where the finding has to be: a place that stays as it is.
    pub fn expect(mut self, spot: &Spot<'_>) -> Self {
        self.expected = Some((spot.source.path.clone(), spot.node.span.range()));
        self
    }

    /// Says where the finding has to be: at the key of a map that stays as it is.
    pub fn expect_key(mut self, map: &Spot<'_>, key: &str) -> Self {
        let entry = map.node.entry(key).unwrap_or_else(|| panic!("{} has no `{key}`", map.pointer));
        self.expected = Some((map.source.path.clone(), entry.key_span.range()));
        self
    }

    /// Says where the finding has to be: these bytes of the spot's file, as it was.
    pub fn expect_span(mut self, spot: &Spot<'_>, span: Span) -> Self {
        self.expected = Some((spot.source.path.clone(), span.range()));
        self
    }
}

impl<'a> Spot<'a> {
    /// What is written at the spot.
    pub fn written(&self) -> &'a str {
        &self.text()[self.node.span.range()]
    }

    /// The text of the whole file.
    pub fn text(&self) -> &'a str {
        self.soil.texts.get(self.source.file).text()
    }

    /// The `type` that a map declares, or nothing.
    pub fn type_name(&self) -> &'a str {
        self.node.get("type").and_then(Node::as_str).unwrap_or_default()
    }

    /// The key or number at which it stands.
    pub fn key(&self) -> &str {
        self.pointer.rsplit('/').next().unwrap_or_default()
    }

    /// The value next around it.
    pub fn parent(&self) -> Option<Self> {
        let mut outer = self.outer.clone();
        let node = outer.pop()?;
        let (pointer, _) = self.pointer.rsplit_once('/')?;
        Some(Self { node, outer, pointer: pointer.to_owned(), ..self.clone() })
    }

    /// The value at a pointer below.
    pub fn at(&self, pointer: &str) -> Option<Self> {
        pointer
            .split('/')
            .skip(1)
            .try_fold(self.clone(), |spot, token| spot.children().find(|child| child.key() == token))
    }

    /// The values directly within, in order.
    pub fn children(&self) -> impl Iterator<Item = Self> {
        let entries = self.node.entries().iter().map(|entry| (entry.key.text.to_string(), &entry.value));
        let items = self.node.items().iter().enumerate().map(|(n, item)| (n.to_string(), item));
        let children: Vec<_> = entries.chain(items).collect();
        let parent = self.clone();
        children.into_iter().map(move |(key, node)| {
            let mut child = Self { node, ..parent.clone() };
            child.outer.push(parent.node);
            push_token(&mut child.pointer, &key);
            child
        })
    }

    /// This spot and all within, outer before inner.
    pub fn inside(&self) -> Vec<Self> {
        let mut found = vec![self.clone()];
        let mut at = 0;
        while at < found.len() {
            let children: Vec<Self> = found[at].children().collect();
            let next = at + 1;
            found.splice(next..next, children);
            at = next;
        }
        // What an alias or `<<` takes from elsewhere stands elsewhere.
        found.retain(|spot| self.node.span.contains(spot.node.span));
        found
    }

    /// Another value in its place, as YAML; like all that adds YAML, not in a file of JSON.
    pub fn replace(&self, text: &str) -> Option<Site> {
        let colon = self.node.span.range().is_empty() && !self.pointer.is_empty();
        let text = if colon { format!(" {text}") } else { text.to_owned() };
        (!self.is_json()).then(|| self.change(self.node.span.range(), &text))
    }

    /// Another piece of text in the place of the first one like this within the value, as it is written.
    pub fn replace_in(&self, old: &str, new: &str) -> Option<Site> {
        let start = self.node.span.start as usize + self.written().find(old)?;
        Some(self.change(start..start + old.len(), new))
    }

    /// Another name for a key of the map.
    pub fn rename(&self, key: &str, new: &str) -> Option<Site> {
        Some(self.change(self.node.entry(key)?.key_span.range(), new))
    }

    /// One more key before all others of the map: `key: value`, over several lines if need be, with the
    /// indentation that lines after the first have among themselves.
    pub fn insert(&self, entry: &str) -> Option<Site> {
        let first = self.own_entries().next()?;
        let at = first.key_span.start as usize;
        let text = if self.is_flow() {
            format!("{entry}, ")
        } else {
            let pad = self.padding(at);
            format!("{}\n{pad}", entry.replace('\n', &format!("\n{pad}")))
        };
        (!self.is_json()).then(|| self.change(at..at, &text))
    }

    /// The map without a key and its value; `None` when there is no such key or it is the only one.
    pub fn remove(&self, key: &str) -> Option<Site> {
        let entries: Vec<&Entry> = self.own_entries().collect();
        let n = entries.iter().position(|entry| &*entry.key.text == key)?;
        let range = match entries.get(n + 1) {
            Some(next) => entries[n].key_span.start..next.key_span.start,
            None => entries.get(n.checked_sub(1)?)?.value.span.end..entries[n].value.span.end,
        };
        Some(self.change(range.start as usize..range.end as usize, ""))
    }

    /// One more item at the end of the list, indented as the others.
    pub fn push(&self, item: &str) -> Option<Site> {
        let last = self.node.items().last().filter(|last| self.node.span.contains(last.span))?;
        let end = self.end_of(last.span.end as usize);
        if self.is_flow() {
            return Some(self.change(end..end, &format!(", {item}")));
        }
        let dash = self.text()[..last.span.start as usize].rfind('-')?;
        let pad = self.padding(dash);
        let text = format!("\n{pad}- {}", item.replace('\n', &format!("\n{pad}  ")));
        Some(self.change(end..end, &text))
    }

    /// The list without one of its items.
    pub fn remove_item(&self, n: usize) -> Option<Site> {
        let items = self.node.items();
        let dash = |n: usize| self.text()[..items.get(n)?.span.start as usize].rfind('-');
        if self.is_flow() || items.len() < 2 {
            return None;
        }
        let range = match dash(n + 1) {
            Some(next) => dash(n)?..next,
            None => items[n.checked_sub(1)?].span.end as usize..items.get(n)?.span.end as usize,
        };
        Some(self.change(range, ""))
    }

    /// A text behind all of the spot's file, on lines of its own.
    pub fn append(&self, text: &str) -> Option<Site> {
        if self.is_json() {
            return None;
        }
        let end = self.text().len();
        let line_break = if self.text().ends_with('\n') || end == 0 { "" } else { "\n" };
        Some(self.change(end..end, &format!("{line_break}{text}\n")))
    }

    /// Whether the value is written in brackets.
    pub fn is_flow(&self) -> bool {
        self.written().starts_with(['{', '['])
    }

    fn is_json(&self) -> bool {
        self.source.path.extension().is_some_and(|ending| ending == "json")
    }

    /// The entries that are written here, those of `<<` are not.
    fn own_entries(&self) -> impl Iterator<Item = &'a Entry> {
        let own = self.node.span;
        self.node
            .entries()
            .iter()
            .filter(move |entry| own.contains(entry.key_span) && &*entry.key.text != "<<")
    }

    /// Blanks as wide as what stands before a byte on its line.
    fn padding(&self, at: usize) -> String {
        let line = self.text()[..at].rfind('\n').map_or(0, |before| before + 1);
        " ".repeat(self.text()[line..at].chars().count())
    }

    /// The end of a value, and of the comment behind it on its line.
    fn end_of(&self, end: usize) -> usize {
        let behind = self.source.tree.comments.iter().find(|comment| {
            comment.trailing
                && comment.span.start as usize >= end
                && !self.text()[end..comment.span.start as usize].contains('\n')
        });
        if self.is_flow() { end } else { behind.map_or(end, |comment| comment.span.end as usize) }
    }

    fn change(&self, range: std::ops::Range<usize>, text: &str) -> Site {
        Site::of(self.source.path.clone(), range, text)
    }
}
