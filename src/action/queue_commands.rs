//! `action.retry-queue-command`, `action.delete-queue-command` and `action.clear-queue`: what becomes
//! of writes that have not reached their back end (actions.md §5.4).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::{list, required_text, unusable};
use super::{Action, Effect, Fill, Lowering, Plan, PlanError, QueueChange};
use crate::expr::Template;

#[derive(Debug)]
struct QueueCommands {
    kind: Kind,
    id: Option<Template>,
    options: Template,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Retry,
    Delete,
    Clear,
}

pub(super) fn lower_retry(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    lower(lowering, Kind::Retry)
}

pub(super) fn lower_delete(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    lower(lowering, Kind::Delete)
}

pub(super) fn lower_clear(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    lower(lowering, Kind::Clear)
}

fn lower(lowering: &mut Lowering<'_>, kind: Kind) -> Arc<dyn Action> {
    Arc::new(QueueCommands { kind, id: lowering.template("id"), options: lowering.options() })
}

impl Action for QueueCommands {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let id = self.id.as_ref();
        let change = match self.kind {
            Kind::Retry => QueueChange::Retry { ids: ids(fill, id)? },
            Kind::Delete => QueueChange::Delete { id: required_text(fill, "id", id)? },
            Kind::Clear => QueueChange::Clear { record: required_text(fill, "id", id)? },
        };
        Ok(Plan::Perform(Effect::Queue(change)))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

/// One id, or a list of them.
fn ids(fill: &mut dyn Fill, template: Option<&Template>) -> Result<Vec<String>, PlanError> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(unusable("id", "an id or a list of ids", Some(other))),
    };
    list(fill, template)?.iter().map(text).collect()
}
