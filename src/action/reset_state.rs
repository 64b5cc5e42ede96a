//! `action.reset-state`, `reset-solution-state`, `reset-jig-state`: back to the initial values
//! (actions.md §11).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::{list, unusable};
use super::set_state::{Target, path, slot};
use super::{Action, Effect, Fill, Lowering, Plan, PlanError};
use crate::expr::Template;

#[derive(Debug)]
struct ResetState {
    target: Target,
    keys: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    Arc::new(ResetState { target: Target::Slot(slot(lowering)), keys: None, options: lowering.options() })
}

pub(super) fn lower_solution(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    changes(lowering, ["solution", "state"])
}

pub(super) fn lower_jig(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    changes(lowering, ["jig", "state"])
}

fn changes(lowering: &mut Lowering<'_>, below: [&'static str; 2]) -> Arc<dyn Action> {
    let keys = lowering.template("changes");
    Arc::new(ResetState { target: Target::Keys(below), keys, options: lowering.options() })
}

impl Action for ResetState {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let paths = match &self.target {
            Target::Slot(slot) => {
                vec![
                    slot.clone()
                        .ok_or_else(|| unusable("state", "a path like `=@ctx.solution.state.key`", None))?,
                ]
            }
            Target::Keys(below) if self.keys.is_none() => vec![below.map(str::to_owned).to_vec()],
            Target::Keys(below) => {
                let keys = list(fill, self.keys.as_ref())?;
                keys.iter().filter_map(Value::as_str).map(|key| path(*below, key.to_owned())).collect()
            }
        };
        Ok(Plan::Perform(Effect::ResetState { paths }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}
