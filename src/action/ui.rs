//! The actions that only a phone can perform, and the types that nobody knows.

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::optional;
use super::{Action, ActionNode, Fill, Lowering, Plan, PlanError, UseKind};
use crate::expr::Template;

/// Types whose effect is on a screen or in another app (actions.md §14).
pub(super) const TYPES: &[&str] = &[
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
    "action.set-active-tab",
    "action.set-component-state",
    "action.set-custom-component-state",
    "action.share",
    "action.show-alert",
    "action.start-location-sharing",
    "action.stop-location-sharing",
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
    if lowering.type_name == "action.go-to" && lowering.node("package").is_none() {
        lowering.note(UseKind::Jig, "linkTo");
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
