//! `action.confirm`: a question, and what follows a yes (actions.md §12).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::truthy;
use super::{Action, ActionNode, Fill, Lowering, Plan, PlanError};
use crate::expr::Template;

#[derive(Debug)]
struct Confirm {
    modal: Option<Template>,
    automatic: Option<Template>,
    confirmed: Option<ActionNode>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    Arc::new(Confirm {
        modal: lowering.template("modal"),
        automatic: lowering.template("isConfirmedAutomatically"),
        confirmed: lowering.action("onConfirmed"),
        options: lowering.options(),
    })
}

impl Action for Confirm {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let modal = self.modal.as_ref().map(|modal| fill.fill(modal)).transpose()?.flatten();
        let automatic = self.automatic.as_ref().map_or(Ok(false), |template| truthy(fill, template))?;
        let modal = modal.unwrap_or(Value::Null);
        Ok(Plan::Confirm { modal, automatic, confirmed: self.confirmed.as_ref() })
    }

    fn children(&self) -> Vec<&ActionNode> {
        self.confirmed.iter().collect()
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
