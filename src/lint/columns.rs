//! What the rows of a datasource have, and which rows an expression of a list looks at.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;

use super::query::Statement;
use super::{Cx, Place, reads};
use crate::action::is_action;
use crate::app::{Datasource, Found, Origin};
use crate::diag::{FileId, Span};
use crate::expr::{ContextPath, Expression, is_expression};
use crate::syntax::{Kind, Node};

/// The fields that the rows of a datasource have, known without running.
#[derive(Debug)]
pub(super) struct Columns {
    /// Their names.
    pub names: Vec<String>,
    /// Those that hold JSON which is read as such.
    pub json: Vec<String>,
    /// Where they come from.
    pub source: ColumnSource,
    /// The query, or the data.
    pub span: Span,
}

/// Where the fields of rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnSource {
    /// A query that gives a list.
    List,
    /// A query that gives its first row.
    Document,
    /// Data in the file itself.
    Static,
}

impl Columns {
    /// Whether rows may have the field. A column `a.b` may be read as a part of `a` (datasources.md §2.2).
    pub fn may_have(&self, field: &str) -> bool {
        let dotted = |name: &String| name.split('.').any(|part| part == field);
        self.names.iter().any(|name| name == field || dotted(name))
    }
}

/// What was found out last: rules ask for the same, one after the other.
#[derive(Default)]
pub(super) struct ColumnsAtHand<'a> {
    /// What an expression reads, by its place in memory, which stays while an app is looked at.
    reads: RefCell<Option<(*const Found, Rc<[FieldRead]>)>>,
    /// Texts with the datasources that they are.
    datasources: RefCell<HashMap<Box<str>, Option<Rc<str>>>>,
    /// The ids of datasources that a file declares several times.
    twins: RefCell<Option<(FileId, BTreeSet<&'a str>)>>,
}

impl<'a> Cx<'a> {
    /// The fields of the rows of a datasource; `None` when they are not known for sure.
    pub fn columns(&self, place: &Place<'_>, id: &str) -> Option<Arc<Columns>> {
        let mut datasource = self.datasource(place, id).filter(|_| !self.has_twins(place, id))?;
        if let Origin::Reference { id, .. } = &datasource.origin {
            datasource = self.project.datasources.get(&id.value)?;
        }
        self.columns_at(datasource.span, || self.read_columns(datasource).map(Arc::new))
    }

    fn read_columns(&self, datasource: &Datasource) -> Option<Columns> {
        let node = self.node_at(datasource.span).filter(|node| self.is_sound(node.span))?;
        let options = node.get("options")?;
        match &datasource.origin {
            Origin::Sqlite(sqlite) => {
                let statement = Statement::of_query(self, node)?;
                let compiled = statement.compiled(self).filter(|compiled| compiled.mistake.is_none())?;
                let shaped = compiled.named.iter().any(|table| self.is_shaped_by_sql(table));
                if compiled.columns.is_empty() || (shaped && statement.scalar.text.contains('*')) {
                    return None;
                }
                let source = if sqlite.document { ColumnSource::Document } else { ColumnSource::List };
                let (names, json) = (compiled.columns.clone(), sqlite.json_properties.clone());
                Some(Columns { names, json, source, span: statement.node.span })
            }
            Origin::Static(_) => {
                let data = options.get("data")?;
                Some(Columns {
                    names: keys(data)?,
                    json: Vec::new(),
                    source: ColumnSource::Static,
                    span: data.span,
                })
            }
            Origin::Reference { .. } | Origin::System => None,
        }
    }

    /// Whether the file declares several datasources of this id, as jigs with widgets may.
    fn has_twins(&self, place: &Place<'_>, id: &str) -> bool {
        if place.screen.is_none() || place.source.tree.root.get("widgets").is_none() {
            return false;
        }
        let file = place.source.file;
        let mut last = self.at_hand.twins.borrow_mut();
        if last.as_ref().is_none_or(|(of, _)| *of != file) {
            let mut ids = (BTreeSet::new(), BTreeSet::new());
            if let Some(source) = self.source(file) {
                source.tree.root.visit_maps(&mut |node| gather_ids(node, &mut ids));
            }
            *last = Some((file, ids.1));
        }
        last.as_ref().is_some_and(|(_, twins)| twins.contains(id))
    }

    /// The datasource that a text is, with nothing done to it: `=@ctx.datasources.tasks`.
    pub fn whole_datasource(&self, text: &str) -> Option<Rc<str>> {
        // Parsing is only worth it for what may be a path.
        if !is_expression(text) || text.contains(['(', '[', '{', '?', '&', ';', ':', '\n']) {
            return None;
        }
        let mut known = self.at_hand.datasources.borrow_mut();
        if let Some(known) = known.get(text) {
            return known.clone();
        }
        let found = whole_datasource(text);
        known.insert(text.into(), found.clone());
        found
    }

    /// The datasource whose rows `@ctx.current.item` is, for something that stands at a span: the `data`
    /// of the list around it, when that is a datasource and nothing else.
    pub fn item_source(&self, place: &Place<'_>, span: Span) -> Option<Rc<str>> {
        self.whole_datasource(item_data(place, span)?)
    }

    /// The fields of rows that an expression reads, of datasources whose rows are known.
    pub fn fields_read(&self, place: &Place<'_>, found: &Found) -> Rc<[FieldRead]> {
        if let Some((_, reads)) =
            self.at_hand.reads.borrow().as_ref().filter(|(of, _)| std::ptr::eq(*of, found))
        {
            return Rc::clone(reads);
        }
        let reads: Rc<[FieldRead]> = reads::fields_read(self, place, found).into();
        *self.at_hand.reads.borrow_mut() = Some((found, Rc::clone(&reads)));
        reads
    }
}

/// The ids of the datasources that are declared in a node, and those that are declared several times.
fn gather_ids<'a>(node: &'a Node, ids: &mut (BTreeSet<&'a str>, BTreeSet<&'a str>)) {
    for entry in node.get("datasources").map_or(&[][..], Node::entries) {
        if !ids.0.insert(&entry.key.text) {
            ids.1.insert(&entry.key.text);
        }
    }
}

/// The `data` of the list around a span whose items something there sees.
fn item_data<'p>(place: &Place<'p>, span: Span) -> Option<&'p str> {
    let mut node = &place.source.tree.root;
    let mut path = vec![(None, node)];
    while node.span != span {
        let entry = node.entries().iter().find(|entry| entry.value.span.contains(span));
        let (key, next) = match entry {
            Some(entry) => (Some(&*entry.key.text), &entry.value),
            None => (None, node.items().iter().find(|item| item.span.contains(span))?),
        };
        path.push((key, next));
        node = next;
    }
    // What is nearest decides, and where that is not known nothing is.
    let binds = |pair: &&[(Option<&str>, &Node)]| {
        let ((_, list), (key, _)) = (pair[0], pair[1]);
        key.is_some_and(|key| key != "data")
            && list.get("data").is_some()
            && !is_options_of_action(&path, list)
    };
    let nearest = path.windows(2).rev().find(binds)?;
    let (list, key) = (nearest[0].1, nearest[1].0);
    list.get("data").and_then(Node::as_str).filter(|_| key == Some("item"))
}

/// A field of a row that an expression reads.
pub(super) struct FieldRead {
    /// The field.
    pub field: String,
    /// Its bytes in the expression; those of the part when the field is named elsewhere.
    pub range: Range<usize>,
    /// Whether the field is named elsewhere, by a variable or a shared expression.
    pub is_elsewhere: bool,
    /// What is read of the field's own value.
    pub part: Option<String>,
    /// The datasource.
    pub datasource: Rc<str>,
    /// What its rows have.
    pub columns: Arc<Columns>,
}

fn is_options_of_action(path: &[(Option<&str>, &Node)], options: &Node) -> bool {
    path.windows(2)
        .any(|pair| std::ptr::eq(pair[1].1, options) && pair[1].0 == Some("options") && is_action(pair[0].1))
}

fn whole_datasource(text: &str) -> Option<Rc<str>> {
    let expression = Expression::parse(text).ok()?;
    let path = whole_path(&expression)?;
    match path.segments.as_slice() {
        [root, id] if root.name.as_deref() == Some("datasources") => id.name.as_deref().map(Rc::from),
        _ => None,
    }
}

/// The path below `@ctx` that an expression is, with nothing done to it.
pub(super) fn whole_path(expression: &Expression) -> Option<&ContextPath> {
    let [path] = expression.references().paths.as_slice() else { return None };
    let text = expression.text();
    let bare = text.trim().strip_prefix('=').map_or(text.trim(), str::trim);
    let plain = path.segments.iter().all(|segment| !segment.dynamic && !segment.called);
    (plain && text.get(path.range.clone()) == Some(bare)).then_some(path)
}

/// The keys of all rows; `None` when some row is not written out.
fn keys(data: &Node) -> Option<Vec<String>> {
    match &data.kind {
        Kind::Object(entries) => Some(entries.iter().map(|entry| String::from(&*entry.key.text)).collect()),
        Kind::Array(items) if !items.is_empty() => {
            let mut all: Vec<String> = Vec::new();
            for item in items {
                let Kind::Object(entries) = &item.kind else { return None };
                let new = entries.iter().map(|entry| &*entry.key.text);
                let new: Vec<String> =
                    new.filter(|key| !all.iter().any(|old| old == key)).map(str::to_owned).collect();
                all.extend(new);
            }
            Some(all)
        }
        _ => None,
    }
}
