//! The forms of each screen, with what the actions of the screen need to know of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Place;
use crate::app::{FileKind, Source};
use crate::diag::Span;
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

/// The forms of the part of the app that was asked for last: its rules ask one after the other.
#[derive(Default)]
pub(super) struct FormsAtHand<'a> {
    last: RefCell<Option<(Span, Rc<Forms<'a>>)>>,
}

impl<'a> FormsAtHand<'a> {
    /// The forms of the jig or component that a place of this file is in.
    pub fn of(&self, source: &'a Source, place: &Place<'_>) -> Option<Rc<Forms<'a>>> {
        let root = &source.tree.root;
        let in_section = |section: &str| root.get(section)?.get(place.id);
        let node = match (source.kind, place.kind) {
            (FileKind::SingleFile, FileKind::Jig) => in_section("jigs")?,
            (FileKind::SingleFile, FileKind::Component) => in_section("components")?,
            (FileKind::Jig | FileKind::Component, _) => root,
            _ => return None,
        };
        let mut last = self.last.borrow_mut();
        if let Some((_, known)) = last.as_ref().filter(|(span, _)| *span == node.span) {
            return Some(Rc::clone(known));
        }
        let mut forms = Forms::default();
        gather(node, None, &mut forms);
        let forms = Rc::new(forms);
        *last = Some((node.span, Rc::clone(&forms)));
        Some(forms)
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
