//! `action.action-list`: a group of actions (actions.md §3).

use std::sync::Arc;

use super::{Action, ActionNode, Fill, Lowering, Order, Plan, PlanError};
use crate::expr::Template;

#[derive(Debug)]
struct ActionList {
    actions: Vec<ActionNode>,
    sequential: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    Arc::new(ActionList {
        actions: lowering.actions("actions"),
        sequential: lowering.template("isSequential"),
        options: lowering.options(),
    })
}

impl Action for ActionList {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let order = match &self.sequential {
            Some(template) if super::evaluate::truthy(fill, template)? => Order::Sequential,
            _ => Order::Together,
        };
        Ok(Plan::List { actions: &self.actions, order })
    }

    fn children(&self) -> Vec<&ActionNode> {
        self.actions.iter().collect()
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
