//! The actions that only a phone can perform, and the types that nobody knows.

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::optional;
use super::{Action, ActionNode, Fill, Lowering, Plan, PlanError, ProviderKind, UseKind};
use crate::expr::Template;

/// Types whose effect is on a screen or in another app (actions.md §14), and those that a later
/// version performs.
pub(super) const TYPES: &[&str] = &[
    "action.clear-queue",
    "action.delete-queue-command",
    "action.find-replace",
    "action.generate-file",
    "action.generate-pdf",
    "action.go-back",
    "action.go-to",
    "action.info-modal",
    "action.open-app-settings",
    "action.open-map",
    "action.open-media-picker",
    "action.open-scanner",
    "action.open-url",
    "action.print",
    "action.reset-component-state",
    "action.reset-custom-component-state",
    "action.retry-queue-command",
    "action.set-active-tab",
    "action.set-component-state",
    "action.set-custom-component-state",
    "action.share",
    "action.show-alert",
    "action.start-location-sharing",
    "action.stop-location-sharing",
    "action.submit-form",
    "action.sync-status",
    "action.update-profile",
];

#[derive(Debug)]
struct Ui {
    known: bool,
    options: Template,
    inner: Vec<ActionNode>,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    match lowering.type_name {
        "action.go-to" if lowering.node("package").is_none() => lowering.note(UseKind::Jig, "linkTo"),
        "action.submit-form" => {
            lowering.note(UseKind::Form, "formId");
            lowering.note(UseKind::Function, "function");
            if lowering.text("provider").is_some_and(|p| p.value == ProviderKind::Dynamic.constant()) {
                lowering.note(UseKind::Table, "entity");
            }
        }
        _ => {}
    }
    let known = TYPES.contains(&lowering.type_name);
    let confirmed = lowering.action("onConfirmed");
    let inner = confirmed.into_iter().chain(lowering.actions("actions")).collect();
    Arc::new(Ui { known, options: lowering.options(), inner })
}

impl Action for Ui {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        if !self.known {
            return Ok(Plan::Unsupported);
        }
        let options = optional(fill, Some(&self.options))?.unwrap_or(Value::Null);
        Ok(Plan::Ui { options })
    }

    fn children(&self) -> Vec<&ActionNode> {
        self.inner.iter().collect()
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
