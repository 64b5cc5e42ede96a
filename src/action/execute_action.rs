//! `action.execute-action`: runs a global action with parameters (actions.md §4).

use std::sync::Arc;

use super::evaluate::{map, optional, required_text};
use super::{Action, Fill, Lowering, Plan, PlanError, UseKind};
use crate::expr::Template;

#[derive(Debug)]
struct ExecuteAction {
    action: Option<Template>,
    package: Option<Template>,
    parameters: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    if lowering.node("package").is_none() {
        lowering.note(UseKind::Action, "action");
    }
    Arc::new(ExecuteAction {
        action: lowering.template("action"),
        package: lowering.template("package"),
        parameters: lowering.template("parameters"),
        options: lowering.options(),
    })
}

impl Action for ExecuteAction {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let package = optional(fill, self.package.as_ref())?;
        Ok(Plan::Call {
            action: required_text(fill, "action", self.action.as_ref())?,
            package: package.and_then(|value| value.as_str().map(str::to_owned)),
            parameters: map(fill, "parameters", self.parameters.as_ref())?,
        })
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
