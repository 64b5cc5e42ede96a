//! `action.set-state`, `set-solution-state`, `set-jig-state`: state slots (actions.md §11).

use std::sync::Arc;

use serde_json::Value;

use super::evaluate::{map, optional, unusable};
use super::{Action, Effect, Fill, Lowering, Plan, PlanError};
use crate::expr::{Expression, Template};

#[derive(Debug)]
struct SetState {
    target: Target,
    value: Option<Template>,
    options: Template,
}

/// Where the new values go.
#[derive(Debug)]
pub(super) enum Target {
    /// To the slot that an expression names; it is a place, so it is not evaluated.
    Slot(Option<Vec<String>>),
    /// To the keys of a map, below this path.
    Keys([&'static str; 2]),
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    let target = Target::Slot(slot(lowering));
    Arc::new(SetState { target, value: lowering.template("value"), options: lowering.options() })
}

pub(super) fn lower_solution(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    changes(lowering, ["solution", "state"])
}

pub(super) fn lower_jig(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    changes(lowering, ["jig", "state"])
}

fn changes(lowering: &mut Lowering<'_>, below: [&'static str; 2]) -> Arc<dyn Action> {
    let value = lowering.template("changes");
    Arc::new(SetState { target: Target::Keys(below), value, options: lowering.options() })
}

impl Action for SetState {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let changes = match &self.target {
            Target::Slot(path) => {
                let path = path
                    .clone()
                    .ok_or_else(|| unusable("state", "a path like `=@ctx.solution.state.key`", None))?;
                vec![(path, optional(fill, self.value.as_ref())?.unwrap_or(Value::Null))]
            }
            Target::Keys(below) => {
                let values = map(fill, "changes", self.value.as_ref())?;
                values.into_iter().map(|(key, value)| (path(*below, key), value)).collect()
            }
        };
        Ok(Plan::Perform(Effect::SetState { changes }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

/// The slot that the option `state` names; its parts below `@ctx`.
pub(super) fn slot(lowering: &mut Lowering<'_>) -> Option<Vec<String>> {
    let Some(Template::Expression(expression)) = lowering.template("state") else { return None };
    slot_of(&expression)
}

fn slot_of(expression: &Expression) -> Option<Vec<String>> {
    let path = expression.references().paths.first()?;
    let parts: Vec<String> =
        path.segments.iter().map(|segment| segment.name.clone()).collect::<Option<_>>()?;
    parts.iter().any(|part| part == "state").then_some(parts)
}

/// The path of a key below two others.
pub(super) fn path(below: [&'static str; 2], key: String) -> Vec<String> {
    below.iter().map(|part| (*part).to_owned()).chain([key]).collect()
}
