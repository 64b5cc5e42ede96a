//! `action.delete-sync-status`: removes a status row (sync.md §4).

use std::sync::Arc;

use super::evaluate::required_text;
use super::{Action, Effect, Fill, Lowering, Plan, PlanError, UseKind};
use crate::expr::Template;

#[derive(Debug)]
struct DeleteSyncStatus {
    id: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    lowering.note(UseKind::StatusRow, "id");
    Arc::new(DeleteSyncStatus { id: lowering.template("id"), options: lowering.options() })
}

impl Action for DeleteSyncStatus {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let id = required_text(fill, "id", self.id.as_ref())?;
        Ok(Plan::Perform(Effect::DeleteStatus { id }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
