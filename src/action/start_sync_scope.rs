//! `action.start-sync-scope`: declares a scope and starts tracking it (sync.md §2).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::{list, unusable};
use super::{Action, Effect, Fill, IfRunning, Lowering, Plan, PlanError, SyncRole, UseKind};
use crate::diag::Spanned;
use crate::expr::Template;

#[derive(Debug)]
struct StartSyncScope {
    instance_ids: Option<Template>,
    literal_ids: Vec<Spanned<String>>,
    if_running: IfRunning,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    let literal_ids = lowering.texts("instanceIds");
    for id in &literal_ids {
        lowering.note_at(UseKind::Member, id.clone());
    }
    let if_running = match lowering.text("ifRunning").as_ref().map(|text| text.value.as_str()) {
        Some("skip") => IfRunning::Skip,
        Some("error") => IfRunning::Error,
        _ => IfRunning::Restart,
    };
    let instance_ids = lowering.template("instanceIds");
    Arc::new(StartSyncScope { instance_ids, literal_ids, if_running, options: lowering.options() })
}

impl Action for StartSyncScope {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let ids = list(fill, self.instance_ids.as_ref())?;
        let instance_ids = ids.iter().map(member).collect::<Result<_, _>>()?;
        Ok(Plan::Perform(Effect::StartScope { instance_ids, if_running: self.if_running }))
    }

    fn options(&self) -> &Template {
        &self.options
    }

    fn sync(&self) -> Option<SyncRole<'_>> {
        Some(SyncRole::Scope(&self.literal_ids))
    }
}

fn member(value: &Value) -> Result<String, PlanError> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| unusable("instanceIds", "a list of texts", Some(value)))
}
