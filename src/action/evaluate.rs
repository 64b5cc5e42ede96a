//! `action.evaluate`: keeps a value as the action's output (actions.md §10); and how options are
//! evaluated, for the other types.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Action, Effect, Fill, Lowering, Plan, PlanError};
use crate::expr::{Template, is_truthy};

#[derive(Debug)]
struct Evaluate {
    value: Option<Template>,
    options: Template,
}

pub(super) fn lower(lowering: &mut Lowering<'_>) -> Arc<dyn Action> {
    Arc::new(Evaluate { value: lowering.template("value"), options: lowering.options() })
}

impl Action for Evaluate {
    fn plan(&self, fill: &mut dyn Fill) -> Result<Plan<'_>, PlanError> {
        let value = optional(fill, self.value.as_ref())?.unwrap_or(Value::Null);
        Ok(Plan::Perform(Effect::Evaluate { value }))
    }

    fn options(&self) -> &Template {
        &self.options
    }
}

/// The option's value, when it is there and not missing.
pub(super) fn optional(fill: &mut dyn Fill, template: Option<&Template>) -> Result<Option<Value>, PlanError> {
    Ok(template.map(|template| fill.fill(template)).transpose()?.flatten())
}

/// The option's truth by the rules of JSONata; a missing value is false.
pub(super) fn truthy(fill: &mut dyn Fill, template: &Template) -> Result<bool, PlanError> {
    Ok(fill.fill(template)?.as_ref().is_some_and(is_truthy))
}

/// The option's value as text; numbers are written out.
pub(super) fn required_text(
    fill: &mut dyn Fill,
    option: &str,
    template: Option<&Template>,
) -> Result<String, PlanError> {
    match optional(fill, template)? {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        other => Err(unusable(option, "a text", other.as_ref())),
    }
}

/// The option's value as a map; a missing one is empty.
pub(super) fn map(
    fill: &mut dyn Fill,
    option: &str,
    template: Option<&Template>,
) -> Result<Map<String, Value>, PlanError> {
    match optional(fill, template)? {
        Some(Value::Object(map)) => Ok(map),
        None | Some(Value::Null) => Ok(Map::new()),
        other => Err(unusable(option, "a map", other.as_ref())),
    }
}

/// The option's value as a list; a single value counts as a list of one, a missing one as empty.
pub(super) fn list(fill: &mut dyn Fill, template: Option<&Template>) -> Result<Vec<Value>, PlanError> {
    Ok(match optional(fill, template)? {
        Some(Value::Array(items)) => items,
        None | Some(Value::Null) => Vec::new(),
        Some(one) => vec![one],
    })
}

/// The error for an option without a usable value.
pub(super) fn unusable(option: &str, expected: &'static str, found: Option<&Value>) -> PlanError {
    let found = match found {
        None => "nothing".to_owned(),
        Some(value) => format!("`{}`", clip(&value.to_string())),
    };
    PlanError::Option { option: option.to_owned(), expected, found }
}

fn clip(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
