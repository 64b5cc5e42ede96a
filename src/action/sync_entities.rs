//! `action.sync-entities`: fetches tables from where they live (sync.md §1).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::evaluate::{list, optional, required_text, truthy, unusable};
use super::{
    Action, Effect, EntityRequest, Fill, Lowering, OnEmpty, Plan, PlanError, Protect, ProviderKind, SyncRole,
    UseKind, percent,
};
use crate::diag::Spanned;
use crate::expr::Template;
use crate::syntax::Node;

#[derive(Debug)]
struct SyncEntities {
    provider: Option<Template>,
    force: Option<Template>,
    on_empty: Option<Template>,
    max_shrink: Option<Template>,
    entities: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    note_entries(lowering);
    Arc::new(SyncEntities {
        provider: lowering.template("provider"),
        force: lowering.template("force"),
        on_empty: lowering.template("onEmpty"),
        max_shrink: lowering.template("maxShrink"),
        entities: lowering.template("entities"),
        options: lowering.options(),
    })
}

impl Action for SyncEntities {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let constant = required_text(fill, "provider", self.provider.as_ref())?;
        let provider = ProviderKind::from_constant(&constant)
            .ok_or_else(|| unusable("provider", "a `DATA_PROVIDER_…` constant", Some(&constant.into())))?;
        let force = self.force.as_ref().map_or(Ok(false), |template| truthy(fill, template))?;
        let entries = list(fill, self.entities.as_ref())?;
        let protect = Protect {
            on_empty: on_empty(optional(fill, self.on_empty.as_ref())?.as_ref())?,
            max_shrink: max_shrink(optional(fill, self.max_shrink.as_ref())?.as_ref())?,
        };
        let entities = entries.iter().map(|entry| request(entry, protect)).collect::<Result<_, _>>()?;
        Ok(Plan::Perform(Effect::Sync { provider, force, entities }))
    }

    fn options(&self) -> &Template {
        &self.options
    }

    fn sync(&self) -> Option<SyncRole<'_>> {
        Some(SyncRole::Member)
    }
}

fn note_entries(lowering: &mut Lowering<'_>) {
    let dynamic = lowering.text("provider").is_some_and(|p| p.value == ProviderKind::Dynamic.constant());
    let entries = lowering.node("entities").map_or(&[][..], Node::items);
    for entry in entries {
        let entity = if entry.as_str().is_some() { Some(entry) } else { entry.get("entity") };
        if let Some(entity) = entity.filter(|_| dynamic).and_then(literal) {
            lowering.note_at(UseKind::Table, entity);
        }
        if let Some(function) = entry.get("function").and_then(literal) {
            lowering.note_at(UseKind::Function, function);
        }
    }
}

/// A text that is no expression, with its place.
pub(super) fn literal(node: &Node) -> Option<Spanned<String>> {
    let text = node.as_str().filter(|text| !crate::expr::is_expression(text))?;
    Some(Spanned::new(text.to_owned(), node.span))
}

fn request(entry: &Value, protect: Protect) -> Result<EntityRequest, PlanError> {
    let unusable =
        || unusable("entities", "a list of tables or of `{entity, function, parameters}`", Some(entry));
    if let Some(entity) = entry.as_str() {
        let entity = entity.to_owned();
        return Ok(EntityRequest { entity, function: None, parameters: Map::new(), protect });
    }
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let entity = text("entity").ok_or_else(unusable)?;
    let own = Protect {
        on_empty: on_empty(entry.get("onEmpty"))?,
        max_shrink: max_shrink(entry.get("maxShrink"))?,
    };
    let (function, parameters) = (text("function"), arguments(entry));
    Ok(EntityRequest { entity, function, parameters, protect: own.or(protect) })
}

fn on_empty(value: Option<&Value>) -> Result<Option<OnEmpty>, PlanError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let word = value.as_str().and_then(OnEmpty::from_word);
    word.map(Some).ok_or_else(|| unusable("onEmpty", "`keep` or `replace`", Some(value)))
}

fn max_shrink(value: Option<&Value>) -> Result<Option<f64>, PlanError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let part = value.as_str().and_then(percent);
    part.map(Some).ok_or_else(|| unusable("maxShrink", "a part such as `50%`", Some(value)))
}

/// Both the current and the deprecated key count; the current one wins (sync.md §1.4).
fn arguments(entry: &Value) -> Map<String, Value> {
    let map = |key: &str| entry.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut arguments = map("functionParameters");
    arguments.extend(map("parameters"));
    arguments
}
