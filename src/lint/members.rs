//! Which members of scopes nothing carries, and which ids are carried twice.

use std::collections::BTreeMap;

use super::Cx;
use crate::action::UseKind;
use crate::app::{DefinedBy, Definition, Reference};
use crate::diag::{FileId, Span};

/// The type of a scope's members.
pub(super) const MEMBER: &str = "action.sync-entities";

/// The members of all scopes, looked at together.
pub(super) struct Survey<'a> {
    /// Members that nothing carries, for sure, in order of the app.
    pub unclaimed: Vec<Unclaimed<'a>>,
    /// Second and further uses of an id, by id.
    pub duplicates: Vec<Duplicate<'a>>,
    /// Duplicates, by their places, that probably should have been an unclaimed member of the same file.
    pub pairs: BTreeMap<Span, Unclaimed<'a>>,
}

/// A member that nothing carries.
#[derive(Clone)]
pub(super) struct Unclaimed<'a> {
    /// Where a scope lists it.
    pub reference: &'a Reference,
    /// The id that is probably meant.
    pub suggestion: Option<String>,
}

/// An id that another sync has already.
pub(super) struct Duplicate<'a> {
    pub id: &'a str,
    pub span: Span,
    pub first: Span,
}

impl<'a> Survey<'a> {
    pub fn of(cx: &Cx<'a>) -> Self {
        let unclaimed = unclaimed(cx);
        let duplicates = duplicates(cx);
        let pairs = pairs(cx, &unclaimed, &duplicates);
        Self { unclaimed, duplicates, pairs }
    }
}

fn unclaimed<'a>(cx: &Cx<'a>) -> Vec<Unclaimed<'a>> {
    let members = cx.project.index.uses(UseKind::Member);
    let is_unclaimed = |used: &&Reference| {
        cx.project.index.definitions(UseKind::Member, &used.id).is_empty()
            && !cx.may_be_defined(UseKind::Member, &used.id)
            && !cx.named(&used.id).iter().any(|named| named.may_be(MEMBER))
    };
    let with_suggestion = |reference: &'a Reference| Unclaimed {
        reference,
        suggestion: cx.suggestion(UseKind::Member, &reference.id),
    };
    members.filter(is_unclaimed).map(with_suggestion).collect()
}

fn duplicates<'a>(cx: &Cx<'a>) -> Vec<Duplicate<'a>> {
    let mut duplicates = Vec::new();
    for (id, places) in cx.project.index.all(UseKind::Member) {
        let mut places: Vec<&Definition> =
            places.iter().filter(|place| place.by == DefinedBy::InstanceId).collect();
        places.sort_by_key(|place| place.span);
        if let Some((first, others)) = places.split_first() {
            duplicates.extend(others.iter().map(|other| Duplicate {
                id,
                span: other.span,
                first: first.span,
            }));
        }
    }
    duplicates
}

fn pairs<'a>(
    cx: &Cx<'a>,
    unclaimed: &[Unclaimed<'a>],
    duplicates: &[Duplicate<'a>],
) -> BTreeMap<Span, Unclaimed<'a>> {
    // A name that is near and belongs to a member of its own explains nothing.
    let is_explained = |member: &&Unclaimed<'a>| {
        let near = member.suggestion.as_ref().and_then(|suggestion| suggestion.split('`').nth(1));
        near.is_some_and(|near| !cx.is_member(near))
    };
    let mut waiting: BTreeMap<FileId, Vec<&Unclaimed<'a>>> = BTreeMap::new();
    for member in unclaimed.iter().rev().filter(|member| !is_explained(member)) {
        waiting.entry(member.reference.span.file).or_default().push(member);
    }
    let mut pair = |duplicate: &Duplicate<'a>| {
        let member = waiting.get_mut(&duplicate.span.file)?.pop()?;
        Some((duplicate.span, member.clone()))
    };
    duplicates.iter().filter_map(&mut pair).collect()
}
