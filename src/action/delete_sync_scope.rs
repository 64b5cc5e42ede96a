//! `action.delete-sync-scope`: removes a scope row (sync.md §3).

use std::sync::Arc;

use super::evaluate::required_text;
use super::{Action, Effect, Fill, Lowering, Plan, PlanError, UseKind};
use crate::expr::Template;

#[derive(Debug)]
struct DeleteSyncScope {
    id: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    lowering.note(UseKind::Scope, "id");
    Arc::new(DeleteSyncScope { id: lowering.template("id"), options: lowering.options() })
}

impl Action for DeleteSyncScope {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let id = required_text(fill, "id", self.id.as_ref())?;
        Ok(Plan::Perform(Effect::DeleteScope { id }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
