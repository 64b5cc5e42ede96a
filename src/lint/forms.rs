//! The forms of each screen, with what the actions of the screen need to know of them.

use std::collections::HashMap;

use super::{Cx, Place};
use crate::app::{FileKind, Source};
use crate::expr::is_expression;
use crate::syntax::Node;

/// The forms of one jig or component.
#[derive(Default)]
pub(super) struct Forms<'a> {
    /// By instance id.
    pub by_id: HashMap<&'a str, Form<'a>>,
    /// Types of all components with an instance id, by that id.
    pub components: HashMap<&'a str, &'a str>,
    /// Whether there may be others that cannot be seen here: in a component of one's own, or with an
    /// id that is an expression.
    pub others: bool,
}

/// One `component.form`.
#[derive(Default)]
pub(super) struct Form<'a> {
    /// Ids of the fields in it that hold a file.
    pub files: Vec<&'a str>,
    /// Where it is set to ask before changes are lost.
    pub asks: Option<&'a Node>,
    /// All of it.
    pub node: Option<&'a Node>,
}

impl<'a> Cx<'a> {
    /// The forms of the jig or component that a place is in.
    pub fn forms(&self, place: &Place<'_>) -> Option<&Forms<'a>> {
        let all = self.facts.forms.get_or_init(|| {
            let mut all = HashMap::new();
            self.facts.loaded.sources.iter().for_each(|source| add(source, &mut all));
            all
        });
        all.get(&place.kind)?.get(place.id)
    }
}

/// Forms by the screen they are in.
pub(super) type FormsByScreen<'a> = HashMap<FileKind, HashMap<&'a str, Forms<'a>>>;

fn add<'a>(source: &'a Source, all: &mut FormsByScreen<'a>) {
    let root = &source.tree.root;
    let mut screen = |kind: FileKind, id: &'a str, node: &'a Node| {
        all.entry(kind).or_default().entry(id).or_insert_with(|| {
            let mut forms = Forms::default();
            gather(node, None, &mut forms);
            forms
        });
    };
    match source.kind {
        FileKind::Jig | FileKind::Component => screen(source.kind, &source.id, root),
        FileKind::SingleFile => {
            for (section, kind) in [("jigs", FileKind::Jig), ("components", FileKind::Component)] {
                let entries = root.get(section).map_or(&[][..], Node::entries);
                entries.iter().for_each(|entry| screen(kind, &entry.key.text, &entry.value));
            }
        }
        _ => {}
    }
}

fn gather<'a>(node: &'a Node, around: Option<&'a str>, forms: &mut Forms<'a>) {
    let type_name = node.get("type").and_then(Node::as_str).unwrap_or_default();
    let written = node.get("instanceId").and_then(Node::as_str);
    let id = written.filter(|id| !is_expression(id));
    let mut form = around;
    if type_name.starts_with("component.") {
        forms.others |= matches!(type_name, "component.custom-component" | "component.default");
        if let Some(id) = id {
            forms.components.insert(id, type_name);
        }
        match (type_name, id) {
            ("component.form", Some(id)) => {
                let asks = node.at("/options/isDiscardChangesAlertEnabled");
                forms.by_id.insert(id, Form { files: Vec::new(), asks, node: Some(node) });
                form = Some(id);
            }
            ("component.form", None) => forms.others = true,
            ("component.media-field" | "component.avatar-field", Some(id)) => {
                if let Some(form) = around.and_then(|around| forms.by_id.get_mut(around)) {
                    form.files.push(id);
                }
            }
            _ => {}
        }
    } else if is_expression(type_name) || node.get("componentId").is_some() {
        forms.others = true;
    }
    let values = node.entries().iter().map(|entry| &entry.value);
    values.chain(node.items()).for_each(|inner| gather(inner, form, forms));
}
